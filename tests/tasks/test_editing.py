"""Editing: a wider mask, detail for large images, and the naive edit."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.photos import beyond
from support.photos import box
from support.photos import pasted
from support.photos import photo
from support.tiny_models import pyramid_of
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import TaskError
from keras_singan.ops import masks
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.resize import resize
from keras_singan.tasks.editing import RADIUS_AT_250
from keras_singan.tasks.editing import edit
from keras_singan.tasks.editing import edit_graph
from keras_singan.tasks.editing import naive_edit
from keras_singan.tasks.harmonization import harmonize
from keras_singan.tasks.naive_edit import smooth_fill
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.super_resolution import super_resolve_graph


def pyramid():
    return trained()[0].pyramid_


def to_bytes(image):
    return np.clip(np.asarray(image)[0] * 127.5 + 127.5, 0, 255)


@pytest.mark.parametrize("size", [(32, 40), (64, 80), (100, 61), (19, 24), (200, 250)])
def test_any_size_comes_back_and_what_is_outside_is_the_users(size):
    image, mask = pasted(size)
    result = edit(pyramid(), image, mask, seed=1)
    assert result.dtype == np.uint8 and result.shape == image.shape
    far = beyond(mask, RADIUS_AT_250)
    assert np.array_equal(result[far], image[far])
    assert not np.array_equal(result[mask], image[mask])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_channels(channels):
    image, mask = pasted((48, 60), channels)
    result = edit(pyramid_of(channels), image, mask, seed=1)
    assert result.shape == image.shape
    far = beyond(mask, RADIUS_AT_250)
    assert np.array_equal(result[far], image[far])


def test_the_mask_reaches_further_than_in_harmonization():
    image, mask = pasted((160, 200))
    near, far = (masks.soften(tf.constant(mask), radius) for radius in (7, 20))
    ring = np.asarray((near == 0) & (far > 0.05))
    assert ring.any()
    for task, same in ((harmonize, True), (edit, False)):
        result = task(pyramid(), image, mask, seed=1)
        assert np.array_equal(result[ring], image[ring]) is same


@pytest.mark.parametrize(
    "size, factor", [((32, 40), None), ((40, 50), 1.25), ((192, 240), 1.3)]
)
def test_the_core_is_the_mathematics(size, factor):
    image, mask = pasted(size)
    pixels = tf.constant(image / np.float32(127.5) - 1)[None]
    soft = masks.soften(tf.constant(mask), RADIUS_AT_250)[None, ..., None]
    generated = tf.clip_by_value(pyramid().inject(pixels, 2, 7), -1, 1)
    if factor:
        generated = super_resolve_graph(pyramid(), generated, factor, -1)
    wanted = pixels + soft * (resize(generated, size) - pixels)
    result = edit(pyramid(), image, mask, start_scale=2, seed=7)
    assert np.abs(result - to_bytes(wanted)).max() <= 0.5 + 1e-2


def test_the_graph_gives_what_python_gives():
    scales = pyramid().num_scales

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((1, None, None, 3)),
            tf.TensorSpec((None, None), tf.bool),
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((scales, 2), tf.int32),
        ],
    )
    def graph(image, region, seed, sizes):
        sizes = [tf.unstack(size) for size in tf.unstack(sizes)]
        return edit_graph(pyramid(), image, region, 1, seed, sizes)

    for size in ((32, 40), (70, 50)):
        image, mask = pasted(size)
        sizes = np.array(generation_sizes(pyramid(), size), "int32")
        result = graph(image[None] / np.float32(127.5) - 1, mask, 3, sizes)
        wanted = edit(pyramid(), image, mask, start_scale=1, seed=3)
        assert np.abs(to_bytes(result) - wanted).max() <= 0.5 + 1e-2


def test_a_seed_decides_the_result():
    image, mask = pasted()
    one, same, other = (edit(pyramid(), image, mask, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_the_start_scale_is_the_middle_by_default():
    image, mask = pasted()
    wanted = edit(pyramid(), image, mask, start_scale=1, seed=1)
    assert np.array_equal(edit(pyramid(), image, mask, seed=1), wanted)


def test_a_naive_edit_needs_no_mask():
    image = trained()[0].training_image()
    moved, mask = naive_edit(image, (4, 4, 8, 8, 25, 20))
    moved[mask] = 255 - moved[mask]
    result = edit(pyramid(), moved, seed=1)
    assert result.shape == image.shape and not np.array_equal(result, moved)


def test_errors_are_those_of_harmonization():
    image = pasted()[0]
    for mask in (box((32, 41)), np.zeros((32, 40), bool)):
        with pytest.raises(TaskError) as error:
            edit(pyramid(), image, mask)
        assert_one_line(error)
    for start_scale in (0, 3):
        with pytest.raises(TaskError) as error:
            edit(pyramid(), image, box((32, 40)), start_scale=start_scale)
        assert_one_line(error)


def test_a_move_copies_the_rectangle_and_fills_its_place():
    image = photo()
    before = image.copy()
    moved, mask = naive_edit(image, (3, 5, 10, 8, 25, 20))
    assert np.array_equal(image, before)
    assert moved.dtype == np.uint8 and moved.shape == image.shape
    assert np.array_equal(moved[20:28, 25:35], image[5:13, 3:13])
    wanted = np.zeros((32, 40), bool)
    wanted[5:13, 3:13] = wanted[20:28, 25:35] = True
    assert mask.dtype == bool and np.array_equal(mask, wanted)
    assert np.array_equal(moved[~mask], image[~mask])
    assert not np.array_equal(moved[5:13, 3:13], image[5:13, 3:13])


def test_an_overlap_shows_the_moved_rectangle():
    image = photo()
    moved, mask = naive_edit(image, (3, 5, 10, 8, 6, 7))
    assert np.array_equal(moved[7:15, 6:16], image[5:13, 3:13])
    assert mask.sum() == 2 * 80 - 6 * 7


def test_what_goes_over_the_border_is_cut_off():
    image = photo()
    moved, mask = naive_edit(image, (0, 0, 10, 8, 35, 30))
    assert np.array_equal(moved[30:, 35:], image[:2, :5])
    assert mask.sum() == 80 + 10


@pytest.mark.parametrize("factor", [0.5, 1.5, 2, np.float32(0.3)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_rectangle_is_resized_from_its_new_corner(factor, channels):
    image = photo(channels=channels)
    moved, mask = naive_edit(image, (3, 5, 10, 8, 20, 12), factor)
    height, width = (int(side * factor + 0.5) for side in (8, 10))
    part = image[5:13, 3:13].astype("float32") / 127.5 - 1
    wanted = to_bytes(resize_picture(part[None], (height, width)))
    new = moved[12 : 12 + height, 20 : 20 + width]
    assert np.abs(new - wanted).max() <= 0.5 + 1e-3
    inside = np.zeros((32, 40), bool)
    inside[5:13, 3:13] = inside[12 : 12 + height, 20 : 20 + width] = True
    assert np.array_equal(mask, inside)


def test_an_object_shrinks_in_its_place():
    image = photo()
    moved, mask = naive_edit(image, (10, 8, 12, 12, 10, 8), 0.5)
    assert mask.sum() == 144
    assert not np.array_equal(moved[8:14, 10:16], image[8:14, 10:16])


def test_the_place_of_an_object_shows_nothing_of_it():
    image = np.full((40, 50, 3), (10, 200, 90), "uint8")
    image[10:25, 12:30] = (255, 0, 255)
    moved, _ = naive_edit(image, (12, 10, 18, 15, 30, 24))
    wanted = np.full((40, 50, 3), (10, 200, 90), "uint8")
    wanted[24:39, 30:48] = (255, 0, 255)
    assert np.array_equal(moved, wanted)


@pytest.mark.parametrize("corner", [(0, 0), (26, 36), (13, 0), (0, 20), (13, 20)])
def test_the_filling_stays_within_what_surrounds_it(corner):
    image = photo(40, 50)
    y, x = corner
    moved, _ = naive_edit(image, (x, y, 14, 14, 18 if x < 18 else 2, 16 if y else 20))
    hole = np.zeros((40, 50), bool)
    hole[y : y + 14, x : x + 14] = True
    new = np.zeros_like(hole)
    top, left = 16 if y else 20, 18 if x < 18 else 2
    new[top : top + 14, left : left + 14] = True
    shown = moved[hole & ~new]
    window = image[max(y - 2, 0) : y + 16, max(x - 2, 0) : x + 16]
    around = window[~hole[max(y - 2, 0) : y + 16, max(x - 2, 0) : x + 16]]
    assert (shown >= around.min(0)).all() and (shown <= around.max(0)).all()


@pytest.mark.parametrize("size", [(30, 40), (97, 61)])
def test_a_slope_is_filled_by_a_slope(size):
    y, x = np.mgrid[: size[0], : size[1]]
    slope = np.stack([x + 2.0 * y, 100 - y, x * 0 + 7], -1)
    hole = np.zeros(size, bool)
    hole[3:-3, 4:-4] = True
    image = np.where(hole[..., None], -1000, slope)
    filled = smooth_fill(image, hole)
    assert np.array_equal(filled[~hole], slope[~hole])
    assert np.abs(filled - slope).max() < 0.05 * np.ptp(slope)


def test_a_filling_is_as_smooth_as_can_be():
    image = photo(64, 64).astype("float64")
    hole = np.zeros((64, 64), bool)
    hole[10:54, 10:54] = True
    filled = smooth_fill(image, hole)
    inner = filled[11:53, 11:53]
    around = filled[10:52, 11:53] + filled[12:54, 11:53]
    around = (around + filled[11:53, 10:52] + filled[11:53, 12:54]) / 4
    assert np.abs(inner - around).max() < 2
    assert np.array_equal(filled[~hole], image[~hole])


@pytest.mark.parametrize(
    "move",
    [
        *((-1, 0, 5, 5, 9, 9), (0, -1, 5, 5, 9, 9), (0, 0, 0, 5, 9, 9)),
        *((0, 0, 5, 0, 9, 9), (0, 0, -5, 5, 9, 9), (36, 0, 5, 5, 9, 9)),
        *((0, 28, 5, 5, 9, 9), (40, 0, 1, 1, 9, 9), (0, 0, 5, 5, 40, 9)),
        *((0, 0, 5, 5, 9, 32), (0, 0, 5, 5, -1, 9), (0, 0, 5, 5, 9, -1)),
        *((0, 0, 40, 32, 9, 9), (0, 0, 41, 5, 9, 9)),
        *((0, 0, 5, 5, 9), (0.0, 0, 5, 5, 9, 9), (True, 0, 5, 5, 9, 9), 7, None),
        *((0, 0, 5, 5, 9, "9"), "abcdef", (3, 3, 5, 5, 3, 3)),
    ],
)
def test_a_wrong_rectangle_is_refused(move):
    with pytest.raises(TaskError) as error:
        naive_edit(photo(), move)
    assert_one_line(error)
    assert f"Received: move={move!r}" in str(error.value)


@pytest.mark.parametrize(
    "factor", [0, -1, 1e-9, 1e9, float("nan"), float("inf"), "2", None, True, 4.2, 99]
)
def test_a_wrong_factor_is_refused(factor):
    with pytest.raises(TaskError) as error:
        naive_edit(photo(), (0, 0, 10, 8, 9, 9), factor)
    assert_one_line(error)
    assert f"Received: resize={factor!r}" in str(error.value)


def test_an_enlarged_rectangle_may_be_as_large_as_the_image():
    moved, mask = naive_edit(photo(), (4, 4, 10, 8, 0, 0), 4)
    assert mask.all() and moved.shape == (32, 40, 3)


@pytest.mark.parametrize(
    "image", [photo().astype("float32"), photo()[..., 0], np.zeros((0, 4, 3), "uint8")]
)
def test_an_image_that_is_no_uint8_array_is_refused(image):
    with pytest.raises(ImageError) as error:
        naive_edit(image, (0, 0, 5, 5, 9, 9))
    assert_one_line(error)
