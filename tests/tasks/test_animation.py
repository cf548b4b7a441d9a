"""`animate`: what decides a frame, and what may be asked for."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.tiny_models import TINIER
from support.tiny_models import random_pyramid
from support.tiny_models import trained

from keras_singan import TaskError
from keras_singan.io.animation_file import save_animation
from keras_singan.io.image import to_uint8
from keras_singan.models.pyramid import SinGANPyramid
from keras_singan.tasks import animation
from keras_singan.tasks.noise_walk import continue_walk
from keras_singan.tasks.noise_walk import start_walk
from keras_singan.tasks.sampling import reconstruct


def animate(frames=6, seed=5, **kwargs):
    return animation.animate(trained()[0].pyramid_, frames, seed=seed, **kwargs)


def untrained(channels=3, **overrides):
    return random_pyramid(channels=channels, **TINIER | overrides)


def steps(frames):
    """How much each frame differs from the one before it, the first from the last."""
    frames = frames.astype(float)
    return np.sqrt(((frames - np.roll(frames, 1, axis=0)) ** 2).mean((1, 2, 3)))


def test_frames_are_uint8_images_of_the_trained_size_that_move():
    frames = animate()
    assert frames.dtype == np.uint8 and frames.shape == (6, 32, 40, 3)
    assert (steps(frames)[1:] > 0).all()
    assert animate(1).shape == (1, 32, 40, 3)
    whole = animation.animate(trained()[0].pyramid_)
    assert whole.shape == (100, 32, 40, 3)


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("start_scale", [0, 1, 2])
def test_alpha_1_freezes_the_reconstruction(loop, start_scale):
    frames = animate(alpha=1, loop=loop, start_scale=start_scale)
    assert (frames == reconstruct(trained()[0].pyramid_)).all()


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("together", [1, 2, 4, 7])
def test_batches_change_nothing(monkeypatch, together, loop):
    whole = animate(7, loop=loop)
    monkeypatch.setattr(SinGANPyramid, "chunk_size", lambda self, size: together)
    pyramid = trained()[0].pyramid_
    batches = list(animation.iterate_frames(pyramid, 7, loop=loop, seed=5))
    assert max(len(batch) for batch in batches) == together
    assert np.array_equal(np.concatenate(batches), whole)
    assert np.array_equal(animate(7, loop=loop), whole)


def test_a_frame_depends_on_seed_and_number_alone():
    frames = animate(9)
    assert np.array_equal(animate(4), frames[:4])
    assert np.array_equal(animate(9), frames)
    others = [animate(9, seed=seed) for seed in (6, -6, 2**63 - 1, np.int64(7))]
    assert len({f.tobytes() for f in (frames, *others)}) == 5


def test_without_a_seed_every_walk_is_new():
    assert not np.array_equal(animate(2, seed=None), animate(2, seed=None))


def test_neither_global_seed_matters():
    first = animate()
    tf.random.set_seed(99)
    np.random.seed(99)
    state = np.random.get_state()[1].copy()
    assert np.array_equal(animate(), first)
    assert np.array_equal(np.random.get_state()[1], state)


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("start_scale", [0, 1, 2])
def test_a_frame_is_what_the_pyramid_generates(loop, start_scale):
    pyramid = trained()[0].pyramid_
    states = start_walk(pyramid, start_scale, 5, 4, 0.2, 0.8, loop)
    zs, _ = continue_walk(pyramid, start_scale, 5, 1, 4, states, 0.2, 0.8)
    images = pyramid.generate(zs, pyramid.reconstruct(start_scale))
    wanted = np.clip(images, -1, 1) * 127.5 + 127.5
    found = animate(4, start_scale=start_scale, alpha=0.2, beta=0.8, loop=loop)
    assert np.abs(found - wanted).max() <= 0.5 + 1e-3


def test_a_graph_makes_the_same_frames():
    pyramid = trained()[0].pyramid_

    @tf.function(autograph=False)
    def graph(seed, frames, alpha, beta, loop):
        below = pyramid.reconstruct(1)
        states = start_walk(pyramid, 1, seed, frames, alpha, beta, loop)
        images = tf.TensorArray(tf.float32, frames, element_shape=(1, 32, 40, 3))

        def body(t, states, images):
            zs, states = continue_walk(pyramid, 1, seed, t, 1, states, alpha, beta)
            return t + 1, states, images.write(t - 1, pyramid.generate(zs, below))

        start = (tf.constant(1), states, images)
        _, _, images = tf.while_loop(lambda t, *_: t <= frames, body, start)
        return images.concat()

    for loop in (False, True):
        args = [tf.constant(5, tf.int64), tf.constant(7)]
        numbers = [tf.constant(0.1), tf.constant(0.9), tf.constant(loop)]
        assert np.array_equal(to_uint8(graph(*args, *numbers)), animate(7, loop=loop))
    assert graph.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("start_scale", [0, 1])
def test_a_loop_does_not_jump(start_scale):
    pyramid = untrained()
    options = {"start_scale": start_scale, "seed": 5}
    loop = steps(animation.animate(pyramid, 40, loop=True, **options))
    walk = steps(animation.animate(pyramid, 40, **options))
    assert loop[0] < 1.3 * np.median(loop[1:])
    assert walk[0] > 1.5 * np.median(walk[1:])


def test_a_later_start_moves_less():
    spread = [animate(20, start_scale=k).std(axis=0).mean() for k in range(3)]
    assert spread[0] > spread[1] > spread[2] > 0


def test_beta_makes_it_smoother_and_alpha_keeps_it_near():
    pyramid = untrained()

    def walk(**options):
        return animation.animate(pyramid, 40, start_scale=0, seed=5, **options)

    def spread(frames):
        return frames.astype(float).std(axis=0).mean()

    assert steps(walk(beta=0.5)).mean() > 2 * steps(walk(beta=0.95)).mean()
    assert spread(walk(alpha=0.05)) > 1.5 * spread(walk(alpha=0.5))


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_any_number_of_channels(channels, tmp_path):
    frames = animation.animate(untrained(channels), 3, loop=True, seed=5)
    assert frames.shape == (3, 24, 30, channels)
    assert save_animation(tmp_path / "x.gif", frames).exists()


def test_noise_padding_moves_too():
    frames = animation.animate(untrained(padding="noise"), 3, start_scale=0, seed=5)
    assert frames.shape == (3, 24, 30, 3) and (steps(frames) > 0).all()


def test_frames_are_made_as_they_are_asked_for(monkeypatch):
    monkeypatch.setattr(SinGANPyramid, "chunk_size", lambda self, size: 3)
    frames = animation.iterate_frames(trained()[0].pyramid_, 10**12, seed=5)
    assert np.array_equal(next(frames), animate(3))
    assert np.array_equal(next(frames), animate(6)[3:])


NOT_NUMBERS = [-0.1, 1.1, "0.5", None, True, float("nan"), [0.5]]


@pytest.mark.parametrize("make", [animation.animate, animation.iterate_frames])
@pytest.mark.parametrize(
    "name, values",
    [
        ("frames", [0, -1, 1.5, 1.0, True, None, "2", float("nan")]),
        ("start_scale", [-1, 3, 1.0, "0", False]),
        ("alpha", NOT_NUMBERS),
        ("beta", NOT_NUMBERS),
        ("seed", [2**63, -(2**63) - 1, "a", 1.0, True, (1, 2)]),
    ],
)
def test_an_argument_out_of_range_is_refused_at_once(make, name, values):
    for value in values:
        with pytest.raises(TaskError) as error:
            make(trained()[0].pyramid_, **{name: value})
        assert_one_line(error)
        assert f"`{name}`" in str(error.value)
        assert f"Received: {name}={value!r}." in str(error.value)


@pytest.mark.parametrize("make", [animation.animate, animation.iterate_frames])
def test_a_loop_needs_two_frames_and_a_pull(make):
    for name, value in (("frames", 1), ("alpha", 0), ("alpha", 0.0)):
        with pytest.raises(TaskError, match=f"`{name}` must be .*{name}={value}") as e:
            make(trained()[0].pyramid_, loop=True, **{name: value})
        assert_one_line(e)
    assert animate(2, loop=True).shape == animate(2, alpha=0, beta=1).shape
