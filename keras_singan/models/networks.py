"""`Generator` and `Discriminator` of one scale."""

import keras
from keras import ops

from keras_singan.geometry import margin
from keras_singan.models.blocks import PACKAGE
from keras_singan.models.blocks import ConvBlock
from keras_singan.models.blocks import new_convolution


class _Network(keras.Model):
    """Base of generator and discriminator: `num_layers - 1` blocks, then a tail."""

    def __init__(
        self,
        channels=3,
        filters=32,
        num_layers=5,
        normalization="batch",
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        # Images come in whole; only the convolutions work in the compute dtype.
        self.autocast = False
        self.channels = channels
        self.filters = filters
        self.num_layers = num_layers
        self.normalization = normalization
        self.seed = seed
        # One seed a layer: equal seeds would start layers with equal weights.
        seeds = [None if seed is None else seed + i for i in range(num_layers)]
        widths = [channels] + [filters] * (num_layers - 1)
        self.blocks = [
            ConvBlock(filters, width, normalization, s, dtype=self.dtype_policy)
            for width, s in zip(widths[:-1], seeds[:-1], strict=True)
        ]
        # Float32: losses and pictures need more than the 8 bits of bfloat16.
        self.tail = new_convolution(
            self._tail_filters(), filters, seeds[-1], dtype="float32"
        )
        self.built = True

    def _features(self, x, training):
        for block in self.blocks:
            x = block(x, training=training)
        return self.tail(ops.cast(x, "float32"))

    def get_config(self):
        config = {
            "channels": self.channels,
            "filters": self.filters,
            "num_layers": self.num_layers,
            "normalization": self.normalization,
            "seed": self.seed,
        }
        return super().get_config() | config


@keras.saving.register_keras_serializable(package=PACKAGE)
class Generator(_Network):
    """Adds detail to the image from the scale below (Shaham et al. 2019, eq. 2).

    `x = previous + tanh(convolutions(z + previous))`, not clipped.

    Args:
        channels: Channels of the image. Defaults to `3`.
        filters: Filters of every block. Defaults to `32`.
        num_layers: Convolutions in all. Defaults to `5`.
        normalization: `"batch"`, `"instance"` or `None`. Defaults to `"batch"`.
        padding: `"zeros"` surrounds noise and image with zeros; `"noise"`
            expects noise that is larger by `num_layers` px on each side.
            Defaults to `"zeros"`.
        seed: Seed of the initial weights. Defaults to `None`.

    Call arguments:
        z: float tensor of shape `(batch, height, width, channels)`, noise times
            its amplitude; larger by `2 * num_layers` px a side if `padding` is
            `"noise"`.
        previous: float tensor of shape `(batch, height, width, channels)`, the
            image from the scale below, upsampled, values in [-1, 1].
        training: Whether batch statistics normalise. Defaults to `False`.

    Returns:
        float32 tensor of shape `(batch, height, width, channels)`.
    """

    def __init__(self, channels=3, padding="zeros", **kwargs):
        super().__init__(channels=channels, **kwargs)
        self.padding = padding

    def _tail_filters(self):
        return self.channels

    @property
    def margin(self):
        """Pixels that the convolutions take from each side."""
        return margin(self.num_layers)

    def call(self, z, previous, training=False):
        return previous + self.detail(self.padded(z, previous), training)

    def interior(self, z, previous, training=False):
        """Does what `call` does to a part of an image, given what surrounds it.

        Args:
            z: float tensor of shape `(batch, height + 2 * num_layers,
                width + 2 * num_layers, channels)`, noise times its amplitude;
                where the part touches the border, what lies outside the image
                is zeros, or noise if `padding` is `"noise"`.
            previous: float tensor of the same shape, with zeros outside.
            training: Whether batch statistics normalise. Defaults to `False`.

        Returns:
            float32 tensor of shape `(batch, height, width, channels)`.
        """
        inner = slice(self.margin, -self.margin)
        return previous[:, inner, inner] + self.detail(z + previous, training)

    def padded(self, z, previous):
        """Adds noise and image, with the margin that the convolutions take.

        Returns:
            float tensor of shape `(batch, height + 2 * num_layers,
            width + 2 * num_layers, channels)`.
        """
        pads = [[0, 0], [self.margin] * 2, [self.margin] * 2, [0, 0]]
        if self.padding == "zeros":
            return ops.pad(z + previous, pads)
        return z + ops.pad(previous, pads)

    def detail(self, padded, training=False):
        """Returns `tanh(convolutions(padded))`: what is added to the image."""
        x = ops.cast(padded, self.compute_dtype)
        return ops.tanh(self._features(x, training))

    def get_config(self):
        return super().get_config() | {"padding": self.padding}


@keras.saving.register_keras_serializable(package=PACKAGE)
class Discriminator(_Network):
    """Scores every patch of an image (Shaham et al. 2019, section 3).

    Args:
        channels: Channels of the image. Defaults to `3`.
        filters: Filters of every block. Defaults to `32`.
        num_layers: Convolutions in all. Defaults to `5`: patches of 11 x 11 px.
        normalization: `"batch"`, `"instance"` or `None`. Defaults to `"batch"`.
        seed: Seed of the initial weights. Defaults to `None`.

    Call arguments:
        image: float tensor of shape `(batch, height, width, channels)`, each
            side at least `2 * num_layers + 1`.
        training: Whether batch statistics normalise. Defaults to `False`.

    Returns:
        float32 tensor of shape `(batch, height - 2 * num_layers,
        width - 2 * num_layers, 1)`, one score a patch, unbounded.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for block in self.blocks:
            if block.normalization == "batch":
                # It scores in training only, on the statistics of each image.
                block.norm.gathers = False

    def _tail_filters(self):
        return 1

    def call(self, image, training=False):
        return self._features(ops.cast(image, self.compute_dtype), training)
