"""How fast this machine trains and samples, scale by scale, and how fast it could."""

import gc
import statistics
import time

from keras_singan.config import SinGANConfig
from keras_singan.geometry import plan_scales
from keras_singan.geometry import scale_name
from keras_singan.geometry import scale_steps
from keras_singan.geometry import trained_part
from keras_singan.models.pyramid import new_pyramid
from keras_singan.performance.benchmark_report import Comparison
from keras_singan.performance.benchmark_report import Report
from keras_singan.performance.benchmark_report import ScaleSpeed
from keras_singan.performance.convolution_peak import convolution_peak
from keras_singan.performance.flops import lower_flops
from keras_singan.performance.flops import own_flops
from keras_singan.performance.machine import device_name
from keras_singan.performance.machine import peak_bytes
from keras_singan.performance.memory import check_memory
from keras_singan.performance.precision import runnable_precision
from keras_singan.performance.threads import thread_count
from keras_singan.performance.timed_step import TimedStep

# Images of the batch that sampling is measured with, if that is soon done.
_BATCH, _SAMPLING_SECONDS = 64, 15.0
# Alternations of a comparison, and seconds of a scale after which it ends.
_ROUNDS, _ROUND_SECONDS = 5, 20.0


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
        del step
    tell("sampling")
    single, batch, together = _sampling(new_pyramid(image, bench.config).in_float32())
    speeds, peak = bench.speeds(steps, peak)
    return Report(
        device=device_name(),
        threads=thread_count(),
        dtype_policy=bench.config.dtype_policy,
        peak_gflops=peak / 1e9,
        scales=speeds,
        samples_per_second=single,
        batch=batch,
        batch_samples_per_second=together,
        peak_memory=peak_bytes(),
    )


def compare(image, a: SinGANConfig, b: SinGANConfig, tell=lambda text: None):
    """Measures two configurations alternately, so that both see the same machine.

    Of each scale both steps are compiled first, and then timed in turns: what else
    the machine does meanwhile slows down both.

    Args:
        image: float32 array `(height, width, channels)`, whose size alone counts.
        a: Hyper-parameters.
        b: Others.
        tell: Function of a line on what is done next. Defaults to one that does
            nothing.

    Returns:
        A `Comparison`.

    Raises:
        ImageError: If the image is too small.
        ConfigError: If the machine has not the memory.
    """
    benches = _Bench(image, a), _Bench(image, b)
    tell("peak rate of convolutions")
    policies = tuple(bench.config.dtype_policy for bench in benches)
    peaks = [convolution_peak(policy) for policy in policies]
    steps = [], []
    for index in range(max(len(bench.scales) for bench in benches)):
        both = [k for k in range(2) if index < len(benches[k].scales)]
        tell(" against ".join(benches[k].text(benches[k].scales[index]) for k in both))
        made = [benches[k].new_step(benches[k].scales[index]) for k in both]
        timed = _in_turns(made)
        for k, step, seconds in zip(both, made, timed, strict=True):
            steps[k].append((seconds, step.compile_seconds))
        del made, step
    speeds = [
        bench.speeds(*given)[0]
        for bench, *given in zip(benches, steps, peaks, strict=True)
    ]
    return Comparison(device_name(), thread_count(), policies, *speeds)


class _Bench:
    """A configuration on an image, and its scales."""

    def __init__(self, image, config):
        self.config = runnable_precision(config)
        self.channels = image.shape[-1]
        self.scales = plan_scales(image.shape[:2], self.config)
        check_memory(self.scales, self.channels, self.config)

    def text(self, scale):
        height, width = scale.size
        return f"{scale_name(scale.index, len(self.scales))}, {height}x{width}"

    def new_step(self, scale):
        # Models and their graphs are cycles: 100 MB a scale until collected.
        gc.collect()
        return TimedStep(scale.size, scale.filters, self.channels, self.config)

    def speeds(self, steps, peak):
        """Makes a `ScaleSpeed` of the (seconds, compile seconds) of every scale.

        Returns:
            Tuple of them, and the peak: no less than the best rate of a scale, for
            what an iteration reaches the machine can do.
        """
        iterations = scale_steps([scale.filters for scale in self.scales], self.config)
        work = [self._work(scale) for scale in self.scales]
        rates = [
            own / seconds for (own, _), (seconds, _) in zip(work, steps, strict=True)
        ]
        peak = max(peak, *rates)
        speeds = tuple(
            ScaleSpeed(
                scale=scale.index,
                size=scale.size,
                trained_on=trained_part(scale.size, self.config),
                filters=scale.filters,
                iterations=iterations[scale.index],
                seconds_per_iteration=seconds + _seconds(lower, rates),
                compile_seconds=compiling,
                gflop_per_iteration=(own + sum(lower)) / 1e9,
                peak_ratio=rates[scale.index] / peak,
            )
            for scale, (own, lower), (seconds, compiling) in zip(
                self.scales, work, steps, strict=True
            )
        )
        return speeds, peak

    def _work(self, scale):
        """Operations of an iteration: of a scale itself, and of those below it."""
        part = trained_part(scale.size, self.config)
        own = own_flops(part, scale.filters, self.channels, self.config)
        below = self.scales[: scale.index + 1]
        return own, lower_flops(below, self.channels, self.config)


def _seconds(lower, rates):
    """Seconds that the scales below take of an iteration, each at its own rate."""
    return sum(x / rate for x, rate in zip(lower, rates, strict=False))


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
    # The first one compiles.
    _sampling_seconds(pyramid, 1)
    single = min(_sampling_seconds(pyramid, 1) for _ in range(3))
    count = min(_BATCH, max(1, int(_SAMPLING_SECONDS / single)))
    return 1 / single, count, count / _sampling_seconds(pyramid, count)


def _sampling_seconds(pyramid, count):
    start = time.perf_counter()
    for images in pyramid.draw_chunks(0, count):
        images.numpy()
    return time.perf_counter() - start
