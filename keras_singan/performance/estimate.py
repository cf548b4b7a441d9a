"""Estimates of a training: its scales, its time and its memory."""

import dataclasses
import functools
import statistics

from keras_singan.config import SinGANConfig
from keras_singan.geometry import Scale
from keras_singan.geometry import receptive_field
from keras_singan.geometry import scale_steps
from keras_singan.geometry import trained_part
from keras_singan.performance.convolution_peak import convolution_peak
from keras_singan.performance.flops import frozen_flops
from keras_singan.performance.flops import lower_flops
from keras_singan.performance.flops import own_flops
from keras_singan.performance.memory import needed_bytes
from keras_singan.performance.precision import runnable_precision
from keras_singan.performance.timed_step import COMPILES_A_SCALE
from keras_singan.performance.timed_step import measure_iteration

# A measured iteration takes about so long at the machine's peak, and some times
# that in truth.
_PROBE_SECONDS = 0.4
# After so long no further iteration is measured.
_PROBE_BUDGET = 1.0


@dataclasses.dataclass(frozen=True)
class Estimate:
    """Time and memory that a training is expected to take on this machine.

    Attributes:
        scales: Tuple of `Scale`.
        step_seconds: Seconds of one training iteration, a scale each.
        memory: Peak memory in bytes.
        iterations: Iterations, a scale each.
        fixed_seconds: Seconds that a scale takes beside its iterations.
        channels: Channels of the image.
        config: The `SinGANConfig`, with a definite `dtype_policy`.
    """

    scales: tuple[Scale, ...]
    step_seconds: tuple[float, ...]
    memory: int
    iterations: tuple[int, ...]
    fixed_seconds: float
    channels: int
    config: SinGANConfig

    @property
    def seconds(self):
        """Seconds of the whole training."""
        pairs = zip(self.iterations, self.step_seconds, strict=True)
        training = sum(steps * seconds for steps, seconds in pairs)
        return training + self.fixed_seconds * len(self.scales)


def estimate(scales, channels, config: SinGANConfig) -> Estimate:
    """Measures some training iterations on this machine, and derives the others.

    An iteration takes `overhead + operations / rate` seconds. The rate is measured
    for each number of filters, on an image that is small enough; apart from it that
    of frozen scales, whose operations wait for each other. The overhead is
    measured with the finest scale's filters, on images of two sizes. All this
    takes some 10 to 20 seconds. Other programs that run at the same time make the
    estimate wrong by as much as they take.

    Args:
        scales: Plan from `geometry.plan_scales`.
        channels: Channels of the image.
        config: The hyper-parameters.
    """
    config = runnable_precision(config)
    speed = measure_speed(scales, channels, config)
    return Estimate(
        scales=tuple(scales),
        step_seconds=tuple(
            speed.step_seconds(scales[: k + 1], channels, config)
            for k in range(len(scales))
        ),
        memory=needed_bytes(scales, channels, config),
        iterations=scale_steps([scale.filters for scale in scales], config),
        fixed_seconds=COMPILES_A_SCALE * speed.compile_seconds * _updates(config),
        channels=channels,
        config=config,
    )


@dataclasses.dataclass(frozen=True)
class Speed:
    """How fast a machine trains.

    Attributes:
        overhead: Seconds of one update of each network that do not depend on the
            size.
        loop: Seconds that `fit` takes between two iterations.
        rates: Dictionary from filters to floating-point operations a second.
        frozen_rates: The same of the scales below, which are frozen.
        compile_seconds: Seconds of building and compiling a training step of one
            update of each network.
    """

    overhead: float
    loop: float
    rates: dict[int, float]
    frozen_rates: dict[int, float]
    compile_seconds: float

    def step_seconds(self, scales, channels, config):
        """Seconds of one iteration of the last of some scales.

        Args:
            scales: Sequence of `Scale`, from the coarsest on.
            channels: Channels of the image.
            config: The hyper-parameters.
        """
        *below, top = scales
        part = trained_part(top.size, config)
        own = own_flops(part, top.filters, channels, config) / self.rates[top.filters]
        lower = zip(lower_flops(scales, channels, config), below, strict=True)
        frozen = sum(flops / self.frozen_rates[s.filters] for flops, s in lower)
        return own + frozen + self.loop + self.overhead * _updates(config)


