"""The walk follows its recurrence, in a graph as outside, and closes."""

import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import trained

from keras_singan import SinGANConfig
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid
from keras_singan.ops import noise
from keras_singan.tasks.noise_walk import continue_walk
from keras_singan.tasks.noise_walk import start_walk


def walk(frames, alpha=0.1, beta=0.9, loop=False, start_scale=0, pyramid=None):
    """Gives z of frames 1 to `frames`, a float64 array for each scale."""
    pyramid = pyramid or trained()[0].pyramid_

    def run():
        states = start_walk(pyramid, start_scale, 5, frames, alpha, beta, loop)
        return continue_walk(pyramid, start_scale, 5, 1, frames, states, alpha, beta)

    # Long walks are slow outside a graph.
    run = (
        run
        if frames < 50
        else tf.function(run, autograph=False).get_concrete_function()
    )
    return [z.numpy().astype(float) for z in run()[0]]


def fresh(pyramid, scale, t, seed=5):
    key = noise.noise_key(seed, noise.ANIMATION, scale, t)
    size = pyramid.noise_sizes()[scale]
    return noise.draw(key, scale, size, pyramid.channels)[0].numpy().astype(float)


def step(z, before, rec, u, alpha, beta):
    """The published code's step, as it stands there."""
    diff = beta * (z - before) + (1 - beta) * u
    return alpha * rec + (1 - alpha) * (z + diff)


@pytest.mark.parametrize("alpha, beta", [(0.1, 0.9), (0.3, 0), (0, 0.5), (0.2, 1)])
def test_it_is_the_published_recurrence(alpha, beta):
    pyramid = trained()[0].pyramid_
    for scale, zs in enumerate(walk(8, alpha, beta)):
        rec = pyramid.rec_noise(scale).numpy()[0].astype(float)
        before, z = rec, 0.95 * rec + 0.05 * fresh(pyramid, scale, 0)
        for t, found in enumerate(zs, 1):
            u = fresh(pyramid, scale, t)
            before, z = z, step(z, before, rec, u, alpha, beta)
            assert np.abs(found - z).max() < 1e-5


@pytest.mark.parametrize("padding", ["zeros", "noise"])
def test_its_noise_fits_the_scales(padding):
    config = SinGANConfig(**TINIER, padding=padding)
    pyramid = new_pyramid(to_float(photo(24, 30)), config)
    zs = walk(3, pyramid=pyramid)
    grown = 4 if padding == "noise" else 0
    sizes = [(3, 18 + grown, 23 + grown, 3), (3, 24 + grown, 30 + grown, 3)]
    assert [z.shape for z in zs] == sizes
    assert np.ptp(zs[0], axis=-1).max() == 0 < np.ptp(zs[1], axis=-1).min()
    assert walk(3, start_scale=1, pyramid=pyramid)[0].tobytes() == zs[1].tobytes()


@pytest.mark.parametrize(
    "beta, wanted", [(0.80, 0.772), (0.85, 0.632), (0.90, 0.468), (0.95, 0.268)]
)
def test_its_spread_is_the_stationary_one(beta, wanted):
    (z,) = walk(400, beta=beta, start_scale=2)
    assert z[100:].std() == pytest.approx(wanted, rel=0.05)
    (z,) = walk(400, beta=beta, start_scale=2, loop=True)
    assert z.std() == pytest.approx(wanted, rel=0.05)


@pytest.mark.parametrize(
    "frames, alpha, beta",
    [(2, 0.1, 0.9), (7, 0.1, 0.9), (60, 0.1, 0.95), (50, 0.5, 0), (300, 0.02, 0.7)],
)
def test_a_loop_follows_the_recurrence_across_its_seam(frames, alpha, beta):
    pyramid = trained()[0].pyramid_
    for scale, zs in enumerate(walk(frames, alpha, beta, loop=True)):
        rec = pyramid.rec_noise(scale).numpy()[0].astype(float)
        for t in range(frames):
            u = fresh(pyramid, scale, t + 1)
            wanted = step(zs[t - 1], zs[t - 2], rec, u, alpha, beta)
            assert np.abs(zs[t] - wanted).max() < 2e-5 * max(1, np.abs(zs).max())


