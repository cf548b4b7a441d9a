"""A user's image, made ready for a model: its channels, its sizes."""

import warnings

import numpy as np
import tensorflow as tf

from keras_singan.errors import ImageError
from keras_singan.io.image import read_with_notes
from keras_singan.ops.plan_sizes import area_size
from keras_singan.ops.plan_sizes import plan_sizes
from keras_singan.ops.resize import resize
from keras_singan.tasks.shared.rules import coarsest_fits
from keras_singan.tasks.shared.rules import photo_proportions

# Rec. 601: what Pillow turns colour into grey with.
LUMA = np.array([0.299, 0.587, 0.114], "float32")


def read_for(pyramid, image):
    """Reads an image and gives it the channels of a model, but for masks.

    Grey becomes colour and colour grey; a model of 4 channels gets an opaque
    alpha where there is none; other models get transparency put on white, with
    a warning.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: What `keras_singan.io.image.read_image` takes.

    Returns:
        float32 array `(height, width, channels)`, values in [-1, 1].

    Raises:
        ImageError: If the image cannot be read, or its channels cannot be made
            those of the model.
    """
    wanted = pyramid.image_channels
    alpha = "train" if wanted == 4 else "composite"
    pixels, notes = read_with_notes(image, alpha=alpha)
    for note in notes:
        # What a method does with transparency follows from the model.
        spreads = note.keyword == "value_range"
        warnings.warn(note if spreads else note.bare(), stacklevel=2)
    return with_channels(pixels, wanted)


def read_picture(pyramid, image=None):
    """Reads the photo itself, such as the user's larger original.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: See `read_for`; `None` is the photo as trained. Defaults to
            `None`.

    Returns:
        float32 tensor `(1, height, width, channels)`, values in [-1, 1]. Masks are
        those of the photo as trained.

    Raises:
        ImageError: If the image cannot be read.
        TaskError: If its proportions are not those of the photo.
    """
    if image is None:
        return pyramid.real.value
    pixels = read_for(pyramid, image)
    size = pixels.shape[:2]
    sizes = generation_sizes(pyramid, size)
    photo_proportions(pyramid, sizes, size, "The image").check()
    if not pyramid.mask_channels:
        return tf.constant(pixels[None])
    masks = resize(pyramid.real.value[..., pyramid.image_channels :], size)
    return tf.concat([pixels[None], masks], -1)


def with_channels(pixels, wanted):
    """Turns `(height, width, any)` pixels into those of the wanted channels.

    Raises:
        ImageError: If there is no natural way to do so.
    """
    there = pixels.shape[-1]
    if there == wanted:
        return pixels
    if there == 1 and wanted in (3, 4):
        pixels = np.repeat(pixels, 3, axis=-1)
    elif there == 3 and wanted == 1:
        return pixels @ LUMA[:, None]
    elif (there, wanted) != (3, 4):
        raise ImageError(
            f"The image must have {wanted} channels, as this model has. "
            f"Received: an image of {there} channels."
        )
    if wanted == 4:
        opaque = np.ones((*pixels.shape[:2], 1), "float32")
        pixels = np.concatenate([pixels, opaque], axis=-1)
    return pixels


def generation_sizes(pyramid, size):
    """Sizes of all scales at which an input of `size` is generated.

    The input is shrunk or enlarged by one factor, so that it keeps its
    proportions and has as many pixels as the photo that was trained on: that
    is where the generators know what details look like.

    Args:
        pyramid: A trained `SinGANPyramid`.
        size: The input's (height, width): ints, or scalar integer tensors,
            for which nothing is checked.

    Returns:
        Sequence of (height, width), coarsest first, of ints or tensors as
        `size` is; the trained sizes if the proportions are those of the photo.

    Raises:
        TaskError: If the input is too elongated to be generated.
    """
    sizes = plan_sizes(pyramid.sizes, area_size(pyramid.sizes[-1], size))
    if tf.is_tensor(size[0]):
        return sizes
    sizes = tuple((int(height), int(width)) for height, width in sizes)
    coarsest_fits(pyramid, sizes[0], size).check()
    return sizes
