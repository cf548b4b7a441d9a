"""`progress.json`: what other programs read of a training."""

import json
import os
import socket

import numpy as np
import pytest
from support.photos import photo
from support.played_trainings import CONFIG
from support.played_trainings import LOGS
from support.played_trainings import PYRAMID
from support.played_trainings import SECONDS
from support.played_trainings import PlayedTime
from support.played_trainings import train
from support.tiny_models import TINIER

from keras_singan import SinGAN
from keras_singan import TrainingError
from keras_singan.training.callbacks import LOSSES
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.clock import Clock
from keras_singan.training.progress_file import read_progress
from keras_singan.training.progress_report import ProgressReport

FIELDS = {
    *("state", "message", "scale", "scales", "iteration", "iterations", "done"),
    *("losses", "seconds_left", "started", "updated", "host", "pid"),
}


@pytest.fixture
def time(monkeypatch):
    time = PlayedTime()
    monkeypatch.setattr("keras_singan.training.clock.time", time)
    monkeypatch.setattr("keras_singan.training.progress_report.time", time)
    return time


def play(folder, **options):
    """Yields `progress.json` after each event of a training of stand-ins."""
    clock = Clock(PYRAMID, CONFIG, SECONDS)
    with ProgressReport(folder, clock).told() as report:
        yield read_progress(folder)
        for _ in train([clock, report], **options):
            yield read_progress(folder)


def test_it_tells_how_far_the_training_is(tmp_path, time):
    told = list(play(tmp_path, time=time))
    assert all(set(progress) == FIELDS for progress in told)
    first, last = told[0], told[-1]
    assert first["state"] == "planned" and first["done"] == 0 and not first["losses"]
    assert [x["scale"] for x in told] == sorted(x["scale"] for x in told)
    assert (last["scale"], last["scales"]) == (2, 3)
    assert (last["iteration"], last["iterations"], last["done"]) == (10, 10, 1)
    assert last["losses"] == LOGS
    assert last["host"] == socket.gethostname() and last["pid"] == os.getpid()
    assert first["started"] == last["started"] == 1000
    assert last["updated"] == time.now == pytest.approx(1000 + 10 * sum(SECONDS))
    assert read_progress(tmp_path)["state"] == "done"


def test_it_is_written_about_once_a_second(tmp_path, time):
    seen = [(x["scale"], x["iteration"]) for x in play(tmp_path, time=time)]
    # 0.1 s an iteration, then 0.5 s, then 2 s.
    assert [x for x in dict.fromkeys(seen) if x[0] == 0] == [(0, 0), (0, 10)]
    at_scale_1 = [x[1] for x in dict.fromkeys(seen) if x[0] == 1]
    assert at_scale_1 == [0, 2, 4, 6, 8, 10]
    assert len([x for x in dict.fromkeys(seen) if x[0] == 2]) == 11


def test_the_time_left_is_told_while_it_trains(tmp_path, time):
    left = [x["seconds_left"] for x in play(tmp_path, scales=[1, 2], time=time)]
    assert left[0] is None and left[-1] == pytest.approx(0)
    assert read_progress(tmp_path)["seconds_left"] is None


def test_a_loss_that_is_no_number_is_null(tmp_path):
    report = ProgressReport(tmp_path, Clock(PYRAMID, CONFIG))
    logs = dict(zip(LOSSES, (np.nan, np.inf, -np.inf, 0.1234567), strict=True))
    report.on_train_batch_end(0, logs | {"another": 3})
    report.write("training")
    text = (tmp_path / "progress.json").read_text()
    assert "NaN" not in text and "Infinity" not in text
    assert [*json.loads(text)["losses"].values()] == [None, None, None, 0.123457]


def test_that_it_cannot_be_written_stops_nothing(tmp_path):
    (tmp_path / "progress.json").mkdir()
    assert len(list(play(tmp_path))) == 1 + 3 * 13
    assert read_progress(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"scale": 3}', "\xff"])
def test_another_file_is_no_progress(tmp_path, text):
    (tmp_path / "progress.json").write_text(text, "latin-1")
    assert read_progress(tmp_path) is None


class Raise(ScaleCallback):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def on_train_batch_end(self, batch, logs=None):
        if self.model.name == "scale_1":
            raise self.error


@pytest.mark.parametrize(
    "error, state, message",
    [
        (KeyboardInterrupt(), "stopped", None),
        (TrainingError("It diverged.\nReceived: 7."), "failed", "It diverged. Rec"),
        (ZeroDivisionError("by 0"), "failed", "Unexpected ZeroDivisionError: by 0"),
        (MemoryError(), "failed", "The memory of this machine"),
    ],
)
def test_it_tells_how_a_training_ended(tmp_path, error, state, message):
    model = SinGAN(**TINIER)
    with pytest.raises(type(error)):
        model.fit(
            photo(24, 30),
            checkpoint_dir=tmp_path,
            callbacks=[Raise(error)],
            verbose=0,
        )
    progress = read_progress(tmp_path)
    assert (progress["state"], progress["scale"]) == (state, 1)
    assert progress["message"] == message or message in progress["message"]
    model.fit(photo(24, 30), checkpoint_dir=tmp_path, verbose=0)
    progress = read_progress(tmp_path)
    assert (progress["state"], progress["message"]) == ("done", None)
    assert (progress["iteration"], progress["done"]) == (3, 1)
    assert set(progress["losses"]) == set(LOSSES)
