import dataclasses

import pytest

from keras_singan.config import SinGANConfig
from keras_singan.geometry import Scale
from keras_singan.geometry import plan_scales
from keras_singan.performance import estimate as estimate_module
from keras_singan.performance.estimate import estimate
from keras_singan.performance.estimate import measure_speed
from keras_singan.performance.flops import frozen_flops
from keras_singan.performance.flops import lower_flops
from keras_singan.performance.flops import own_flops
from keras_singan.performance.timed_step import MeasuredIteration

CONFIG = SinGANConfig(min_size=16, max_size=40, filters=4, num_layers=2, steps=100)
PEAK = 1e9
# Seconds between iterations.
LOOP = 0.125


def measured(seconds, frozen_seconds=0.02):
    """What is measured of an iteration that takes so long."""
    return MeasuredIteration(seconds, 3.0, seconds + LOOP, frozen_seconds)


class Machine:
    """Stands in for a machine that computes at known rates.

    One update of each network takes `overhead` seconds, and a second for each
    1e8 operations with 4 filters, or 2e8 with 8; frozen ones compute half as fast.
    """

    def __init__(self, overhead=0.5):
        self.overhead = overhead
        self.measured = []

    def rate(self, filters):
        return 1e8 if filters == 4 else 2e8

    def measure(self, size, filters, channels, config, budget):
        assert (config.discriminator_steps, config.generator_steps) == (1, 1)
        flops = own_flops(size, filters, channels, config)
        self.measured.append((size, filters, flops))
        frozen = frozen_flops(size, filters, channels, config)
        return measured(
            self.overhead + flops / self.rate(filters),
            2 * frozen / self.rate(filters),
        )


@pytest.fixture
def machine(monkeypatch):
    """A machine of known speed; the peak lies far above what it gets to."""
    machine = Machine()
    monkeypatch.setattr(estimate_module, "measure_iteration", machine.measure)
    monkeypatch.setattr(estimate_module, "convolution_peak", lambda policy: PEAK)
    return machine


def of(height, width, **changes):
    """Estimates one scale of 4 filters."""
    config = dataclasses.replace(CONFIG, **changes)
    return estimate([Scale(0, (height, width), config.filters)], 3, config)


def test_every_scale_gets_a_positive_time_on_this_machine():
    scales = plan_scales((32, 40), CONFIG)
    found = estimate(scales, 3, CONFIG)
    assert found.scales == scales
    assert (found.channels, found.config) == (3, CONFIG)
    assert found.iterations == (100,) * len(scales)
    assert len(found.step_seconds) == len(scales)
    assert min(found.step_seconds) > 0
    assert found.fixed_seconds > 0
    assert found.seconds > 100 * sum(found.step_seconds)
    assert found.memory > 2**20


@pytest.mark.parametrize("policy", ["auto", "mixed_bfloat16"])
def test_any_precision_can_be_measured(policy, monkeypatch):
    monkeypatch.setattr(estimate_module, "convolution_peak", lambda policy: PEAK)
    assert of(16, 16, dtype_policy=policy).step_seconds[0] > 0


def test_each_width_is_measured_once_and_the_last_one_twice(machine):
    config = dataclasses.replace(CONFIG, max_size=120)
    scales = plan_scales((90, 120), config)
    assert {scale.filters for scale in scales} == {4, 8}
    estimate(scales, 3, config)
    assert [filters for _, filters, _ in machine.measured] == [8, 4, 8]
    # The large one has at least four times the work of the small one.
    large, _, small = machine.measured
    assert small[2] <= large[2] / 4


def test_nothing_large_is_measured(machine):
    found = of(100_000, 100_000)
    assert max(flops for _, _, flops in machine.measured) < 1.1 * PEAK * 0.4
    # The image alone would take 120 GB.
    assert found.step_seconds[0] > 1
    assert found.memory > 100 * 2**30


@pytest.mark.parametrize("size", [(15, 50_000), (50_000, 15)])
def test_a_long_image_of_deep_networks_can_be_measured(machine, size):
    assert of(*size, num_layers=7, min_size=15).step_seconds[0] > 0
    for found, _, flops in machine.measured:
        assert min(found) == 15
        assert (found[0] < found[1]) is (size[0] < size[1])
        assert flops < 1.1 * PEAK * 0.4


