"""Patch refinement: generated patches become patches of the photo.

One step of Granot et al., "Drop the GAN" (CVPR 2022), section 3. Every patch of a
generated image is replaced by its nearest patch of the real image, and overlapping
patches are averaged. The distance to a real patch is divided by `alpha` plus the
distance of that real patch to its own nearest patch of the generated image. So
every part of the photo is used.

The search is exact on small versions of both images. Larger versions follow its
matches, octave by octave: see `keras_singan.ops.patches.patch_matching`. So time and
memory grow with the number of pixels, not with its square.
"""

import tensorflow as tf

from keras_singan.ops.patches.patch_matching import PATCH
from keras_singan.ops.patches.patch_matching import first_matches
from keras_singan.ops.patches.patch_matching import match_features
from keras_singan.ops.patches.patch_matching import patch_basis
from keras_singan.ops.patches.patch_matching import spread_matches
from keras_singan.ops.patches.patch_matching import track_matches
from keras_singan.ops.resize import resize

# Most pixels of the version that is searched exactly.
_SEARCHED_PIXELS = 100 * 100
# Where overlapping patches differ from their mean by much more than this (values in
# [0, 1]), the average leaves them out: foliage would be blurred.
_AGREEMENT = 0.06
# Patches count for less, the further a pixel is from their middle, in pixels. With
# equal weights, texture such as grass is averaged away.
_REACH = 2.5
# Added to the features of patches that must not be used: nothing is as far.
_BARRED = 1e3


def refine(images, real, alpha=0.0001, rounds=1, seen=None, wraps=(0, 0)):
    """Replaces the patches of images by the nearest ones of the real image.

    An image with a side under 7 px has no patches and stays as it is.

    Args:
        images: float tensor `(batch, height, width, channels)`, values around
            [-1, 1].
        real: float tensor `(1, any height, any width, channels)`, values in
            [-1, 1].
        alpha: float or scalar float tensor above 0, in squared distances of values
            in [0, 1]. The smaller it is, the more evenly the photo is used.
            Defaults to `0.0001`.
        rounds: int or scalar int tensor, how often patches are matched and
            averaged. More rounds give crisper pictures. Defaults to `1`.
        seen: int, how many channels decide which patches are alike. The others,
            those of masks, come along with them. Defaults to `None`: all.
        wraps: Pair (down, right) of ints or int32 scalars: 1 where an image goes on
            at its other side, so that patches lie across the border, else 0.
            Defaults to `(0, 0)`.

    Returns:
        float32 tensor of the shape of `images`, values in [-1, 1]. Each image
        depends on itself alone.
    """
    # A copy, because a variable's value has no shape arithmetic of its own.
    images, real = tf.identity(images), tf.identity(real)
    alpha, rounds = tf.cast(alpha, tf.float32), tf.cast(rounds, tf.int32)

    def refine_one(image):
        refined = _refine_one(image[None], real, alpha, rounds, seen, wraps)[0]
        return tf.ensure_shape(refined, image.shape)

    sides = tf.concat([tf.shape(images)[1:3], tf.shape(real)[1:3]], 0)
    return tf.cond(
        tf.reduce_min(sides) >= PATCH,
        # One image keeps one core busy: most of it is gathered, not multiplied.
        lambda: tf.map_fn(refine_one, images, parallel_iterations=2),
        lambda: images,
    )


def _refine_one(image, real, alpha, rounds, seen, wraps):
    pictured = real[..., :seen]
    matches = find_matches(_extended(image, wraps)[..., :seen], pictured, alpha)
    basis = patch_basis(pictured)
    keys = match_features(pictured, basis)

    def again(count, image, matches):
        queries = match_features(_extended(image, wraps)[..., :seen], basis)
        matches = spread_matches(queries, keys, matches, alpha)
        return count + 1, average_patches(real, matches, seen, wraps), matches

    refined = average_patches(real, matches, seen, wraps)
    _, refined, _ = tf.while_loop(
        lambda count, *_: count < rounds,
        again,
        (tf.constant(1), refined, matches),
        shape_invariants=(tf.TensorShape(()), _any_image(real), _ANY_MATCHES),
        parallel_iterations=1,
    )
    return refined


