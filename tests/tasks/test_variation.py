"""`vary`: what is drawn anew, what stays, and every refusal."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.photos import beyond
from support.photos import box
from support.photos import photo
from support.tiny_models import pyramid_of
from support.tiny_models import random_pyramid
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import TaskError
from keras_singan.io.image import to_float
from keras_singan.models.generation.masked_generation import RADIUS_AT_250
from keras_singan.models.generation.masked_generation import draw_on_canvases
from keras_singan.models.generation.masked_generation import part_canvases
from keras_singan.models.generation.masked_generation import wider_canvases
from keras_singan.tasks.variation import vary
from keras_singan.tasks.variation import vary_graph

BOX = (16, 12, 8, 8)


def pyramid():
    return trained()[0].pyramid_


def as_trained():
    return trained()[0].training_image()


def refused(*args, error=TaskError, **kwargs):
    with pytest.raises(error) as caught:
        vary(pyramid(), *args, **kwargs)
    assert_one_line(caught)
    return str(caught.value)


def mask_of(region, size):
    x, y, width, height = region
    mask = np.zeros(size, bool)
    mask[y : y + height, x : x + width] = True
    return mask


@pytest.mark.parametrize("scale", [0, 1, 2])
def test_a_part_is_drawn_anew_and_the_rest_stays(scale):
    result = vary(pyramid(), 3, region=BOX, start_scale=scale, seed=1)
    assert result.dtype == np.uint8 and result.shape == (3, 32, 40, 3)
    mask = mask_of(BOX, (32, 40))
    far = beyond(mask, RADIUS_AT_250)
    assert (result[:, far] == as_trained()[far]).all()
    for one, other in ((0, 1), (1, 2)):
        assert (result[one][mask] != result[other][mask]).any()


def test_an_image_depends_on_its_seed_and_number_alone():
    many = vary(pyramid(), 4, region=BOX, seed=5)
    assert np.array_equal(vary(pyramid(), 1, region=BOX, seed=5), many[:1])
    assert not np.array_equal(vary(pyramid(), 1, region=BOX, seed=6), many[:1])


def test_a_region_is_the_mask_of_its_box():
    mask = mask_of(BOX, (32, 40))
    one = vary(pyramid(), 1, region=BOX, seed=5)
    assert np.array_equal(vary(pyramid(), 1, mask=mask, seed=5), one)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_channels(channels):
    result = vary(pyramid_of(channels), 1, region=(10, 8, 6, 6), seed=1)
    assert result.shape == (1, 24, 30, channels)


def test_the_larger_original_keeps_its_size_and_its_pixels():
    original = photo(128, 160, seed=2)
    mask = box((128, 160))
    result = vary(pyramid(), 2, mask=mask, image=original, seed=1)
    assert result.shape == (2, 128, 160, 3)
    far = beyond(mask, RADIUS_AT_250)
    assert (result[:, far] == original[far]).all()
    assert (result[0][mask] != original[mask]).any()


def test_the_noise_outside_is_the_reconstructions():
    # With everything fresh the canvas makes a sample, with nothing the photo.
    model = pyramid()
    whole = tf.ones((32, 40), tf.bool)
    canvases = part_canvases(model, model.real.value, whole)
    drawn = draw_on_canvases(model, canvases, 5, [2])
    assert np.allclose(drawn, model.draw(5, [2]), atol=1e-6)
    canvases = part_canvases(model, model.real.value, ~whole)
    assert np.array_equal(draw_on_canvases(model, canvases, 5, [2]), model.real.value)


def test_what_stays_has_no_colour_of_what_is_transparent():
    # A red sprite on black that nobody sees, smaller at the scales below.
    sprite = np.zeros((48, 60, 4), np.uint8)
    sprite[13:35, 17:43] = (255, 0, 0, 255)
    image = tf.constant(to_float(sprite)[None])
    model = random_pyramid((24, 30), channels=4)
    region = tf.constant(box((48, 60), share=8))
    parts = part_canvases(model, image, region)
    for canvas in parts + wider_canvases(model, image, (3, 0, 0, 0)):
        real = (canvas.real.numpy()[0] + 1) / 2
        assert real[real[..., 3] > 0.1][:, 0].min() > 0.99


def test_several_scales_give_a_stack_from_one_seed():
    stack = vary(pyramid(), 2, region=BOX, start_scale=(0, 2), seed=4)
    alone = [vary(pyramid(), 2, region=BOX, start_scale=k, seed=4) for k in (0, 2)]
    assert np.array_equal(stack, np.stack(alone))


def test_a_graph_gives_the_same():
    model, mask = pyramid(), mask_of(BOX, (32, 40))

    @tf.function(autograph=False)
    def graph(image, region, start_scale, seed, index):
        return vary_graph(model, image, region, start_scale, seed, None, index)

    result = graph(
        model.real.value,
        tf.constant(mask),
        tf.constant(1),
        tf.constant(5, tf.int64),
        tf.constant(3),
    )
    expected = vary(model, 4, region=BOX, start_scale=1, seed=5)[3]
    pixels = np.rint((np.clip(result[0], -1, 1) + 1) * 127.5)
    assert np.abs(pixels - expected).max() <= 1


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({}, "Either `region` or `mask` must be given. Received: neither"),
        ({"region": BOX, "mask": np.zeros((32, 40))}, "Received: both"),
        ({"region": (1, 2, 3)}, "`region` must be four whole numbers"),
        ({"region": (30, 0, 11, 5)}, "inside the image, 32x40"),
        ({"region": (0, 0, 0, 5)}, "region=(0, 0, 0, 5)"),
        ({"region": "box"}, "region='box'"),
        ({"mask": np.zeros((32, 40))}, "an empty mask"),
        ({"mask": np.ones((31, 40))}, "The mask must have the image's size"),
        ({"region": BOX, "start_scale": 3}, "`start_scale` must be"),
        ({"region": BOX, "n": 0}, "`n` must be"),
        ({"region": BOX, "seed": 1.5}, "`seed` must be"),
        ({"region": BOX, "image": photo(32, 64)}, "proportions of the photo, 32x40"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, text):
    assert text in refused(**arguments)


def test_an_image_that_cannot_be_read_is_refused():
    refused(region=BOX, image="nowhere.png", error=ImageError)
