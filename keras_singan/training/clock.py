"""`Clock`: how far a training is, and how long it still takes."""

import math
import time

from keras_singan.geometry import scale_steps
from keras_singan.performance.flops import iteration_flops
from keras_singan.training.callbacks import ScaleCallback

# The pace is that of about the last minute: steady, and yet of this machine now.
_MEMORY_SECONDS = 60.0
# What starting its operations adds to an update of both networks, in operations.
_OVERHEAD_FLOPS = 2e9


class Clock(ScaleCallback):
    """Knows how far the training is and how long it still takes.

    An iteration of each scale has a weight. Seconds per weight are measured over
    all scales: a new scale goes on with the pace of the one before.

    Args:
        pyramid: The `SinGANPyramid`.
        config: The `SinGANConfig`.
        iteration_weights: Sequence of floats, the seconds of an iteration of each
            scale as far as they are known, in any unit. Defaults to what their
            floating-point operations tell.

    Attributes:
        work: List of floats, the weight of each scale.
        scale: int, the scale at work.
        iteration: int, its iterations that are done.
    """

    def __init__(self, pyramid, config, iteration_weights=None):
        super().__init__()
        self.scales = pyramid.num_scales
        self._steps = scale_steps(pyramid.filters, config)
        self.expect(iteration_weights or _by_operations(pyramid, config))
        self.scale = self.iteration = 0
        self._last = None
        self._timed, self._seconds, self._worked = 0, 0.0, 0.0
        self._ended, self._pauses = None, []

    def expect(self, iteration_weights):
        """Sets the weight of an iteration of each scale: see the class."""
        self._each = tuple(iteration_weights)
        self._seconds = self._worked = 0.0
        pairs = zip(self._steps, self._each, strict=True)
        self.work = [steps * each for steps, each in pairs]

    def skip(self, scales):
        """Begins where this many scales are finished already."""
        self.scale = min(scales, self.scales - 1)
        self.iteration = self.steps if scales == self.scales else 0

    @property
    def steps(self):
        """Iterations of the scale at work."""
        return self._steps[self.scale]

    def on_scale_begin(self, trainer):
        """Takes up a scale where it stopped."""
        self.scale = trainer.scale
        self.iteration = trainer.scale_gan.iteration
        self._last = None

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        count = self.at_once
        self.iteration += count
        if self._last is not None:
            self._measure(now - self._last, count)
        elif self._ended is not None:
            # The first iteration compiles: what it takes more is a pause.
            usual = count * self._each[self.scale] * self._pace
            self._pauses.append(max(0.0, now - self._ended - usual))
        self._last = self._ended = now

    def _measure(self, seconds, count):
        kept = math.exp(-seconds / _MEMORY_SECONDS)
        self._timed += 1
        self._seconds = kept * self._seconds + seconds
        self._worked = kept * self._worked + count * self._each[self.scale]

    @property
    def _pace(self):
        """Seconds for a weight of 1."""
        return self._seconds / self._worked if self._worked else 0.0

    @property
    def done(self):
        """Share of the whole work that is done, from 0 to 1."""
        return 1 - self._work_left / sum(self.work)

    @property
    def _work_left(self):
        here = (self.steps - self.iteration) * self._each[self.scale]
        return here + sum(self.work[self.scale + 1 :])

    @property
    def seconds_left(self):
        """Seconds to the end of the whole training; `None` before it is known.

        What lies between two scales counts as it was between those before.
        """
        if self._timed < 3 or not self._worked:
            return None
        pause = sum(self._pauses) / len(self._pauses) if self._pauses else 0.0
        between = pause * (self.scales - 1 - self.scale)
        return self._work_left * self._pace + between


def _by_operations(pyramid, config):
    updates = (config.discriminator_steps + config.generator_steps) / 2
    flops = iteration_flops(pyramid.scales, pyramid.channels, config)
    return [each + _OVERHEAD_FLOPS * updates for each in flops]
