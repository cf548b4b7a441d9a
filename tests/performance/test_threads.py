"""Commands that train let TensorFlow's operations run side by side."""

import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from keras_singan.performance import threads as threads_module
from keras_singan.performance.threads import core_count
from keras_singan.performance.threads import thread_count
from keras_singan.server import settings as settings_module
from keras_singan.server.settings import ServeSettings

SHOW = """
import json, os, sys
from keras_singan.performance import threads
threads.core_count = lambda: int(sys.argv[1])
threads.processor_quota = lambda: json.loads(os.environ.get("QUOTA", "null"))
import tensorflow as tf
if sys.argv[2:]:
    tf.zeros(1).numpy()
getattr(threads, os.environ.get("CALL", "share_threads"))()
found = tf.config.threading
print(json.dumps([
    found.get_intra_op_parallelism_threads(), found.get_inter_op_parallelism_threads()
]))
"""


def threads(*arguments, **environment):
    unset = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM_INT")}
    command = [sys.executable, "-c", SHOW, *map(str, arguments)]
    done = subprocess.run(
        command, env=unset | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("cores", "wanted"), [(1, [1, 1]), (2, [1, 2]), (8, [4, 8])])
def test_each_operation_has_half_of_the_cores(cores, wanted):
    assert threads(cores) == wanted


def test_what_the_user_has_set_stays():
    assert threads(8, TF_NUM_INTRAOP_THREADS="3") == [0, 0]


def test_tensorflow_that_runs_already_is_left_alone():
    assert threads(8, "begun") == [0, 0]


@pytest.mark.parametrize(
    ("quota", "wanted"), [(None, [0, 0]), (1, [1, 1]), (2, [2, 2])]
)
def test_every_command_keeps_to_a_containers_quota(quota, wanted):
    call = {"CALL": "keep_to_quota", "QUOTA": json.dumps(quota)}
    assert threads(quota or 2, **call) == wanted
    if quota:
        assert threads(2, TF_NUM_INTEROP_THREADS="3", **call) == [0, 0]
        assert threads(2, "begun", **call) == [0, 0]


def test_the_server_counts_the_processors_of_its_container(monkeypatch):
    monkeypatch.setattr(threads_module, "processor_quota", lambda: 1)
    assert ServeSettings().max_concurrency == 2
    monkeypatch.setattr(settings_module, "core_count", lambda: 5)
    assert ServeSettings().max_concurrency == 5


def test_a_containers_quota_counts_as_cores(monkeypatch):
    monkeypatch.setattr(threads_module, "processor_quota", lambda: None)
    cores = core_count()
    assert 1 <= cores <= os.cpu_count()
    monkeypatch.setattr(threads_module, "processor_quota", lambda: 1)
    assert core_count() == 1
    monkeypatch.setattr(threads_module, "processor_quota", lambda: cores + 7)
    assert core_count() == cores


@pytest.mark.parametrize(
    ("inside", "beside", "wanted"),
    [(0, 0, 3), (1, 2, 2), (1, 1, 1), (4, 0, 3), (2, 1, 2), (0, 1, 3)],
)
@pytest.mark.parametrize("where", ["TensorFlow", "environment"])
def test_the_threads_are_those_in_use(monkeypatch, inside, beside, wanted, where):
    for name, count in (("intra", inside), ("inter", beside)):
        variable = f"TF_NUM_{name.upper()}OP_THREADS"
        given = count if where == "TensorFlow" else 0
        getter = f"get_{name}_op_parallelism_threads"
        monkeypatch.setattr(tf.config.threading, getter, lambda given=given: given)
        monkeypatch.setenv(variable, str(0 if given else count))
    monkeypatch.setattr(threads_module, "core_count", lambda: 3)
    assert thread_count() == wanted


def test_a_number_of_threads_that_is_none_is_ignored(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "many")
    monkeypatch.setenv("TF_NUM_INTEROP_THREADS", "-1")
    assert thread_count() == core_count()
