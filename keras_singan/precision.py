"""`dtype_policy="auto"`: the precision in which this machine trains faster."""

import dataclasses
import functools
import time

import tensorflow as tf

from keras_singan.config import SinGANConfig

# Less is not worth the lost digits.
_LEAST_GAIN = 1.15


def resolve_precision(config: SinGANConfig, begun=None) -> SinGANConfig:
    """Returns the config with a definite `dtype_policy`.

    For `"auto"` it times a convolution and its derivatives in both precisions,
    once in a process, in a fraction of a second.

    Args:
        config: The hyper-parameters.
        begun: The policy of a training that goes on, which `"auto"` keeps, or
            `None`. Defaults to `None`.
    """
    if config.dtype_policy != "auto":
        return config
    return dataclasses.replace(config, dtype_policy=begun or faster_policy())


@functools.cache
def faster_policy():
    """Returns `"mixed_bfloat16"` where that is clearly faster, else `"float32"`."""
    full, half = _seconds(tf.float32), _seconds(tf.bfloat16)
    return "mixed_bfloat16" if full > _LEAST_GAIN * half else "float32"


def _seconds(dtype, rounds=5):
    x = tf.ones((1, 96, 96, 32), dtype)
    kernel = tf.fill((3, 3, 32, 32), tf.cast(0.01, dtype))

    @tf.function(autograph=False)
    def step(x, kernel):
        with tf.GradientTape() as tape:
            tape.watch([x, kernel])
            y = tf.nn.conv2d(x, kernel, 1, "VALID")
        return tape.gradient(y, [x, kernel])

    def timed():
        start = time.perf_counter()
        for output in step(x, kernel):
            output.numpy()
        return time.perf_counter() - start

    timed()
    return min(timed() for _ in range(rounds))
