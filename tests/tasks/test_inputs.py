"""A user's image for a model: channels, and the sizes of its scales."""

import numpy as np
import pytest
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import TaskError
from keras_singan.io.image import to_float
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.inputs import read_for
from keras_singan.tasks.shared.inputs import with_channels


def image(channels):
    return to_float(photo(6, 8, channels))


def test_an_image_of_the_right_channels_stays_as_it_is():
    for channels in (1, 2, 3, 4, 7):
        assert with_channels(image(channels), channels) is not None
        assert np.array_equal(with_channels(image(channels), channels), image(channels))


def test_grey_becomes_three_equal_channels():
    for wanted in (3, 4):
        colour = with_channels(image(1), wanted)
        assert colour.shape == (6, 8, wanted)
        assert all(np.array_equal(colour[..., k], image(1)[..., 0]) for k in range(3))


def test_colour_becomes_grey_as_pillow_does_it():
    grey = with_channels(image(3), 1)
    from PIL import Image

    wanted = np.asarray(Image.fromarray(photo(6, 8)).convert("L"), "float32")
    assert np.abs((grey[..., 0] + 1) * 127.5 - wanted).max() <= 1
    white = np.ones((1, 1, 3), "float32")
    assert with_channels(white, 1) == pytest.approx(1)


def test_a_model_of_four_channels_gets_an_opaque_alpha():
    assert np.array_equal(with_channels(image(3), 4)[..., :3], image(3))
    assert (with_channels(image(3), 4)[..., 3] == 1).all()


@pytest.mark.parametrize("there, wanted", [(2, 3), (3, 2), (7, 3), (1, 2), (4, 3)])
def test_channels_that_cannot_be_made_are_refused(there, wanted):
    with pytest.raises(ImageError) as error:
        with_channels(image(there), wanted)
    assert_one_line(error)
    assert f"must have {wanted} channels" in str(error.value)


def test_reading_composites_transparency_for_a_model_without_it():
    pyramid = trained()[0].pyramid_
    transparent = np.zeros((6, 8, 4), "uint8")
    with pytest.warns(UserWarning, match="white"):
        assert (read_for(pyramid, transparent) == 1).all()
    assert read_for(pyramid, photo(6, 8, 1)).shape == (6, 8, 3)


def test_the_trained_sizes_serve_an_input_of_the_same_proportions():
    pyramid = trained()[0].pyramid_
    for size in [(32, 40), (64, 80), (16, 20), (320, 401)]:
        assert generation_sizes(pyramid, size) == pyramid.sizes


def test_other_proportions_keep_the_trained_area():
    pyramid = trained()[0].pyramid_
    for size in [(100, 50), (30, 90), (5, 9)]:
        height, width = generation_sizes(pyramid, size)[-1]
        assert height / width == pytest.approx(size[0] / size[1], rel=0.05)
        assert height * width == pytest.approx(32 * 40, rel=0.05)


def test_an_input_too_elongated_to_generate_is_refused():
    with pytest.raises(TaskError) as error:
        generation_sizes(trained()[0].pyramid_, (10, 400))
    assert_one_line(error)
    assert "10x400" in str(error.value)
