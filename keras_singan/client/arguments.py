"""What every argument of a request must be, checked before anything is sent."""

import math
import secrets

from keras_singan.errors import TaskError

_INT32 = 2**31 - 1


def whole(name, value, low, high=_INT32):
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


def seed_or_random(seed):
    """Returns `seed`, or a random one for `None`; raises `TaskError`."""
    if seed is None:
        return secrets.randbelow(2**31)
    return whole("seed", seed, -(2**63), 2**63 - 1)


def scale_or_default(start_scale):
    """Returns `start_scale`, or -1 (the server's default) for `None`."""
    return -1 if start_scale is None else whole("start_scale", start_scale, 0)


def pair(size):
    """Returns (height, width) as whole numbers, or raises `TaskError`."""
    try:
        height, width = size
    except (TypeError, ValueError):
        height = width = None
    if not all(_is_whole(side) and 1 <= side <= _INT32 for side in (height, width)):
        raise TaskError(
            "`size` must be a pair (height, width) of whole numbers. "
            f"Received: size={size!r}."
        )
    return int(height), int(width)


def _is_whole(value):
    # NumPy's integers have it too.
    return hasattr(value, "__index__") and not isinstance(value, bool)
