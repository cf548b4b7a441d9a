"""Commands that train let TensorFlow's operations run side by side."""

import json
import os
import subprocess
import sys

import pytest

SHOW = """
import json, os, sys
from keras_singan.cli.process import threads
threads.core_count = lambda: int(sys.argv[1])
import tensorflow as tf
if sys.argv[2:]:
    tf.zeros(1).numpy()
threads.share_threads()
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
