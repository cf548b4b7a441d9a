"""Colours of a pasted object, brought to those that a photo has.

Only chroma is moved (the two colour differences of ITU-R BT.601), so that light and
shadow stay. Chroma is looked up in a table of bins. A bin that the photo uses stays;
any other goes to the mean of the used bins that are nearest.
"""

import itertools

import tensorflow as tf

# From red, green, blue to luma and two colour differences.
_TO_LUMA_CHROMA = [
    [0.299, 0.587, 0.114],
    [-0.168736, -0.331264, 0.5],
    [0.5, -0.418688, -0.081312],
]
# Bins of each colour difference, in [-1, 1].
_BINS = 40
# Share of the photo's pixels from which on a bin is used.
_USED = 0.0005
# Chroma that is as near as this to one that the photo has may stay.
_NEAR = 0.05


def match_colors(image, photo):
    """Gives every pixel a chroma that the photo has, if its own is none of those.

    Args:
        image: float32 tensor `(1, height, width, channels)`, values in [-1, 1].
        photo: float32 tensor `(1, any height, any width, channels)`, values in
            [-1, 1].

    Returns:
        float32 tensor like `image`; the image itself where it has no colours.
    """
    if image.shape[-1] not in (3, 4):
        return image
    to_luma_chroma = tf.constant(_TO_LUMA_CHROMA)
    colour = tf.tensordot(image[..., :3], to_luma_chroma, [[-1], [1]])
    palette = tf.tensordot(photo[..., :3], to_luma_chroma, [[-1], [1]])
    moves = _moves(tf.reshape(palette[..., 1:], (-1, 2)))
    chroma = colour[..., 1:] + _look_up(moves, colour[..., 1:])
    colour = tf.concat([colour[..., :1], chroma], -1)
    colour = tf.tensordot(colour, tf.linalg.inv(to_luma_chroma), [[-1], [1]])
    return tf.concat([tf.clip_by_value(colour, -1.0, 1.0), image[..., 3:]], -1)


def _moves(palette):
    """How far each bin's chroma is moved, `(bins, bins, 2)`."""
    side = (tf.range(_BINS, dtype=tf.float32) + 0.5) * (2 / _BINS) - 1
    middles = tf.stack(tf.meshgrid(side, side, indexing="ij"), -1)
    there = _used_bins(palette)
    squares = tf.reduce_sum(tf.square(middles[:, :, None] - there), -1)
    weights = tf.nn.softmax(-squares / (2 * _NEAR**2), -1)
    goal = tf.reduce_sum(weights[..., None] * there, 2)
    nearest = tf.sqrt(tf.reduce_min(squares, -1, keepdims=True))
    share = tf.clip_by_value(nearest / _NEAR - 1, 0.0, 1.0)
    return share * (goal - middles)


def _used_bins(palette):
    """Mean chroma of each bin that the photo uses, `(any, 2)`."""
    bins = tf.cast(_places(palette) + 0.5, tf.int32)
    bins = bins[:, 0] * _BINS + bins[:, 1]
    counts = tf.math.unsorted_segment_sum(tf.ones_like(palette), bins, _BINS**2)
    sums = tf.math.unsorted_segment_sum(palette, bins, _BINS**2)
    least = _USED * tf.cast(tf.shape(palette)[0], tf.float32)
    # Of very many colours none may be used so often.
    used = counts[:, 0] >= tf.minimum(least, tf.reduce_max(counts))
    return tf.boolean_mask(sums / tf.maximum(counts, 1.0), used)


def _places(chroma):
    """Where chroma lies in the table: whole numbers are the middles of bins."""
    return tf.clip_by_value((chroma + 1) * (_BINS / 2) - 0.5, 0.0, _BINS - 1.001)


def _look_up(table, chroma):
    """Reads a table between the middles of its bins, bilinearly."""
    places = _places(chroma)
    first = tf.cast(places, tf.int32)
    part = places - tf.cast(first, tf.float32)
    found = tf.zeros_like(chroma)
    for corner in itertools.product((0, 1), repeat=2):
        weight = tf.abs(1.0 - tf.constant(corner, tf.float32) - part)
        weight = tf.reduce_prod(weight, -1, keepdims=True)
        found += weight * tf.gather_nd(table, first + tf.constant(corner))
    return found
