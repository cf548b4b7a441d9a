"""Few colours: the palette of an image, and images repainted in one."""

import itertools

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.photos import QUICK

from keras_singan.ops import quantize
from keras_singan.ops.quantize import palette
from keras_singan.ops.quantize import repaint

UNIT = st.floats(-1, 1, width=32)


def flat(height=30, width=41, channels=3, colors=5, seed=0):
    """An image of some flat colours in no order, and the colours, ascending."""
    rng = np.random.default_rng(seed)
    values = rng.uniform(-1, 1, (colors, channels)).astype("float32")
    labels = rng.permutation(np.arange(height * width) % colors)
    return values[labels].reshape(height, width, channels), np.unique(values, axis=0)


def rough(height=30, width=41, channels=3, seed=0):
    values = np.random.default_rng(seed).uniform(-1, 1, (height, width, channels))
    return values.astype("float32")


def colors_of(image):
    return np.unique(np.reshape(image, (-1, image.shape[-1])), axis=0)


def error_of(image, colours):
    """Sum of squared distances to the nearest colour, by brute force."""
    pixels = np.reshape(image, (-1, 1, image.shape[-1])).astype("float64")
    return np.square(pixels - colours).sum(-1).min(-1).sum()


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_flat_colours_are_found_exactly(channels):
    image, colours = flat(channels=channels)
    found = palette(image, 5)
    assert found.dtype == np.float32
    assert np.array_equal(found, colours)
    assert np.array_equal(repaint(image, found), image)


@pytest.mark.parametrize("colors", [6, 9, 256])
def test_no_more_colours_come_back_than_there_are(colors):
    image, colours = flat()
    assert np.array_equal(palette(image, colors), colours)
    assert np.array_equal(palette(image[:1, :1], colors), image[0, :1])


@pytest.mark.parametrize("colors", [1, 2, 5, 17, 256])
def test_as_many_colours_come_back_as_were_asked_for(colors):
    found = palette(rough(), colors)
    assert found.shape == (colors, 3)
    assert len(np.unique(found, axis=0)) == colors
    assert np.array_equal(np.unique(repaint(rough(), found)), np.unique(found))


def test_groups_of_colours_are_found_at_their_means():
    image, colours = flat()
    labels = np.square(image[:, :, None] - colours).sum(-1).argmin(-1)
    noisy = image + rough(seed=1) * 0.01
    wanted = [noisy[labels == k].mean(0, dtype="float64") for k in range(5)]
    np.testing.assert_allclose(palette(noisy, 5), wanted, atol=1e-6)


@pytest.mark.parametrize("colors", [2, 3, 4])
@pytest.mark.parametrize("seed", range(5))
def test_of_grey_values_the_best_of_all_partitions_is_found(colors, seed):
    rng = np.random.default_rng(seed)
    image = rng.choice(rng.uniform(-1, 1, 12), (8, 9, 1))
    values = np.sort(image.ravel())
    # The best groups of numbers are intervals: all of them can be tried.
    cuts = itertools.combinations(np.flatnonzero(np.diff(values)) + 1, colors - 1)
    best = min(sum(np.var(p) * len(p) for p in np.split(values, c)) for c in cuts)
    assert error_of(image, palette(image, colors)) == pytest.approx(best, rel=1e-5)


def test_every_colour_is_the_mean_of_its_pixels():
    image, _ = flat(colors=40)
    found = palette(image, 7)
    painted = repaint(image, found).numpy()
    for colour in found:
        mean = image[(painted == colour).all(-1)].mean(0, dtype="float64")
        np.testing.assert_allclose(mean, colour, atol=1e-6)


def test_a_palette_can_be_repeated():
    found = palette(rough(), 5)
    np.random.seed(7)
    assert np.array_equal(palette(rough(), 5), found)
    assert not np.array_equal(palette(rough(), 5, seed=1), found)
    assert error_of(rough(), palette(rough(), 5, seed=1)) == pytest.approx(
        error_of(rough(), found), rel=0.02
    )


def test_a_sample_stands_for_a_large_image(monkeypatch):
    image, colours = flat(120, 130)
    monkeypatch.setattr(quantize, "_MAX_PIXELS", 500)
    assert np.array_equal(palette(image, 5), colours)
    sampled = palette(rough(120, 130), 5)
    assert np.array_equal(palette(rough(120, 130), 5), sampled)
    assert sampled.shape == (5, 3)


def test_many_colours_look_at_fewer_pixels(monkeypatch):
    seen = []

    def spy(pixels, *args, **kwargs):
        seen.append(len(pixels))
        return kmeans2(pixels, *args, **kwargs)

    kmeans2 = quantize.kmeans2
    monkeypatch.setattr(quantize, "kmeans2", spy)
    monkeypatch.setattr(quantize, "_MAX_PIXELS", 600)
    monkeypatch.setattr(quantize, "_MAX_WORK", 5000)
    palette(rough(), 5)
    palette(rough(), 20)
    starts = quantize._STARTS
    assert seen == [600] * starts + [250] * starts


def test_an_empty_cluster_is_left_out_without_a_warning(monkeypatch):
    far = np.array([[9.0, 9, 9]])

    def stray(pixels, k, **kwargs):
        centres, labels = kmeans2(pixels, k - 1, **kwargs)
        return np.concatenate([centres, far]), labels

    kmeans2 = quantize.kmeans2
    monkeypatch.setattr(quantize, "kmeans2", stray)
    found = palette(rough(), 5)
    assert found.shape == (4, 3) and np.abs(found).max() < 1


@QUICK
@given(st.data())
def test_every_pixel_gets_the_nearest_colour(data):
    channels = data.draw(st.sampled_from([1, 3, 4]))
    side = st.integers(1, 5)
    shape = (data.draw(side), data.draw(side), channels)
    image = data.draw(arrays("float32", shape, elements=UNIT))
    colours = data.draw(arrays("float32", (data.draw(side), channels), elements=UNIT))
    painted = repaint(image, colours).numpy()
    assert painted.shape == shape and painted.dtype == np.float32
    known = {colour.tobytes() for colour in colours + 0.0}
    assert {c.tobytes() for c in painted.reshape(-1, channels) + 0.0} <= known
    taken = np.square(painted.astype("float64") - image).sum(-1)
    distances = image[:, :, None].astype("float64") - colours
    least = np.square(distances).sum(-1).min(-1)
    assert (taken <= least * (1 + 1e-5) + 1e-12).all()


def test_colours_that_are_hardly_different_are_told_apart():
    colours = np.float32([[0.9], [0.90001]])
    image = np.float32([0.899, 0.900003, 0.900007, 0.91])[None, :, None]
    wanted = colours[[0, 0, 1, 1]][None]
    assert np.array_equal(repaint(image, colours), wanted)


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_graphs_of_any_size_repaint_alike(channels, jit_compile):
    colours = palette(rough(channels=channels), 5)
    signature = [tf.TensorSpec((None, None, None, channels), tf.float32)]
    graph = tf.function(
        lambda image: repaint(image, colours),
        input_signature=signature,
        jit_compile=jit_compile,
    )
    for batch, height, width in [(1, 30, 41), (3, 1, 7)]:
        image = np.stack([rough(height, width, channels, s) for s in range(batch)])
        painted = graph(image).numpy()
        assert np.array_equal(painted, repaint(image, colours))
        assert len(colors_of(painted)) <= 5
