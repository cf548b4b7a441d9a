"""The precision of a training: one that this machine computes, and the faster one.

It is a way to train, not a property of a model: weights are float32, and so is
all that a trained model computes.
"""

import dataclasses
import functools
import warnings

import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.performance.convolution_peak import convolution_peak

# Less is not worth the lost digits.
_LEAST_GAIN = 1.15


def resolve_precision(config: SinGANConfig, begun=None) -> SinGANConfig:
    """Returns the config with a definite `dtype_policy`.

    For `"auto"` it measures large convolutions in both precisions, once in a
    process, in a second or two.

    Args:
        config: The hyper-parameters.
        begun: The policy of a training that goes on, which `"auto"` keeps, or
            `None`. Defaults to `None`.
    """
    if config.dtype_policy != "auto":
        return config
    return dataclasses.replace(config, dtype_policy=begun or faster_policy())


def faster_policy():
    """Returns `"mixed_bfloat16"` where that is clearly faster, else `"float32"`."""
    if not computes_bfloat16():
        return "float32"
    half = convolution_peak("mixed_bfloat16")
    faster = half > _LEAST_GAIN * convolution_peak("float32")
    return "mixed_bfloat16" if faster else "float32"


def runnable_precision(config: SinGANConfig) -> SinGANConfig:
    """Returns the config with a `dtype_policy` that this machine computes.

    That is the one of `resolve_precision`, or float32 and a warning: so a run or a
    model of a server goes on where bfloat16 is unknown.

    Args:
        config: The hyper-parameters.
    """
    config = resolve_precision(config)
    if config.dtype_policy == "float32" or computes_bfloat16():
        return config
    warnings.warn(
        "This machine cannot compute bfloat16: the training runs in float32. "
        f"Received: dtype_policy={config.dtype_policy!r}.",
        stacklevel=2,
    )
    return dataclasses.replace(config, dtype_policy="float32")


@functools.cache
def computes_bfloat16():
    """Tells whether this machine does a training step's convolutions in bfloat16.

    Processors without AVX-512 do not. One of each kind is tried, once in a process.
    """
    image = tf.ones((1, 16, 16, 8), "bfloat16")
    kernel = tf.ones((3, 3, 8, 8), "bfloat16")
    try:
        with tf.GradientTape() as outer:
            outer.watch([image, kernel])
            with tf.GradientTape() as inner:
                inner.watch(image)
                total = tf.reduce_sum(tf.nn.conv2d(image, kernel, 1, "VALID") ** 2)
            # As the gradient penalty does: a derivative of a derivative.
            loss = tf.reduce_sum(inner.gradient(total, image) ** 2)
        for gradient in outer.gradient(loss, [image, kernel]):
            tf.cast(gradient, "float32").numpy()
    except tf.errors.OpError:
        return False
    return True
