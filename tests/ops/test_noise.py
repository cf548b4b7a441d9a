"""Noise without state: what a key gives, and which keys give the same."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_singan.ops import noise

BIG = [0, 1, -1, -5, 2**31, 2**62, 2**63 - 1, -(2**63)]


def drawn(*key, scale=1, size=(4, 5), channels=3, batch=1):
    return noise.draw(noise.noise_key(*key), scale, size, channels, batch).numpy()


def test_the_same_key_gives_the_same_noise():
    np.testing.assert_array_equal(
        drawn(7, noise.TRAINING, 2, 30), drawn(7, noise.TRAINING, 2, 30)
    )


def test_whatever_differs_in_a_key_gives_other_noise():
    keys = [(s, p) for s in BIG for p in range(4)]
    keys += [(7, 1, a) for a in BIG] + [(7, 1, a, b) for a in range(3) for b in BIG]
    keys += [(7, 1, 0, 0, 0), (7, 2, 0, 0), (1, 7, 0, 0)]
    assert len(set(keys)) == len(keys)
    for (i, a), (k, b) in itertools.combinations(
        enumerate([drawn(*key) for key in keys]), 2
    ):
        # Neither shifted nor repeated; single numbers may meet by chance.
        assert np.intersect1d(a, b).size <= 2, (keys[i], keys[k])


def test_the_purposes_differ():
    purposes = [noise.RECONSTRUCTION, noise.TRAINING, noise.SAMPLING, noise.STATISTICS]
    assert len(set(purposes)) == 4


@pytest.mark.parametrize("seed", BIG)
def test_a_seed_may_be_an_int_or_a_tensor(seed):
    key = noise.noise_key(seed, noise.SAMPLING, 3)
    assert key.shape == (2,) and key.dtype == tf.int64
    tensor = noise.noise_key(
        tf.constant(seed, tf.int64), noise.SAMPLING, tf.constant(3)
    )
    np.testing.assert_array_equal(key, tensor)


def test_the_coarsest_scale_repeats_one_channel():
    z = drawn(7, noise.SAMPLING, scale=0, size=(40, 50), channels=4, batch=2)
    assert z.shape == (2, 40, 50, 4) and z.dtype == np.float32
    np.testing.assert_array_equal(z, np.repeat(z[..., :1], 4, axis=-1))
    assert abs(np.corrcoef(z[0, ..., 0].ravel(), z[1, ..., 0].ravel())[0, 1]) < 0.1


def test_the_channels_above_it_are_independent():
    z = drawn(7, noise.SAMPLING, scale=1, size=(80, 80), channels=4)
    correlation = np.corrcoef(z.reshape(-1, 4).T) - np.eye(4)
    assert np.abs(correlation).max() < 5 / 80


@pytest.mark.parametrize("scale", [0, 1])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_any_number_of_channels_can_be_drawn(scale, channels):
    assert drawn(0, 1, scale=scale, channels=channels).shape == (1, 4, 5, channels)
    samples = noise.draw_samples(0, tf.range(2), scale, (4, 5), channels)
    assert samples.shape == (2, 4, 5, channels)


@pytest.mark.parametrize("scale", [0, 1])
def test_noise_is_standard_normal(scale):
    z = drawn(3, noise.SAMPLING, scale=scale, size=(200, 200), channels=1)
    assert abs(z.mean()) < 4 / 200
    assert abs(z.std() - 1) < 4 / 200
    within = [(np.abs(z) < k).mean() for k in (1, 2, 3)]
    np.testing.assert_allclose(within, [0.6827, 0.9545, 0.9973], atol=0.01)


def samples(indices, seed=5, scale=1):
    return noise.draw_samples(seed, tf.constant(indices), scale, (4, 5), 3).numpy()


@pytest.mark.parametrize("scale", [0, 1])
def test_a_sample_depends_on_its_own_index_alone(scale):
    four = samples([0, 1, 2, 3], scale=scale)
    np.testing.assert_array_equal(samples([2], scale=scale)[0], four[2])
    np.testing.assert_array_equal(samples([3, 0, 0], scale=scale), four[[3, 0, 0]])
    key = noise.noise_key(5, noise.SAMPLING, scale, 1)
    np.testing.assert_array_equal(noise.draw(key, scale, (4, 5), 3)[0], four[1])


def test_samples_differ_by_index_scale_and_seed():
    rows = [*samples(range(4)), *samples(range(4), seed=6), *samples([0], scale=2)]
    for a, b in itertools.combinations(rows, 2):
        assert np.intersect1d(a, b).size <= 2


@pytest.mark.parametrize("seed", [-3, 2**62])
@pytest.mark.parametrize("scale", [0, 2])
def test_a_graph_draws_the_same_as_eager(seed, scale):
    specs = [tf.TensorSpec([], tf.int64), tf.TensorSpec([None], tf.int32)]
    specs += [tf.TensorSpec([2], tf.int32)]
    graph = tf.function(
        lambda s, i, size: noise.draw_samples(s, i, scale, (size[0], size[1]), 3),
        input_signature=specs,
    )
    eager = noise.draw_samples(seed, tf.range(3), scale, (6, 4), 3)
    np.testing.assert_array_equal(graph(seed, range(3), (6, 4)), eager)


def test_noise_grows_by_what_the_convolutions_take_only_if_it_is_the_padding():
    assert noise.noise_size((20, 31), "zeros", 5) == (20, 31)
    assert noise.noise_size((20, 31), "noise", 5) == (30, 41)
    assert noise.noise_size((20, 31), "noise", 2) == (24, 35)