def find_matches(image, real, alpha, barred=None):
    """Matches the patches of an image, from its smallest version up.

    Args:
        image: float32 tensor `(1, height, width, channels)`, sides of 7 px or more.
        real: float32 tensor `(1, any height, any width, channels)`.
        alpha: float32 scalar above 0: see `refine`.
        barred: bool tensor of the height and width of `real`: patches that touch it
            are not used. Defaults to `None`, nowhere.

    Returns:
        int32 tensor `(height - 6, width - 6, 2)`: for the patch at each (top,
        left), the (top, left) of its real patch.
    """
    octaves = _octaves(tf.shape(image)[1:3], tf.shape(real)[1:3])
    keys, queries = _version(image, real, octaves, barred)
    matches = first_matches(queries, keys, alpha)

    def finer(octave, matches, below):
        keys, queries = _version(image, real, octave, barred)
        matches = track_matches(queries, keys, matches, below, alpha)
        return octave - 1, matches, tf.shape(keys)[:2]

    _, matches, _ = tf.while_loop(
        lambda octave, *_: octave >= 0,
        finer,
        (octaves - 1, matches, tf.shape(keys)[:2]),
        shape_invariants=(tf.TensorShape(()), _ANY_MATCHES, tf.TensorShape(2)),
        parallel_iterations=1,
    )
    return matches


def rematch(image, real, matches, alpha, barred=None):
    """Improves the matches of an image that has changed a little.

    Args:
        image: As in `find_matches`.
        real: As in `find_matches`.
        matches: int32 tensor: what `find_matches` gave.
        alpha: float32 scalar above 0: see `refine`.
        barred: As in `find_matches`. Defaults to `None`.

    Returns:
        int32 tensor like `matches`.
    """
    keys, queries = _version(image, real, 0, barred)
    return spread_matches(queries, keys, matches, alpha)


_ANY_MATCHES = tf.TensorShape((None, None, 2))


def _any_image(image):
    return tf.TensorShape((1, None, None, image.shape[-1]))


def _octaves(*sizes):
    """How often both images are halved until they can be searched exactly."""
    pixels = tf.reduce_max([tf.reduce_prod(size) for size in sizes])
    side = tf.reduce_min([tf.reduce_min(size) for size in sizes])
    wanted = _log2(pixels / _SEARCHED_PIXELS) / 2
    # Below two patches a side hardly anything is left to choose from.
    most = tf.floor(_log2(side / (2 * PATCH)))
    octaves = tf.minimum(tf.math.ceil(wanted), most)
    return tf.cast(tf.maximum(octaves, 0), tf.int32)


def _log2(x):
    return tf.cast(tf.math.log(x), tf.float32) / tf.math.log(2.0)


def _version(image, real, octave, barred=None):
    """Features of the real image and of the other, both halved `octave` times."""
    real, image = (_shrink(x, octave) for x in (real, image))
    basis = patch_basis(real)
    keys = match_features(real, basis)
    if barred is not None:
        keys += _BARRED * _touched(barred, tf.shape(real)[1:3])
    return keys, match_features(image, basis)


def _touched(barred, size):
    """1 for the patches of an image of `size` that touch what is barred, else 0."""
    barred = tf.cast(barred, tf.float32)[None, :, :, None]
    barred = tf.image.resize(barred, size, "area")
    barred = tf.cast(barred > 0, tf.float32)
    return tf.nn.max_pool2d(barred, PATCH, 1, "VALID")[0]


def _shrink(image, octave):
    size = tf.cast(tf.shape(image)[1:3], tf.float32) / 2.0 ** tf.cast(
        octave, tf.float32
    )
    size = tf.maximum(tf.cast(tf.round(size), tf.int32), PATCH)
    return resize(image, tuple(tf.unstack(size)))


