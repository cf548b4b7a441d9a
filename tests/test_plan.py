import dataclasses
import itertools
from types import SimpleNamespace

import pytest

from keras_singan import plan
from keras_singan.config import SinGANConfig
from keras_singan.geometry import Scale
from keras_singan.geometry import plan_scales
from keras_singan.plan import estimate

CONFIG = SinGANConfig(min_size=16, max_size=40, filters=4, num_layers=2, steps=100)


@pytest.fixture
def steady(monkeypatch):
    """Makes every pass take one second."""
    clock = SimpleNamespace(perf_counter=itertools.count().__next__)
    monkeypatch.setattr(plan, "time", clock)


def of(height, width, **changes):
    """Estimates one scale of 4 filters."""
    config = dataclasses.replace(CONFIG, **changes)
    return estimate([Scale(0, (height, width), config.filters)], 3, config)


def test_every_scale_gets_a_positive_time():
    scales = plan_scales((32, 40), CONFIG)
    found = estimate(scales, 3, CONFIG)
    assert found.scales == scales
    assert found.steps == 100
    assert len(found.step_seconds) == len(scales)
    assert min(found.step_seconds) > 0
    assert found.seconds > 100 * sum(found.step_seconds)
    assert found.memory > 2**20


def test_a_higher_scale_runs_all_below_it(steady):
    scales = plan_scales((32, 40), CONFIG)
    first, *others = estimate(scales, 3, CONFIG).step_seconds
    # A third of a second is a forward pass; 3 of each scale below are needed.
    assert others == pytest.approx([first + k for k in range(1, len(scales))])


def test_time_grows_with_the_iterations(steady):
    one, two = (of(20, 20, steps=steps).seconds for steps in (1000, 2000))
    assert two - one == pytest.approx(1000 * of(20, 20).step_seconds[0])


@pytest.mark.parametrize("name", ["discriminator_steps", "generator_steps"])
def test_time_grows_with_the_updates_of_an_iteration(steady, name):
    few, more, most = (of(20, 20, **{name: n}).step_seconds[0] for n in (1, 2, 3))
    assert few < more < most
    assert most - more == pytest.approx(more - few)


def test_time_grows_with_size():
    assert of(16, 16).step_seconds[0] < of(400, 400).step_seconds[0]


def test_a_pixel_of_a_large_image_costs_what_one_of_a_small_image_does(steady):
    small, large = (of(side, side).step_seconds[0] for side in (160, 1600))
    assert large == pytest.approx(100 * small)


def test_a_large_scale_is_not_allocated():
    # The image alone would take 120 GB.
    found = of(100_000, 100_000)
    assert found.step_seconds[0] > 1
    assert found.memory > 100 * 2**30


@pytest.mark.parametrize("size", [(15, 50_000), (50_000, 15)])
def test_a_long_image_of_deep_networks_can_be_timed(size):
    found = of(*size, num_layers=7, min_size=15)
    assert found.step_seconds[0] > 0


def test_memory_grows_with_size_and_filters():
    small, large = of(200, 200).memory, of(400, 400).memory
    assert small < large < of(400, 400, filters=8).memory


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_any_number_of_channels_can_be_timed(channels):
    found = estimate([Scale(0, (16, 16), 4)], channels, CONFIG)
    assert found.step_seconds[0] > 0


def test_half_precision_can_be_timed():
    assert of(16, 16, dtype_policy="mixed_bfloat16").step_seconds[0] > 0
