"""`animate`: a walk in the noise of every scale makes the photo move."""

import numpy as np
import tensorflow as tf

from keras_singan.errors import TaskError
from keras_singan.task_specs import ALPHA
from keras_singan.task_specs import ANIMATE
from keras_singan.task_specs import BETA
from keras_singan.task_specs import FRAMES
from keras_singan.tasks.noise_walk import continue_walk
from keras_singan.tasks.noise_walk import start_walk
from keras_singan.tasks.shared.checks import check_count
from keras_singan.tasks.shared.checks import check_number
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.checks import check_size
from keras_singan.tasks.shared.checks import check_start_scale
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.scale_sweep import over_scales


def animate(
    pyramid,
    frames=FRAMES.default,
    *,
    start_scale=None,
    alpha=ALPHA.default,
    beta=BETA.default,
    loop=False,
    size=None,
    seed=None,
):
    """Makes the photo move.

    The noise of every scale from `start_scale` on walks about that of the
    reconstruction, with which the scales below stay. Frame `t` of a walk that is
    no loop depends on `seed` and `t` alone, not on the number of frames.

    Args:
        pyramid: A trained `SinGANPyramid`.
        frames: How many frames. Defaults to `100`.
        start_scale: First scale that moves, 0 (the coarsest: the layout moves
            too) up to the finest. The noise above scale 0 is faint, so that from
            1 on the photo shimmers rather than moves. Several scales give a
            stack, an animation each. Defaults to `None`: 1, for a model of one scale
            0.
        alpha: Pull back to the photo, 0 (the walk goes anywhere) to 1 (nothing
            moves). Defaults to `0.1`.
        beta: Smoothness, 0 (each step goes its own way) to 1 (no fresh noise).
            Defaults to `0.9`.
        loop: Whether the first frame follows on the last one as every frame
            does on the one before it. `alpha * frames` should be 1 or more:
            a shorter loop strays further from the photo. Defaults to `False`.
        size: (height, width) in pixels, or `None` for the trained size. At another
            size the layout of scale 0 is not the photo's. Defaults to `None`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.

    Returns:
        uint8 array of shape `(frames, height, width, channels)`.

    Raises:
        TaskError: If an argument is out of range.
    """
    walk = _check_walk(pyramid, frames, start_scale, alpha, beta, loop, size, seed)
    start_scale = walk.pop("start_scale")
    return over_scales(start_scale, lambda scale: _animation(pyramid, scale, **walk))


def iterate_frames(
    pyramid,
    frames=FRAMES.default,
    *,
    start_scale=None,
    alpha=ALPHA.default,
    beta=BETA.default,
    loop=False,
    size=None,
    seed=None,
):
    """Does what `animate` does at one start scale, in bounded memory.

    Args:
        pyramid: A trained `SinGANPyramid`.
        frames: See `animate`. Defaults to `100`.
        start_scale: See `animate`. Defaults to `None`.
        alpha: See `animate`. Defaults to `0.1`.
        beta: See `animate`. Defaults to `0.9`.
        loop: See `animate`. Defaults to `False`.
        size: See `animate`. Defaults to `None`.
        seed: See `animate`. Defaults to `None`.

    Returns:
        Iterator of uint8 arrays `(some, height, width, channels)`.

    Raises:
        TaskError: At once, if an argument is out of range.
    """
    walk = _check_walk(pyramid, frames, start_scale, alpha, beta, loop, size, seed)
    return _frames(pyramid, **walk)


def _check_walk(pyramid, frames, start_scale, alpha, beta, loop, size, seed):
    """Returns the arguments of `_frames`, or raises `TaskError`."""
    if start_scale is None:
        start_scale = ANIMATE.start_scale(pyramid.num_scales)
    walk = {
        "frames": check_count(frames, "frames", 2 if loop else 1),
        "start_scale": check_start_scale(pyramid, start_scale),
        "alpha": check_number("alpha", alpha, ALPHA.low, ALPHA.high),
        "beta": check_number("beta", beta, BETA.low, BETA.high),
        "loop": bool(loop),
        "sizes": check_size(pyramid, size),
        "seed": check_seed(seed),
    }
    if loop and alpha == 0:
        raise TaskError(
            "`alpha` must be above 0 for a loop, because nothing else leads the walk "
            f"back. Received: alpha={alpha!r}."
        )
    return walk


def _animation(pyramid, start_scale, frames, sizes, **walk):
    result = np.empty((frames, *sizes[-1], pyramid.image_channels), "uint8")
    done = 0
    for batch in _frames(pyramid, start_scale, frames, sizes=sizes, **walk):
        result[done : done + len(batch)] = batch
        done += len(batch)
    return result


def _frames(pyramid, start_scale, frames, alpha, beta, loop, sizes, seed):
    below = pyramid.reconstruct(start_scale)
    states = _trace(
        lambda: start_walk(pyramid, start_scale, seed, frames, alpha, beta, loop, sizes)
    )()
    number = tf.TensorSpec((), tf.int64)
    walk = _trace(
        lambda first, count, states: continue_walk(
            pyramid, start_scale, seed, first, count, states, alpha, beta, sizes
        ),
        *(number, number, tf.nest.map_structure(tf.TensorSpec.from_tensor, states)),
    )
    chunk = pyramid.chunk_size(sizes[-1])
    for first in range(1, frames + 1, chunk):
        count = min(chunk, frames + 1 - first)
        numbers = tf.constant(first, tf.int64), tf.constant(count, tf.int64)
        zs, states = walk(*numbers, states)
        yield to_pixels(pyramid, pyramid.generate_function(zs, below))


def _trace(function, *specs):
    # Step by step outside a graph, a walk takes longer than the pictures.
    return tf.function(function, autograph=False).get_concrete_function(*specs)
