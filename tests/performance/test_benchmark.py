import dataclasses
import json

import numpy as np
import pytest

from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.errors import ImageError
from keras_singan.geometry import plan_scales
from keras_singan.performance import benchmark
from keras_singan.performance.benchmark import compare
from keras_singan.performance.benchmark import run
from keras_singan.performance.benchmark_report import ScaleSpeed
from keras_singan.performance.flops import iteration_flops
from keras_singan.performance.flops import lower_flops
from keras_singan.performance.flops import own_flops

# For `IMAGE`: scales of 18x23, 24x30 and 32x40.
CONFIG = SinGANConfig(
    min_size=18,
    scale_factor=0.7,
    filters=4,
    num_layers=2,
    discriminator_steps=1,
    generator_steps=1,
    steps=50,
    warm_fraction=0.5,
)
IMAGE = np.zeros((32, 40, 3), "float32")
PEAK = 1e9


@pytest.fixture(autouse=True)
def known_peak(monkeypatch):
    """A peak that takes no time to measure."""
    monkeypatch.setattr(benchmark, "convolution_peak", lambda policy: PEAK)


@pytest.fixture
def machine(monkeypatch):
    """Stands in for compiled steps: each takes 2 s for 1e6 of its operations."""
    made = []

    class Step:
        compile_seconds = 3.0

        def __init__(self, size, filters, channels, config):
            self.turn = f"{config.dtype_policy} {size[0]}"
            self.time = 2e-6 * own_flops(size, filters, channels, config)
            made.append(f"make {self.turn}")

        def measure(self):
            made.append(self.turn)
            return self.time

        def seconds(self):
            return self.measure()

    monkeypatch.setattr(benchmark, "TimedStep", Step)
    monkeypatch.setattr(benchmark, "_sampling", lambda pyramid: (4.0, 64, 8.0))
    return made


def test_every_scale_of_a_real_training_is_measured():
    told = []
    report = run(IMAGE, CONFIG, told.append)
    scales = plan_scales((32, 40), CONFIG)
    assert [x.size for x in report.scales] == [scale.size for scale in scales]
    assert [x.trained_on for x in report.scales] == [scale.size for scale in scales]
    assert [x.iterations for x in report.scales] == [50, 25, 25]
    for speed in report.scales:
        assert speed.seconds_per_iteration > 0
        assert speed.compile_seconds > 0
        assert speed.peak_ratio > 0
    assert report.samples_per_second > 0
    assert report.batch_samples_per_second > 0
    assert report.batch == 64
    assert report.device and report.threads >= 1
    assert report.dtype_policy == "float32"
    assert report.peak_memory > 2**20
    assert report.seconds == sum(speed.seconds for speed in report.scales)
    assert len(told) == 2 + len(scales)


def test_a_report_is_json():
    report = run(IMAGE, dataclasses.replace(CONFIG, max_size=24))
    values = json.loads(json.dumps(report.to_dict()))
    assert values["training_seconds"] == report.seconds
    assert values["peak_gflops"] == PEAK / 1e9
    assert values["scales"][0]["size"] == list(report.scales[0].size)


def test_the_scales_below_take_their_operations_at_their_own_rates(machine):
    report = run(IMAGE, CONFIG)
    scales = plan_scales((32, 40), CONFIG)
    flops = iteration_flops(scales, 3, CONFIG)
    for k, speed in enumerate(report.scales):
        own = own_flops(scales[k].size, 4, 3, CONFIG)
        below = sum(lower_flops(scales[: k + 1], 3, CONFIG))
        assert speed.seconds_per_iteration == pytest.approx(2e-6 * (own + below))
        assert speed.gflop_per_iteration == pytest.approx(flops[k] / 1e9)
        assert speed.peak_ratio == pytest.approx(0.5e6 / PEAK)
    assert report.samples_per_second == 4.0


def test_what_an_iteration_reaches_is_no_more_than_the_peak(machine, monkeypatch):
    monkeypatch.setattr(benchmark, "convolution_peak", lambda policy: 0.1e6)
    report = run(IMAGE, CONFIG)
    assert [x.peak_ratio for x in report.scales] == pytest.approx([1.0] * 3)
    assert report.peak_gflops == pytest.approx(0.5e6 / 1e9)
    assert max(x.peak_ratio for x in compare(IMAGE, CONFIG, CONFIG).a) <= 1


