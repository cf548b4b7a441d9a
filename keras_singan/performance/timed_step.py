"""How fast this machine trains: measured, never looked up."""

import statistics
import time

import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.geometry import trained_part
from keras_singan.models.networks import Generator
from keras_singan.models.scale_gan import new_scale_gan
from keras_singan.ops.fused_normalization import forgotten_gradients
from keras_singan.ops.noise import noise_size
from keras_singan.performance.convolution_peak import seconds_of


class TimedStep:
    """The training step of a scale, compiled as `fit` does, on random images.

    Nothing lies below it: images from there are given. Making one takes some
    seconds, for that is where it is compiled.

    Args:
        size: (height, width) of the scale.
        filters: The scale's filters.
        channels: Channels of the image.
        config: The hyper-parameters.

    Attributes:
        compile_seconds: Seconds of building and compiling.
    """

    def __init__(self, size, filters, channels, config: SinGANConfig):
        start = time.perf_counter()
        self._scale_gan = _new_scale_gan(filters, channels, config)
        data = _random_data(size, channels, config)
        self._data = iter(tf.data.Dataset.from_tensors(data).repeat())
        self._scale_gan.make_train_function()
        with forgotten_gradients():
            self._run()
        elapsed = time.perf_counter() - start
        # What compiles does an iteration, too.
        self._first = self.measure()
        self.compile_seconds = max(0.0, elapsed - self._first)

    def measure(self):
        """Seconds of one iteration."""
        return seconds_of(self._run)

    def seconds(self, budget=2.0, most=9):
        """Median of several measurements.

        Args:
            budget: Seconds after which no further one begins. Defaults to `2`.
            most: How many at most. Defaults to `9`.
        """
        found, start = [self._first], time.perf_counter()
        while len(found) < most and time.perf_counter() - start + found[-1] < budget:
            found.append(self.measure())
        return statistics.median(found)

    def _run(self):
        self._scale_gan.train_function(self._data)
        # Reading what is updated last waits for the device.
        self._scale_gan.generator.tail.bias.numpy()


def measure_iteration(size, filters, channels, config: SinGANConfig, budget=2.0):
    """Measures one training iteration of a scale, without the scales below.

    Args:
        size: (height, width) of the scale.
        filters: The scale's filters.
        channels: Channels of the image.
        config: The hyper-parameters.
        budget: Seconds after which no further iteration begins; two are done at
            least. Defaults to `2`.

    Returns:
        Pair of floats: seconds of an iteration, seconds of compiling.
    """
    step = TimedStep(size, filters, channels, config)
    return step.seconds(budget), step.compile_seconds


def _new_scale_gan(filters, channels, config):
    generator = Generator(
        channels=channels,
        filters=filters,
        num_layers=config.num_layers,
        normalization=config.normalization,
        padding=config.padding,
        seed=config.seed % 2**31,
        dtype=config.dtype_policy,
    )
    return new_scale_gan(generator, config, draw_previous=lambda lower: lower)


def _random_data(size, channels, config):
    """Random data of the shapes that `ScaleTrainer.draw` returns."""
    part = trained_part(size, config)
    grown = tuple(side + 2 * config.num_layers for side in part)
    whole = part == tuple(size)
    below = part if whole else grown
    noise = noise_size(part, config.padding, config.num_layers) if whole else grown
    draws = config.discriminator_steps

    def uniform(batch, size):
        shape = (batch, *size, channels)
        return tf.random.stateless_uniform(shape, (0, batch), -1.0, 1.0)

    return {
        "real": uniform(1, part),
        "previous_rec": uniform(1, below),
        "lower": uniform(draws, below),
        "z": uniform(1, noise),
        "z_rec": uniform(1, noise),
        "u": tf.fill((draws,), 0.5),
    }
