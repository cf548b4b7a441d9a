"""What stands between a request and the graph: INVALID_ARGUMENT, in a sentence.

A server's process must survive whatever it is sent. So shapes are ensured before
any other operation sees a tensor (TensorFlow's convolutions abort on a wrong
rank), sides are bounded one by one before they are multiplied, in int64, and
what is guarded can only be reached through its guard.
"""

import tensorflow as tf


def require(tensors, condition, sentence, received):
    """Returns `tensors` once `condition` holds.

    Args:
        tensors: A tensor or a list of them: what may be used only then.
        condition: Scalar bool tensor.
        sentence: str, what was expected, without quotes, which would be escaped;
            the answer ends with what was received.
        received: Tensor that is shown.

    Returns:
        The tensors.
    """
    # Not `tf.debugging.Assert`, which makes two functions of every check.
    check = tf.raw_ops.Assert(
        condition=condition, data=[f"{sentence} Received:", received], summarize=8
    )
    with tf.control_dependencies([] if check is None else [check]):
        return tf.nest.map_structure(tf.identity, tensors)


def obey(tensors, rule):
    """Returns `tensors` once a `keras_singan.tasks.shared.rules.Rule` holds."""
    return require(tensors, rule.holds, rule.sentence, rule.received)


def same_rows(limits, **inputs):
    """Makes sure that all inputs have one axis and the same number of rows.

    Args:
        limits: The `ExportLimits`.
        **inputs: Name and tensor of each input.

    Returns:
        List of the tensors, in order.
    """
    tensors = [tf.ensure_shape(tensor, [None]) for tensor in inputs.values()]
    rows = tf.stack([tf.size(tensor, tf.int64) for tensor in tensors])
    names = ", ".join(inputs)
    equal = tf.reduce_all(tf.equal(rows, rows[0]))
    bounded = (rows[0] >= 1) & (rows[0] <= limits.max_rows)
    return require(
        tensors,
        equal & bounded,
        f"All inputs ({names}) must have the same number of rows, from 1 to "
        f"{limits.max_rows}.",
        rows,
    )


def within(value, low, high, name):
    """Returns a scalar or a vector once it lies in [low, high]; never NaN."""
    good = tf.reduce_all((value >= low) & (value <= high))
    return require(value, good, f"`{name}` must be from {low} to {high}.", value)


def bounded_size(height, width, limits, what="The image"):
    """Returns (height, width) as int32, once no limit is passed.

    Args:
        height: Scalar integer tensor.
        width: Scalar integer tensor.
        limits: The `ExportLimits`.
        what: str, the sentence's subject.

    Returns:
        Pair of scalar int32 tensors.
    """
    sides = tf.stack([tf.cast(height, tf.int64), tf.cast(width, tf.int64)])
    sides = require(
        sides,
        tf.reduce_all((sides >= 1) & (sides <= limits.max_side)),
        f"{what} must have sides from 1 to {limits.max_side} px (height, width).",
        sides,
    )
    sides = require(
        sides,
        tf.reduce_prod(sides) <= limits.max_pixels,
        f"{what} must have at most {limits.max_pixels} pixels (height, width).",
        sides,
    )
    return tuple(tf.unstack(tf.cast(sides, tf.int32)))


def bounded_total(tensor, pixels, limits):
    """Returns `tensor` once a request's pixels, an int64 scalar, are few enough."""
    return require(
        tensor,
        pixels <= limits.max_total_pixels,
        f"One request must ask for at most {limits.max_total_pixels} pixels in all.",
        pixels,
    )


def finite_image(image, name):
    """Returns a float image, clipped to [-1, 1], once it holds no NaN."""
    good = tf.reduce_all(tf.math.is_finite(image))
    image = require(image, good, f"`{name}` must hold finite values.", good)
    return tf.clip_by_value(image, -1.0, 1.0)
