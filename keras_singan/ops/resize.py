"""THE resize: the same one for training, the tasks and the export."""

import tensorflow as tf
from keras import ops


def resize(image, size):
    """Resizes bicubically, antialiased when shrinking, clipped to [-1, 1].

    The scale of each axis is out / in, so that the picture fills the new size
    exactly; nothing is cropped or rounded to 8 bits on the way.

    Args:
        image: float tensor of shape `(batch, height, width, channels)`, values
            in [-1, 1].
        size: Pair `(height, width)`: integers or scalar integer tensors.

    Returns:
        float32 tensor of shape `(batch, *size, channels)`, values in [-1, 1].
    """
    return ops.clip(resize_unclipped(image, size), -1.0, 1.0)


def resize_unclipped(image, size):
    """Does what `resize` does without clipping, for differences of images.

    It is linear: the sum of two images becomes the sum of their results.

    Args:
        image: float tensor of shape `(batch, height, width, channels)`.
        size: Pair `(height, width)`: integers or scalar integer tensors.

    Returns:
        float32 tensor of shape `(batch, *size, channels)`.
    """
    # A copy, because a variable's value has no shape arithmetic of its own.
    image = ops.cast(ops.copy(image), "float32")
    if not any(map(tf.is_tensor, (*ops.shape(image), *size))):
        return _resized(image, size)
    batch, _, _, channels = image.shape
    sides = [None if tf.is_tensor(side) else side for side in size]
    size = [tf.cast(side, tf.int32) for side in size]
    return tf.ensure_shape(_resized_to(image, *size), (batch, *sides, channels))


def _resized(image, size):
    shape = ops.shape(image)
    factors = [
        ops.cast(new, "float32") / ops.cast(old, "float32")
        for new, old in zip(size, shape[1:3], strict=True)
    ]
    # Matrix products: XLA has no kernel for what `ops.image.resize` uses.
    return ops.image.scale_and_translate(
        image,
        (shape[0], *size, shape[3]),
        ops.stack(factors),
        ops.zeros(2),
        (1, 2),
        "cubic",
        antialias=True,
    )


# Hundreds of operations, which an exported graph holds but once.
@tf.function(
    input_signature=[
        tf.TensorSpec((None, None, None, None), tf.float32),
        tf.TensorSpec((), tf.int32),
        tf.TensorSpec((), tf.int32),
    ],
    autograph=False,
    experimental_attributes={"_noinline": True},
)
def _resized_to(image, height, width):
    return _resized(image, (height, width))
