"""`ConvBlock`, what generators and discriminators are made of."""

import keras
from keras import layers
from keras import ops

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
        layer = SingleImageBatchNormalization(momentum=0.9, **kwargs)
    else:
        layer = layers.GroupNormalization(groups=-1, **kwargs)
    layer.build((None, None, None, filters))
    return layer


@keras.saving.register_keras_serializable(package=PACKAGE)
class SingleImageBatchNormalization(layers.BatchNormalization):
    """Batch normalization for which every image is a batch of its own.

    SinGAN trains on batches of one image. Here several such batches go through
    a network together: in training each image is normalised by its own
    statistics, and the moving averages take them in one after the other, so
    the result is that of as many passes, in a fraction of the time.
    """

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=False)
        x = ops.cast(inputs, "float32")
        mean = ops.mean(x, axis=(1, 2), keepdims=True)
        x = x - mean
        variance = ops.mean(ops.square(x), axis=(1, 2), keepdims=True)
        self._advance(self.moving_mean, mean)
        self._advance(self.moving_variance, variance)
        scale = ops.rsqrt(variance + self.epsilon) * self.gamma
        return ops.cast(x * scale + self.beta, self.compute_dtype)

    def _advance(self, average, values):
        new = average.value
        for i in range(values.shape[0]):
            new = new * self.momentum + values[i, 0, 0] * (1.0 - self.momentum)
        average.assign(new)


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
        x = self.conv(inputs)
        if self.norm is not None:
            x = self.norm(x, training=training)
        return ops.leaky_relu(x, negative_slope=0.2)

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