@pytest.mark.parametrize("overhead", [0, 0.5])
def test_the_rates_of_the_machine_are_found(machine, overhead):
    machine.overhead = overhead
    config = dataclasses.replace(CONFIG, max_size=400)
    scales = plan_scales((300, 400), config)
    speed = measure_speed(scales, 3, config)
    assert speed.overhead == pytest.approx(overhead, abs=1e-9)
    assert speed.rates[4] == pytest.approx(1e8)
    assert speed.rates[scales[-1].filters] == pytest.approx(2e8)
    assert speed.compile_seconds == 3.0


def test_a_step_takes_its_operations_and_a_share_that_is_the_same_everywhere(machine):
    scales = [Scale(k, (20 + 10 * k, 40 + 10 * k), 4) for k in range(3)]
    config = dataclasses.replace(CONFIG, discriminator_steps=2, generator_steps=4)
    found = estimate(scales, 3, config)
    for k, seconds in enumerate(found.step_seconds):
        own = own_flops(scales[k].size, 4, 3, config) / 1e8
        frozen = sum(lower_flops(scales[: k + 1], 3, config)) / 5e7
        # 6 updates, where a machine's share is that of 2.
        assert seconds == pytest.approx(3 * 0.5 + own + frozen + LOOP)
    assert found.fixed_seconds == pytest.approx(2 * 3 * 3.0)


def test_an_overhead_that_is_not_there_is_not_found(machine, monkeypatch):
    # Small images that are slower than large ones give no negative share.
    def measure(size, filters, channels, config, budget):
        flops = own_flops(size, filters, channels, config)
        return measured((flops / 1e8) ** 2)

    monkeypatch.setattr(estimate_module, "measure_iteration", measure)
    assert measure_speed([Scale(0, (64, 64), 4)], 3, CONFIG).overhead == 0


def test_no_rate_is_above_the_peak(machine, monkeypatch):
    # All that takes time is to start operations: both sizes take as long.
    monkeypatch.setattr(
        estimate_module, "measure_iteration", lambda *args: measured(0.25)
    )
    speed = measure_speed([Scale(0, (400, 400), 4)], 3, CONFIG)
    assert 0 < speed.overhead <= 0.25
    assert speed.rates[4] == pytest.approx(PEAK)


def test_a_width_that_is_quicker_than_the_overhead_bounds_it(machine, monkeypatch):
    def measure(size, filters, *rest):
        return measured((1.0, 0.5)[filters == 4])

    monkeypatch.setattr(estimate_module, "measure_iteration", measure)
    scales = [Scale(0, (64, 64), 4), Scale(1, (64, 64), 8)]
    assert measure_speed(scales, 3, CONFIG).overhead == 0.5


def test_time_grows_with_the_iterations(machine):
    one, two = (of(20, 20, steps=steps).seconds for steps in (1000, 2000))
    assert two - one == pytest.approx(1000 * of(20, 20).step_seconds[0])


def test_scales_that_start_from_the_weights_below_may_take_fewer(machine):
    config = dataclasses.replace(CONFIG, warm_fraction=0.1)
    scales = [Scale(0, (16, 16), 4), Scale(1, (20, 20), 4), Scale(2, (24, 24), 8)]
    found = estimate(scales, 3, config)
    assert found.iterations == (100, 10, 100)
    first, second, third = found.step_seconds
    training = 100 * first + 10 * second + 100 * third
    assert found.seconds == pytest.approx(training + 3 * found.fixed_seconds)


@pytest.mark.parametrize("name", ["discriminator_steps", "generator_steps"])
def test_time_grows_with_the_updates_of_an_iteration(machine, name):
    few, more, most = (of(20, 20, **{name: n}).step_seconds[0] for n in (1, 2, 3))
    assert few < more < most
    assert most - more == pytest.approx(more - few)


def test_crops_bound_the_time_and_the_memory(machine):
    crops = of(2000, 2000, crop_size=40)
    assert crops.step_seconds[0] == pytest.approx(of(40, 40).step_seconds[0])
    assert crops.memory < of(2000, 2000).memory


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_any_number_of_channels_can_be_measured(channels):
    found = estimate([Scale(0, (16, 16), 4)], channels, CONFIG)
    assert found.step_seconds[0] > 0
