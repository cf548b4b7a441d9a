"""Every rule of the config, what wins over what, and the way to JSON and back."""

import dataclasses
import json
import math

import numpy as np
import pytest

from keras_singan import config as module
from keras_singan.config import PRESETS
from keras_singan.config import TASKS
from keras_singan.config import SinGANConfig
from keras_singan.config import resolve_config
from keras_singan.errors import ConfigError

INTEGERS = list(module._INTEGERS)
NUMBERS = list(module._NUMBERS)


def test_standard_is_what_was_published():
    config = resolve_config("standard")
    assert config == SinGANConfig()
    assert (config.filters, config.max_filters, config.num_layers) == (32, 128, 5)
    assert (config.scale_factor, config.noise_amp) == (0.75, 0.1)
    assert (config.min_size, config.max_size, config.steps) == (25, 250, 2000)
    assert (config.learning_rate_decay, config.learning_rate) == (0.1, 5e-4)
    assert config.learning_rate_milestone * config.steps == 1600
    assert (config.beta_1, config.beta_2) == (0.5, 0.999)
    assert (config.generator_steps, config.discriminator_steps) == (3, 3)
    assert config.gradient_penalty_weight == 0.1
    assert config.reconstruction_weight == 10
    assert (config.padding, config.normalization) == ("zeros", "batch")
    assert (config.task, config.factor, config.dtype_policy) == (None, None, "float32")
    assert (config.warm_fraction, config.crop_size) == (1, None)
    assert config.rec_noise == "redrawn"


def test_what_an_earlier_version_stored_keeps_its_meaning():
    stored = SinGANConfig(seed=3).to_dict()
    assert SinGANConfig.from_stored(stored) == SinGANConfig(seed=3)
    del stored["rec_noise"]
    assert SinGANConfig.from_stored(stored) == SinGANConfig(seed=3, rec_noise="fixed")
    with pytest.raises(ConfigError, match="Received"):
        SinGANConfig.from_stored([])


def test_fast_is_the_default_and_keeps_the_networks_statistics_fixed():
    assert resolve_config() == resolve_config("fast") != SinGANConfig()
    assert resolve_config().normalization == "batch"  # so that tiles fit


def test_instance_normalization_gives_up_the_crops_of_a_preset():
    assert resolve_config().crop_size is not None
    assert resolve_config(normalization="instance").crop_size is None
    with pytest.raises(ConfigError, match="crop_size=64"):
        resolve_config(normalization="instance", crop_size=64)


@pytest.mark.parametrize("task", ["animation", "super_resolution"])
def test_models_that_are_not_refined_train_longer(task):
    assert resolve_config(task=task).warm_fraction > resolve_config().warm_fraction
    assert resolve_config("standard", task=task).warm_fraction == 1


def test_tasks_change_what_was_published_for_them():
    animation = resolve_config(task="animation")
    assert (animation.min_size, animation.padding) == (20, "noise")
    enlarging = resolve_config(task="super_resolution")
    assert (enlarging.min_size, enlarging.reconstruction_weight) == (18, 100)
    assert enlarging.factor == 4


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_is_valid_with_every_task(preset, task):
    config = resolve_config(preset, task=task)
    assert config.task == task
    unrefined = module.UNREFINED_VALUES.get(preset, {}) if task else {}
    changed = PRESETS[preset] | unrefined | module.TASK_VALUES[task]
    assert {name: getattr(config, name) for name in changed} == changed


def test_a_task_wins_over_a_preset_and_what_is_explicit_over_both(monkeypatch):
    monkeypatch.setitem(PRESETS, "draft", {"min_size": 30, "steps": 7, "filters": 8})
    config = resolve_config("draft", task="animation", filters=16)
    assert (config.min_size, config.steps, config.filters) == (20, 7, 16)
    assert resolve_config("draft", task="animation", min_size=40).min_size == 40
    assert resolve_config("draft").min_size == 30


@pytest.mark.parametrize("name", ["preset", "task"])
@pytest.mark.parametrize("value", ["nonsense", [], 1])
def test_an_unknown_preset_or_task_is_refused(name, value):
    with pytest.raises(ConfigError, match=f"^`{name}` must be one of .*Received"):
        resolve_config(**{name: value})


@pytest.mark.parametrize("make", [resolve_config, SinGANConfig.from_dict])
def test_an_unknown_name_is_refused_with_the_nearest_one(make):
    values = {"learning_rat": 1.0}
    with pytest.raises(ConfigError, match="Did you mean 'learning_rate'") as error:
        make(**values) if make is resolve_config else make(values)
    assert str(error.value).endswith("Received: learning_rat=1.0.")
    with pytest.raises(ConfigError) as error:
        resolve_config(zzzz=1)
    assert "Did you mean" not in str(error.value)


@pytest.mark.parametrize("name", INTEGERS + NUMBERS + ["max_size"])
@pytest.mark.parametrize(
    "value",
    [True, False, math.nan, math.inf, -math.inf, "3", [3], 3j, 10**400, -1, -1e-9],
)
def test_what_is_no_number_in_range_is_refused(name, value):
    with pytest.raises(ConfigError, match=f"^`{name}` must be .* Received: {name}="):
        SinGANConfig(**{name: value})


@pytest.mark.parametrize("name", sorted(set(INTEGERS + NUMBERS) - {"seed"}))
def test_none_and_fractions_are_refused(name):
    with pytest.raises(ConfigError, match=name):
        SinGANConfig(**{name: None})
    if name in INTEGERS:
        with pytest.raises(ConfigError, match="a whole number"):
            SinGANConfig(**{name: 2.5})