def measure_speed(scales, channels, config: SinGANConfig) -> Speed:
    """Measures what `estimate` needs to know of this machine.

    Args:
        scales: Sequence of `Scale`, coarsest first.
        channels: Channels of the image.
        config: The hyper-parameters, with a definite `dtype_policy`.
    """
    single = dataclasses.replace(config, discriminator_steps=1, generator_steps=1)
    # Of the scales with equal filters the smallest, which is measured soonest.
    smallest = {scale.filters: scale.size for scale in reversed(scales)}
    finest = scales[-1]
    peak = convolution_peak(config.dtype_policy)
    most = peak * _PROBE_SECONDS
    large = _Probe(finest.size, finest.filters, channels, single, most)
    small = [
        _Probe(size, filters, channels, single, most)
        for filters, size in smallest.items()
        if filters != finest.filters
    ]
    second = _Probe(
        smallest[finest.filters], finest.filters, channels, single, large.flops / 4
    )
    probes = [*small, second, large]
    # What no iteration goes below cannot be more than the shortest.
    shortest = min(probe.seconds for probe in probes)
    overhead = min(_overhead(second, large, peak), shortest)
    return Speed(
        overhead=overhead,
        # Long iterations hide what `fit` does between them.
        loop=min(probes, key=lambda probe: probe.seconds).loop,
        rates={probe.filters: probe.rate(overhead, peak) for probe in probes},
        frozen_rates={probe.filters: probe.frozen_rate(peak) for probe in probes},
        compile_seconds=statistics.median(p.compile_seconds for p in probes),
    )


class _Probe:
    """A measured iteration: of a scale's, shrunk to have few enough operations."""

    def __init__(self, size, filters, channels, config, most):
        flops = functools.partial(
            own_flops, filters=filters, channels=channels, config=config
        )
        part = trained_part(size, config)
        part = _shrunk(part, most / flops(part), receptive_field(config.num_layers))
        self.filters, self.flops = filters, flops(part)
        self._frozen_flops = frozen_flops(part, filters, channels, config)
        found = measure_iteration(part, filters, channels, config, _PROBE_BUDGET)
        self.seconds, self.compile_seconds = found.seconds, found.compile_seconds
        self.loop = max(0.0, found.loop_seconds - found.seconds)
        self._frozen_seconds = found.frozen_seconds

    def rate(self, overhead, peak):
        """Operations a second, beside the overhead."""
        return self.flops / max(self.seconds - overhead, self.flops / peak)

    def frozen_rate(self, peak):
        """Operations a second of a frozen generator."""
        return self._frozen_flops / max(self._frozen_seconds, self._frozen_flops / peak)


def _shrunk(size, share, least):
    """A size with a share of the area, of about equal sides, each `least` or more."""
    if share >= 1:
        return size
    area = size[0] * size[1] * share
    short = max(least, min(*size, round(area**0.5)))
    long = max(least, min(max(size), round(area / short)))
    return (short, long) if size[0] <= size[1] else (long, short)


def _overhead(small, large, peak):
    """Seconds that an iteration would take if it had no operations."""
    gained = large.flops - small.flops
    # Where starting operations is all that takes time, two times hardly differ.
    seconds = max(large.seconds - small.seconds, gained / peak)
    return max(0.0, small.seconds - small.flops * seconds / gained) if gained else 0.0


def _updates(config):
    """Updates of an iteration, in those that a `Speed` was measured with."""
    return (config.discriminator_steps + config.generator_steps) / 2
