"""`dtype_policy="auto"`: the precision in which this machine trains faster."""

import dataclasses

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
    try:
        half = convolution_peak("mixed_bfloat16")
    except tf.errors.OpError:
        return "float32"  # a device that cannot do it at all
    faster = half > _LEAST_GAIN * convolution_peak("float32")
    return "mixed_bfloat16" if faster else "float32"
