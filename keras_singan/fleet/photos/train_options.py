"""Options of `train` that a fleet or a manifest gives: which there are, and of whom."""

import numbers

from keras_singan.config import MOST_MASKS
from keras_singan.config import resolve_config
from keras_singan.errors import ConfigError
from keras_singan.errors import ImageError
from keras_singan.io.pixel_values import check_range

# What says how a photo is read; all others are the preset, the task, and fields of
# `SinGANConfig`.
READING = ("masks", "alpha", "value_range", "max_pixels")


def split_options(options):
    """Splits options into those of `SinGAN.fit` and those of `SinGAN`.

    Args:
        options: Dictionary.

    Returns:
        A pair of dictionaries; the second has a `preset`.
    """
    reading = {name: options[name] for name in READING if name in options}
    values = {name: value for name, value in options.items() if name not in READING}
    return reading, {"preset": "fast"} | values


def check_options(options, where):
    """Raises `ConfigError` for options that `train` does not have.

    Args:
        options: Dictionary of `READING`, `preset`, `task`, and fields of
            `SinGANConfig`.
        where: Whose they are, for the error.
    """
    reading, values = split_options(options)
    try:
        _check_reading(**reading)
        resolve_config(values.pop("preset"), **values)
    except TypeError as error:
        raise ConfigError(f"{where}: {error}. Received: {options!r:.200}.") from None
    except (ConfigError, ImageError) as error:
        raise ConfigError(f"{where}: {error}") from None


def _check_reading(masks=None, alpha="composite", value_range=None, max_pixels=1):
    texts = isinstance(masks, list) and all(isinstance(mask, str) for mask in masks)
    if masks is not None and not (texts and 1 <= len(masks) <= MOST_MASKS):
        raise ConfigError(
            f"`masks` must be 1 to {MOST_MASKS} paths or URLs. "
            f"Received: masks={masks!r:.200}."
        )
    if alpha not in ("composite", "train"):
        raise ConfigError(
            f"`alpha` must be 'composite' or 'train'. Received: alpha={alpha!r}."
        )
    check_range(value_range)
    whole = isinstance(max_pixels, numbers.Integral) and not isinstance(
        max_pixels, bool
    )
    if not whole or max_pixels < 1:
        raise ConfigError(
            "`max_pixels` must be a whole number above 0. "
            f"Received: max_pixels={max_pixels!r}."
        )
