"""No room: one line, the last good checkpoint in place, and the run goes on later."""

import contextlib
import json
import resource
from pathlib import Path

import pytest
from support.checks import assert_one_line
from support.tiny_models import TINIER
from support.tiny_models import assert_same_weights
from support.tiny_models import photo

from keras_singan import OutputError
from keras_singan import SinGAN
from keras_singan.training import run_folder
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.checkpoint import ScaleCheckpoint
from keras_singan.training.progress_file import read_progress


@contextlib.contextmanager
def limit(size):
    """No file may grow larger, as under `ulimit -f` or a quota."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fit(run, **options):
    return SinGAN(**TINIER).fit(photo(24, 30), checkpoint_dir=run, verbose=0, **options)


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setattr(
        run_folder,
        "ScaleCheckpoint",
        lambda folder, trainer: ScaleCheckpoint(folder, trainer, every=1),
    )


@pytest.fixture(scope="module")
def straight():
    return SinGAN(**TINIER).fit(photo(24, 30), verbose=0)


def halves(run):
    return [path.name for path in Path(run).rglob(".keras_singan*")]


# Largest file: config.json, then the history or a picture, a checkpoint, the model.
@pytest.mark.parametrize("size", [100, 1500, 4000, 20_000])
def test_a_training_ends_in_a_line_and_goes_on_later(tmp_path, straight, size):
    with limit(size), pytest.raises(OutputError, match="File too large") as error:
        fit(tmp_path)
    assert_one_line(error)
    assert not halves(tmp_path)
    if size > 100:
        progress = read_progress(tmp_path)
        assert progress["state"] == "failed"
        assert progress["message"] == str(error.value)
        assert json.loads((tmp_path / "config.json").read_text())
    assert_same_weights(fit(tmp_path), straight)


class Fill(ScaleCallback):
    """Takes the room away at some iteration of scale 1."""

    def __init__(self, stack, iteration):
        super().__init__()
        self.stack, self.iteration = stack, iteration

    def on_train_batch_begin(self, batch, logs=None):
        if (self.model.name, self.model.iteration) == ("scale_1", self.iteration):
            self.stack.enter_context(limit(4000))


@pytest.mark.parametrize("iteration", [0, 2])
def test_the_last_good_checkpoint_stays(tmp_path, straight, iteration):
    with contextlib.ExitStack() as stack:
        with pytest.raises(OutputError) as error:
            fit(tmp_path, callbacks=[Fill(stack, iteration)])
    assert_one_line(error)
    good = {"scale_00.weights.h5"}
    if iteration:
        good.add("scale_01_partial.weights.h5")
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == good
    assert_same_weights(fit(tmp_path), straight)


def test_a_model_that_does_not_fit_leaves_the_old_file(tmp_path, straight):
    path = straight.save(tmp_path / "model.keras")
    before = path.read_bytes()
    with limit(4000), pytest.raises(OutputError, match="File too large") as error:
        straight.save(path)
    assert_one_line(error)
    assert path.read_bytes() == before and [*tmp_path.iterdir()] == [path]
