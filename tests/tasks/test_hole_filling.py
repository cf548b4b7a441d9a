"""`fill_hole`: a texture where something was taken away, and nothing else changed."""

import functools

import numpy as np
import pytest
from support.checks import assert_one_line
from support.photos import beyond
from support.photos import photo
from support.tiny_models import trained

from keras_singan import SinGANConfig
from keras_singan import TaskError
from keras_singan.io.image import to_float
from keras_singan.models.generation.masked_generation import RADIUS_AT_250
from keras_singan.models.pyramid import new_pyramid
from keras_singan.tasks.hole_filling import fill_hole
from keras_singan.tasks.naive_edit import naive_edit

MOVE = (14, 8, 10, 12, 30, 2)


def pyramid():
    return trained()[0].pyramid_


def moved(image, seed=1, move=MOVE, **options):
    """Moves a part; gives the image with a filled hole, without, and the hole."""
    fill = functools.partial(fill_hole, pyramid(), seed=seed)
    x, y, w, h, *_ = move
    hole = np.zeros(image.shape[:2], bool)
    hole[y : y + h, x : x + w] = True
    filled, _ = naive_edit(image, move, fill=fill, **options)
    return filled, naive_edit(image, move, **options)[0], hole


def roughness(image, hole):
    """Mean difference of neighbours inside a hole."""
    return np.abs(np.diff(image.astype(float), axis=1))[hole[:, 1:]].mean()


@pytest.mark.parametrize("size", [(32, 40), (64, 80), (40, 40)])
def test_the_hole_gets_a_texture_and_the_rest_stays(size):
    image = photo(*size)
    filled, smooth, hole = moved(image)
    assert filled.dtype == np.uint8 and filled.shape == image.shape
    far = beyond(hole, RADIUS_AT_250)
    assert (filled[far] == smooth[far]).all()
    assert roughness(filled, hole) > 1.1 * roughness(smooth, hole)


def test_nothing_is_seen_of_what_was_there():
    image, other = photo(32, 40), photo(32, 40)
    other[8:20, 14:24] = 0
    new = np.zeros((32, 40), bool)
    new[2:14, 30:40] = True
    filled, _, _ = moved(image)
    assert (moved(other)[0] == filled)[~new].all()


def test_the_seed_decides():
    image = photo(32, 40)
    assert (moved(image)[0] == moved(image)[0]).all()
    assert (moved(image)[0] != moved(image, seed=2)[0]).any()


def test_a_copy_has_no_hole():
    filled, naive, _ = moved(photo(32, 40), copy=True)
    assert (filled == naive).all()


def test_a_model_of_one_scale_leaves_the_filling_smooth():
    image, hole = photo(32, 40), np.ones((32, 40), bool)
    config = SinGANConfig(min_size=32, filters=2, num_layers=2)
    pyramid = new_pyramid(to_float(image), config)
    assert pyramid.num_scales == 1 and fill_hole(pyramid, image, hole) is image


def test_an_elongated_image_is_refused():
    image = photo(8, 400)
    with pytest.raises(TaskError) as error:
        moved(image, move=(2, 2, 4, 4, 20, 2))
    assert_one_line(error)
