"""Training data of a scale: the whole image, or random crops of it."""

import tensorflow as tf

from keras_singan.geometry import trained_part
from keras_singan.models.crop_windows import Windows
from keras_singan.models.crop_windows import cut
from keras_singan.models.crop_windows import inside
from keras_singan.ops import noise
from keras_singan.ops.resize import resize

# Folded into an iteration's key beside the scales, which count from 0.
_ORIGIN, _REC_NOISE = -1, -2


def new_scale_data(pyramid, scale, config, real, previous_rec, entering):
    """Makes the data of a scale: crops where its image is larger.

    Args:
        pyramid: The `SinGANPyramid`, its scales below `scale` trained.
        scale: int, index of the scale.
        config: The hyper-parameters.
        real: float32 tensor `(1, height, width, channels)`, the scale's image.
        previous_rec: float32 tensor of the same shape, what enters the scale for
            the reconstruction.
        entering: Function that turns an upsampled image from below into what
            enters the scale, pixel by pixel.
    """
    given = pyramid, scale, config, real, previous_rec, entering
    part = trained_part(pyramid.sizes[scale], config)
    if part == pyramid.sizes[scale]:
        return WholeImage(*given)
    return RandomCrops(*given, crop=part)


class WholeImage:
    """Each iteration sees the whole image.

    Args:
        pyramid: See `new_scale_data`, as of the others.
        scale: The index.
        config: The hyper-parameters.
        real: The image.
        previous_rec: What enters for the reconstruction.
        entering: Function of an upsampled image.
    """

    def __init__(self, pyramid, scale, config, real, previous_rec, entering):
        self.pyramid, self.scale = pyramid, scale
        self.size = pyramid.sizes[scale]
        self.real, self.previous_rec = real, previous_rec
        self.entering = entering
        # Whether the reconstruction's noise is drawn in every iteration.
        self._redraws = scale == 0 and config.rec_noise == "redrawn"

    @property
    def noise_amp(self):
        """Noise amplitude of the scale, a float32 scalar tensor."""
        return self.pyramid.noise_amps.value[self.scale]

    def draw(self, key, draws):
        """Draws what `ScaleGAN.train_step` takes, but for `u`.

        Args:
            key: A `noise_key`.
            draws: int, how many images from below.
        """
        sizes = self.pyramid.noise_sizes()
        lower, z = self._noise(key, draws, sizes[: self.scale], sizes[self.scale])
        amp = self.noise_amp
        return {
            "real": self.real,
            "previous_rec": self.previous_rec,
            "z_rec": amp * self._rec_noise(key, sizes[self.scale]),
            "lower": lower,
            "z": amp * z,
        }

    def _rec_noise(self, key, size):
        if self._redraws:
            return self._fresh_rec_noise(key, size)
        return self.pyramid.rec_noise(self.scale)

    def _fresh_rec_noise(self, key, size):
        key = tf.random.experimental.stateless_fold_in(key, _REC_NOISE)
        return noise.draw(key, 0, size, self.pyramid.channels)

    def _noise(self, key, draws, lower_sizes, size):
        *keys, own = [
            tf.random.experimental.stateless_fold_in(key, k)
            for k in range(self.scale + 1)
        ]
        channels = self.pyramid.channels
        lower = tuple(
            noise.draw(keys[k], k, lower_sizes[k], channels, draws)
            for k in range(self.scale)
        )
        return lower, noise.draw(own, self.scale, size, channels)

    def previous(self, lower):
        """Images from the frozen scales below, as they enter this scale."""
        below = self.pyramid.generate(lower, stop_scale=self.scale)
        return self.entering(resize(below, self.size))

    @property
    def generate(self):
        """The generator on this data: takes `z`, `previous` and `training`."""
        return self.pyramid.generators[self.scale]


class RandomCrops(WholeImage):
    """Each iteration sees one crop, with what surrounds it in the image.

    Time and memory are those of the crop: of the frozen scales below, too, no
    more is generated than it depends on. The generator is given the margin that
    its convolutions take, so a crop comes out as that part of the whole image
    would; statistics are the crop's own.

    Args:
        *given: What `WholeImage` takes.
        crop: Pair (height, width) of the crops.
    """

    def __init__(self, *given, crop):
        super().__init__(*given)
        self.crop = crop
        self.margin = self.pyramid.num_layers
        self.windows = Windows(self.pyramid, self.scale, crop)

    def draw(self, key, draws):
        """Draws what `ScaleGAN.train_step` takes, but for `u`, of one crop."""
        origin = self._origin(tf.random.experimental.stateless_fold_in(key, _ORIGIN))
        grown = tuple(side + 2 * self.margin for side in self.crop)
        lower, z = self._noise(key, draws, self.windows.noise_sizes, grown)
        z = self._without_outside(z, origin)
        amp, rec = self.noise_amp, self.previous_rec
        return {
            "real": cut(self.real, origin, self.crop),
            "previous_rec": cut(rec, origin, self.crop, self.margin),
            "z_rec": amp * self._rec_crop(key, origin, grown),
            "lower": (lower, origin),
            "z": amp * z,
        }

    def _origin(self, key):
        """Draws where the crop lies.

        Places half a crop outside are moved in: otherwise the borders of the
        image would hardly ever be seen.
        """
        spare = [s - c for s, c in zip(self.size, self.crop, strict=True)]
        reach = [c // 2 if s else 0 for s, c in zip(spare, self.crop, strict=True)]
        low = tf.constant([-r for r in reach])
        high = tf.constant([s + r + 1 for s, r in zip(spare, reach, strict=True)])
        place = tf.random.stateless_uniform((2,), key)
        place = low + tf.cast(place * tf.cast(high - low, tf.float32), tf.int32)
        return tf.clip_by_value(place, 0, tf.constant(spare))

    def _without_outside(self, z, origin):
        """The noise of a crop and its margin, as the image's padding wants it."""
        if self.pyramid.padding == "noise":
            return z
        return z * inside(self.size, origin, self.crop, self.margin)

    def _rec_crop(self, key, origin, grown):
        if self.scale:
            return tf.zeros((1, *grown, self.pyramid.channels))
        if self._redraws:
            return self._without_outside(self._fresh_rec_noise(key, grown), origin)
        z = self.pyramid.rec_noise(0)
        if self.pyramid.padding == "zeros":
            return cut(z, origin, self.crop, self.margin)
        return cut(z, origin, grown)  # this noise has the margin already

    def previous(self, lower):
        """Images from below on the crop and its surroundings."""
        return self.windows.previous(*lower, self.entering)

    @property
    def generate(self):
        """The generator on this data: takes `z`, `previous` and `training`."""
        return self.pyramid.generators[self.scale].interior
