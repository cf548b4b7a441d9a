"""The machine's own peak: how fast it can convolve at all."""

import functools
import time

import keras
import tensorflow as tf

# Large enough that starting a convolution costs nothing beside it.
_PEAK_SIDE, _PEAK_FILTERS = 128, 128
# Side by side: one may be kept to some of the cores.
_PEAK_COUNT = 2
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
    each = 2 * 9 * _PEAK_FILTERS**2 * _PEAK_SIDE**2 * _PEAK_COUNT
    batch, best = 1, 0.0
    while True:
        seconds = _peak_seconds(dtype, batch)
        best = max(best, batch * each / seconds)
        if seconds > _PEAK_SECONDS or batch >= _PEAK_BATCH:
            return best
        batch *= 4


def _peak_seconds(dtype, batch):
    shape = (_PEAK_COUNT, batch, _PEAK_SIDE, _PEAK_SIDE, _PEAK_FILTERS)
    # Different images: equal convolutions would be done once.
    images = tf.unstack(tf.ones(shape, dtype))
    kernel = tf.ones((3, 3, _PEAK_FILTERS, _PEAK_FILTERS), dtype) / 1e4

    @tf.function(autograph=False)
    def convolve(*images):
        found = [tf.nn.conv2d(image, kernel, 1, "SAME") for image in images]
        return tf.stack([image[0, 0, 0, 0] for image in found])

    convolve(*images)
    return min(
        seconds_of(lambda: convolve(*images).numpy()) for _ in range(_PEAK_ROUNDS)
    )


def seconds_of(function):
    """Calls a function, and returns how long it took."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
