"""Sizes of an image that is enlarged step by step, in any graph.

The same whole numbers as `geometry` gives, for sizes and factors that are known
only when the graph runs.
"""

import numpy as np
import tensorflow as tf

from keras_singan.geometry import super_resolution_steps

MAX_FACTOR = 64.0


def _least_factors():
    """The least factor for 2, 3, ... steps, to the last bit.

    So graphs need no logarithm, whose last bit decides at sqrt(2) and the like.
    """
    least, steps = [], super_resolution_steps
    for count in range(2, steps(MAX_FACTOR)[0] + 1):
        low, high = 1.0, MAX_FACTOR
        while low < (middle := (low + high) / 2) < high:
            low, high = (low, middle) if steps(middle)[0] >= count else (middle, high)
        least.append(high)
    return least


_LEAST_FACTORS = np.array(_least_factors())


def step_sizes(size, factor):
    """Sizes of the image after each step, the last `geometry.scaled(size, factor)`.

    Args:
        size: int tensor of shape `(2,)`: (height, width).
        factor: float or scalar float tensor. A float32 tensor stands for the
            number of at most 5 decimals next to it: 1.15 means 1.15, so that it
            gives the size that Python gives.

    Returns:
        int32 tensor of shape `(steps, 2)`.
    """
    factor = _exactly(factor)
    steps = 1 + tf.math.count_nonzero(factor >= _LEAST_FACTORS, dtype=tf.int32)
    # A hair more: the last bit of a power, in which machines differ, shall never
    # decide about a half.
    powers = (1 + 1e-12) * factor ** (tf.range(1, steps) / steps)
    # The last is exact: the wanted size, as whole numbers in Python give it.
    factors = tf.concat([powers, [factor]], 0)[:, None]
    return tf.cast(tf.floor(tf.cast(size, tf.float64) * factors + 0.5), tf.int32)


def _exactly(factor):
    """The factor as the float64 that is meant."""
    if not tf.is_tensor(factor):
        # `tf.cast` takes Python's numbers through float32.
        return tf.constant(factor, tf.float64)
    if factor.dtype == tf.float32:
        # Graphs turn a plain division by a constant into a product, which is inexact.
        decimals = tf.round(1e5 * tf.cast(factor, tf.float64))
        return tf.math.divide_no_nan(decimals, tf.constant(1e5, tf.float64))
    return tf.cast(factor, tf.float64)
