"""Colours of an object become those that a photo has."""

import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo

from keras_singan.ops.photo_colors import match_colors


def floats(image):
    return tf.constant(image / np.float32(127.5) - 1)[None]


def luma(image):
    return np.asarray(image)[0, ..., :3] @ [0.299, 0.587, 0.114]


def test_a_photo_keeps_its_own_colours():
    image = floats(photo(40, 50))
    assert np.abs(match_colors(image, image) - image).max() < 0.15
    assert np.abs(match_colors(image, image) - image).mean() < 0.01


@pytest.mark.parametrize("colour", [(250, 20, 40), (10, 200, 30), (120, 80, 50)])
def test_a_grey_photo_leaves_grey_of_the_same_light(colour):
    grey = floats(np.repeat(photo(40, 50, 1), 3, -1))
    image = floats(np.full((4, 5, 3), colour, "uint8"))
    matched = match_colors(image, grey)
    assert np.ptp(matched, axis=-1).max() < 0.12
    assert np.abs(luma(matched) - luma(image)).max() < 1e-3


def test_a_foreign_colour_goes_to_the_nearest_of_the_photo():
    two = np.zeros((10, 10, 3), "uint8")
    two[:5], two[5:] = (200, 60, 60), (60, 60, 200)
    pink = floats(np.full((3, 3, 3), (220, 90, 200), "uint8"))
    orange = floats(np.full((3, 3, 3), (220, 130, 40), "uint8"))
    red = np.asarray(match_colors(orange, floats(two)))[0, 0, 0]
    assert red[0] > red[2] and red[0] - red[1] > 0.5
    assert np.asarray(match_colors(pink, floats(two))).shape == (1, 3, 3, 3)


@pytest.mark.parametrize("channels", [1, 2])
def test_what_has_no_colours_stays(channels):
    image = floats(photo(6, 7, channels))
    assert match_colors(image, image) is image


def test_opacity_stays():
    image = floats(photo(6, 7, 4))
    matched = match_colors(image, floats(photo(20, 20, 4, seed=1)))
    assert np.array_equal(matched[..., 3], image[..., 3])
