"""`SinGANPyramid`: the trained scales as one model."""

import re

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_singan.config import SinGANConfig
from keras_singan.geometry import Scale
from keras_singan.geometry import Size
from keras_singan.geometry import plan_scales
from keras_singan.models.blocks import PACKAGE
from keras_singan.models.networks import Generator
from keras_singan.models.pyramid_graphs import PyramidGraphs
from keras_singan.ops import noise
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.resize import resize

# What names of masks are made of.
MASK_NAME = re.compile(r"[\w-]{1,40}")


@keras.saving.register_keras_serializable(package=PACKAGE)
class SinGANPyramid(PyramidGraphs, keras.Model):
    """The generators of all scales, coarsest first, and what tasks need besides.

    All state is made here, so that a saved pyramid loads without building:
    `generators`, `noise_amps` (float32 `(scales,)`), `z_rec` (the fixed
    reconstruction noise, float32 `(1, height, width, 1)`, repeated over the
    channels) and `real` (the finest real image, float32
    `(1, height, width, channels)`, values in [-1, 1]). Of a model trained with
    masks the last channels are theirs, 1 inside and -1 outside.

    Args:
        sizes: Sequence of (height, width), coarsest first.
        filters: Sequence of as many filter counts.
        channels: Channels of the image, with those of masks. Defaults to `3`.
        num_layers: Convolutions of a generator. Defaults to `5`.
        normalization: `"batch"`, `"instance"` or `None`. Defaults to `"batch"`.
        padding: `"zeros"` or `"noise"`. Defaults to `"zeros"`.
        refine_from: First scale that is refined, or `None`: see `SinGANConfig`.
            Defaults to `None`.
        refine_alpha: float above 0: see `SinGANConfig`. Defaults to `0.0001`.
        seed: Seed of the initial weights and of `z_rec`. Defaults to `0`.
        mask_names: Sequence of names, one for each mask. Defaults to none.
        metadata: Dictionary that is saved with the model. Defaults to `None`.

    Attributes:
        scales: Tuple of `geometry.Scale`, coarsest first.
    """

    def __init__(
        self,
        sizes,
        filters,
        channels=3,
        num_layers=5,
        normalization="batch",
        padding="zeros",
        refine_from=None,
        refine_alpha=0.0001,
        seed=0,
        mask_names=(),
        metadata=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.autocast = False
        self.sizes: tuple[Size, ...] = tuple((int(h), int(w)) for h, w in sizes)
        self.filters = tuple(int(f) for f in filters)
        pairs = zip(self.sizes, self.filters, strict=True)
        self.scales = tuple(Scale(k, *pair) for k, pair in enumerate(pairs))
        self.channels = channels
        self.num_layers = num_layers
        self.normalization = normalization
        self.padding = padding
        self.refine_from = refine_from
        self.refine_alpha = refine_alpha
        self.seed = seed
        self.mask_names = tuple(mask_names)
        self.metadata = metadata
        self.generators = [self._new_generator(k) for k in range(len(self.sizes))]
        self._add_state()
        self.make_graphs()
        self.built = True

    @classmethod
    def from_plan(
        cls,
        config: SinGANConfig,
        sizes,
        filters,
        channels,
        mask_names=(),
        metadata=None,
        dtype=None,
    ):
        """Makes an untrained pyramid: the rest of its arguments are `config`'s.

        Args:
            config: The hyper-parameters.
            sizes: Sequence of (height, width), coarsest first.
            filters: Sequence of as many filter counts.
            channels: Channels of the image, with those of masks.
            mask_names: Sequence of the masks' names. Defaults to none.
            metadata: Dictionary that is saved with the model. Defaults to `None`.
            dtype: Keras dtype policy of what it computes. Defaults to
                `config.dtype_policy`, which must be definite.
        """
        return cls(
            sizes=sizes,
            filters=filters,
            channels=channels,
            num_layers=config.num_layers,
            normalization=config.normalization,
            padding=config.padding,
            refine_from=config.refine_from,
            refine_alpha=config.refine_alpha,
            seed=config.seed,
            mask_names=mask_names,
            metadata=metadata,
            dtype=dtype or config.dtype_policy,
        )

    def _new_generator(self, scale):
        return Generator(
            channels=self.channels,
            filters=self.filters[scale],
            num_layers=self.num_layers,
            normalization=self.normalization,
            padding=self.padding,
            # Far apart: a network takes one seed for each of its layers.
            seed=(self.seed + 1000 * (2 * scale + 1)) % 2**31,
            name=f"generator_{scale}",
            dtype=self.dtype_policy,
        )

    def _add_state(self):
        def add(name, value):
            value = np.asarray(value, "float32")
            return self.add_weight(
                shape=value.shape,
                initializer=lambda *args, **kwargs: ops.convert_to_tensor(value),
                dtype="float32",
                trainable=False,
                name=name,
            )

        self.noise_amps = add("noise_amps", np.ones(len(self.sizes)))
        key = noise.noise_key(self.seed, noise.RECONSTRUCTION)
        self.z_rec = add("z_rec", noise.draw(key, 0, self.noise_sizes()[0], 1))
        self.real = add("real", np.zeros((1, *self.sizes[-1], self.channels)))

    def in_float32(self) -> "SinGANPyramid":
        """Returns this pyramid, or a copy of it, that computes in float32.

        Weights always are float32. Where a generator is repeated, the rounding of
        bfloat16 would grow to what one sees, and not every machine has it.
        """
        if self.dtype_policy.name == "float32":
            return self
        copy = type(self).from_config(self.get_config() | {"dtype": "float32"})
        copy.set_weights(self.get_weights())
        return copy

    @property
    def num_scales(self):
        """Number of scales."""
        return len(self.sizes)

    @property
    def mask_channels(self):
        """How many masks it was trained with: so many channels, the last ones."""
        return len(self.mask_names)

    @property
    def image_channels(self):
        """Channels of the picture, without those of masks."""
        return self.channels - self.mask_channels

    def parts(self, images):
        """Cuts images into the picture and its masks.

        Args:
            images: Array or tensor `(..., channels)`.

        Returns:
            Dictionary of arrays or tensors `(..., some)`: the picture at `""`, and
            each mask at its ending: see `mask_endings`.
        """
        first = self.image_channels
        result = {"": images[..., :first]}
        for index, ending in enumerate(self.mask_endings, first):
            result[ending] = images[..., index : index + 1]
        return result

    @property
    def mask_endings(self):
        """Endings of the names of files with its masks."""
        if self.mask_channels == 1:
            return ("_mask",)
        return tuple(f"_mask_{name}" for name in self.mask_names)

    def noise_sizes(self, sizes=None):
        """Sizes of the noise at every scale, for images of `sizes`."""
        sizes = self.sizes if sizes is None else sizes
        return [noise.noise_size(s, self.padding, self.num_layers) for s in sizes]

    def draw_noise(self, seed, indices, start_scale=0, sizes=None):
        """Draws the noise of samples for the scales from `start_scale` on.

        Args:
            seed: int or scalar int64 tensor.
            indices: int tensor of shape `(n,)`, which samples of that seed.
            start_scale: int. Defaults to `0`.
            sizes: Sequence of the image's (height, width) at every scale.
                Defaults to the trained sizes.

        Returns:
            List of float32 tensors `(n, height, width, channels)`, a scale each.
        """
        return [
            noise.draw_samples(seed, indices, scale, size, self.channels)
            for scale, size in enumerate(self.noise_sizes(sizes))
            if scale >= start_scale
        ]

    def rec_noise(self, scale):
        """Noise of the reconstruction: `z_rec` at scale 0, zeros above it."""
        if scale == 0:
            return tf.repeat(self.z_rec.value, self.channels, axis=-1)
        return tf.zeros((1, *self.noise_sizes()[scale], self.channels))

    def call(self, zs, image=None):
        """See `generate`."""
        return self.generate(zs, image)

    def generate(self, zs, image=None, stop_scale=None):
        """Runs the scales, each on the upsampled image of the one below.

        Args:
            zs: Sequence of noise tensors `(batch, height, width, channels)`,
                not yet multiplied by the amplitude. The first belongs to scale
                `stop_scale - len(zs)`. Their sizes set the images' sizes.
            image: float tensor `(batch or 1, height, width, channels)` of any
                size: what enters the first of these scales. `None` starts from
                zeros, at scale 0. Defaults to `None`.
            stop_scale: int, one past the last scale. Defaults to all scales.

        Returns:
            float32 tensor `(batch, height, width, channels)`, around [-1, 1].
        """
        stop = self.num_scales if stop_scale is None else stop_scale
        for scale, z in zip(range(stop - len(zs), stop), zs, strict=True):
            previous = self._previous(z, image)
            amp = self.noise_amps.value[scale]
            image = self.generators[scale](amp * z, previous, training=False)
        return image

    def _previous(self, z, image):
        grown = 2 * self.num_layers if self.padding == "noise" else 0
        shape = ops.shape(z)
        size = (shape[1] - grown, shape[2] - grown)
        if image is None:
            return tf.zeros((shape[0], *size, self.channels))
        # The image may be one for the whole batch: resize it only once.
        image = resize(image, size)
        return image + tf.zeros((shape[0], 1, 1, 1))

    def get_config(self):
        config = {
            "sizes": [list(size) for size in self.sizes],
            "filters": list(self.filters),
            "channels": self.channels,
            "num_layers": self.num_layers,
            "normalization": self.normalization,
            "padding": self.padding,
            "refine_from": self.refine_from,
            "refine_alpha": self.refine_alpha,
            "seed": self.seed,
            "mask_names": list(self.mask_names),
            "metadata": self.metadata,
        }
        return super().get_config() | config


def new_pyramid(image, config: SinGANConfig, mask_names=()) -> SinGANPyramid:
    """Makes an untrained pyramid for an image.

    Args:
        image: float32 array `(height, width, channels)`, values in [-1, 1]. The
            last channels are those of the masks.
        config: The hyper-parameters.
        mask_names: Sequence of the masks' names. Defaults to none.

    Raises:
        ImageError: If the image is too small for `config.min_size`.
    """
    plan = plan_scales(image.shape[:2], config)
    pyramid = SinGANPyramid.from_plan(
        config,
        sizes=[scale.size for scale in plan],
        filters=[scale.filters for scale in plan],
        channels=image.shape[-1],
        mask_names=mask_names,
    )
    real = resize_picture(image[None], plan[-1].size, pyramid.mask_channels)
    pyramid.real.assign(real)
    return pyramid
