"""A GPU's memory is taken as it is needed, and several iterations are given to it."""

import pytest
import tensorflow as tf

from keras_singan.performance.gpu import grow_gpu_memory
from keras_singan.performance.gpu import iterations_at_once


@pytest.fixture
def two_gpus(monkeypatch):
    kinds = {"GPU": ["one", "other"], "CPU": ["processor"]}
    monkeypatch.setattr(tf.config, "list_physical_devices", kinds.get)


def test_all_gpus_grow(two_gpus, monkeypatch):
    grown = []
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda *given: grown.append(given)
    )
    grow_gpu_memory()
    assert grown == [("one", True), ("other", True)]


@pytest.mark.parametrize("error", [RuntimeError, ValueError])
def test_what_has_begun_stays(two_gpus, monkeypatch, error):
    tried = []

    def refuse(gpu, grows):
        tried.append(gpu)
        raise error("it is initialized")

    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", refuse)
    grow_gpu_memory()
    assert tried == ["one", "other"]


def test_without_a_gpu_nothing_is_done(monkeypatch):
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", None)
    grow_gpu_memory()


def test_a_processor_is_given_one_iteration_at_a_time():
    assert iterations_at_once(2000) == 1


@pytest.mark.parametrize(
    ("left", "expected"),
    [(2000, 20), (500, 20), (1900, 20), (30, 15), (7, 7), (1, 1), (23, 1), (26, 13)],
)
def test_a_gpu_is_given_as_many_as_leave_none_over(two_gpus, left, expected):
    assert iterations_at_once(left) == expected
