import dataclasses
import time

import pytest
import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.performance import machine
from keras_singan.performance.machine import device_name
from keras_singan.performance.timed_step import TimedStep
from keras_singan.performance.timed_step import measure_iteration

CONFIG = SinGANConfig(
    min_size=16,
    filters=4,
    num_layers=2,
    discriminator_steps=1,
    generator_steps=1,
)


OPTIONS = [
    {},
    {"discriminator_steps": 3, "dtype_policy": "mixed_bfloat16"},
    {"crop_size": 9, "padding": "noise"},
    {"padding": "noise", "discriminator_steps": 2, "normalization": "instance"},
]


@pytest.mark.parametrize("changes", OPTIONS)
def test_an_iteration_can_be_measured(changes):
    config = SinGANConfig(**CONFIG.to_dict() | changes)
    found = measure_iteration((16, 20), 4, 2, config, budget=0)
    assert min(dataclasses.astuple(found)) > 0


def test_the_budget_bounds_how_often_a_slow_iteration_is_measured(monkeypatch):
    now, times = [0.0], []

    def measure(self):
        now[0] += 10.0
        times.append(now[0])
        return 10.0

    step = TimedStep.__new__(TimedStep)
    step._first = 10.0
    monkeypatch.setattr(TimedStep, "measure", measure)
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    assert step.seconds(budget=9) == 10.0
    assert times == []
    assert step.seconds(budget=35) == 10.0
    assert len(times) == 3
    step.seconds(budget=10**6, most=5)
    assert len(times) == 3 + 4


def test_training_goes_on_in_the_measured_step():
    step = TimedStep((16, 20), 4, 3, CONFIG)
    before = step._scale_gan.generator.get_weights()
    step.measure()
    after = step._scale_gan.generator.get_weights()
    assert any((a != b).any() for a, b in zip(before, after, strict=True))


def test_the_device_has_a_name():
    assert device_name().strip()


def test_without_a_processor_list_the_platform_names_the_device(monkeypatch):
    class Missing:
        def __init__(self, path):
            pass

        def read_text(self, *args):
            raise FileNotFoundError

    monkeypatch.setattr(machine, "Path", Missing)
    assert device_name().strip()


@pytest.mark.parametrize(
    ("details", "name"), [({"device_name": "H9"}, "H9"), ({}, "GPU")]
)
def test_a_gpu_is_named(monkeypatch, details, name):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["one"])
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: details
    )
    assert device_name() == name
