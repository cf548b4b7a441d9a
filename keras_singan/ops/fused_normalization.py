"""Batch normalization of one image, its first and second derivative, fused.

The textbook formula, left to automatic differentiation, reads and writes every
feature map some thirty times in a discriminator update. TensorFlow's own kernels
do it in two forward and three backward; they lack a second derivative, which
the gradient penalty needs, and which is written out here.
"""

import contextlib
import threading

import tensorflow as tf
from tensorflow.python.framework import ops as framework

# Names under which TensorFlow keeps this thread's custom gradients of graphs.
_traced = threading.local()


def normalize(x, scale, offset, epsilon):
    """Normalises each channel by the statistics of `x` itself.

    It can be differentiated twice with respect to `x`, and through the
    derivative with respect to `x`; nothing else has a second derivative.

    Args:
        x: float32 or bfloat16 tensor `(batch, height, width, channels)`.
        scale: float32 tensor `(channels,)`.
        offset: float32 tensor `(channels,)`.
        epsilon: float, added to the variance.

    Returns:
        Tuple of the normalised tensor, as `x`, and two float32 tensors
        `(channels,)`: mean and biased variance, which are constants to
        differentiation.
    """

    @tf.custom_gradient
    def forward(x, scale, offset):
        y, mean, variance, state = _forward(x, scale, offset, epsilon)

        def gradient(dy, *_):
            return _backward(dy, x, scale, mean, variance, state, epsilon)

        return (y, mean, variance), gradient

    # Tensors, not variables, which a custom gradient would take part in itself.
    return _noted(forward(x, tf.convert_to_tensor(scale), tf.convert_to_tensor(offset)))


@contextlib.contextmanager
def forgotten_gradients():
    """Lets go of the graphs that are made in the block, once nobody needs them.

    TensorFlow keeps every custom gradient of a graph without end, and with it the
    graph: 8 MB for each training of two tiny scales. A graph that is traced to its
    end holds its derivatives as operations and does not ask for them again.
    """
    outer, _traced.names = getattr(_traced, "names", None), []
    try:
        yield
    finally:
        for name in _traced.names:
            framework.gradient_registry._registry.pop(name, None)
        _traced.names = outer


def _noted(outputs):
    """Notes the custom gradient's name, which stands in the operation; see above."""
    names = getattr(_traced, "names", None)
    if names is not None and not tf.executing_eagerly():
        names.append(outputs[0].op.get_attr("_gradient_op_type").decode())
    return outputs


def _forward(x, scale, offset, epsilon):
    out = tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=scale,
        offset=offset,
        mean=tf.zeros((0,)),
        variance=tf.zeros((0,)),
        epsilon=epsilon,
        is_training=True,
    )
    # The kernel gives the unbiased variance.
    count = _count(x)
    state = (out.reserve_space_1, out.reserve_space_2, out.reserve_space_3)
    return out.y, out.batch_mean, out.batch_variance * ((count - 1) / count), state


def _backward(dy, x, scale, mean, variance, state, epsilon):
    """Derivatives with respect to `x`, `scale` and `offset`, for upstream `dy`."""

    def kernel(dy):
        out = tf.raw_ops.FusedBatchNormGradV3(
            y_backprop=dy,
            x=x,
            scale=scale,
            reserve_space_1=state[0],
            reserve_space_2=state[1],
            reserve_space_3=state[2],
            epsilon=epsilon,
            is_training=True,
        )
        return out.x_backprop, out.scale_backprop, out.offset_backprop

    @tf.custom_gradient
    def backward(dy, x, scale):
        dx, dscale, doffset = kernel(dy)

        def gradient(w, *_):
            ddy, dw, _ = kernel(w)
            inner = _dot(w, dx)
            ddx = _second(x, ddy, dx, inner, dw, dscale, mean, variance + epsilon)
            return ddy, ddx, tf.math.divide_no_nan(inner, scale)

        return (dx, dscale, doffset), gradient

    dx, dscale, doffset = _noted(backward(dy, x, scale))
    prevent = tf.raw_ops.PreventGradient
    message = "Only the derivative by the input can be differentiated again."
    return (
        dx,
        prevent(input=dscale, message=message),
        prevent(input=doffset, message=message),
    )


def _second(x, ddy, dx, inner, dw, dscale, mean, variance):
    """Derivative by `x` of `sum(w * dx)`, `inner` for each channel.

    With `r = 1 / sqrt(variance)`, `x^ = (x - mean) r` and n pixels,
    `dx = scale r (dy - mean(dy) - x^ mean(dy x^))`, from which follows
    `-r (x^ inner + ddy mean(dy x^) n + dx mean(w x^) n) / n`.
    """
    rate = -1.0 / _count(x)
    root = tf.math.rsqrt(variance)
    at = tf.cast(
        tf.stack([root * root * inner, root * dscale, root * dw]) * rate, x.dtype
    )
    shift = tf.cast(mean, x.dtype)
    return (x - shift) * at[0] + ddy * at[1] + dx * at[2]


def _dot(a, b):
    """Sum of the products in each channel."""
    product = tf.cast(a, tf.float32) * tf.cast(b, tf.float32)
    return tf.reduce_sum(product, (0, 1, 2))


def _count(x):
    shape = tf.shape(x)
    return tf.cast(shape[0] * shape[1] * shape[2], tf.float32)
