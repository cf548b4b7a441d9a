"""What every argument of a request must be, checked before anything is sent."""

import math
import secrets

from keras_singan.client.images import encode_image
from keras_singan.errors import TaskError
from keras_singan.task_specs import MAX_INT32
from keras_singan.task_specs import MAX_INT64


def whole(name, value, low, high=MAX_INT32):
    """Returns a whole number from `low` to `high`, or raises `TaskError`."""
    if not _is_whole(value) or not low <= value <= high:
        raise TaskError(
            f"`{name}` must be a whole number from {low} to {high}. "
            f"Received: {name}={value!r}."
        )
    return int(value)


def real(name, value, low, high=math.inf):
    """Returns a finite number from `low` to `high`, or raises `TaskError`."""
    try:
        number = math.nan if isinstance(value, str | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or not low <= number <= high:
        limits = f"of at least {low}" if high == math.inf else f"from {low} to {high}"
        raise TaskError(
            f"`{name}` must be a number {limits}. Received: {name}={value!r}."
        )
    return number


def request_value(each, value):
    """Returns what stands in a request for an argument, or raises `TaskError`.

    Args:
        each: The `keras_singan.task_specs.Input`.
        value: The argument; `None` for the default: of a seed without a default
            of its own a random one, else the server's.

    Raises:
        ImageError: If it is an image that cannot be read.
        TaskError: If it is out of range.
    """
    name = each.python_name
    if value is None and each.sentinel is not None:
        return each.sentinel
    if each.is_image or each.is_mask:
        return encode_image(value, name)
    if value is None and each.name == "seed":
        return secrets.randbelow(MAX_INT32)
    if each.is_flag:
        return int(bool(value))
    if each.dtype == "float32":
        return real(name, value, each.low, each.high)
    return whole(name, value, each.low, min(each.high, _greatest(each)))


def _greatest(each):
    return MAX_INT64 if each.dtype == "int64" else MAX_INT32


def pair(size):
    """Returns (height, width) as whole numbers, or raises `TaskError`."""
    try:
        height, width = size
    except (TypeError, ValueError):
        height = width = None
    if not all(_is_whole(side) and 1 <= side <= MAX_INT32 for side in (height, width)):
        raise TaskError(
            "`size` must be a pair (height, width) of whole numbers. "
            f"Received: size={size!r}."
        )
    return int(height), int(width)


def _is_whole(value):
    # NumPy's integers have it too.
    return hasattr(value, "__index__") and not isinstance(value, bool)
