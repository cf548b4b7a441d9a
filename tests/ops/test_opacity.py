"""Colours that cannot be seen leave no trace, at whatever size."""

import numpy as np
import pytest
import tensorflow as tf
from support.tiny_models import TINIER
from support.tiny_models import new_trainer

from keras_singan.config import SinGANConfig
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid
from keras_singan.ops.back_projection import back_project
from keras_singan.ops.opacity import premultiply
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.opacity import straighten
from keras_singan.ops.resize import resize
from keras_singan.tasks.naive_edit import naive_edit

RED = np.array([1, -1, -1])


def sprite(height=60, width=80):
    """A red disk on nothing, whose unseen pixels are black: uint8 RGBA."""
    y, x = np.mgrid[:height, :width]
    inside = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (height / 3) ** 2
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[inside] = (255, 0, 0, 255)
    return pixels


def assert_red(image, atol=1e-3):
    """Asserts that all that can be seen of an image in [-1, 1] is red."""
    image = np.asarray(image)
    seen = image[..., 3] > -1 + 4 / 255
    edge = seen & (image[..., 3] < 0.9)
    assert edge.any()
    np.testing.assert_allclose(
        image[seen][:, :3], np.broadcast_to(RED, (seen.sum(), 3)), atol=atol
    )


@pytest.mark.parametrize("size", [(15, 20), (37, 41), (120, 160), (60, 80)])
def test_an_edge_keeps_its_colour(size):
    pixels = to_float(sprite())[None]
    if size == (60, 80):
        pixels = np.asarray(resize_picture(pixels, (30, 40)))
    assert_red(resize_picture(pixels, size))


def test_in_a_graph_of_unknown_sizes():
    @tf.function(
        input_signature=[tf.TensorSpec((1, None, None, 4))]
        + 2 * [tf.TensorSpec((), tf.int32)]
    )
    def run(image, height, width):
        return resize_picture(image, (height, width))

    assert_red(run(to_float(sprite())[None], 15, 20))


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_pictures_without_opacity_are_resized_as_ever(channels):
    image = np.random.default_rng(0).uniform(-1, 1, (1, 9, 8, channels))
    image = image.astype("float32")
    assert np.array_equal(resize_picture(image, (5, 6)), resize(image, (5, 6)))


def test_opaque_pictures_are_resized_as_ever():
    image = np.random.default_rng(0).uniform(-1, 1, (1, 9, 8, 4)).astype("float32")
    image[..., 3] = 1
    np.testing.assert_allclose(
        resize_picture(image, (5, 6)), resize(image, (5, 6)), atol=1e-5
    )


def test_straighten_undoes_premultiply():
    image = np.random.default_rng(0).uniform(-1, 1, (1, 9, 8, 4)).astype("float32")
    image[0, 0, :, 3] = -1
    back = np.asarray(straighten(premultiply(image), image))
    np.testing.assert_allclose(back, image, atol=1e-4)


def test_the_real_pyramid_of_a_sprite_is_red():
    pixels = to_float(sprite())
    config = SinGANConfig(**TINIER | {"max_size": 40})
    assert_red(new_pyramid(pixels, config).real.numpy())
    trainer = new_trainer(scale=1, image=sprite())
    assert_red(trainer.real)


def test_a_part_that_grows_keeps_its_colour():
    edited, _ = naive_edit(sprite(), (15, 5, 50, 50, 0, 0), 1.15)
    assert_red(to_float(edited))


def test_back_projection_shrinks_to_the_sprite_itself():
    small = resize_picture(to_float(sprite())[None], (15, 20))
    large = resize_picture(small, (60, 80))
    result = back_project(large, small)
    # Each step clips.
    assert_red(result, atol=0.05)
    again = np.asarray(resize_picture(result, (15, 20)))
    small = np.asarray(small)
    np.testing.assert_allclose(again[..., 3], small[..., 3], atol=0.1)
