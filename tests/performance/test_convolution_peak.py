"""The machine's peak, and the precision that is chosen by it."""

import dataclasses

import pytest
import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.performance import convolution_peak as peak_module
from keras_singan.performance import precision
from keras_singan.performance.convolution_peak import convolution_peak
from keras_singan.performance.precision import resolve_precision
from keras_singan.performance.precision import runnable_precision

AUTO = SinGANConfig(dtype_policy="auto")


@pytest.fixture
def small_peak(monkeypatch):
    monkeypatch.setattr(peak_module, "_SHAPES", ((8, 2), (4, 2)))
    peak_module._peak.cache_clear()
    yield
    peak_module._peak.cache_clear()


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_the_peak_is_a_rate_that_is_measured_once(small_peak, policy, monkeypatch):
    if policy != "float32" and not precision.computes_bfloat16():
        pytest.skip("this machine cannot")
    rate = convolution_peak(policy)
    assert rate > 0
    monkeypatch.setattr(peak_module, "_seconds", None)
    assert convolution_peak(policy) == rate


@pytest.mark.parametrize("gpus", [[], ["one"]])
def test_the_peak_is_the_best_of_what_is_tried(small_peak, monkeypatch, gpus):
    tried = []

    def seconds(dtype, shape, count, batch):
        tried.append((shape, count, batch))
        if (shape, count, batch) == best:
            return 0.001
        return 0.1 if batch == 16 else 0.01

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: gpus)
    monkeypatch.setattr(peak_module, "_seconds", seconds)
    best = ((8, 2), 2, 4 if gpus else 1)
    each = 2 * 9 * 2 * 2 * 8 * 8 * 4 * 2
    assert convolution_peak("mixed_bfloat16") == pytest.approx(best[2] * each / 0.001)
    batches = (1, 4, 16) if gpus else (1,)
    # Alone and side by side, large and small.
    assert {*tried} == {
        (shape, count, batch)
        for shape in ((8, 2), (4, 2))
        for count in (1, 2, 4)
        for batch in batches
    }


@pytest.mark.parametrize(
    ("gain", "policy"), [(2.0, "mixed_bfloat16"), (1.1, "float32"), (0.5, "float32")]
)
def test_auto_is_what_this_machine_computes_clearly_faster(monkeypatch, gain, policy):
    rates = {"float32": 1e9, "mixed_bfloat16": gain * 1e9}
    monkeypatch.setattr(precision, "convolution_peak", rates.get)
    monkeypatch.setattr(precision, "computes_bfloat16", lambda: True)
    config = resolve_precision(AUTO)
    assert config == dataclasses.replace(AUTO, dtype_policy=policy)


@pytest.fixture
def without_bfloat16(monkeypatch):
    def fail(*args, **kwargs):
        raise tf.errors.AbortedError(None, None, "no primitive descriptor")

    monkeypatch.setattr(tf.nn, "conv2d", fail)
    precision.computes_bfloat16.cache_clear()
    yield
    precision.computes_bfloat16.cache_clear()


def test_auto_is_float32_where_nothing_else_can_be_computed(without_bfloat16):
    assert not precision.computes_bfloat16()
    assert resolve_precision(AUTO).dtype_policy == "float32"


def test_what_cannot_be_computed_is_float32_and_a_warning(without_bfloat16):
    half = SinGANConfig(dtype_policy="mixed_bfloat16", steps=7)
    with pytest.warns(UserWarning, match="in float32. Received: dtype_policy='mixed"):
        running = runnable_precision(half)
    assert running == dataclasses.replace(half, dtype_policy="float32")
    full = SinGANConfig(steps=7)
    assert runnable_precision(full) is full


def test_nothing_is_measured_for_what_is_definite_or_begun(monkeypatch):
    monkeypatch.setattr(precision, "convolution_peak", None)
    for policy in ("float32", "mixed_bfloat16"):
        definite = SinGANConfig(dtype_policy=policy)
        assert resolve_precision(definite, "float32") is definite
        assert resolve_precision(AUTO, policy).dtype_policy == policy
