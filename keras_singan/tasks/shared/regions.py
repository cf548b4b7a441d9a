"""The region that a task may change: a user's mask, or what differs."""

import numpy as np
import tensorflow as tf

from keras_singan.errors import ImageError
from keras_singan.errors import TaskError
from keras_singan.io.image import read_image
from keras_singan.ops import masks
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.rules import partial_mask
from keras_singan.tasks.shared.rules import partly_changed
from keras_singan.tasks.shared.rules import photo_proportions


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
    partial_mask(inside, lambda: _brightest(pixels)).check()
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
    size = image.shape[:2]
    photo_proportions(pyramid, generation_sizes(pyramid, size), size).check()
    found = masks.changed(tf.constant(image), pyramid.real.value[0])
    partly_changed(found).check()
    return found


def _brightest(pixels):
    return round((float(pixels[..., :3].max()) + 1) * 127.5)
