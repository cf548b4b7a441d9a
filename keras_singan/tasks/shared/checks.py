"""What a task's arguments may be: checked once, in its first lines."""

import math
import secrets
from collections.abc import Iterable

import numpy as np

from keras_singan.errors import TaskError
from keras_singan.geometry import receptive_field
from keras_singan.geometry import resized_plan


def check_no_masks(pyramid, task, reason="those of another picture are not known"):
    """Raises `TaskError` for a task that a model trained with masks cannot do.

    Args:
        pyramid: The `SinGANPyramid`.
        task: Its name, for the sentence.
        reason: Why it cannot. Defaults to what is so of tasks that begin with a
            picture.
    """
    count = pyramid.mask_channels
    if count:
        noun = "mask" if count == 1 else "masks"
        raise TaskError(
            f"A model for {task} must be trained without masks: {reason}. "
            f"Received: a model trained with {count} {noun}."
        )


def check_count(n, name="n", least=1):
    """Returns `n` as an int, or raises `TaskError`."""
    if not is_whole(n) or n < least:
        raise TaskError(
            f"`{name}` must be a whole number of at least {least}. "
            f"Received: {name}={n!r}."
        )
    return int(n)


def check_start_scale(pyramid, start_scale):
    """Returns `start_scale` as an int, or raises `TaskError`.

    Of an iterable of scales it returns a tuple of ints.
    """
    return _check_scales(pyramid, start_scale, 0)


def check_injection_scale(pyramid, start_scale):
    """Returns the scale at which an image enters, or raises `TaskError`.

    It is never 0: nothing lies below, so the image would not be seen at all.
    Of an iterable of scales it returns a tuple of ints.
    """
    if pyramid.num_scales < 2:
        raise TaskError(
            "An image can enter a model of at least 2 scales only: train with a "
            "smaller min_size. Received: a model of 1 scale."
        )
    return _check_scales(pyramid, start_scale, 1)


def _check_scales(pyramid, start_scale, least):
    if isinstance(start_scale, Iterable) and not isinstance(start_scale, str):
        return tuple(_check_scale(pyramid, scale, least) for scale in start_scale)
    return _check_scale(pyramid, start_scale, least)


def _check_scale(pyramid, start_scale, least):
    count = pyramid.num_scales
    if not is_whole(start_scale) or not least <= start_scale < count:
        raise TaskError(
            f"`start_scale` must be a whole number from {least} to {count - 1} for "
            f"this model of {count} scales. Received: start_scale={start_scale!r}."
        )
    return int(start_scale)


def check_size(pyramid, size):
    """Returns the sizes of all scales for a wanted size, or raises `TaskError`."""
    if size is None:
        return pyramid.sizes
    try:
        height, width = size
    except (TypeError, ValueError):
        height = width = None
    if not is_whole(height) or not is_whole(width) or min(height, width) < 1:
        raise TaskError(
            "`size` must be a pair (height, width) of whole numbers. "
            f"Received: size={size!r}."
        )
    smallest = receptive_field(pyramid.num_layers)
    return resized_plan(pyramid.sizes, (int(height), int(width)), smallest)


def check_seed(seed):
    """Returns `seed`, a fresh one for `None`, or raises `TaskError`."""
    if seed is None:
        return secrets.randbelow(2**31)
    if not is_whole(seed) or not -(2**63) <= seed < 2**63:
        raise TaskError(
            "`seed` must be a whole number of 64 bits or None. "
            f"Received: seed={seed!r}."
        )
    return int(seed)


def check_refine(refine):
    """Returns `refine`, a bool or `None`, or raises `TaskError`."""
    if refine is not None and not isinstance(refine, (bool, np.bool_)):
        raise TaskError(
            "`refine` must be True, False or None for what the model's config says. "
            f"Received: refine={refine!r}."
        )
    return None if refine is None else bool(refine)


def check_around(around):
    """Returns `around`, a pair of ints or `None`, or raises `TaskError`."""
    if around is None:
        return None
    try:
        seed, index = around
    except (TypeError, ValueError):
        seed = index = None
    if not is_whole(seed) or not is_whole(index) or index < 0:
        raise TaskError(
            "`around` must be a pair (seed, number) of whole numbers that names a "
            f"sample, or None. Received: around={around!r}."
        )
    return check_seed(seed), int(index)


def check_number(name, value, low, high):
    """Returns `value` as a float within [low, high], or raises `TaskError`."""
    real = isinstance(value, (int, float, np.integer, np.floating))
    if not real or isinstance(value, bool) or not low <= value <= high:
        upper = "" if high == math.inf else f" and at most {high:g}"
        raise TaskError(
            f"`{name}` must be a number of at least {low:g}{upper}. "
            f"Received: {name}={value!r}."
        )
    return float(value)


def is_whole(value):
    """Whether `value` is an integer; `True` and 1.0 are none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
