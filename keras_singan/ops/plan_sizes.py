"""Sizes of all scales for a wanted finest size, in any graph.

The same whole numbers as `geometry` gives, for sizes that are known only when
the graph runs.
"""

import tensorflow as tf


def plan_sizes(trained, finest):
    """Does what `geometry.resized_plan` does, without its check.

    Args:
        trained: Sequence of (height, width), coarsest first.
        finest: Pair of scalar integer tensors: the wanted (height, width).

    Returns:
        List of pairs of scalar int32 tensors, coarsest first.
    """
    wanted = [tf.cast(side, tf.int64) for side in finest]

    def rescaled(side, new, old):
        return tf.cast(tf.maximum((2 * side * new + old) // (2 * old), 1), tf.int32)

    return [tuple(map(rescaled, size, wanted, trained[-1])) for size in trained]


def area_size(trained, size):
    """Size of `size`'s proportions and the trained size's area.

    It is the trained size itself where that is at most 1 px away.

    Args:
        trained: Pair of ints: the trained finest (height, width).
        size: Pair of ints or scalar integer tensors.

    Returns:
        Pair of scalar int32 tensors.
    """
    height, width = (tf.cast(side, tf.float64) for side in size)
    factor = tf.sqrt(float(trained[0] * trained[1]) / (height * width))
    finest = _scaled(height, factor), _scaled(width, factor)
    near = [abs(f - t) <= 1 for f, t in zip(finest, trained, strict=True)]
    same = tf.reduce_all(near)
    return tuple(tf.where(same, t, f) for f, t in zip(finest, trained, strict=True))


def _scaled(side, factor):
    return tf.cast(tf.maximum(tf.floor(side * factor + 0.5), 1.0), tf.int32)
