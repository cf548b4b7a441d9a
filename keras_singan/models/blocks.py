"""`ConvBlock`, what generators and discriminators are made of."""

import keras
from keras import layers
from keras import ops

from keras_singan.ops.fused_normalization import normalize

PACKAGE = "keras_singan"


def new_convolution(filters, channels_in, seed, **kwargs):
    """Makes a built convolution 3 x 3 without padding, kernel N(0, 0.02)."""
    layer = layers.Conv2D(
        filters,
        3,
        padding="valid",
        data_format="channels_last",
        kernel_initializer=keras.initializers.RandomNormal(0.0, 0.02, seed=seed),
        **kwargs,
    )
    layer.build((None, None, None, channels_in))
    return layer


def _normalization(kind, filters, seed, dtype):
    # Another seed than the kernel's: equal ones draw equal numbers.
    seed = None if seed is None else seed + 500
    gamma = keras.initializers.RandomNormal(1.0, 0.02, seed=seed)
    kwargs = {"epsilon": 1e-5, "gamma_initializer": gamma, "dtype": dtype}
    if kind == "batch":
        layer = FusedBatchNormalization(momentum=0.9, **kwargs)
    else:
        layer = layers.GroupNormalization(groups=-1, **kwargs)
    layer.build((None, None, None, filters))
    return layer


@keras.saving.register_keras_serializable(package=PACKAGE)
class FusedBatchNormalization(layers.BatchNormalization):
    """Batch normalization with few passes over memory, twice differentiable.

    The mathematics is Keras' own.

    Attributes:
        gathers: Whether training moves the averages. A network that only ever runs
            on batch statistics has no use for them.
    """

    gathers = True

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=False)
        inputs = ops.cast(inputs, self.compute_dtype)
        y, mean, variance = normalize(inputs, self.gamma, self.beta, self.epsilon)
        if self.gathers:
            self._advance(self.moving_mean, mean)
            self._advance(self.moving_variance, variance)
        return y

    def _advance(self, average, value):
        average.assign(average * self.momentum + value * (1.0 - self.momentum))


@keras.saving.register_keras_serializable(package=PACKAGE)
class ConvBlock(layers.Layer):
    """Convolution 3 x 3 without padding, normalization, LeakyReLU(0.2).

    Where a normalization follows, the convolution has no bias: the
    normalization would take it away again.

    Args:
        filters: Output channels.
        channels_in: Input channels.
        normalization: `"batch"` (momentum 0.9, epsilon 1e-5), `"instance"` or
            `None`. Defaults to `"batch"`.
        seed: Seed of the initial weights: kernel N(0, 0.02), gamma N(1, 0.02),
            biases 0. Defaults to `None`.
    """

    def __init__(
        self, filters, channels_in, normalization="batch", seed=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.channels_in = channels_in
        self.normalization = normalization
        self.seed = seed
        self.conv = new_convolution(
            filters,
            channels_in,
            seed,
            use_bias=normalization is None,
            dtype=self.dtype_policy,
        )
        self.norm = None
        if normalization is not None:
            self.norm = _normalization(normalization, filters, seed, self.dtype_policy)
        self.built = True

    def call(self, inputs, training=None):
        if self.normalization == "batch" and not training:
            x = self._folded(inputs)
        else:
            x = self.conv(inputs)
            if self.norm is not None:
                x = self.norm(x, training=training)
        return ops.leaky_relu(x, negative_slope=0.2)

    def _folded(self, inputs):
        """Convolution and fixed normalization in one: the same, in fewer passes."""
        norm, cast = self.norm, lambda x: ops.cast(x, self.compute_dtype)
        scale = norm.gamma * ops.rsqrt(norm.moving_variance + norm.epsilon)
        shift = norm.beta - norm.moving_mean * scale
        x = ops.conv(
            cast(inputs),
            cast(self.conv.kernel * scale),
            padding="valid",
            data_format="channels_last",
        )
        return x + cast(shift)

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        shrink = lambda side: None if side is None else side - 2  # noqa: E731
        return (batch, shrink(height), shrink(width), self.filters)

    def get_config(self):
        config = {
            "filters": self.filters,
            "channels_in": self.channels_in,
            "normalization": self.normalization,
            "seed": self.seed,
        }
        return super().get_config() | config
