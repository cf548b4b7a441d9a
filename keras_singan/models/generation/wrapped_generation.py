"""Generation in which borders meet: the image repeats without a seam.

Noise, images and every resize wrap around. A generator sees a wrapped image as
part of a larger one that goes on at the other side, and only what lies within the
borders is kept: each of its pixels sees no further than the generator's margin.
"""

import tensorflow as tf

from keras_singan.ops.resize import resize
from keras_singan.task_specs import TILES

# Whether a tile repeats downwards, and to the right.
WRAPS = dict(zip(TILES, ((0, 1), (1, 0), (1, 1)), strict=True))


def draw_wrapped(pyramid, seed, indices, wraps, sizes=None, refine=None):
    """Draws samples that repeat.

    Args:
        pyramid: A trained `SinGANPyramid`.
        seed: int or scalar int64 tensor.
        indices: Sequence or int64 tensor of shape `(n,)`, which samples of the
            seed.
        wraps: Pair (down, right) of ints or int32 scalars, 1 where they repeat, else
            0: a value of `WRAPS`.
        sizes: Sequence of the wanted (height, width) at every scale, ints or
            scalar tensors. Defaults to the trained sizes.
        refine: See `SinGANPyramid.refined_from`. Defaults to `None`.

    Returns:
        float32 tensor `(n, height, width, channels)`.
    """
    sizes = pyramid.sizes if sizes is None else sizes
    margins = [pyramid.num_layers * wrap for wrap in wraps]

    def step(scale, image):
        size = sizes[scale]
        z = pyramid.fresh_noise(scale, seed, indices, size)
        if scale:
            image = _wrap(wrapped_resize(image, size, wraps), margins)
        if pyramid.padding == "noise":
            # This noise has margins of its own, which wrap too.
            z = _wrap(_crop(z, margins), [2 * margin for margin in margins])
        else:
            z = _wrap(z, margins)
        image = pyramid.generate_function([z], image, stop_scale=scale + 1)
        # Pixels of two sizes meet in the same way at every border. So the border
        # moves inside, where it is one place among others.
        return _turn(_crop(image, margins), wraps)

    refinement = 0, pyramid.refined_from(refine), pyramid.refine_alpha, wraps
    return pyramid.climb(step, None, 0, refinement)


def wrapped_chunks(pyramid, seed, n, wraps, sizes, refine=None, at_once=None):
    """Draws the samples 0 to `n - 1` of a seed, a bounded number at a time.

    Args:
        pyramid: A trained `SinGANPyramid`.
        seed: int.
        n: int, how many samples.
        wraps: See `draw_wrapped`.
        sizes: Sequence of (height, width) at every scale.
        refine: See `draw_wrapped`. Defaults to `None`.
        at_once: The most images of a chunk; `None` is what memory allows. Defaults
            to `None`.

    Yields:
        float32 tensors `(images, height, width, channels)`.
    """
    chunk = pyramid.chunk_size(sizes[-1], at_once)
    for first in range(0, n, chunk):
        indices = tf.range(first, min(first + chunk, n), dtype=tf.int64)
        yield draw_wrapped(pyramid, seed, indices, wraps, sizes, refine)


def wrapped_resize(image, size, wraps):
    """Resizes an image that goes on at its other side.

    Args:
        image: float tensor `(batch, height, width, channels)`, values in [-1, 1].
        size: Pair (height, width) of ints or scalar tensors.
        wraps: See `draw_wrapped`.

    Returns:
        float32 tensor `(batch, *size, channels)`, values in [-1, 1].
    """
    # Whole copies, so that the factor stays new size / old size.
    copies = [1 + 2 * wrap for wrap in wraps]
    image = tf.tile(image, tf.stack([1, *copies, 1]))
    wide = [side * count for side, count in zip(size, copies, strict=True)]
    image = resize(image, wide)
    tops = [side * wrap for side, wrap in zip(size, wraps, strict=True)]
    return _part(image, tops, size)


def _wrap(image, margins):
    """Lets an image go on at its other side, by margins that may exceed it."""
    for axis, margin in enumerate(margins, 1):
        side = tf.shape(image)[axis]
        image = tf.gather(image, tf.range(-margin, side + margin) % side, axis=axis)
    return image


def _turn(image, wraps):
    sides = tf.unstack(tf.shape(image)[1:3])
    shifts = [3 * side // 8 * wrap for side, wrap in zip(sides, wraps, strict=True)]
    return tf.roll(image, shifts, (1, 2))


def _crop(image, margins):
    sides = tf.unstack(tf.shape(image)[1:3])
    left = [side - 2 * margin for side, margin in zip(sides, margins, strict=True)]
    return _part(image, margins, left)


def _part(image, first, size):
    """Cuts out what begins at (top, left) `first` and has (height, width) `size`."""
    (top, left), (height, width) = first, size
    return image[:, top : top + height, left : left + width]