def test_a_scale_takes_its_iterations_and_compiling():
    speed = ScaleSpeed(0, (8, 8), (8, 8), 4, 100, 0.5, 7.0, 1.0, 0.5)
    assert speed.seconds == 50 + 2 * 7


def test_crops_are_named(machine):
    config = dataclasses.replace(CONFIG, crop_size=25)
    report = run(IMAGE, config)
    assert [x.trained_on for x in report.scales] == [(18, 23), (24, 25), (25, 25)]


def test_automatic_precision_is_told():
    report = run(IMAGE, dataclasses.replace(CONFIG, dtype_policy="auto", max_size=24))
    assert report.dtype_policy in ("float32", "mixed_bfloat16")


def test_two_configurations_are_compiled_first_and_then_timed_in_turns(machine):
    half = dataclasses.replace(CONFIG, dtype_policy="mixed_bfloat16")
    comparison = compare(IMAGE, CONFIG, half)
    first = machine[: 2 + 2 * benchmark._ROUNDS]
    pair = ["float32 18", "mixed_bfloat16 18"]
    assert first == [f"make {x}" for x in pair] + pair * benchmark._ROUNDS
    assert comparison.dtype_policies == ("float32", "mixed_bfloat16")
    # Both take as long for their operations on this machine.
    assert comparison.ratios == pytest.approx([1.0] * 3)
    assert comparison.ratio == pytest.approx(1.0)


def test_the_ratio_is_that_of_the_whole_trainings(machine):
    fewer = dataclasses.replace(CONFIG, steps=20, discriminator_steps=2)
    comparison = compare(IMAGE, CONFIG, fewer)
    a, b = comparison.seconds
    assert comparison.ratio == a / b
    assert a == pytest.approx(sum(x.seconds for x in comparison.a))
    assert max(comparison.ratios) < 1
    for speeds, config in ((comparison.a, CONFIG), (comparison.b, fewer)):
        assert speeds == run(IMAGE, config).scales


def test_a_configuration_with_fewer_scales_is_compared_in_those(machine):
    comparison = compare(IMAGE, CONFIG, dataclasses.replace(CONFIG, max_size=30))
    assert (len(comparison.a), len(comparison.b)) == (3, 2)
    assert len(comparison.ratios) == 2
    assert json.loads(json.dumps(comparison.to_dict()))["ratio"] > 1


def test_a_long_comparison_ends_after_a_round(machine, monkeypatch):
    monkeypatch.setattr(benchmark, "_ROUND_SECONDS", -1)
    compare(IMAGE, CONFIG, CONFIG)
    assert machine.count("float32 18") == 2


def test_a_configuration_compared_with_itself_is_about_as_fast():
    small = dataclasses.replace(CONFIG, max_size=24)
    comparison = compare(IMAGE, small, small)
    assert len(comparison.ratios) == len(comparison.a) == len(comparison.b)
    assert min(comparison.ratios) > 0
    assert comparison.ratio > 0
    for a, b in zip(comparison.a, comparison.b, strict=True):
        assert a.gflop_per_iteration == b.gflop_per_iteration


def test_slow_sampling_takes_a_smaller_batch(monkeypatch):
    counts = []

    def seconds(pyramid, count):
        counts.append(count)
        return 3.0 * count

    monkeypatch.setattr(benchmark, "_sampling_seconds", seconds)
    assert benchmark._sampling(None) == (1 / 3, 5, 1 / 3)
    assert counts == [1, 1, 1, 1, 5]
    monkeypatch.setattr(benchmark, "_SAMPLING_SECONDS", 1.0)
    assert benchmark._sampling(None)[1] == 1


def test_too_little_memory_is_refused_before_anything_is_measured(machine, monkeypatch):
    monkeypatch.setattr(
        "keras_singan.performance.memory.available_bytes", lambda: 2**20
    )
    monkeypatch.setattr("keras_singan.performance.memory.held_bytes", lambda: 0)
    for call in (lambda: run(IMAGE, CONFIG), lambda: compare(IMAGE, CONFIG, CONFIG)):
        with pytest.raises(ConfigError, match="GiB of memory"):
            call()
    assert machine == []


def test_an_image_that_is_too_small_is_refused(machine):
    with pytest.raises(ImageError, match="at least min_size=18"):
        run(IMAGE[:16], CONFIG)
