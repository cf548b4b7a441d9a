"""Generation in which borders meet: the image repeats without a seam.

Noise, images and every resize wrap around. A generator sees a wrapped image as
part of a larger one that goes on at the other side, and only what lies within the
borders is kept: each of its pixels sees no further than the generator's margin.
"""

import tensorflow as tf

from keras_singan.ops.resize import resize
from keras_singan.task_specs import TILES

# Axes of `(batch, height, width, channels)` along which a tile repeats.
AXES = dict(zip(TILES, ((2,), (1,), (1, 2)), strict=True))


def draw_wrapped(pyramid, seed, indices, axes, sizes=None):
    """Draws samples that repeat along some axes.

    Args:
        pyramid: A trained `SinGANPyramid`.
        seed: int or scalar int64 tensor.
        indices: Sequence or int64 tensor of shape `(n,)`, which samples of the
            seed.
        axes: Axes of `(batch, height, width, channels)`, a value of `AXES`.
        sizes: Sequence of the wanted (height, width) at every scale, ints or
            scalar tensors. Defaults to the trained sizes.

    Returns:
        float32 tensor `(n, height, width, channels)`.
    """
    image = None
    for scale, size in enumerate(pyramid.sizes if sizes is None else sizes):
        z = pyramid.fresh_noise(scale, seed, indices, size)
        margin = pyramid.num_layers
        if image is not None:
            image = _wrap(wrapped_resize(image, size, axes), margin, axes)
        if pyramid.padding == "noise":
            # This noise has margins of its own, which wrap too.
            z = _crop(z, margin, axes)
            z = _wrap(z, 2 * margin, axes)
        else:
            z = _wrap(z, margin, axes)
        image = pyramid.generate_function([z], image, stop_scale=scale + 1)
        image = _crop(image, margin, axes)
        # Pixels of two sizes meet in the same way at every border. So the border
        # moves inside, where it is one place among others.
        image = _turn(image, axes)
    return image


def wrapped_chunks(pyramid, seed, n, axes, sizes, at_once=None):
    """Draws the samples 0 to `n - 1` of a seed, a bounded number at a time.

    Args:
        pyramid: A trained `SinGANPyramid`.
        seed: int.
        n: int, how many samples.
        axes: See `draw_wrapped`.
        sizes: Sequence of (height, width) at every scale.
        at_once: The most images of a chunk; `None` is what memory allows. Defaults
            to `None`.

    Yields:
        float32 tensors `(images, height, width, channels)`.
    """
    chunk = pyramid.chunk_size(sizes[-1], at_once)
    for first in range(0, n, chunk):
        indices = tf.range(first, min(first + chunk, n), dtype=tf.int64)
        yield draw_wrapped(pyramid, seed, indices, axes, sizes)


def wrapped_resize(image, size, axes):
    """Resizes an image that goes on at its other side.

    Args:
        image: float tensor `(batch, height, width, channels)`, values in [-1, 1].
        size: Pair (height, width) of ints or scalar tensors.
        axes: The axes that wrap.

    Returns:
        float32 tensor `(batch, *size, channels)`, values in [-1, 1].
    """
    size = list(size)
    for axis in axes:
        # Whole copies, so that the factor stays new size / old size.
        image = tf.concat([image] * 3, axis)
    wide = [side * (3 if axis in axes else 1) for axis, side in enumerate(size, 1)]
    image = resize(image, wide)
    for axis in axes:
        side = size[axis - 1]
        image = _slice(image, side, 2 * side, axis)
    return image


def _wrap(image, margin, axes):
    """Lets an image go on at its other side, by a margin that may exceed it."""
    for axis in axes:
        side = tf.shape(image)[axis]
        image = tf.gather(image, tf.range(-margin, side + margin) % side, axis=axis)
    return image


def _turn(image, axes):
    shifts = [3 * tf.shape(image)[axis] // 8 for axis in axes]
    return tf.roll(image, shifts, axes)


def _crop(image, margin, axes):
    for axis in axes:
        image = _slice(image, margin, tf.shape(image)[axis] - margin, axis)
    return image


def _slice(image, first, last, axis):
    where = [slice(None)] * 4
    where[axis] = slice(first, last)
    return image[tuple(where)]