@pytest.mark.parametrize("name", INTEGERS)
def test_whole_numbers_are_allowed_up_to_both_ends(name):
    room = {"max_size": None, "num_layers": 2, "min_size": 2**16}
    low, high = module._INTEGERS[name]
    low = 5 if name == "min_size" else low  # the receptive field of 2 layers
    for value in (low, high, float(low)):
        kept = getattr(SinGANConfig(**room | {name: value}), name)
        assert kept == value and type(kept) is int
    for value in (low - 1, high + 1):
        with pytest.raises(ConfigError, match=f"^`{name}`"):
            SinGANConfig(**room | {name: value})


@pytest.mark.parametrize("name", module._OPTIONAL_INTEGERS)
def test_some_whole_numbers_may_be_none(name):
    assert getattr(SinGANConfig(**{name: None}), name) is None
    kept = getattr(SinGANConfig(**{name: 64.0}), name)
    assert kept == 64 and type(kept) is int
    low, _ = module._OPTIONAL_INTEGERS[name]
    for value in (low - 1, -1, 1.5, True, "all", math.inf, 2**40):
        with pytest.raises(ConfigError, match=f"^`{name}` must be a whole number"):
            SinGANConfig(**{name: value})


def test_crops_hold_a_receptive_field_and_need_fixed_statistics():
    assert SinGANConfig(crop_size=11).crop_size == 11
    with pytest.raises(ConfigError, match="receptive field, 11 px.*crop_size=10"):
        SinGANConfig(crop_size=10)
    with pytest.raises(ConfigError, match="must be None with normalization=.instance"):
        SinGANConfig(crop_size=64, normalization="instance")


ZERO = "beta_1 beta_2 reconstruction_weight gradient_penalty_weight noise_amp".split()
ONE = ["learning_rate_decay", "learning_rate_milestone", "warm_fraction"]
BELOW_ONE = ["scale_factor", "beta_1", "beta_2"]


@pytest.mark.parametrize("name", NUMBERS)
def test_the_ends_of_a_range_are_allowed_where_they_mean_something(name):
    allowed = {0: name in ZERO, 1: name not in BELOW_ONE}
    allowed[1.5] = name not in BELOW_ONE + ONE
    for value, fine in allowed.items():
        if fine:
            kept = getattr(SinGANConfig(**{name: value}), name)
            assert kept == value and type(kept) is float
        else:
            with pytest.raises(ConfigError, match=f"^`{name}` must be a number"):
                SinGANConfig(**{name: value})


@pytest.mark.parametrize("name", module._CHOICES)
def test_choices_are_kept_to_the_type(name):
    for value in module._CHOICES[name]:
        extra = {"factor": 2} if value == "super_resolution" else {}
        assert getattr(SinGANConfig(**{name: value}, **extra), name) is value
    for value in ("nonsense", 1, 0, 1.0, []):
        with pytest.raises(ConfigError, match=f"^`{name}` must be one of"):
            SinGANConfig(**{name: value})


def test_the_coarsest_scale_must_hold_the_receptive_field():
    assert SinGANConfig(num_layers=12).num_layers == 12  # 2 * 12 + 1 = 25
    with pytest.raises(ConfigError, match="receptive field, 27 px .* min_size=25"):
        SinGANConfig(num_layers=13)


def test_the_finest_scale_must_not_be_smaller_than_the_coarsest():
    assert SinGANConfig(max_size=25.0).max_size == 25
    assert SinGANConfig(max_size=None).max_size is None
    with pytest.raises(ConfigError, match="`max_size` .* min_size=25"):
        SinGANConfig(max_size=24)
    with pytest.raises(ConfigError, match="whole number or None"):
        SinGANConfig(max_size=30.5)


def test_a_factor_goes_with_super_resolution_and_only_with_it():
    assert SinGANConfig(task="super_resolution", factor=64).factor == 64
    for factor in (None, 1, 0.5, 65, math.nan, True, "2"):
        with pytest.raises(ConfigError, match="^`factor` must be greater than 1"):
            SinGANConfig(task="super_resolution", factor=factor)
    for task in (None, "animation"):
        with pytest.raises(ConfigError, match="^`factor` goes with"):
            SinGANConfig(task=task, factor=2)


def test_of_numpy_only_float64_is_a_python_number():
    config = SinGANConfig(learning_rate=np.float64(0.5), steps=np.float64(3))
    assert type(config.learning_rate) is float and type(config.steps) is int
    for name, value in {
        "seed": np.int64(3),
        "learning_rate": np.float32(0.5),
        "jit_compile": np.True_,
        "noise_amp": np.array(0.5),
    }.items():
        with pytest.raises(ConfigError, match=f"^`{name}` must be"):
            SinGANConfig(**{name: value})


def test_nothing_can_be_changed_nor_given_by_position():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SinGANConfig().steps = 1
    with pytest.raises(TypeError):
        SinGANConfig(None)
    assert len({SinGANConfig(), SinGANConfig(), SinGANConfig(seed=1)}) == 2


@pytest.mark.parametrize("task", TASKS)
def test_json_brings_every_field_back(task):
    config = resolve_config("draft", task=task, seed=2**62, normalization=None)
    text = config.to_json()
    assert SinGANConfig.from_json(text) == config
    assert json.loads(text) == config.to_dict() == dataclasses.asdict(config)
    assert SinGANConfig.from_dict(config.to_dict()).seed == 2**62


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '{"steps": 0}', '{"x": 1}'])
def test_json_that_is_no_config_is_refused(text):
    with pytest.raises(ConfigError, match="Received: "):
        SinGANConfig.from_json(text)


def test_every_field_has_a_rule():
    ruled = {*module._CHOICES, *INTEGERS, *NUMBERS, "max_size", "factor"}
    ruled |= {*module._OPTIONAL_INTEGERS}
    assert ruled == {field.name for field in dataclasses.fields(SinGANConfig)}
