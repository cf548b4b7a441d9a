"""Iterations that a GPU is given several at a time; here the processor is."""

import numpy as np
import pytest
from support.photos import photo
from support.tiny_models import TINY
from support.tiny_models import assert_same_weights

from keras_singan import SinGAN
from keras_singan.models.scale_gan import ScaleGAN
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.checkpoint import ScaleCheckpoint
from keras_singan.training.clock import Clock

OPTIONS = TINY | {"steps": 6, "filters": 2, "discriminator_steps": 1}


class Watch(ScaleCallback):
    """Notes how often it is called, and what the scale has done by then."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append((self.model.name, self.at_once, self.model.iteration))


def fit(folder=None, *callbacks):
    model = SinGAN(**OPTIONS)
    return model.fit(photo(24, 30), checkpoint_dir=folder, callbacks=[*callbacks])


@pytest.fixture
def three_at_once(monkeypatch):
    def at_once(left):
        return 3 if left % 3 == 0 else 1

    monkeypatch.setattr(
        "keras_singan.training.scale_trainer.iterations_at_once", at_once
    )


def test_several_at_once_train_as_one_at_a_time(monkeypatch, request, tmp_path):
    alone = fit()
    request.getfixturevalue("three_at_once")
    saved, clocks, watch = [], [], Watch()
    save, measure = ScaleCheckpoint.on_train_batch_end, Clock.on_train_batch_end

    def noted(self, batch, logs=None):
        save(self, batch, logs)
        saved.append(self.iteration)

    def measured(self, batch, logs=None):
        measure(self, batch, logs)
        clocks.append(self.iteration)

    monkeypatch.setattr(ScaleCheckpoint, "on_train_batch_end", noted)
    monkeypatch.setattr(Clock, "on_train_batch_end", measured)
    together = fit(tmp_path / "run", watch)
    assert_same_weights(alone, together)
    assert saved == clocks == [3, 6, 3, 6]
    assert watch.seen == [(f"scale_{k}", 3, n) for k in (0, 1) for n in (3, 6)]
    # The last one's losses stand for all three.
    for one, three in zip(alone.history_, together.history_, strict=True):
        for name, losses in one.items():
            assert three[name] == [losses[2]] * 3 + [losses[5]] * 3


@pytest.mark.usefixtures("three_at_once")
def test_a_run_that_stopped_goes_on_with_what_is_left(tmp_path):
    class Stop(ScaleCallback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "run", Stop())
    watch = Watch()
    resumed = fit(tmp_path / "run", watch)
    assert watch.seen[0] == ("scale_0", 3, 6)
    assert_same_weights(fit(), resumed)
    assert [len(scale["gradient_penalty"]) for scale in resumed.history_] == [6, 6]


@pytest.mark.usefixtures("three_at_once")
def test_no_iteration_is_read_from_the_device(monkeypatch, tmp_path):
    read, iteration = [], ScaleGAN.iteration

    def counted(self):
        read.append(self.name)
        return iteration.fget(self)

    monkeypatch.setattr(ScaleGAN, "iteration", property(counted))
    fit(tmp_path / "a")
    often = len(read)
    monkeypatch.setitem(OPTIONS, "steps", 60)
    read.clear()
    fit(tmp_path / "b")
    # As often for ten times the iterations.
    assert len(read) == often


def test_losses_are_those_of_single_iterations_on_a_processor():
    history = fit().history_
    assert all(len(set(np.round(s["gradient_penalty"], 9))) == 6 for s in history)
