"""Masks against scipy, in graphs of unknown size, and found by comparison."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from scipy import ndimage

from keras_singan.ops import masks

ANY = tf.TensorSpec((None, None), tf.bool)
SCALAR = tf.TensorSpec((), tf.float64)
WHOLE = tf.TensorSpec((), tf.int32)

dilate_in_graph = tf.function(
    masks.dilate, input_signature=[ANY, WHOLE], autograph=False
)
feather_in_graph = tf.function(
    masks.feather, input_signature=[ANY, SCALAR], autograph=False
)
soften_in_graph = tf.function(
    masks.soften, input_signature=[ANY, SCALAR], autograph=False
)
IMAGE = tf.TensorSpec((None, None, 3), tf.float32)
changed_in_graph = tf.function(
    masks.changed, input_signature=[IMAGE, IMAGE], autograph=False
)


def dots(height, width, share=0.02, seed=0):
    """A mask of scattered pixels, at least one."""
    rng = np.random.default_rng(seed)
    mask = rng.uniform(size=(height, width)) < share
    mask[rng.integers(height), rng.integers(width)] = True
    return mask


def grown_by_scipy(mask, radius):
    return ndimage.distance_transform_edt(~mask) <= radius


def blurred_by_scipy(mask, sigma):
    blurred = ndimage.gaussian_filter(mask.astype(float), sigma, truncate=4)
    return blurred / blurred.max()


def picture(height, width, seed=0):
    """A smooth picture in [-0.6, 0.6], float32."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    rng = np.random.default_rng(seed)
    waves = [np.sin(9 * x + a) * np.cos(7 * y + a) for a in rng.uniform(0, 6, 3)]
    return (0.6 * np.stack(waves, -1)).astype("float32")


def test_the_threshold_is_one_half():
    values = np.array([[0, 0.004, 0.5], [0.502, 0.99, 1]], "float32")
    wanted = [[False] * 3, [True] * 3]
    assert np.array_equal(masks.threshold(values), wanted)
    assert np.array_equal(masks.threshold(values[None]), [wanted])


def test_an_image_shows_its_bright_opaque_pixels():
    grey = np.array([[0, 3, 127, 128, 252]], "float32")[..., None] / 127.5 - 1
    wanted = [[False, False, False, True, True]]
    assert np.array_equal(masks.from_image(tf.constant(grey)), wanted)
    red = np.concatenate([grey, -np.ones((1, 5, 2))], -1).astype("float32")
    assert np.array_equal(masks.from_image(tf.constant(red)), wanted)
    for opacity, inside in ((-1, False), (0, False), (0.1, True), (1, True)):
        alpha = np.full((1, 5, 1), opacity, "float32")
        shown = masks.from_image(tf.constant(np.concatenate([red, alpha], -1)))
        assert np.array_equal(shown, np.array(wanted) & inside)


@pytest.mark.parametrize("top", [255, 65535])
def test_a_map_of_the_labels_0_and_1_is_a_mask(top):
    labels = np.array([[0, 1, 0, 1]], "float32")[..., None] / top * 2 - 1
    assert masks.from_image(tf.constant(labels)).numpy().tolist() == [[0, 1, 0, 1]]
    # Other dark pictures are none.
    assert not masks.from_image(tf.constant((labels + 1) * 3 - 1)).numpy().any()
    assert not masks.from_image(tf.fill((2, 2, 3), -1.0)).numpy().any()


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 50), st.integers(0, 99))
def test_dilation_is_exact(height, width, radius, seed):
    mask = dots(height, width, seed=seed)
    wanted = grown_by_scipy(mask, radius)
    assert np.array_equal(masks.dilate(tf.constant(mask), radius), wanted)
    assert np.array_equal(dilate_in_graph(mask, radius), wanted)


@pytest.mark.parametrize("radius", [1, 5, 13, 29])
def test_a_pixel_becomes_a_disk(radius):
    side = 2 * radius + 5
    mask = np.zeros((side, side), bool)
    mask[side // 2, side // 2] = True
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = x**2 + y**2 <= radius**2
    wanted = ndimage.binary_dilation(mask, disk)
    assert np.array_equal(masks.dilate(tf.constant(mask), radius), wanted)
    assert np.count_nonzero(wanted) == np.count_nonzero(disk)


def test_dilation_of_nothing_and_of_all():
    for mask in (np.zeros((9, 13), bool), np.ones((9, 13), bool)):
        assert np.array_equal(masks.dilate(tf.constant(mask), 4), mask)


def test_a_large_radius_on_a_large_image():
    mask = dots(700, 900, 1e-5)
    wanted = grown_by_scipy(mask, 112)
    assert 0.05 < wanted.mean() < 0.95
    assert np.array_equal(dilate_in_graph(mask, 112), wanted)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 90), st.integers(1, 90), st.floats(0.1, 30), st.integers(0, 99))
