"""How fast this machine trains and samples, scale by scale, and how fast it could."""

import dataclasses
import resource
import statistics
import sys
import time

from keras_singan.config import SinGANConfig
from keras_singan.flops import lower_flops
from keras_singan.flops import own_flops
from keras_singan.flops import trained_part
from keras_singan.geometry import Size
from keras_singan.measurement import TimedStep
from keras_singan.measurement import convolution_peak
from keras_singan.measurement import device_name
from keras_singan.measurement import thread_count
from keras_singan.memory import check_memory
from keras_singan.plan import planned
from keras_singan.precision import resolve_precision
from keras_singan.schedule import scale_steps
from keras_singan.tasks.sampling import chunk_size
from keras_singan.tasks.sampling import sample
from keras_singan.training import new_pyramid

# Images of the batch that sampling is measured with, if that is soon done.
_BATCH, _SAMPLING_SECONDS = 64, 15.0
# Alternations of a comparison, and seconds of a scale after which it ends.
_ROUNDS, _ROUND_SECONDS = 5, 20.0


@dataclasses.dataclass(frozen=True)
class ScaleSpeed:
    """How fast one scale trains.

    Attributes:
        scale: Its index.
        size: (height, width) of its image.
        trained_on: (height, width) that an iteration sees of it.
        filters: Its filters.
        iterations: Training iterations.
        seconds_per_iteration: Seconds of one, with the frozen scales below, which
            are not measured, but take their operations at their own rates.
        compile_seconds: Seconds of building and compiling the training step.
        gflop_per_iteration: 1e9 floating-point operations of one iteration.
        peak_ratio: Rate of the measured step over the machine's peak.
    """

    scale: int
    size: Size
    trained_on: Size
    filters: int
    iterations: int
    seconds_per_iteration: float
    compile_seconds: float
    gflop_per_iteration: float
    peak_ratio: float

    @property
    def seconds(self):
        """Seconds of training this scale."""
        return self.iterations * self.seconds_per_iteration + self.compile_seconds


@dataclasses.dataclass(frozen=True)
class Report:
    """What `run` has measured.

    Attributes:
        device: What does the work, in words.
        threads: Processors it may use.
        dtype_policy: The precision.
        peak_gflops: Best rate of large convolutions, 1e9 operations a second.
        scales: Tuple of `ScaleSpeed`, coarsest first.
        samples_per_second: Images a second, sampled one at a time at the finest
            size; `None` if it was not measured.
        batch: Images of the batch that was sampled.
        batch_samples_per_second: Images a second in that batch.
        peak_memory: Peak memory of this process so far, in bytes.
    """

    device: str
    threads: int
    dtype_policy: str
    peak_gflops: float
    scales: tuple[ScaleSpeed, ...]
    samples_per_second: float
    batch: int
    batch_samples_per_second: float
    peak_memory: int

    @property
    def seconds(self):
        """Predicted seconds of the whole training."""
        return sum(scale.seconds for scale in self.scales)

    def to_dict(self):
        """Returns everything as a dictionary that JSON can hold."""
        return dataclasses.asdict(self) | {"training_seconds": self.seconds}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """What `compare` has measured.

    Attributes:
        a: Tuple of `ScaleSpeed` of the first configuration.
        b: Tuple of those of the second.
    """

    a: tuple[ScaleSpeed, ...]
    b: tuple[ScaleSpeed, ...]

    @property
    def ratios(self):
        """Iterations of A over those of B in time; of the scales that both have."""
        pairs = zip(self.a, self.b, strict=False)
        return tuple(
            a.seconds_per_iteration / b.seconds_per_iteration for a, b in pairs
        )

    @property
    def seconds(self):
        """Pair of the predicted seconds of both trainings."""
        return tuple(sum(scale.seconds for scale in x) for x in (self.a, self.b))

    @property
    def ratio(self):
        """Time of the first training over that of the second."""
        return self.seconds[0] / self.seconds[1]

    def to_dict(self):
        """Returns everything as a dictionary that JSON can hold."""
        return {
            "a": [dataclasses.asdict(scale) for scale in self.a],
            "b": [dataclasses.asdict(scale) for scale in self.b],
            "scale_ratios": list(self.ratios),
            "training_seconds": list(self.seconds),
            "ratio": self.ratio,
        }


