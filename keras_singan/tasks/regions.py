"""The region that a task may change: a user's mask, or what differs."""

import numpy as np
import tensorflow as tf

from keras_singan.errors import ImageError
from keras_singan.errors import TaskError
from keras_singan.io.image import read_image
from keras_singan.ops import masks
from keras_singan.tasks.inputs import generation_sizes

# From this part of an image on, it is no edit of the photo but another picture.
MOST_CHANGED = 0.8


def read_mask(mask, size):
    """Reads a mask: what is brighter than half, and not transparent, is inside.

    Args:
        mask: A bool array `(height, width)`, or what
            `keras_singan.io.image.read_image` takes, grey or in colour.
        size: The image's (height, width), which the mask must have too.

    Returns:
        bool tensor `(height, width)`, neither all true nor all false.

    Raises:
        ImageError: If the mask cannot be read.
        TaskError: If it is of another size, empty or full.
    """
    if isinstance(mask, np.ndarray) and mask.dtype.kind == "b":
        mask = mask.astype("float32")
    try:
        pixels = read_image(mask, alpha="train")
    except ImageError as error:
        raise ImageError(f"The mask cannot be used. {error}") from None
    if pixels.shape[:2] != tuple(size):
        raise TaskError(
            f"The mask must have the image's size, {size[0]}x{size[1]} (height x "
            f"width). Received: a mask of {pixels.shape[0]}x{pixels.shape[1]}."
        )
    inside = masks.from_image(tf.constant(pixels))
    if not tf.reduce_any(inside):
        brightest = round((float(pixels[..., :3].max()) + 1) * 127.5)
        raise TaskError(
            "The mask must be white (above half) where the image may change. Received: "
            f"an empty mask, whose brightest value is {brightest} of 255."
        )
    if tf.reduce_all(inside):
        raise TaskError(
            "The mask must be black where the image stays as it is. "
            "Received: a full mask, white everywhere."
        )
    return inside


def find_region(pyramid, image):
    """Finds where an image differs from the photo that was trained on.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float32 array `(height, width, channels)`, values in [-1, 1].

    Returns:
        bool tensor `(height, width)`, neither all true nor all false.

    Raises:
        TaskError: If the proportions are not those of the photo, or nothing or
            nearly everything differs.
    """
    if generation_sizes(pyramid, image.shape[:2]) != pyramid.sizes:
        height, width = pyramid.sizes[-1]
        raise TaskError(
            "Without a mask the image must have the photo's proportions, "
            f"{height}x{width} (height x width): give a mask. "
            f"Received: an image of {image.shape[0]}x{image.shape[1]}."
        )
    found = masks.changed(tf.constant(image), pyramid.real.value[0])
    part = float(tf.reduce_mean(tf.cast(found, tf.float32)))
    if not 0 < part <= MOST_CHANGED:
        raise TaskError(
            "Without a mask the image must differ from the photo in some places only: "
            f"give a mask. Received: an image that differs in {part:.0%} of its pixels."
        )
    return found
