"""Pixels of any type become float32 from 0 to 1: by their type, or by a range."""

import math
import numbers

import numpy as np

from keras_singan.errors import NEEDS_RANGE
from keras_singan.errors import ImageError
from keras_singan.io.pillow_gaps.deep_pixels import FILLED
from keras_singan.io.pillow_gaps.deep_pixels import unfilled

# Bytes that are all below this are probably labels, or of fewer bits.
_LABELS = 16
# What arithmetic in a float type leaves beyond 0 and 1.
_ROUNDING = {"bfloat16": 2**-6, "float16": 4e-3, "float32": 1e-5, "float64": 1e-5}


def check_range(value_range):
    """Returns a `value_range` as `None`, `"auto"` or a pair of floats.

    Raises:
        ImageError: If it is none of them.
    """
    if value_range is None or (isinstance(value_range, str) and value_range == "auto"):
        return value_range
    pair = tuple(value_range) if np.iterable(value_range) else ()
    real = all(isinstance(end, numbers.Real) and math.isfinite(end) for end in pair)
    if len(pair) != 2 or isinstance(value_range, str) or not real or pair[0] >= pair[1]:
        raise ImageError(
            "`value_range` must be 'auto' or a pair (low, high) of numbers, low below "
            f"high. Received: value_range={value_range!r}."
        )
    return float(pair[0]), float(pair[1])


def to_unit(values, value_range=None):
    """Maps pixels to float32 in [0, 1].

    Args:
        values: Array `(H, W, C)` of whole numbers or floats. Without a range,
            unsigned numbers of 8 and 16 bits count from 0 to the largest of their
            type, other whole numbers from 0 to the largest of the least such type
            that holds them, and floats from 0 to 1.
        value_range: `None`, `"auto"` (from the least to the largest value), or the
            pair (low, high) that becomes 0 and 1. What lies outside is clipped.
            Defaults to `None`.

    Returns:
        A pair: the float32 array, and `None` or a sentence on whole numbers that
        leave most of their range unused.

    Raises:
        ImageError: If there is no pixel, the type or a value is none of these.
    """
    if not values.size:
        raise ImageError("`image` must have at least one pixel")
    slack = _ROUNDING.get(values.dtype.name)
    if values.dtype.name in ("bfloat16", "bool"):
        values = values.astype(np.float32)
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind not in "uif" or size > 8:
        raise ImageError(
            "`image` must be uint8, uint16, other whole numbers, or floats in [0, 1]"
        )
    if kind == "f" and not np.isfinite(values).all():
        raise ImageError("`image` must be finite, but there are NaN or infinite values")
    if value_range is not None:
        return _spread(values, value_range), None
    if kind == "f":
        return _floats(values, slack or 0), None
    if kind == "u" and size == 1:
        return values.astype(np.float32) / np.float32(255), _bytes_note(values)
    return _whole(values)


def _bytes_note(values):
    """A sentence on labels of 0 and 1, say; a dark photo is filled more than that."""
    low, high = int(values.min()), int(values.max())
    return unfilled(low, high, 255) if low < high < _LABELS else None


def _spread(values, value_range):
    if value_range == "auto":
        # An array of 4 channels is RGBA, whose opacity sets no range.
        colours = values[..., :3] if values.shape[-1] == 4 else values
        value_range = float(colours.min()), float(colours.max())
    low, high = value_range
    # In float64, because whole numbers of 32 bits are coarser in float32.
    unit = (values.astype(np.float64) - low) / ((high - low) or 1.0)
    return np.clip(unit, 0, 1).astype(np.float32)


def _floats(values, slack):
    low, high = values.min(), values.max()
    if low < -slack or high > 1 + slack:
        raise ImageError(
            f"`image` must hold floats in [0, 1]{NEEDS_RANGE}: they go from "
            f"{float(low):.9g} to {float(high):.9g}"
        )
    return np.clip(values.astype(np.float32), 0, 1)


def _whole(values):
    low, high = int(values.min()), int(values.max())
    bits = _bits(values.dtype, high)
    if low < 0 or bits is None:
        raise ImageError(
            f"`image` must hold whole numbers from 0 to 65535{NEEDS_RANGE}: they go "
            f"from {low} to {high}"
        )
    top = 2**bits - 1
    wide = np.float64 if bits > 16 else np.float32
    unit = (values.astype(wide) / wide(top)).astype(np.float32)
    # By kind and size, because big-endian uint16 is a dtype of its own.
    by_type = values.dtype.kind == "u" and values.dtype.itemsize == 2
    if high >= top * FILLED and by_type:
        return unit, None
    return unit, unfilled(low, high, top)


def _bits(dtype, high):
    """Returns the bits of the range that whole numbers count in, or None."""
    if dtype.kind == "u" and dtype.itemsize == 2:
        return 16
    if high < 2**16:
        return 8 if high < 2**8 else 16
    return 8 * dtype.itemsize if dtype.kind == "u" else None
