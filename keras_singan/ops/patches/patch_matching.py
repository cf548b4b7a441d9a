"""Which patch of a real image each patch of another image is nearest to.

Patches are compared in a few dimensions: the principal components of the real
patches. `(top, left)` of each patch of the image has a match, the `(top, left)` of a
real patch. Distances are mean squared differences of values in [0, 1].
"""

import tensorflow as tf

PATCH = 7
# Of the 49 that a channel has: the figures are no better with all of them.
_DIMENSIONS = 24
# The exact search looks at every second row and column of patches.
_STRIDE = 2
# What one block of distances takes, about.
_BLOCK_BYTES = 64 * 2**20
# How many real patches are looked at for the principal components, at most.
_BASIS_PATCHES = 10_000
# Distance of a real patch that nothing was compared with.
_FAR = 1e9

# Steps (rows, columns) to the patches whose matches a patch tries for itself.
_NEIGHBOURS = [[0, 0]] + [
    [row * step, column * step]
    for step in (4, 1)
    for row, column in ((0, 1), (1, 0), (0, -1), (-1, 0))
]
_AROUND = [[row, column] for row in (-1, 0, 1) for column in (-1, 0, 1)]


def patch_basis(real):
    """Finds the principal components of the patches of an image.

    Args:
        real: float32 tensor `(1, height, width, channels)`, sides of 7 px or more.

    Returns:
        Filters, float32 `(7, 7, channels, dimensions)`, and what they make of the
        mean patch, `(dimensions,)`.
    """
    length = PATCH * PATCH * real.shape[-1]
    patches = tf.reshape(_some_patches(real), (-1, length))
    mean = tf.reduce_mean(patches, 0)
    centred = patches - mean
    _, vectors = tf.linalg.eigh(tf.matmul(centred, centred, transpose_a=True))
    # Scaled so that squared distances are means over values that span 1, not 2.
    vectors = vectors[:, -_DIMENSIONS:] / (2 * length**0.5)
    filters = tf.reshape(vectors, (PATCH, PATCH, real.shape[-1], -1))
    return filters, tf.linalg.matvec(vectors, mean, transpose_a=True)


def _some_patches(real):
    """Patches of an image, evenly spread: an exact answer needs no more."""
    size = tf.shape(real)[1:3] - PATCH + 1
    pixels = tf.cast(tf.reduce_prod(size), tf.float32)
    step = tf.cast(tf.math.ceil(tf.sqrt(pixels / _BASIS_PATCHES)), tf.int32)
    rows, columns = (tf.range(0, side, step) for side in tf.unstack(size))
    inside = tf.range(PATCH)
    rows = tf.gather(real[0], rows[:, None] + inside, axis=0)
    # (rows, 7, width, channels) to (rows, 7, columns, 7, channels)
    both = tf.gather(rows, columns[:, None] + inside, axis=2)
    return tf.transpose(both, (0, 2, 1, 3, 4))


def match_features(image, basis):
    """Projects every patch of an image on a `patch_basis`.

    Args:
        image: float32 tensor `(1, height, width, channels)`.
        basis: What `patch_basis` gave.

    Returns:
        float32 tensor `(height - 6, width - 6, dimensions)`.
    """
    filters, mean = basis
    return (tf.nn.conv2d(image, filters, 1, "VALID") - mean)[0]


def first_matches(queries, keys, alpha):
    """Searches the nearest real patch of every patch among all.

    Args:
        queries: `match_features` of the image.
        keys: `match_features` of the real image, in the same basis.
        alpha: float32 scalar: see `keras_singan.ops.patches.patch_refinement.refine`.

    Returns:
        int32 tensor `(rows, columns, 2)`.
    """
    rows, columns = (_every_second(n) for n in tf.unstack(tf.shape(queries)[:2]))
    some = tf.gather(tf.gather(queries, rows, axis=0), columns, axis=1)
    found = _nearest(_flat(some), _flat(keys), alpha)
    matches = _places(tf.reshape(found, tf.shape(some)[:2]), keys)
    # Patches between take the match of the one before, moved along.
    for axis, taken in enumerate((rows, columns)):
        matches = _filled(matches, taken, tf.shape(queries)[axis], axis)
    return spread_matches(queries, keys, _inside(matches, keys), alpha, _AROUND)


def _every_second(count):
    """0, 2, 4, ... and the last one."""
    places = tf.range(0, count, _STRIDE)
    return tf.unique(tf.concat([places, [count - 1]], 0))[0]


def _filled(matches, taken, count, axis):
    source = tf.searchsorted(taken, tf.range(count), side="right") - 1
    moved = tf.range(count) - tf.gather(taken, source)
    step = tf.one_hot(axis, 2, dtype=tf.int32)
    moved = moved[:, None, None] if axis == 0 else moved[:, None]
    return tf.gather(matches, source, axis=axis) + moved * step