def run(image, config: SinGANConfig, tell=lambda text: None) -> Report:
    """Measures one real training step of every scale, and sampling.

    Each scale is compiled as `fit` does it, and its step timed on random images,
    some times if it is quick. For sampling the weights are untrained.

    Args:
        image: float32 array `(height, width, channels)`, values in [-1, 1]: its
            size counts, not what it shows.
        config: The hyper-parameters.
        tell: Function that is called with a line on what is done next. Defaults
            to one that does nothing.

    Raises:
        ImageError: If the image is too small.
        ConfigError: If the machine has not the memory.
    """
    bench = _Bench(image, config)
    tell("peak rate of convolutions")
    peak = convolution_peak(bench.config.dtype_policy)
    steps = []
    for scale in bench.scales:
        tell(bench.text(scale))
        step = bench.new_step(scale)
        steps.append((step.seconds(), step.compile_seconds))
    tell("sampling")
    single, batch, together = _sampling(bench.pyramid)
    return Report(
        device=device_name(),
        threads=thread_count(),
        dtype_policy=bench.config.dtype_policy,
        peak_gflops=peak / 1e9,
        scales=bench.speeds(steps, peak),
        samples_per_second=single,
        batch=batch,
        batch_samples_per_second=together,
        peak_memory=_peak_memory(),
    )


def compare(image, a: SinGANConfig, b: SinGANConfig, tell=lambda text: None):
    """Measures two configurations alternately, so that both see the same machine.

    Of each scale both steps are compiled first, and then timed in turns: what else
    the machine does meanwhile slows down both.

    Args:
        image: As in `run`.
        a: Hyper-parameters.
        b: Others.
        tell: As in `run`. Defaults to one that does nothing.

    Returns:
        A `Comparison`.

    Raises:
        ImageError: If the image is too small.
        ConfigError: If the machine has not the memory.
    """
    benches = _Bench(image, a), _Bench(image, b)
    steps = [], []
    for index in range(max(len(bench.scales) for bench in benches)):
        both = [k for k in range(2) if index < len(benches[k].scales)]
        tell(" against ".join(benches[k].text(benches[k].scales[index]) for k in both))
        made = [benches[k].new_step(benches[k].scales[index]) for k in both]
        timed = _in_turns(made)
        for k, step, seconds in zip(both, made, timed, strict=True):
            steps[k].append((seconds, step.compile_seconds))
    return Comparison(
        *(
            bench.speeds(found, convolution_peak(bench.config.dtype_policy))
            for bench, found in zip(benches, steps, strict=True)
        )
    )


class _Bench:
    """A configuration on an image, and its scales."""

    def __init__(self, image, config):
        self.config = resolve_precision(config)
        self.pyramid = new_pyramid(image, self.config)
        self.channels = self.pyramid.channels
        self.scales = planned(self.pyramid)
        check_memory(self.scales, self.channels, self.config)

    def text(self, scale):
        height, width = scale.size
        return f"scale {scale.index + 1} of {len(self.scales)}, {height}x{width}"

    def new_step(self, scale):
        return TimedStep(scale.size, scale.filters, self.channels, self.config)

    def speeds(self, steps, peak):
        """Makes a `ScaleSpeed` of the (seconds, compile seconds) of every scale."""
        iterations = scale_steps(self.pyramid.filters, self.config)
        result, rates = [], []
        for scale, (seconds, compiling) in zip(self.scales, steps, strict=True):
            part = trained_part(scale.size, self.config)
            own = own_flops(part, scale.filters, self.channels, self.config)
            lower = lower_flops(
                self.scales[: scale.index + 1], self.channels, self.config
            )
            below = sum(x / rate for x, rate in zip(lower, rates, strict=True))
            rates.append(own / seconds)
            result.append(
                ScaleSpeed(
                    scale=scale.index,
                    size=scale.size,
                    trained_on=part,
                    filters=scale.filters,
                    iterations=iterations[scale.index],
                    seconds_per_iteration=seconds + below,
                    compile_seconds=compiling,
                    gflop_per_iteration=(own + sum(lower)) / 1e9,
                    peak_ratio=rates[-1] / peak,
                )
            )
        return tuple(result)


def _in_turns(steps):
    """Seconds of an iteration of each of some steps, timed in turns."""
    start, rounds = time.perf_counter(), []
    while len(rounds) < _ROUNDS:
        rounds.append([step.measure() for step in steps])
        if time.perf_counter() - start > _ROUND_SECONDS:
            break
    return [statistics.median(found) for found in zip(*rounds, strict=True)]


def _sampling(pyramid):
    """Images a second one at a time, the images of a batch, and a second in it."""
    chunk = chunk_size(pyramid, pyramid.sizes[-1])
    # The first of each size compiles.
    _sampling_seconds(pyramid, 1)
    single = min(_sampling_seconds(pyramid, 1) for _ in range(3))
    chunks = min(_BATCH, max(1, int(_SAMPLING_SECONDS / single))) // chunk
    count = max(1, chunks) * chunk if chunk < _BATCH else _BATCH
    _sampling_seconds(pyramid, min(count, chunk))
    return 1 / single, count, count / _sampling_seconds(pyramid, count)


def _sampling_seconds(pyramid, count):
    start = time.perf_counter()
    sample(pyramid, count, seed=0)
    return time.perf_counter() - start


def _peak_memory():
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes everywhere but there.
    return most if sys.platform == "darwin" else most * 1024
