"""What leaves a task: uint8 pixels, and the masks of a model that has them."""

import numpy as np

from keras_singan.io.image import to_uint8


def to_pixels(pyramid, images, masks=False):
    """Turns generated images into pixels.

    Args:
        pyramid: The `SinGANPyramid` that made them.
        images: float32 tensor `(n, height, width, channels)`, around [-1, 1].
        masks: Whether the masks follow the picture's channels: 255 above half, 0
            elsewhere. Defaults to `False`: the picture alone.

    Returns:
        uint8 array `(n, height, width, channels)`.
    """
    images = np.asarray(images)
    first = pyramid.image_channels
    pictures = to_uint8(images[..., :first])
    if not masks:
        return pictures
    inside = np.where(images[..., first:] > 0, np.uint8(255), np.uint8(0))
    return np.concatenate([pictures, inside], -1)
