"""`extend`: what grows, what stays, and every refusal."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import pyramid_of
from support.tiny_models import trained

from keras_singan import TaskError
from keras_singan.models.generation.masked_generation import feather_of
from keras_singan.models.generation.masked_generation import frame
from keras_singan.ops.mirror import mirror_pad
from keras_singan.tasks.extension import extend
from keras_singan.tasks.extension import extend_graph


def pyramid():
    return trained()[0].pyramid_


@pytest.mark.parametrize("scale", [0, 2])
def test_the_photo_stays_in_its_place_but_for_a_seam(scale):
    result = extend(pyramid(), left=20, top="25%", n=2, start_scale=scale, seed=1)
    assert result.shape == (2, 40, 60, 3)
    real = trained()[0].training_image()
    seam = int(feather_of((32, 40)))
    inner = result[:, 8 + seam :, 20 + seam :]
    assert (inner == real[seam:, seam:]).all()
    # Along a side without a pad nothing changes up to the border.
    assert (result[:, -1, 20 + seam :] == real[-1, seam:]).all()
    assert (result[0, :, :20] != result[1, :, :20]).any()


def test_an_image_depends_on_its_seed_and_number_alone():
    many = extend(pyramid(), right=15, n=3, seed=5)
    assert np.array_equal(extend(pyramid(), right=15, n=1, seed=5), many[:1])
    assert not np.array_equal(extend(pyramid(), right=15, seed=6), many[:1])


@pytest.mark.parametrize("size", [(128, 160), (64, 80), (16, 20), (129, 161)])
def test_the_original_of_any_size_keeps_its_pixels(size):
    original = photo(*size, seed=2)
    result = extend(pyramid(), left="50%", bottom=7, image=original, seed=1)[0]
    left = int(size[1] / 2 + 0.5)
    assert result.shape == (size[0] + 7, size[1] + left, 3)
    seam = int(feather_of(size))
    inner = result[: size[0] - seam, left + seam :]
    assert (inner == original[: size[0] - seam, seam:]).all()


@pytest.mark.parametrize("channels", [1, 4])
def test_any_channels(channels):
    result = extend(pyramid_of(channels), right=9, seed=1)
    assert result.shape == (1, 24, 39, channels)


def test_more_than_the_photo_itself_may_be_added():
    result = extend(pyramid(), right=100, seed=1)
    assert result.shape == (1, 32, 140, 3)


def test_several_scales_give_a_stack_from_one_seed():
    stack = extend(pyramid(), right=9, start_scale=(0, 1), seed=4)
    alone = [extend(pyramid(), right=9, start_scale=k, seed=4) for k in (0, 1)]
    assert np.array_equal(stack, np.stack(alone))


@pytest.mark.parametrize("pads", [(0.0, 13.0, 5.0, 0.0), (-0.5, 0.0, 0.0, -0.25)])
def test_a_graph_gives_the_same(pads):
    model = pyramid()
    original = photo(64, 80, seed=2)

    @tf.function(autograph=False)
    def graph(image, start_scale, seed, *pads_and_index):
        return extend_graph(model, image, start_scale, seed, None, *pads_and_index)

    image = tf.constant(original[None] / np.float32(127.5) - 1)
    seed = tf.constant(5, tf.int64)
    result = graph(image, tf.constant(1), seed, *map(tf.constant, pads), tf.constant(2))
    names = ("left", "right", "top", "bottom")
    given = {
        name: f"{-100 * pad:g}%" if pad < 0 else int(pad)
        for name, pad in zip(names, pads, strict=True)
    }
    expected = extend(model, **given, n=3, image=original, start_scale=1, seed=5)[2]
    pixels = np.rint((result[0] + 1) * 127.5)
    assert np.abs(pixels - expected).max() <= 1


def test_a_frame_falls_from_1_outside_to_0_inside_its_sides():
    soft = frame((10, 12), (3, 0, 2, 0), 4).numpy()
    assert soft.shape == (12, 15)
    assert (soft[:2] == 1).all() and (soft[:, :3] == 1).all()
    assert (soft[6:, 7:] == 0).all()
    across = soft[-1, 3:8]
    assert (np.diff(across) < 0).all() and across[-1] == 0 and across[0] < 1


def test_a_mirror_reflects_as_often_as_needed():
    row = tf.reshape(tf.range(3.0), (1, 1, 3, 1))
    padded = mirror_pad(row, (4, 5, 1, 0)).numpy()
    assert padded.shape == (1, 2, 12, 1)
    assert padded[0, 0, :, 0].tolist() == [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({}, "must add at least one pixel"),
        ({"left": -1}, "`left` must be a whole number of pixels from 0 to 400"),
        ({"top": 321}, "`top` must be"),
        ({"right": "1100%"}, "right='1100%'"),
        ({"bottom": "half"}, "bottom='half'"),
        ({"bottom": 2.5}, "bottom=2.5"),
        ({"left": 5, "n": 0}, "`n` must be"),
        ({"left": 5, "start_scale": 3}, "`start_scale` must be"),
        ({"left": 5, "image": photo(32, 64)}, "proportions of the photo, 32x40"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, text):
    with pytest.raises(TaskError) as caught:
        extend(pyramid(), **arguments)
    assert_one_line(caught)
    assert text in str(caught.value)
