"""The region that a task may change: a user's mask, or what differs."""

import numpy as np
import tensorflow as tf

from keras_singan.errors import NEEDS_RANGE
from keras_singan.errors import ImageError
from keras_singan.errors import TaskError
from keras_singan.io.image import read_with_notes
from keras_singan.ops import masks
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.rules import partly_changed
from keras_singan.tasks.shared.rules import photo_proportions
from keras_singan.tasks.shared.rules import some_mask


def read_mask(mask, size):
    """Reads a mask: what is brighter than half, and not transparent, is inside.

    Args:
        mask: An array or tensor of bool, or of whole numbers 0 and 1; or what
            `keras_singan.io.image.read_image` takes, grey or in colour.
        size: The image's (height, width), which the mask must have too.

    Returns:
        bool tensor `(height, width)`, not all false.

    Raises:
        ImageError: If the mask cannot be read.
        TaskError: If it is of another size, or empty.
    """
    pixels = read_shades(mask)
    if pixels.shape[:2] != tuple(size):
        raise TaskError(
            f"The mask must have the image's size, {size[0]}x{size[1]} (height x "
            f"width). Received: a mask of {pixels.shape[0]}x{pixels.shape[1]}."
        )
    inside = masks.from_image(tf.constant(pixels))
    some_mask(inside, lambda: brightest(pixels)).check()
    return inside


def read_shades(mask):
    """Reads the pixels of a mask: see `keras_singan.ops.masks.from_image`.

    Args:
        mask: What `read_mask` takes.

    Returns:
        float32 array `(height, width, channels)`, values in [-1, 1].

    Raises:
        ImageError: If the mask cannot be read.
    """
    try:
        # Whatever the warnings are, of a mask only black and white matter.
        pixels, _ = read_with_notes(_shades(mask), alpha="train")
    except ImageError as error:
        # Of a mask there is no range to name.
        text = str(error).replace(NEEDS_RANGE, "").replace("`image`", "`mask`")
        text = text.replace("Received: image=", "Received: mask=")
        raise ImageError(f"The mask cannot be used. {text}") from None
    return pixels


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


def _shades(mask):
    """Turns a mask of yes and no into shades from 0 to 1; others stay as they are."""
    if not hasattr(mask, "__array__"):
        return mask
    array = np.asarray(mask)
    whole = array.dtype.kind in "iu" and array.size and array.min() >= 0
    yes_or_no = array.dtype.kind == "b" or (whole and array.max() == 1)
    return array.astype("float32") if yes_or_no else array


def brightest(pixels):
    """Says how bright the brightest pixel is, and how opaque if that is too little.

    Args:
        pixels: What `read_shades` gives.
    """
    bright = (pixels[..., :3].max(-1) + 1) / 2
    text = f"{round(float(bright.max()) * 255)} of 255"
    if pixels.shape[-1] != 4:
        return text
    opacity = (pixels[..., 3][bright > 0.5] + 1) / 2
    return f"{text}, and {opacity.max() if opacity.size else 0:.0%} opaque at most"