def _nearest(queries, keys, alpha):
    """Index of each query's nearest key, each key's distances made comparable."""
    key_norms = tf.reduce_sum(tf.square(keys), 1, keepdims=True)
    query_norms = tf.reduce_sum(tf.square(queries), 1, keepdims=True)
    # One product gives |q|^2 + |k|^2 - 2 q k.
    left = tf.concat([queries, tf.ones_like(query_norms), query_norms], 1)
    right = tf.concat([-2.0 * keys, key_norms, tf.ones_like(key_norms)], 1)
    block = tf.maximum(64, _BLOCK_BYTES // (4 * tf.shape(keys)[0]))
    least = _least_of_keys(left, right, block)
    return _nearest_of_queries(left, right / (alpha + least)[:, None], block)


def _least_of_keys(left, right, block):
    def add(first, least):
        distances = tf.matmul(right, left[first : first + block], transpose_b=True)
        return first + block, tf.minimum(least, tf.reduce_min(distances, 1))

    _, least = tf.while_loop(
        lambda first, _: first < tf.shape(left)[0],
        add,
        (tf.constant(0), tf.fill(tf.shape(right)[:1], _FAR)),
        parallel_iterations=1,
    )
    return tf.maximum(least, 0.0)


def _nearest_of_queries(left, right, block):
    count = (tf.shape(left)[0] + block - 1) // block

    def add(index, found):
        part = left[index * block : (index + 1) * block]
        distances = tf.matmul(part, right, transpose_b=True)
        nearest = tf.argmin(distances, 1, output_type=tf.int32)
        return index + 1, found.write(index, nearest)

    _, found = tf.while_loop(
        lambda index, _: index < count,
        add,
        (tf.constant(0), tf.TensorArray(tf.int32, size=count, infer_shape=False)),
        parallel_iterations=1,
    )
    return found.concat()


def track_matches(queries, keys, matches, keys_below, alpha):
    """Carries the matches of smaller images over to larger ones.

    Args:
        queries: `match_features` of the larger image.
        keys: `match_features` of the larger real image.
        matches: int32 tensor `(rows, columns, 2)` of the smaller images.
        keys_below: int32 tensor `(2,)`, rows and columns of the smaller `keys`.
        alpha: float32 scalar above 0: see `patch_refinement.refine`.

    Returns:
        int32 tensor `(rows, columns, 2)`.
    """
    wanted, below = tf.shape(queries)[:2], tf.shape(matches)[:2]
    sources, moved = [], []
    for axis in (0, 1):
        ratio = tf.cast(wanted[axis] / below[axis], tf.float32)
        places = tf.range(wanted[axis])
        source = tf.cast((tf.cast(places, tf.float32) + 0.5) / ratio, tf.int32)
        source = tf.minimum(source, below[axis] - 1)
        sources.append(source)
        moved.append(tf.cast(places, tf.float32) - tf.cast(source, tf.float32) * ratio)
    found = tf.gather(tf.gather(matches, sources[0], axis=0), sources[1], axis=1)
    grown = tf.cast(tf.shape(keys)[:2] / keys_below, tf.float32)
    found = tf.cast(found, tf.float32) * grown
    found += tf.stack(tf.meshgrid(*moved, indexing="ij"), -1)
    found = _inside(tf.cast(tf.round(found), tf.int32), keys)
    found = _best(queries, keys, alpha, _AROUND, lambda step: found + step)
    return spread_matches(queries, keys, found, alpha)


def spread_matches(queries, keys, matches, alpha, steps=_NEIGHBOURS):
    """Lets each patch take over the match of a neighbour, if that is nearer.

    Args:
        queries: `match_features` of the image.
        keys: `match_features` of the real image.
        matches: int32 tensor `(rows, columns, 2)`.
        alpha: float32 scalar above 0: see `patch_refinement.refine`.
        steps: List of (rows, columns) to the neighbours. Defaults to some that
            are 1 and 4 px away, and the patch itself.

    Returns:
        int32 tensor `(rows, columns, 2)`.
    """
    size = tf.shape(matches)[:2]
    places = [tf.range(side) for side in tf.unstack(size)]

    def neighbour(step):
        taken = [
            tf.clip_by_value(place + step[axis], 0, size[axis] - 1)
            for axis, place in enumerate(places)
        ]
        moved = [there - place for there, place in zip(taken, places, strict=True)]
        found = tf.gather(tf.gather(matches, taken[0], axis=0), taken[1], axis=1)
        return found - tf.stack(tf.meshgrid(*moved, indexing="ij"), -1)

    return _best(queries, keys, alpha, steps, neighbour)


def _best(queries, keys, alpha, steps, candidate):
    """Chooses for every patch the best of its candidates, one for each step."""
    flat_keys, width = _flat(keys), tf.shape(keys)[1]
    steps = tf.constant(steps, tf.int32)
    count = steps.shape[0]

    def compare(index, least, found, distances):
        place = _inside(candidate(steps[index]), keys)
        place = place[..., 0] * width + place[..., 1]
        apart = tf.math.squared_difference(tf.gather(flat_keys, place), queries)
        apart = tf.reduce_sum(apart, -1)
        flat = tf.reshape(place, (-1, 1)), tf.reshape(apart, (-1,))
        least = tf.tensor_scatter_nd_min(least, *flat)
        found, distances = found.write(index, place), distances.write(index, apart)
        return index + 1, least, found, distances

    arrays = [tf.TensorArray(dtype, size=count) for dtype in (tf.int32, tf.float32)]
    start = (tf.constant(0), tf.fill(tf.shape(flat_keys)[:1], _FAR), *arrays)
    _, least, found, distances = tf.while_loop(
        lambda index, *_: index < count, compare, start, parallel_iterations=1
    )
    found = found.stack()
    scores = distances.stack() / (alpha + tf.gather(least, found))
    best = tf.one_hot(tf.argmin(scores, 0), count, True, False, axis=0)
    found = tf.reduce_max(tf.where(best, found, -1), 0)
    return _places(found, keys)


def _flat(features):
    return tf.reshape(features, (-1, features.shape[-1]))


def _places(index, keys):
    """(top, left) of patches that are numbered row by row."""
    width = tf.shape(keys)[1]
    return tf.stack([index // width, index % width], -1)


def _inside(matches, keys):
    return tf.clip_by_value(matches, 0, tf.shape(keys)[:2] - 1)
