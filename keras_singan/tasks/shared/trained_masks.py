"""Masks that are trained with the photo: read, checked, made channels of it."""

import os
import re
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_singan.config import MOST_MASKS
from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io.sources import describe
from keras_singan.ops import masks as mask_ops
from keras_singan.ops.resize import resize
from keras_singan.tasks.shared.regions import brightest
from keras_singan.tasks.shared.regions import read_shades


def with_masks(pixels, masks):
    """Adds masks to a photo, as its last channels.

    Args:
        pixels: float32 array `(height, width, channels)`, values in [-1, 1].
        masks: A mask, or a list of them: each what
            `keras_singan.tasks.shared.regions.read_mask` takes, of the photo's
            proportions. `None` adds nothing.

    Returns:
        A pair: the float32 array with the masks, 1 inside and -1 outside; and the
        tuple of their names, from those of files, or numbers.

    Raises:
        ImageError: If there are too many masks, or one cannot be read, has other
            proportions, or nothing inside.

    Warns:
        ImageWarning: If all of a mask is inside.
    """
    masks = _listed(masks)
    if not masks:
        return pixels, ()
    if len(masks) > MOST_MASKS:
        raise ImageError(
            f"`masks` must be at most {MOST_MASKS}. Received: {len(masks)} masks."
        )
    channels = [_channel(mask, pixels.shape[:2]) for mask in masks]
    return np.concatenate([pixels, *channels], -1), _names(masks)


def _listed(masks):
    if masks is None:
        return []
    return list(masks) if isinstance(masks, (list, tuple)) else [masks]


def _channel(mask, size):
    """One mask as float32 `(*size, 1)`, 1 inside and -1 outside."""
    pixels = read_shades(mask)
    _check_proportions(mask, pixels.shape[:2], size)
    inside = mask_ops.from_image(tf.constant(pixels)).numpy()
    if not inside.any():
        raise ImageError(
            "A mask must be white, above half, where the object is. Received: an "
            f"empty mask, {describe(mask)}, whose brightest pixel is "
            f"{brightest(pixels)}."
        )
    if inside.all():
        text = f"The mask {describe(mask)} is white all over: so are those of samples."
        warnings.warn(ImageWarning(text), stacklevel=5)
    channel = np.where(inside, 1, -1).astype("float32")[None, ..., None]
    if inside.shape != tuple(size):
        channel = resize(channel, size).numpy()
    return channel[0]


def _check_proportions(mask, size, wanted):
    """Raises `ImageError` for a mask that is no resized mask of the photo."""
    (height, width), (tall, wide) = size, wanted
    # Sizes are rounded to whole pixels.
    if min(abs(height - width * tall / wide), abs(width - height * wide / tall)) > 1:
        raise ImageError(
            f"A mask must have the proportions of the photo, {tall}x{wide} (height x "
            f"width). Received: {describe(mask)} of {height}x{width}."
        )


def _names(masks):
    """Names masks by their files; by numbers if that does not tell them apart."""
    stems = [
        Path(mask).stem if isinstance(mask, (str, os.PathLike)) else ""
        for mask in masks
    ]
    names = tuple(re.sub(r"[^\w-]+", "_", stem)[:40] for stem in stems)
    if all(names) and len(set(names)) == len(names):
        return names
    return tuple(str(index) for index in range(len(names)))