@pytest.mark.parametrize("beta", [0.8, 0.9, 0.95])
def test_a_loop_does_not_jump(beta):
    (z,) = walk(40, beta=beta, start_scale=2, loop=True)
    steps = np.sqrt(((z - np.roll(z, 1, axis=0)) ** 2).mean((1, 2, 3)))
    assert steps[0] == pytest.approx(steps[1:].mean(), rel=0.15)
    (z,) = walk(40, beta=beta, start_scale=2)
    assert np.sqrt(((z[0] - z[-1]) ** 2).mean()) > 1.5 * steps.mean()


@pytest.mark.parametrize("loop", [False, True])
def test_alpha_1_stays_where_the_reconstruction_is(loop):
    pyramid = trained()[0].pyramid_
    for scale, zs in enumerate(walk(5, alpha=1, loop=loop)):
        assert (zs == pyramid.rec_noise(scale).numpy()).all()


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("cuts", [[1] * 11, [4, 4, 3], [10, 1]])
def test_cutting_it_changes_nothing(loop, cuts):
    pyramid = trained()[0].pyramid_
    states = start_walk(pyramid, 0, 5, 11, 0.1, 0.9, loop)
    first, parts = 1, []
    for count in cuts:
        zs, states = continue_walk(pyramid, 0, 5, first, count, states, 0.1, 0.9)
        parts.append(zs)
        first += count
    for whole, *pieces in zip(walk(11, loop=loop), *parts, strict=True):
        assert (np.concatenate(pieces) == whole).all()


@pytest.mark.parametrize("loop", [False, True])
def test_a_graph_of_tensors_walks_the_same_way(loop):
    pyramid = trained()[0].pyramid_

    @tf.function(autograph=False)
    def graph(seed, first, frames, alpha, beta, loop):
        states = start_walk(pyramid, 1, seed, frames, alpha, beta, loop)
        return continue_walk(pyramid, 1, seed, first, frames, states, alpha, beta)

    def run(frames, alpha, beta):
        args = [tf.constant(5, tf.int64), tf.constant(1), tf.constant(frames)]
        zs, states = graph(*args, tf.constant(alpha), tf.constant(beta), loop_tensor)
        for z, state in zip(zs, states, strict=True):
            assert state[0].shape == z.shape[1:] and z.shape[0] == frames
        return zs

    loop_tensor = tf.constant(loop)
    for frames, alpha, beta in ((9, 0.1, 0.9), (4, 0.3, 0.5)):
        wanted = walk(frames, alpha, beta, loop, start_scale=1)
        for z, outside in zip(run(frames, alpha, beta), wanted, strict=True):
            assert (z.numpy() == outside).all()
    assert graph.experimental_get_tracing_count() == 1


def test_it_can_go_on_for_ever():
    pyramid = trained()[0].pyramid_
    states = start_walk(pyramid, 2, 5, 1, 0.1, 0.9, False)
    first = tf.constant(2**40, tf.int64)
    (late,), _ = continue_walk(pyramid, 2, 5, first, 60, states, 0.1, 0.9)
    (early,) = walk(60, start_scale=2)
    assert late[40:].numpy().std() == pytest.approx(early[40:].std(), rel=0.1)
    assert abs(np.corrcoef(late[-1].numpy().ravel(), early[-1].ravel())[0, 1]) < 0.1


def test_its_noise_is_no_samples_noise():
    pyramid = trained()[0].pyramid_
    z = pyramid.draw_noise(5, tf.range(3, dtype=tf.int64), start_scale=2)[0].numpy()
    for t in range(3):
        u = fresh(pyramid, 2, t)
        assert u.std() == pytest.approx(1, rel=0.05)
        assert abs(np.corrcoef(u.ravel(), z[t].ravel())[0, 1]) < 0.1
