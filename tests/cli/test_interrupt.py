import json
from pathlib import Path

import pytest
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import invoke
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.cli_runner import trained_photo

from keras_singan.errors import RunFolderError


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def interrupt(monkeypatch, after):
    """Makes Ctrl-C come in the first scale, after so many iterations."""
    from keras_singan.training.run_folder import ScaleCheckpoint

    def stop(self, batch, logs=None):
        if self.model.iteration == after:
            raise KeyboardInterrupt

    monkeypatch.setattr(ScaleCheckpoint, "on_train_batch_end", stop)


def test_an_interrupted_run_says_how_to_go_on_and_goes_on():
    command = ["train", trained_photo(), *TINY_OPTIONS, "--max-size", 30]
    with pytest.MonkeyPatch.context() as monkeypatch:
        interrupt(monkeypatch, after=2)
        line = refuse(1, *command)
    assert "runs/photo. The same command goes on from there." in line
    assert not Path("runs/photo/singan.keras").exists()
    result = succeed(*command)
    assert result.stdout.startswith("Trained: runs/photo/singan.keras\n")
    history = json.loads(Path("runs/photo/history.json").read_text("utf-8"))
    # 2 before and 1 after: the first two were not done again.
    assert [len(losses["gradient_penalty"]) for losses in history["scales"]] == [3]


def test_an_interrupted_run_without_resume_names_the_folder_to_go_on_in(monkeypatch):
    Path("runs/photo").mkdir(parents=True)
    from keras_singan.models.scale_gan import ScaleGAN

    def fit(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(ScaleGAN, "fit", fit)
    line = refuse(1, "train", trained_photo(), *TINY_OPTIONS, "--no-resume")
    assert "with --output runs/photo-2 for --no-resume, goes on" in line


def test_debug_shows_where_a_run_was_interrupted(monkeypatch):
    from keras_singan.models.scale_gan import ScaleGAN

    def fit(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(ScaleGAN, "fit", fit)
    result = invoke("--debug", "train", trained_photo(), *TINY_OPTIONS)
    assert isinstance(result.exception, RunFolderError)
