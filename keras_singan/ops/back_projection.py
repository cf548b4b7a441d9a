"""Back-projection: an enlarged image that shrinks to the one it came from."""

import tensorflow as tf
from keras import ops

from keras_singan.ops.opacity import has_opacity
from keras_singan.ops.opacity import premultiply
from keras_singan.ops.opacity import straighten
from keras_singan.ops.resize import resize
from keras_singan.ops.resize import resize_unclipped

STEPS = 5


def back_project(image, original, steps=STEPS, masks=0, slack=None):
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
        slack: By how much a pixel may leave what the 3 x 3 pixels of the original
            around it range over, as a share of that range. It takes away what has
            no cause nearby: waves beside a strong edge, dots in a clear sky. `None`
            bounds nothing. Defaults to `None`.

    Returns:
        float32 tensor like `image`.
    """
    if has_opacity(original, masks):
        # Linear, as all here must be, is only the resize of premultiplied colours.
        given = premultiply(image, masks), premultiply(original, masks)
        return straighten(_project(*given, steps, slack), image)
    return _project(image, original, steps, slack)


def _project(image, original, steps, slack):
    size, small = ops.shape(image)[1:3], ops.shape(original)[1:3]
    low, high = -1.0, 1.0
    if slack is not None:
        low, high = _range_around(original, size, slack)
        # Of ends whose batch a graph does not know.
        image = tf.ensure_shape(ops.clip(image, low, high), image.shape)

    def step(i, image):
        missing = original - resize(image, small)
        better = ops.clip(image + resize_unclipped(missing, size), low, high)
        return i + 1, tf.ensure_shape(better, image.shape)

    start = (tf.constant(0), tf.convert_to_tensor(image))
    _, image = tf.while_loop(lambda i, _: i < steps, step, start, parallel_iterations=1)
    return image


def _range_around(original, size, slack):
    """Gives the least and the greatest value that each enlarged pixel may have."""
    pool = {"pool_size": 3, "strides": 1, "padding": "same"}
    low = -ops.max_pool(-original, **pool, data_format="channels_last")
    high = ops.max_pool(original, **pool, data_format="channels_last")
    room = slack * (high - low)
    ends = ops.maximum(low - room, -1.0), ops.minimum(high + room, 1.0)
    return [tf.image.resize(end, size, "bilinear") for end in ends]
