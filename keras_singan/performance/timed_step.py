"""How fast this machine trains: measured, never looked up."""

import dataclasses
import statistics
import time

import keras
import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.geometry import trained_part
from keras_singan.models.networks import Generator
from keras_singan.models.scale_gan import new_scale_gan
from keras_singan.ops.fused_normalization import forgotten_gradients
from keras_singan.ops.noise import noise_size
from keras_singan.performance.convolution_peak import seconds_of

# What a scale takes beside its iterations, in times that its training step takes to
# be built and compiled: frozen scales, averages, pictures and files come to it.
COMPILES_A_SCALE = 2.0


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
        self._is_whole = trained_part(size, config) == tuple(size)
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

    def loop_seconds(self, steps=16):
        """Seconds that an iteration takes within `fit`: the median of so many."""
        clock = _Clock()
        data = tf.data.Dataset.from_tensors(next(self._data)).repeat()
        with forgotten_gradients():
            self._scale_gan.fit(
                data, steps_per_epoch=steps, callbacks=[clock], verbose=0, shuffle=False
            )
        return clock.seconds()

    def frozen_seconds(self):
        """Seconds of a forward pass of the generator once it is frozen."""
        data, generator = next(self._data), self._scale_gan.generator
        work = generator if self._is_whole else generator.interior
        frozen = tf.function(work, autograph=False)
        given = data["z"], data["previous_rec"]

        def run():
            frozen(*given, training=False).numpy()

        run()
        return statistics.median(seconds_of(run) for _ in range(3))

    def _run(self):
        self._scale_gan.train_function(self._data)
        # Reading what is updated last waits for the device.
        self._scale_gan.generator.tail.bias.numpy()


class _Clock(keras.callbacks.Callback):
    """Notes when iterations end."""

    def on_train_begin(self, logs=None):
        self._ends = []

    def on_train_batch_end(self, batch, logs=None):
        self._ends.append(time.perf_counter())

    def seconds(self):
        """The median of an iteration."""
        pairs = zip(self._ends, self._ends[1:], strict=False)
        return statistics.median(end - start for start, end in pairs)


@dataclasses.dataclass(frozen=True)
class MeasuredIteration:
    """Seconds that were measured of a scale.

    Attributes:
        seconds: Of an iteration.
        compile_seconds: Of building and compiling it.
        loop_seconds: Of an iteration within `fit`.
        frozen_seconds: Of a forward pass of its generator, once it is frozen.
    """

    seconds: float
    compile_seconds: float
    loop_seconds: float
    frozen_seconds: float


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
        The `MeasuredIteration`.
    """
    step = TimedStep(size, filters, channels, config)
    return MeasuredIteration(
        seconds=step.seconds(budget),
        compile_seconds=step.compile_seconds,
        loop_seconds=step.loop_seconds(16 if budget > 16 * step.measure() else 3),
        frozen_seconds=step.frozen_seconds(),
    )


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
