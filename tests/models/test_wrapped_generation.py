"""Samples that repeat: borders meet, and a shift of the noise shifts the image."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.tiny_models import trained

from keras_singan import SinGANPyramid
from keras_singan import TaskError
from keras_singan.models.generation.wrapped_generation import WRAPS
from keras_singan.models.generation.wrapped_generation import draw_wrapped
from keras_singan.models.generation.wrapped_generation import wrapped_resize
from keras_singan.tasks.sampling import sample


def pyramid():
    return trained()[0].pyramid_


def same_sizes(padding, normalization="batch"):
    """An untrained pyramid of scales of one size, which no resize comes between."""
    return SinGANPyramid(
        [(20, 24)] * 3,
        [4] * 3,
        num_layers=2,
        padding=padding,
        normalization=normalization,
    )


# Of `(batch, height, width, channels)`, those along which a tile repeats.
AXES = {"x": (2,), "y": (1,), "both": (1, 2)}


@pytest.mark.parametrize("padding", ["zeros", "noise"])
@pytest.mark.parametrize("tile", AXES)
def test_rolled_noise_gives_the_rolled_image(padding, tile, monkeypatch):
    # So there is no border along a wrapped axis: a seam would stay where it is.
    model, axes = same_sizes(padding), AXES[tile]
    drawn = draw_wrapped(model, 3, [0], WRAPS[tile]).numpy()
    fresh, margin = model.fresh_noise, 2 if padding == "noise" else 0

    def rolled(*args):
        z = fresh(*args).numpy()
        for axis in axes:
            inner = [slice(None)] * 4
            inner[axis] = slice(margin, z.shape[axis] - margin)
            z[tuple(inner)] = np.roll(z[tuple(inner)], 5, axis)
        return tf.constant(z)

    monkeypatch.setattr(model, "fresh_noise", rolled)
    expected = np.roll(drawn, [5] * len(axes), axes)
    assert np.allclose(draw_wrapped(model, 3, [0], WRAPS[tile]), expected, atol=1e-5)


@pytest.mark.parametrize("tile", AXES)
def test_a_wrapped_resize_is_that_of_the_image_beside_itself(tile):
    image = tf.random.stateless_uniform((2, 9, 12, 3), [1, 2], -1, 1)
    result = wrapped_resize(image, (12, 16), WRAPS[tile]).numpy()
    assert result.shape == (2, 12, 16, 3)
    rolled = tf.roll(image, [3, 3][: len(AXES[tile])], AXES[tile])
    again = wrapped_resize(rolled, (12, 16), WRAPS[tile])
    assert np.allclose(
        again, np.roll(result, [4] * len(AXES[tile]), AXES[tile]), 0, 1e-4
    )


def steps(images, axis):
    """The mean step over the border of each image, and those inside."""
    after = np.roll(images, -1, axis).astype("float64")
    every = np.abs(np.moveaxis(after - images, axis, 1)).mean((2, 3))
    return every[:, -1], every[:, :-1]


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("tile", AXES)
def test_the_step_over_the_border_is_one_of_those_inside(tile, refine):
    images = sample(pyramid(), 32, tile=tile, seed=0, refine=refine)
    assert images.shape == (32, 32, 40, 3)
    for axis in AXES[tile]:
        border, inside = steps(images, axis)
        assert border.mean() <= 1.05 * inside.mean()
        assert (border <= inside.max(1)).mean() > 0.85


def test_a_tile_has_any_size_and_depends_on_its_seed_and_number_alone():
    many = sample(pyramid(), 3, tile="both", size=(33, 70), seed=4)
    assert many.shape == (3, 33, 70, 3)
    assert np.array_equal(
        sample(pyramid(), 1, tile="both", size=(33, 70), seed=4), many[:1]
    )
    assert not np.array_equal(many[0], many[1])


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({"tile": "z"}, "`tile` must be 'x', 'y', 'both' or None"),
        ({"tile": True}, "tile=True"),
        ({"tile": "x", "start_scale": 1}, "`start_scale` must be 0 with `tile`"),
        ({"tile": "x", "start_scale": (0, 2)}, "start_scale=2"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, text):
    with pytest.raises(TaskError) as caught:
        sample(pyramid(), 1, **arguments)
    assert_one_line(caught)
    assert text in str(caught.value)
