import dataclasses
import re

import pytest
import tensorflow as tf
from support.checks import refused

from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.geometry import Scale
from keras_singan.geometry import plan_scales
from keras_singan.performance import memory
from keras_singan.performance.memory import available_bytes
from keras_singan.performance.memory import check_memory
from keras_singan.performance.memory import needed_bytes

GIB = 2**30
CONFIG = SinGANConfig(max_size=2048)
PHOTO = (1365, 2048)


def having(monkeypatch, free, held=0):
    """Makes the machine have so much memory, in bytes."""
    monkeypatch.setattr(memory, "available_bytes", lambda: free)
    monkeypatch.setattr(memory, "held_bytes", lambda: held)


def refusal(config=CONFIG, photo=PHOTO):
    """Gives the one line that refuses to train on a photo."""
    return refused(
        lambda: check_memory(plan_scales(photo, config), 3, config), ConfigError
    )


def proposed(text, name):
    """Gives what a refusal proposes for a setting, or `None`."""
    advice = text.partition(" Received: ")[0]
    found = re.search(rf"{name}=(\d+)", advice)
    return int(found[1]) if found else None


def one(side, **changes):
    config = dataclasses.replace(CONFIG, **changes)
    return needed_bytes([Scale(0, (side, side), config.filters)], 3, config)


def test_memory_grows_with_size_filters_and_layers():
    assert one(200) < one(400) < one(400, filters=64)
    assert one(400) < one(400, num_layers=8)
    assert one(400, dtype_policy="mixed_bfloat16") < one(400)
    assert one(400) < one(400, normalization="instance")
    assert one(400, normalization=None) < one(400)


# Peak resident memory in MiB of a process that did two training steps of a scale
# of equal sides, with these filters.
MEASURED = {
    ("float32", 192, 128): 1870,
    ("float32", 256, 32): 1260,
    ("mixed_bfloat16", 192, 128): 1439,
    ("mixed_bfloat16", 256, 32): 1071,
}


@pytest.mark.parametrize("case", MEASURED)
def test_the_need_is_what_was_measured_and_not_much_more(case):
    policy, side, filters = case
    needed = one(side, filters=filters, dtype_policy=policy)
    assert 1 < needed / (MEASURED[case] * 2**20) < 1.35


def test_crops_bound_what_an_image_takes():
    whole, crops = one(2000), one(2000, crop_size=100)
    assert crops < whole / 4
    # The whole image is there all the same.
    assert one(100) < crops


def test_without_a_gpu_it_is_the_memory_of_the_system(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [])
    monkeypatch.setattr(memory, "free_bytes", lambda: 12345)
    assert available_bytes() == 12345


def test_a_gpu_has_memory_of_its_own(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["a GPU"])
    assert available_bytes() is None


def test_enough_or_unknown_memory_is_no_reason(monkeypatch):
    scales = plan_scales(PHOTO, CONFIG)
    needed = needed_bytes(scales, 3, CONFIG)
    for free, held in ((needed, 0), (None, 0), (needed - GIB, GIB)):
        having(monkeypatch, free, held)
        check_memory(scales, 3, CONFIG)
    having(monkeypatch, needed - 1)
    refusal()


@pytest.mark.parametrize("free", [3, 10, 22])
def test_what_is_proposed_fits(monkeypatch, free):
    having(monkeypatch, free * GIB)
    text = refusal()
    crop, side = proposed(text, "crop_size"), proposed(text, "max_size")
    for better in ({"crop_size": crop}, {"max_size": side}):
        config = dataclasses.replace(CONFIG, **better)
        check_memory(plan_scales(PHOTO, config), 3, config)
    # A little more does not.
    for worse in ({"crop_size": round(crop * 1.1)}, {"max_size": round(side * 1.1)}):
        config = dataclasses.replace(CONFIG, **worse)
        refusal(config)


def test_the_refusal_names_the_scale_what_it_needs_and_what_there_is(monkeypatch):
    having(monkeypatch, 22 * GIB)
    scales = plan_scales(PHOTO, CONFIG)
    needed = needed_bytes(scales, 3, CONFIG) / GIB
    assert refusal().startswith(
        f"Training at scale {len(scales) - 1} (1365x2048) needs about {needed:.1f} GiB "
        "of memory, and this machine has 22.0 GiB for it: set crop_size="
    )
    assert refusal().endswith(" Received: crop_size=None, max_size=2048.")


def test_where_crops_cannot_be_the_size_alone_is_proposed(monkeypatch):
    having(monkeypatch, 10 * GIB)
    text = refusal(dataclasses.replace(CONFIG, normalization="instance"))
    assert proposed(text, "crop_size") is None
    assert proposed(text, "max_size")


def test_where_no_crop_would_do_the_size_alone_is_proposed(monkeypatch):
    config = SinGANConfig(max_size=None, filters=1, max_filters=1)
    photo = (8000, 8000)
    scales = plan_scales((200, 200), config)
    having(monkeypatch, needed_bytes(scales, 3, config))
    text = refusal(config, photo)
    assert proposed(text, "crop_size") is None
    assert proposed(text, "max_size")


def test_smaller_crops_are_proposed_where_crops_are_too_large(monkeypatch):
    having(monkeypatch, 4 * GIB)
    text = refusal(dataclasses.replace(CONFIG, crop_size=1000))
    assert 64 <= proposed(text, "crop_size") < 1000
    assert text.endswith(" Received: crop_size=1000, max_size=2048.")


def test_where_nothing_fits_nothing_is_proposed(monkeypatch):
    having(monkeypatch, 2**20)
    text = refusal()
    assert proposed(text, "crop_size") is proposed(text, "max_size") is None
    assert "not even the smallest" in text


def test_automatic_precision_is_decided_first(monkeypatch):
    having(monkeypatch, GIB)
    refusal(dataclasses.replace(CONFIG, dtype_policy="auto"))
