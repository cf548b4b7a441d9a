"""Back-projection: an enlarged image that shrinks to the one it came from."""

import tensorflow as tf
from keras import ops

from keras_singan.ops.opacity import has_opacity
from keras_singan.ops.opacity import premultiply
from keras_singan.ops.opacity import straighten
from keras_singan.ops.resize import resize
from keras_singan.ops.resize import resize_unclipped

STEPS = 5


def back_project(image, original, steps=STEPS, masks=0):
    """Corrects an enlarged image until it shrinks to the original.

    Each step shrinks the image, and adds what the original has more than that,
    enlarged (Irani and Peleg, CVGIP 1991). Only frequencies that the original
    holds change: the detail beyond them stays.

    Args:
        image: float32 tensor of shape `(batch, height, width, channels)`,
            values in [-1, 1].
        original: float32 tensor of shape `(batch, height, width, channels)`,
            not larger, values in [-1, 1].
        steps: int. Defaults to `5`.
        masks: int, how many channels at the end are masks. Defaults to `0`.

    Returns:
        float32 tensor like `image`.
    """
    if has_opacity(original, masks):
        # Linear, as all here must be, is only the resize of premultiplied colours.
        projected = _project(
            premultiply(image, masks), premultiply(original, masks), steps
        )
        return straighten(projected, image)
    return _project(image, original, steps)


def _project(image, original, steps):
    size, small = ops.shape(image)[1:3], ops.shape(original)[1:3]

    def step(i, image):
        missing = original - resize(image, small)
        better = ops.clip(image + resize_unclipped(missing, size), -1.0, 1.0)
        return i + 1, tf.ensure_shape(better, image.shape)

    start = (tf.constant(0), tf.convert_to_tensor(image))
    _, image = tf.while_loop(lambda i, _: i < steps, step, start, parallel_iterations=1)
    return image
