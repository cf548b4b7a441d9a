"""The machine's own peak: how fast it can convolve at all."""

import functools
import time

import keras
import tensorflow as tf

# Large enough that starting a convolution costs nothing beside it.
_PEAK_SIDE, _PEAK_FILTERS, _PEAK_CHAIN = 128, 128, 2
_PEAK_ROUNDS, _PEAK_SECONDS, _PEAK_BATCH = 4, 0.05, 64


def convolution_peak(dtype_policy):
    """Measures how fast this machine can convolve at all.

    It is the best rate of 3 x 3 convolutions of 128 channels, on images of
    128 x 128 px; of batches of them where one does not keep a GPU busy. It takes
    about a second, and is done once in a process.

    Args:
        dtype_policy: A Keras dtype policy, `"float32"` or `"mixed_bfloat16"`.

    Returns:
        Floating-point operations a second, a float.
    """
    return _peak(keras.DTypePolicy(dtype_policy).compute_dtype)


@functools.cache
def _peak(dtype):
    each = 2 * 9 * _PEAK_FILTERS**2 * _PEAK_SIDE**2 * _PEAK_CHAIN
    batch, best = 1, 0.0
    while True:
        seconds = _chain_seconds(dtype, batch)
        best = max(best, batch * each / seconds)
        if seconds > _PEAK_SECONDS or batch >= _PEAK_BATCH:
            return best
        batch *= 4


def _chain_seconds(dtype, batch):
    image = tf.ones((batch, _PEAK_SIDE, _PEAK_SIDE, _PEAK_FILTERS), dtype)
    kernel = tf.ones((3, 3, _PEAK_FILTERS, _PEAK_FILTERS), dtype) / 1e4

    @tf.function(autograph=False)
    def chain():
        x = image
        for _ in range(_PEAK_CHAIN):
            x = tf.nn.conv2d(x, kernel, 1, "SAME")
        return x[0, 0, 0, 0]

    chain()
    return min(seconds_of(lambda: chain().numpy()) for _ in range(_PEAK_ROUNDS))


def seconds_of(function):
    """Calls a function, and returns how long it took."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
