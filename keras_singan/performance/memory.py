"""How much memory a training needs, how much there is, and what would fit."""

import dataclasses

from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.errors import ImageError
from keras_singan.geometry import margin
from keras_singan.geometry import plan_scales
from keras_singan.geometry import receptive_field
from keras_singan.geometry import trained_part
from keras_singan.performance.machine import free_bytes
from keras_singan.performance.machine import held_bytes

# Feature maps alive at the peak of an update, for each layer, measured.
_MAPS_PER_LAYER = {"batch": 14, "instance": 18, None: 8}
# What is cast between precisions is there twice for a while.
_MORE_MAPS = {"float32": 0, "mixed_bfloat16": 2}
_VALUE_BYTES = {"float32": 4, "mixed_bfloat16": 2}
# Float32 images of the finest scale that are kept whole, measured.
_IMAGES = 12
# TensorFlow itself, and the graphs of each scale, measured.
_BASE_BYTES, _SCALE_BYTES = 900 * 2**20, 40 * 2**20
# Crops smaller than this show too little of an image to be worth proposing.
_LEAST_CROP = 64

_GIB = 2**30


def needed_bytes(scales, channels, config: SinGANConfig):
    """Predicts the peak memory of a training: that of its greediest scale.

    Args:
        scales: Sequence of `geometry.Scale`, coarsest first.
        channels: Channels of the image.
        config: The hyper-parameters.

    Returns:
        int, bytes of this process.
    """
    config = _definite(config)
    height, width = scales[-1].size
    images = 4 * height * width * channels * _IMAGES
    maps = max(_map_bytes(scale, config) for scale in scales)
    return _BASE_BYTES + _SCALE_BYTES * len(scales) + images + maps


def _definite(config):
    """The config with a definite precision."""
    if config.dtype_policy != "auto":
        return config
    # It measures, and needs TensorFlow; all else here does without.
    from keras_singan.performance.precision import resolve_precision

    return resolve_precision(config)


def available_bytes():
    """Memory that this process can still get, in bytes.

    What the system calls available, or what a container's limit leaves, if that
    is less.

    Returns:
        int, or `None` if it is unknown, or if a GPU does the work.
    """
    # What a training needs is asked for where there is no TensorFlow, too.
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return None
    return free_bytes()


def check_memory(scales, channels, config: SinGANConfig):
    """Refuses a training that this machine has not enough memory for.

    Args:
        scales: Plan from `geometry.plan_scales`.
        channels: Channels of the image.
        config: The hyper-parameters.

    Raises:
        ConfigError: If it needs more than `available_bytes()`; it names settings
            that would fit.
    """
    config = _definite(config)
    needed, free = needed_bytes(scales, channels, config), available_bytes()
    # What this process holds already is part of what it needs.
    if free is None or needed <= (most := free + held_bytes()):
        return
    top = max(scales, key=lambda scale: _map_bytes(scale, config))
    raise ConfigError(
        f"Training at scale {top.index} ({top.size[0]}x{top.size[1]}) needs about "
        f"{needed / _GIB:.1f} GiB of memory, and this machine has "
        f"{most / _GIB:.1f} GiB for it: {_advice(scales, channels, config, most)}. "
        f"Received: crop_size={config.crop_size}, max_size={config.max_size}."
    )


def _map_bytes(scale, config):
    """Bytes of the feature maps of a scale while it is trained."""
    # The generator's first maps surround the image.
    height, width = (
        side + 2 * margin(config.num_layers)
        for side in trained_part(scale.size, config)
    )
    policy = config.dtype_policy
    maps = _MAPS_PER_LAYER[config.normalization] + _MORE_MAPS[policy]
    one = height * width * scale.filters * _VALUE_BYTES[policy]
    return one * config.num_layers * maps


def _advice(scales, channels, config, most):
    crop = _fitting_crop(scales, channels, config, most)
    side = _fitting_size(scales, channels, config, most)
    if crop is not None:
        return f"set crop_size={crop}" + (f" (or max_size={side})" if side else "")
    if side is not None:
        return f"set max_size={side}"
    return "not even the smallest scales would fit, so free some memory"


def _fitting_crop(scales, channels, config, most):
    """The largest of some crop sizes that fits, or `None`."""
    longest = max(trained_part(scales[-1].size, config))
    least = max(_LEAST_CROP, receptive_field(config.num_layers))
    for crop in _descending(longest, least):
        try:
            smaller = dataclasses.replace(config, crop_size=crop)
        except ConfigError:
            return None  # Not every training can do with crops.
        if needed_bytes(scales, channels, smaller) <= most:
            return crop
    return None


def _fitting_size(scales, channels, config, most):
    """The largest of some sizes of the finest scale that fits, or `None`."""
    size = scales[-1].size
    for side in _descending(max(size), config.min_size):
        try:
            smaller = dataclasses.replace(config, max_size=side)
            plan = plan_scales(size, smaller)
        except (ConfigError, ImageError):
            return None
        if needed_bytes(plan, channels, smaller) <= most:
            return side
    return None


def _descending(longest, least):
    """Yields round numbers below `longest`, each some percent less."""
    side = longest
    while (side := min(side - 1, int(side * 0.95)) // 4 * 4) >= least:
        yield side
