"""Results of a benchmark: `ScaleSpeed`, `Report` and `Comparison`."""

import dataclasses

from keras_singan.geometry import Size
from keras_singan.performance.timed_step import COMPILES_A_SCALE


@dataclasses.dataclass(frozen=True)
class ScaleSpeed:
    """How fast one scale trains.

    Attributes:
        scale: Its index.
        size: (height, width) of its image.
        trained_on: (height, width) that an iteration sees of it.
        filters: Its filters.
        iterations: Training iterations.
        seconds_per_iteration: Seconds of one. The scale's own part is measured.
            For the frozen scales below it holds their operations, divided by the
            rates at which those scales themselves were measured.
        compile_seconds: Seconds of building and compiling the training step.
        gflop_per_iteration: 1e9 floating-point operations of one iteration.
        peak_ratio: Operations a second of the measured step, over the peak of
            this machine; at most 1.
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
        fixed = COMPILES_A_SCALE * self.compile_seconds
        return self.iterations * self.seconds_per_iteration + fixed


@dataclasses.dataclass(frozen=True)
class Report:
    """Results of `benchmark.run`.

    Attributes:
        device: What does the work, in words.
        threads: Cores that it uses.
        dtype_policy: The precision.
        peak_gflops: Best rate measured of convolutions or of an iteration, in 1e9
            operations a second.
        scales: Tuple of `ScaleSpeed`, coarsest first.
        samples_per_second: Images a second, sampled one at a time at the finest
            size.
        batch: Images of the batch that was sampled.
        batch_samples_per_second: Images a second in that batch.
        peak_memory: Peak memory of this process so far, in bytes; `None` if that
            is unknown.
    """

    device: str
    threads: int
    dtype_policy: str
    peak_gflops: float
    scales: tuple[ScaleSpeed, ...]
    samples_per_second: float
    batch: int
    batch_samples_per_second: float
    peak_memory: int | None

    @property
    def seconds(self):
        """Predicted seconds of the whole training."""
        return sum(scale.seconds for scale in self.scales)

    def to_dict(self):
        """Returns everything as a dictionary that JSON can hold."""
        return dataclasses.asdict(self) | {"training_seconds": self.seconds}


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Results of `benchmark.compare`.

    Attributes:
        device: What does the work, in words.
        threads: Cores that it uses.
        dtype_policies: Pair of the precisions.
        a: Tuple of `ScaleSpeed` of the first configuration.
        b: Tuple of those of the second.
    """

    device: str
    threads: int
    dtype_policies: tuple[str, str]
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
        return dataclasses.asdict(self) | {
            "scale_ratios": list(self.ratios),
            "training_seconds": list(self.seconds),
            "ratio": self.ratio,
        }
