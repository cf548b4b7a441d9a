"""A run that was stopped, anywhere and anyhow, ends where a straight run ends."""

import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.photos import photo
from support.tiny_models import TINY
from support.tiny_models import assert_same_weights

from keras_singan import SinGAN
from keras_singan.training import run_folder
from keras_singan.training import scale_trainer
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.run_folder import ScaleCheckpoint

# Two scales, saved at iterations 2, 4 and 6; the rate falls after the fifth.
OPTIONS = TINY | {"steps": 6, "filters": 2, "discriminator_steps": 1}
IMAGE = photo(24, 30)
HERE = Path(__file__).parent
# The tests' helpers, and the package of this very checkout.
CHILD_PATH = os.pathsep.join(map(str, (HERE.parent, HERE.parents[1])))
CHILD_ENV = os.environ | {"PYTHONPATH": CHILD_PATH}
CHILD = """
import json, sys
from test_resume import fit, hurry
hurry(every=5)
fit(sys.argv[1], **json.loads(sys.argv[2]))
"""


def hurry(patch=setattr, every=2):
    """Saves often, and averages over few images."""
    average = scale_trainer.estimate_averages

    def quickly(generator, inputs, generate):
        average(generator, itertools.islice(inputs, 3), generate)

    patch(scale_trainer, "estimate_averages", quickly)
    often = functools.partial(ScaleCheckpoint, every=every)
    patch(run_folder, "ScaleCheckpoint", often)


@pytest.fixture(autouse=True, scope="module")
def in_a_hurry():
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch.setattr)
        yield


class Listener(ScaleCallback):
    """Notes where each scale is taken up; raises at an event of a scale, if told.

    Args:
        event: "before" or "after" an iteration, "scale begin" or "scale end".
        scale: Which scale.
        iteration: How many of its iterations are done.
        error: What is raised.
    """

    def __init__(self, event=None, scale=0, iteration=0, error=RuntimeError):
        super().__init__()
        self.crash, self.error = (event, f"scale_{scale}", iteration), error
        self.taken_up = {}

    def _reach(self, event, model):
        if (event, model.name, model.iteration) == self.crash:
            raise self.error("stopped")

    def on_scale_begin(self, trainer):
        self.taken_up[trainer.scale] = trainer.scale_gan.iteration
        self._reach("scale begin", trainer.scale_gan)

    def on_scale_end(self, trainer):
        self._reach("scale end", trainer.scale_gan)

    def on_train_batch_begin(self, batch, logs=None):
        self._reach("before", self.model)

    def on_train_batch_end(self, batch, logs=None):
        self._reach("after", self.model)


def fit(run=None, listener=None, **overrides):
    model, listeners = SinGAN(**OPTIONS | overrides), [listener or Listener()]
    return model.fit(IMAGE, checkpoint_dir=run, callbacks=listeners, verbose=0)


@pytest.fixture(scope="module")
def straight():
    return fit()


def assert_same_run(one, other):
    assert_same_weights(one, other)
    assert one.history_ == other.history_
    assert np.array_equal(one.sample(2, seed=4), other.sample(2, seed=4))


def lengthen_history(run):
    """Leaves a history as if killed after writing it, before the checkpoint."""
    path = run / "history.json"
    if not path.exists():
        return
    scales = json.loads(path.read_text("utf-8"))["scales"]
    for values in scales[-1].values():
        values += [7.0, 8.0]
    path.write_text(json.dumps({"scales": [*scales, scales[-1]]}), "utf-8")


@pytest.mark.parametrize(
    "crashes",
    [
        # Right after a checkpoint; then when all is trained, but no model there.
        [(("before", 0, 2), {0: 2, 1: 0}), (("scale end", 1, 6), {})],
        # Before any checkpoint; amid iterations; then between two scales.
        [
            (("after", 0, 1), {0: 0}),
            (("after", 0, 5), {0: 4, 1: 0}),
            (("scale begin", 1, 0), {1: 0}),
        ],
        # An interrupt saves what a crash loses.
        [
            (("after", 1, 3, KeyboardInterrupt), {1: 3}),
            (("before", 1, 5), {1: 4}),
        ],
    ],
    ids=["at the checkpoint", "between checkpoints", "interrupted"],
)
def test_a_stopped_run_ends_where_a_straight_one_does(tmp_path, straight, crashes):
    wanted = {0: 0, 1: 0}
    for crash, then in crashes:
        listener = Listener(*crash)
        with pytest.raises(listener.error):
            fit(tmp_path, listener)
        assert listener.taken_up.items() <= wanted.items()
        assert not (tmp_path / "singan.keras").exists()
        if crash[0] in ("before", "after"):
            lengthen_history(tmp_path)
        wanted = then
    listener = Listener()
    assert_same_run(fit(tmp_path, listener), straight)
    assert listener.taken_up == wanted


def test_a_slow_iteration_is_saved_before_its_turn(tmp_path, straight, monkeypatch):
    # As if each lasted a minute: only the one that was at work is lost.
    slowly = functools.partial(ScaleCheckpoint, every=10**6, seconds=0)
    monkeypatch.setattr(run_folder, "ScaleCheckpoint", slowly)
    with pytest.raises(RuntimeError):
        fit(tmp_path, Listener("before", 1, 3))
    listener = Listener()
    assert_same_run(fit(tmp_path, listener), straight)
    assert listener.taken_up == {1: 3}


def test_another_seed_gives_another_model(straight):
    other = fit(seed=1)
    kernels = [m.pyramid_.generators[1].tail.kernel for m in (straight, other)]
    assert not np.array_equal(*kernels)
    assert not np.array_equal(straight.pyramid_.z_rec, other.pyramid_.z_rec)


def test_a_killed_process_goes_on_bit_by_bit(tmp_path):
    run, options = tmp_path / "run", OPTIONS | {"steps": 40, "generator_steps": 2}
    command = [sys.executable, "-c", CHILD, str(run), json.dumps(options)]
    scale = int(np.random.default_rng().integers(2))
    partial = run / "checkpoints" / f"scale_{scale:02d}_partial.weights.h5"
    with subprocess.Popen(command, cwd=HERE, env=CHILD_ENV) as child:
        deadline = time.monotonic() + 120
        while not partial.exists() and child.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(np.random.default_rng().uniform(0, 0.1))
        child.kill()
    assert child.returncode == -signal.SIGKILL
    assert not (run / "singan.keras").exists()
    resumed = fit(run, **options)
    straight = fit(**options)
    assert_same_run(resumed, straight)
    assert_same_weights(SinGAN.load(run), straight)


@pytest.mark.slow
def test_a_compiled_run_goes_on_bit_by_bit(tmp_path):
    compiled = fit(tmp_path / "straight", jit_compile=True)
    with pytest.raises(RuntimeError):
        fit(tmp_path / "run", Listener("after", 1, 3), jit_compile=True)
    assert_same_run(fit(tmp_path / "run", jit_compile=True), compiled)
