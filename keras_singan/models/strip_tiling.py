"""One frozen generator over an image of any size, in bounded memory.

An output pixel sees no further than the receptive field, so a generator whose
statistics are fixed can work strip by strip: each strip of rows, with the rows
around it that it sees, gives the same pixels as the whole image would.
"""

import tensorflow as tf

# What the feature maps of one strip may take, about.
STRIP_BYTES = 256 * 2**20


def apply_in_strips(generator, z, previous):
    """Runs a generator in inference mode, a strip of rows at a time.

    Instance normalization looks at the whole image; such a generator is run on
    the whole, whatever that takes.

    Args:
        generator: A `Generator`.
        z: float32 tensor, noise times its amplitude, as the generator takes it.
        previous: float32 tensor `(batch, height, width, channels)`.

    Returns:
        float32 tensor `(batch, height, width, channels)`.
    """
    shape = _shape(previous)
    rows = strip_rows(shape, generator)
    whole = isinstance(rows, int) and rows >= shape[1]
    if whole or generator.normalization == "instance":
        return generator(z, previous, training=False)
    detail = _detail(generator, generator.padded(z, previous), rows, shape)
    return previous + tf.ensure_shape(detail, previous.shape)


def strip_rows(shape, generator):
    """How many output rows of `(batch, height, width, channels)` fit at once."""
    # Input, output and normalised output of a layer stand side by side.
    row_bytes = 3 * 4 * shape[0] * shape[2] * generator.filters
    if isinstance(row_bytes, int):
        return max(1, STRIP_BYTES // max(row_bytes, 1) - 2 * generator.margin)
    # The product of three sides may pass 2^31.
    row_bytes = 12 * generator.filters * tf.cast(shape[0], tf.int64)
    row_bytes *= tf.cast(shape[2], tf.int64)
    rows = STRIP_BYTES // tf.maximum(row_bytes, 1) - 2 * generator.margin
    return tf.cast(tf.clip_by_value(rows, 1, 2**30), tf.int32)


def _detail(generator, padded, rows, shape):
    """`tanh` of the convolutions, the strips put together again."""
    height, seen = shape[1], 2 * generator.margin

    def add(index, strips):
        first = index * rows
        last = tf.minimum(first + rows, height)
        strip = generator.detail(padded[:, first : last + seen])
        # Strips differ in rows, and only a first axis may differ in `concat`.
        return index + 1, strips.write(index, tf.transpose(strip, (1, 0, 2, 3)))

    count = (height + rows - 1) // rows
    strips = tf.TensorArray(tf.float32, size=count, infer_shape=False)
    _, strips = tf.while_loop(
        lambda index, _: index < count,
        add,
        (tf.constant(0), strips),
        parallel_iterations=1,
    )
    return tf.transpose(strips.concat(), (1, 0, 2, 3))


def _shape(image):
    """Shape as ints where they are known, else all as scalar tensors."""
    if image.shape.is_fully_defined():
        return image.shape.as_list()
    return tf.unstack(tf.shape(image))
