"""Padding of images by their mirrored selves, as far as one likes."""

import tensorflow as tf


def mirror_pad(image, pads):
    """Pads an image with mirrored pixels.

    Args:
        image: Tensor `(batch, height, width, channels)`.
        pads: Pixels at the left, right, top and bottom, ints or scalar tensors,
            at least 0; they may exceed the image.

    Returns:
        Tensor `(batch, top + height + bottom, left + width + right, channels)`.
    """
    left, right, top, bottom = pads
    image = tf.gather(image, _mirrored(tf.shape(image)[1], top, bottom), axis=1)
    return tf.gather(image, _mirrored(tf.shape(image)[2], left, right), axis=2)


def _mirrored(side, before, after):
    at = tf.range(-before, side + after) % (2 * side)
    return tf.minimum(at, 2 * side - 1 - at)
