"""The animation's random walk in the noise, in TensorFlow alone.

Python and an exported graph share it. With `d` for how far the noise `z` is from
that of the reconstruction, `z*`, a step of the published code's walk (for "Single
Image Animation" of Shaham et al. 2019) reads

    d_t = (1 - alpha) (d_{t-1} + beta (d_{t-1} - d_{t-2}) + (1 - beta) u_t)

with fresh standard normal noise `u_t`. The state between two steps is the pair
`(d_t, d_{t-1})`.
"""

import functools

import tensorflow as tf

from keras_singan.ops import noise

# How much of z_0 is fresh noise, as in the published code.
_FIRST_STEP = 0.05


def start_walk(pyramid, start_scale, seed, frames, alpha, beta, loop, sizes=None):
    """Returns the state before frame 1 of every scale that moves.

    Args:
        pyramid: A `SinGANPyramid`.
        start_scale: int, first scale that moves.
        seed: int or scalar int64 tensor.
        frames: int or scalar integer tensor, frames of the loop; without a
            loop it does not matter.
        alpha: float or scalar float tensor, 0 to 1; above 0 for a loop.
        beta: float or scalar float tensor, 0 to 1.
        loop: bool or scalar bool tensor.
        sizes: Sequence of the image's (height, width) at every scale. Defaults to
            the trained sizes.

    Returns:
        List with a pair of float32 tensors `(height, width, channels)` for each
        scale, as `continue_walk` takes it.
    """
    scales = range(start_scale, pyramid.num_scales)
    noise_of = functools.partial(_ScaleNoise, pyramid, seed, sizes)

    def closed():
        return [
            _closed_start(noise_of(scale), frames, _weights(alpha, beta))
            for scale in scales
        ]

    def opened():
        return [_open_start(noise_of(scale)) for scale in scales]

    if isinstance(loop, bool):
        return closed() if loop else opened()
    return tf.cond(tf.cast(loop, tf.bool), closed, opened)


def continue_walk(
    pyramid, start_scale, seed, first, count, states, alpha, beta, sizes=None
):
    """Walks on by some frames, at every scale that moves.

    Args:
        pyramid: A `SinGANPyramid`.
        start_scale: int, first scale that moves.
        seed: int or scalar int64 tensor.
        first: int or scalar integer tensor, number of the first of these frames;
            the first of all is 1.
        count: int or scalar integer tensor, how many frames, at least 1.
        states: What `start_walk`, or this function for the frame before, gave.
        alpha: float or scalar float tensor, 0 to 1.
        beta: float or scalar float tensor, 0 to 1.
        sizes: Sequence of the (height, width) of every scale. Defaults to `None`:
            the trained sizes.

    Returns:
        The noise: a list with a float32 tensor `(count, height, width, channels)`
        for each of these scales, as `pyramid.generate` takes it; and the states
        after the last frame. Nothing depends on how a walk is cut into calls.
    """
    first, count = tf.cast(first, tf.int64), tf.cast(count, tf.int64)
    numbers = tf.range(first, first + count)
    zs, after = [], []
    for scale, state in enumerate(states, start_scale):
        noises = _ScaleNoise(pyramid, seed, sizes, scale)
        step = _step(noises, _weights(alpha, beta))
        now, before = tf.scan(step, numbers, initializer=tuple(state))
        zs.append(noises.middle + now)
        after.append((now[-1], before[-1]))
    return zs, after


def _weights(alpha, beta):
    # Of the last deviation, of the one before it, and of the fresh noise.
    alpha, beta = tf.cast(alpha, tf.float32), tf.cast(beta, tf.float32)
    kept = 1 - alpha
    return kept * (1 + beta), -kept * beta, kept * (1 - beta)


class _ScaleNoise:
    """The noise of one scale: what it walks about, and what is fresh in a frame.

    At the trained size it walks about the noise of the reconstruction. Another
    size has none at scale 0: there it walks about a draw of its own.
    """

    def __init__(self, pyramid, seed, sizes, scale):
        self.scale, self.seed, self.channels = scale, seed, pyramid.channels
        self.size = pyramid.noise_sizes(sizes)[scale]
        if sizes is None or tuple(sizes) == pyramid.sizes:
            self.middle = pyramid.rec_noise(scale)
        elif scale == 0:
            self.middle = self._draw(
                noise.noise_key(pyramid.seed, noise.RECONSTRUCTION)
            )
        else:
            self.middle = tf.zeros((1, *self.size, self.channels))

    def fresh(self, t):
        """Returns the fresh noise of a frame, `(height, width, channels)`."""
        return self._draw(noise.noise_key(self.seed, noise.ANIMATION, self.scale, t))[0]

    def _draw(self, key):
        return noise.draw(key, self.scale, self.size, self.channels)


def _step(noises, weights):
    def step(state, t):
        now, before = state
        fresh = noises.fresh(t)
        return weights[0] * now + weights[1] * before + weights[2] * fresh, now

    return step


def _open_start(noises):
    middle = noises.middle[0]
    return _FIRST_STEP * (noises.fresh(0) - middle), tf.zeros_like(middle)


def _closed_start(noises, frames, weights):
    """The state that all the frames' steps lead back to.

    They turn a state `s` into `P s + c`, where `c` is what becomes of no
    deviation at all, and `P` the same 2x2 matrix for every pixel: so
    `s = (I - P)^-1 c`.
    """
    step = _step(noises, weights)
    once = tf.cast(tf.reshape([*weights[:2], 1.0, 0.0], (2, 2)), tf.float64)
    frames = tf.cast(frames, tf.int64)
    rest = tf.zeros_like(noises.middle[0])
    identity = tf.eye(2, dtype=tf.float64)
    _, (now, before), power = tf.while_loop(
        lambda t, *_: t <= frames,
        lambda t, state, power: (t + 1, step(state, t), once @ power),
        (tf.constant(1, tf.int64), (rest, rest), identity),
    )
    inverse = tf.cast(tf.linalg.inv(identity - power), tf.float32)
    return (
        inverse[0, 0] * now + inverse[0, 1] * before,
        inverse[1, 0] * now + inverse[1, 1] * before,
    )
