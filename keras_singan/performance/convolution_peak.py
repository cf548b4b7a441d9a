"""The machine's own peak: how fast it can convolve at all."""

import functools
import time

import keras
import tensorflow as tf

# Side in px and channels: starting costs next to nothing beside them, and a
# processor's cache holds what they work on.
_SHAPES = ((64, 128), (64, 64))
# Side by side, as an iteration has them: one may be kept to some of the cores.
_COUNTS = (1, 2, 4)
# One after the other in each of those, so that all are at work all the time.
_DEPTH = 4
_ROUNDS, _BUSY_SECONDS, _MOST_BATCH = 3, 0.05, 64


def convolution_peak(dtype_policy):
    """Measures how fast this machine can convolve at all.

    It is the best rate of 3 x 3 convolutions, of several sizes and alone as well as
    side by side; of batches of them where one does not keep a GPU busy. It takes
    about a second, and is done once in a process.

    Args:
        dtype_policy: A Keras dtype policy, `"float32"` or `"mixed_bfloat16"`.

    Returns:
        Floating-point operations a second, a float.
    """
    return _peak(keras.DTypePolicy(dtype_policy).compute_dtype)


@functools.cache
def _peak(dtype):
    return max(_best(dtype, shape, count) for shape in _SHAPES for count in _COUNTS)


def _best(dtype, shape, count):
    side, channels = shape
    each = 2 * 9 * channels**2 * side**2 * _DEPTH * count
    batch, best = 1, 0.0
    while True:
        seconds = _seconds(dtype, shape, count, batch)
        best = max(best, batch * each / seconds)
        # On a processor a batch of one is busy enough.
        if seconds > _BUSY_SECONDS or batch >= _most_batch():
            return best
        batch *= 4


def _most_batch():
    return _MOST_BATCH if tf.config.list_physical_devices("GPU") else 1


def _seconds(dtype, shape, count, batch):
    side, channels = shape
    # Different images: equal convolutions would be done once.
    images = [
        tf.fill((batch, side, side, channels), tf.cast(1 + k, dtype) / 8)
        for k in range(count)
    ]
    kernel = tf.ones((3, 3, channels, channels), dtype) / (9 * channels)

    @tf.function(autograph=False)
    def convolve(*images):
        for _ in range(_DEPTH):
            images = [tf.nn.conv2d(image, kernel, 1, "SAME") for image in images]
        return tf.stack([image[0, 0, 0, 0] for image in images])

    convolve(*images)
    return min(seconds_of(lambda: convolve(*images).numpy()) for _ in range(_ROUNDS))


def seconds_of(function):
    """Calls a function, and returns how long it took."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start