def _extended(image, wraps):
    """Lets an image go on at its other side, so far that every pixel begins a patch."""
    for axis, wrap in enumerate(wraps, 1):
        side = tf.shape(image)[axis]
        places = tf.range(side + (PATCH - 1) * wrap) % side
        image = tf.gather(image, places, axis=axis)
    return image


def _folded(sums, wraps):
    """Adds what lies beyond a border that wraps to where it is in the image."""
    for axis, wrap in enumerate(wraps):
        beyond = (PATCH - 1) * wrap
        parts = [beyond, tf.shape(sums)[axis] - 2 * beyond, beyond]
        first, middle, last = tf.split(sums, tf.stack(parts), axis)
        sums = tf.concat([first + last, middle], axis)
    return sums


def average_patches(real, matches, seen=None, wraps=(0, 0)):
    """Puts an image together from the real patches that were matched.

    Overlapping patches are averaged twice: by how near their middles are, then also
    by how well each agrees with that mean.

    Args:
        real: float32 tensor `(1, height, width, channels)`.
        matches: int32 tensor `(rows, columns, 2)`: for the patch at each (top,
            left), the (top, left) of its real patch.
        seen: int, how many channels must agree. Defaults to `None`: all.
        wraps: As in `refine`. Defaults to `(0, 0)`.

    Returns:
        float32 tensor `(1, rows + 6, columns + 6, channels)`; along what wraps
        without the 6.
    """
    ones = tf.ones((*tf.unstack(tf.shape(matches)[:2]), 1))

    def nearness(part, place):
        return ones * _nearness(place)

    mean = _weighted_mean(real, matches, nearness, wraps)
    mean = _extended(mean[None], wraps)[0]

    def agreement(part, place):
        apart = tf.square(part - _below(mean, place, matches))
        apart = tf.reduce_mean(apart[..., :seen], -1, keepdims=True)
        # Values span 2. The constant keeps a mean where nothing agrees.
        agrees = tf.exp(-apart / (8 * _AGREEMENT**2)) + 1e-6
        return agrees * _nearness(place)

    return _weighted_mean(real, matches, agreement, wraps)[None]


def _weighted_mean(real, matches, weigh, wraps):
    """Averages the matched patches, a pixel of all patches at a time.

    Of a patch's pixels those like one colour of a chequerboard do: the figures are
    the same with all of them. Only they cover an image of one row of patches.
    """
    pixels = tf.reshape(real, (-1, real.shape[-1]))
    first = matches[..., 0] * tf.shape(real)[2] + matches[..., 1]
    size = (*tf.unstack(tf.shape(matches)[:2] + PATCH - 1),)
    step = tf.where(tf.reduce_min(tf.shape(matches)[:2]) > 1, 2, 1)

    def add(index, total, weights):
        place = (index // PATCH, index % PATCH)
        part = tf.gather(pixels, first + place[0] * tf.shape(real)[2] + place[1])
        weight = weigh(part, place)
        around = [[at, PATCH - 1 - at] for at in place] + [[0, 0]]
        total += tf.pad(weight * part, around)
        return index + step, total, weights + tf.pad(weight, around)

    _, total, weights = tf.while_loop(
        lambda index, *_: index < PATCH**2,
        add,
        (tf.constant(0), tf.zeros((*size, real.shape[-1])), tf.zeros((*size, 1))),
        parallel_iterations=1,
    )
    return _folded(total, wraps) / _folded(weights, wraps)


def _nearness(place):
    away = [tf.cast(at - PATCH // 2, tf.float32) for at in place]
    return tf.exp(-tf.add_n([tf.square(a) for a in away]) / (2 * _REACH**2))


def _below(image, place, matches):
    """The pixels of an image that lie at one place of each of its patches."""
    rows, columns = tf.unstack(tf.shape(matches)[:2])
    return image[place[0] : place[0] + rows, place[1] : place[1] + columns]
