"""What a training will take: its scales, its time and its memory."""

import dataclasses
import time

import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.geometry import Scale
from keras_singan.geometry import receptive_field
from keras_singan.networks import Discriminator

# Forward passes' worth of work in one update: a gradient penalty is most of it.
_DISCRIMINATOR_PASSES, _GENERATOR_PASSES = 13, 8
# Building and compiling the training step of a scale, measured; seconds.
_COMPILE_SECONDS = 6.0
# Pixels of the largest image that is timed; larger ones are extrapolated.
_PROBE_PIXELS = 160 * 160
# Feature maps that are alive at the peak of an update, for each layer, measured.
_MAPS_PER_LAYER = 20
# TensorFlow itself, and the graphs of a few scales, measured.
_BASE_BYTES = 1250 * 2**20


@dataclasses.dataclass(frozen=True)
class Estimate:
    """What training is expected to take on this machine.

    Attributes:
        scales: Tuple of `Scale`.
        step_seconds: Seconds of one training iteration, a scale each.
        steps: Iterations a scale.
        memory: Peak memory in bytes.
    """

    scales: tuple[Scale, ...]
    step_seconds: tuple[float, ...]
    steps: int
    memory: int

    @property
    def seconds(self):
        """Seconds of the whole training."""
        compilation = _COMPILE_SECONDS * len(self.scales)
        return self.steps * sum(self.step_seconds) + compilation


def planned(pyramid) -> tuple[Scale, ...]:
    """Returns the scales of a pyramid."""
    pairs = zip(pyramid.sizes, pyramid.filters, strict=True)
    return tuple(Scale(k, size, filters) for k, (size, filters) in enumerate(pairs))


def estimate(scales, channels, config: SinGANConfig) -> Estimate:
    """Times a few passes of each scale's discriminator on this machine.

    Takes a second or two a scale. Other programs that run at the same time,
    now or later, make it wrong by as much as they take.

    Args:
        scales: Plan from `geometry.plan_scales`.
        channels: Channels of the image.
        config: The hyper-parameters.
    """
    passes = (
        config.discriminator_steps * _DISCRIMINATOR_PASSES
        + config.generator_steps * _GENERATOR_PASSES
    )
    seconds = [_pass_seconds(scale, channels, config) for scale in scales]
    steps = [
        # The frozen scales below run once for each discriminator update.
        passes * own + config.discriminator_steps * sum(seconds[:k])
        for k, own in enumerate(seconds)
    ]
    return Estimate(tuple(scales), tuple(steps), config.steps, _memory(scales, config))


def _pass_seconds(scale, channels, config):
    """Seconds of one forward pass: a third of a pass forth and back."""
    height, width = scale.size
    shrink = min(1.0, (_PROBE_PIXELS / (height * width)) ** 0.5)
    least = receptive_field(config.num_layers)
    size = (max(least, round(height * shrink)), max(least, round(width * shrink)))
    step = _probe(scale.filters, size, channels, config)
    step()
    best = min(_seconds(step) for _ in range(5))
    return best / 3 * (height * width) / (size[0] * size[1])


def _probe(filters, size, channels, config):
    network = Discriminator(
        channels, filters, config.num_layers, config.normalization, seed=0,
        dtype=config.dtype_policy,
    )  # fmt: skip
    image = tf.zeros((1, *size, channels))

    @tf.function(autograph=False)
    def step():
        with tf.GradientTape() as tape:
            tape.watch(image)
            loss = tf.reduce_mean(network(image, training=True))
        return tape.gradient(loss, [image, *network.trainable_variables])

    return step


def _seconds(step):
    start = time.perf_counter()
    step()[0].numpy()
    return time.perf_counter() - start


def _memory(scales, config):
    maps = [
        4 * scale.size[0] * scale.size[1] * scale.filters * config.num_layers
        for scale in scales
    ]
    return _BASE_BYTES + _MAPS_PER_LAYER * max(maps)
