"""Whole numbers only: how many scales, the size of each, margins and factors.

A size is always `(height, width)`, in pixels; scale 0 is the coarsest.
"""

import dataclasses
import math

from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.errors import ImageError
from keras_singan.errors import TaskError

Size = tuple[int, int]

MAX_SCALES = 64


@dataclasses.dataclass(frozen=True)
class Scale:
    """One scale of a plan: its `index`, `size` (height, width) and `filters`."""

    index: int
    size: Size
    filters: int


def scale_name(scale: int, count: int) -> str:
    """Names one of `count` scales for people, counted from 0: `scale 1 of 0-4`."""
    return f"scale {scale}" if count == 1 else f"scale {scale} of 0-{count - 1}"


def receptive_field(num_layers: int) -> int:
    """Side in pixels of what one output pixel sees: 11 for 5 layers of 3 x 3."""
    return 2 * num_layers + 1


def margin(num_layers: int) -> int:
    """Pixels that `num_layers` valid 3 x 3 convolutions take from each side."""
    return num_layers


def filters_at(scale: int, config: SinGANConfig) -> int:
    """Filters of a scale: doubled every 4 scales, up to `max_filters`."""
    most = max(config.max_filters, config.filters)
    return min(config.filters * 2 ** (scale // 4), most)


def trained_size(size: Size, max_size: int | None) -> Size:
    """Size of the finest scale: `size`, shrunk so that its long side fits.

    Args:
        size: The photo's (height, width).
        max_size: Longest side allowed, or `None` for any.
    """
    if max_size is None or max(size) <= max_size:
        return size
    return scaled(size, max_size / max(size))


def scaled(size: Size, factor: float) -> Size:
    """`round(factor * side)` for both sides, at least 1 (halves go up)."""
    height, width = (max(1, math.floor(side * factor + 0.5)) for side in size)
    return height, width


def super_resolution_steps(factor: float) -> tuple[int, float]:
    """How often the finest generator is applied to enlarge by `factor`.

    Returns:
        `(k, factor ** (1 / k))` with `k = max(1, round(3 * log2(factor)))`, so
        that one step is close to 4/3 (Shaham et al. 2019, section 4).
    """
    k = max(1, round(3 * math.log2(factor)))
    return k, factor ** (1 / k)


def plan_scales(size: Size, config: SinGANConfig) -> tuple[Scale, ...]:
    """Plans the scales for a photo, coarsest first.

    `N = ceil(log(min_size / short side) / log(scale_factor)) + 1` scales, the
    factor refitted so that the coarsest short side is exactly `min_size`
    (Shaham et al. 2019, section 3; sizes are planned on the image as trained).
    For super-resolution the factor stays the exact inverse of one enlarging
    step, and there are as many scales as keep the short side at `min_size`.

    Args:
        size: The photo's (height, width) in pixels.
        config: The hyper-parameters.

    Raises:
        ImageError: If the short side, as trained, is under `min_size`.
        ConfigError: If neighbouring scales are so alike that there would be
            more than `MAX_SCALES`.
    """
    finest = trained_size(size, config.max_size)
    if min(finest) < config.min_size:
        raise ImageError(_too_small(size, finest, config))
    count, ratio = _count_and_ratio(min(finest), config)
    if count > MAX_SCALES:
        raise ConfigError(_too_many(count, config))
    sizes = [scaled(finest, ratio ** (count - 1 - k)) for k in range(count)]
    return tuple(Scale(k, s, filters_at(k, config)) for k, s in enumerate(sizes))


def _count_and_ratio(short, config):
    # The tolerances undo float noise such as log(9/16)/log(3/4) = 2.0000000000000004.
    if config.task == "super_resolution":
        _, step = super_resolution_steps(config.factor)
        steps = math.log(short / config.min_size) / math.log(step)
        return math.floor(steps + 1e-9) + 1, 1 / step
    steps = math.log(config.min_size / short) / math.log(config.scale_factor)
    count = math.ceil(steps - 1e-9) + 1
    ratio = (config.min_size / short) ** (1 / max(count - 1, 1))
    return count, ratio


def _too_many(count, config):
    name = "factor" if config.task == "super_resolution" else "scale_factor"
    return (
        f"`{name}` must give at most {MAX_SCALES} scales; neighbours are too alike "
        f"({count} scales). Received: {name}={getattr(config, name)}."
    )


def _too_small(size, finest, config):
    shrunk = "" if finest == size else f" (shrunk to {finest[0]}x{finest[1]})"
    return (
        f"The image's short side must be at least min_size={config.min_size} px, "
        f"as trained, with max_size={config.max_size}. "
        f"Received: an image of {size[0]}x{size[1]} (height x width){shrunk}."
    )


def resized_plan(sizes: tuple[Size, ...], size: Size, smallest: int):
    """Sizes of every scale when the finest is to be `size`.

    Args:
        sizes: The trained sizes, coarsest first.
        size: The wanted finest (height, width).
        smallest: Least side allowed at the coarsest scale.

    Returns:
        A tuple of sizes like `sizes`; each side is
        `round(trained side * wanted finest / trained finest)`, halves up.

    Raises:
        TaskError: If the coarsest side would be under `smallest`.
    """
    result = [tuple(map(_rescaled, trained, size, sizes[-1])) for trained in sizes]
    if min(result[0]) < smallest:
        least = tuple(
            math.ceil(smallest * full / coarse)
            for full, coarse in zip(sizes[-1], sizes[0], strict=True)
        )
        raise TaskError(
            f"`size` must be at least {least[0]}x{least[1]} (height x width) for "
            f"this model, so that its coarsest scale has {smallest} px. "
            f"Received: size={size[0]}x{size[1]}."
        )
    return tuple(result)


def _rescaled(side, new, old):
    # Whole numbers alone: floats would decide halves as they please.
    return max(1, (2 * side * new + old) // (2 * old))


def scale_steps(filters, config: SinGANConfig) -> tuple[int, ...]:
    """Iterations of every scale, coarsest first.

    A scale as wide as the one below starts from its weights, and takes the share
    `config.warm_fraction` of the iterations, at least one.

    Args:
        filters: Sequence of the filters of every scale.
        config: The hyper-parameters.
    """
    warm = max(1, round(config.warm_fraction * config.steps))
    below = (None, *filters)
    return tuple(
        warm if own == under else config.steps
        for own, under in zip(filters, below, strict=False)
    )


def trained_part(size: Size, config: SinGANConfig) -> Size:
    """Size of what one iteration sees of an image: all of it, or a crop.

    Args:
        size: The image's (height, width).
        config: The hyper-parameters.
    """
    if config.crop_size is None:
        return tuple(size)
    height, width = (min(side, config.crop_size) for side in size)
    return height, width