def test_feathering_is_scipys_gaussian(height, width, sigma, seed):
    mask = dots(height, width, 0.1, seed)
    wanted = blurred_by_scipy(mask, sigma)
    for feather in (masks.feather, feather_in_graph):
        soft = feather(tf.constant(mask), sigma)
        assert soft.dtype == tf.float32
        np.testing.assert_allclose(soft, wanted, atol=1e-5)
        assert np.max(soft) == 1 and np.min(soft) >= 0


@pytest.mark.parametrize("sigma", [0.5, 1, 5, 7.3, 20])
def test_feathering_is_exactly_zero_out_of_reach(sigma):
    mask = np.zeros((200, 210), bool)
    mask[100:104, 100:107] = True
    soft = np.asarray(masks.feather(tf.constant(mask), sigma))
    reach = int(4 * sigma + 0.5)
    inside = np.zeros_like(mask)
    inside[100 - reach : 104 + reach, 100 - reach : 107 + reach] = True
    assert (soft[~inside] == 0).all()
    assert (soft[inside] > 0).all()


@pytest.mark.parametrize("value", [False, True])
def test_feathering_a_constant_gives_it_back(value):
    mask = np.full((11, 30), value)
    np.testing.assert_allclose(masks.feather(tf.constant(mask), 9), mask, atol=1e-6)


def test_a_mask_that_grows_over_everything_makes_no_nan():
    soft = np.asarray(masks.soften(tf.constant(np.eye(20) > 0), 200))
    np.testing.assert_allclose(soft, 1, atol=1e-6)


@pytest.mark.parametrize(
    "side, radius, sigma", [(250, 7, 5), (500, 14, 10), (90, 3, 1.8)]
)
def test_radii_grow_with_the_long_side(side, radius, sigma):
    for shape in ((side, 80), (80, side)):
        mask = np.zeros(shape, bool)
        mask[30:50, 35:42] = True
        wanted = blurred_by_scipy(grown_by_scipy(mask, radius), sigma)
        np.testing.assert_allclose(
            masks.soften(tf.constant(mask), 7), wanted, atol=1e-5
        )
        np.testing.assert_allclose(soften_in_graph(mask, 7.0), wanted, atol=1e-5)


def test_radii_have_a_least():
    mask = np.zeros((10, 12), bool)
    mask[5, 5] = True
    wanted = blurred_by_scipy(grown_by_scipy(mask, 1), 0.5)
    np.testing.assert_allclose(masks.soften(tf.constant(mask), 7), wanted, atol=1e-5)


@pytest.mark.parametrize("size", [(50, 70), (200, 280), (401, 561)])
@pytest.mark.parametrize("known", [(50, 70), (100, 140), (250, 350)])
def test_what_was_painted_is_found(size, known):
    image, reference = picture(*size), picture(*known)
    painted = np.zeros(size, bool)
    top, left = size[0] // 4, size[1] // 3
    painted[top : 2 * top, left : 2 * left] = True
    image[painted] = (0.9, -0.9, 0.9)
    for find in (masks.changed, changed_in_graph):
        found = np.asarray(find(tf.constant(image), tf.constant(reference)))
        assert found.shape == size
        # Pixels of the size at which images are compared.
        near = 2.5 * max(size) / min(80, *map(max, (size, known)))
        assert not (found & ~grown_by_scipy(painted, near)).any()
        assert not (painted & ~grown_by_scipy(found, near)).any()


def test_noise_and_single_pixels_are_no_change():
    reference = picture(60, 80)
    rng = np.random.default_rng(1)
    image = reference + rng.uniform(-0.1, 0.1, reference.shape).astype("float32")
    image[30, 40] += 0.3
    assert not np.any(masks.changed(tf.constant(image), tf.constant(reference)))


def test_a_change_in_one_channel_is_a_change():
    reference = picture(60, 80)
    image = reference.copy()
    image[20:40, 20:40, 1] += 0.3
    found = np.asarray(masks.changed(tf.constant(image), tf.constant(reference)))
    assert found[22:38, 22:38].all() and found.sum() < 24 * 24
