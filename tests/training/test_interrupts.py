"""Ctrl-C and divergence: what a training leaves behind."""

import signal
import threading

import numpy as np
import pytest
from support.photos import photo
from support.tiny_models import TINIER

from keras_singan import SinGAN
from keras_singan import TrainingError
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.interrupts import held_interrupts


@pytest.fixture(autouse=True)
def listening():
    """Python's own handler, which a test run in the background does not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class CtrlC(ScaleCallback):
    """Sends a real SIGINT in the middle of an iteration's callbacks."""

    def on_train_batch_end(self, batch, logs=None):
        if self.model.name == "scale_1" and self.model.iteration == 2:
            signal.raise_signal(signal.SIGINT)


def test_a_signal_ends_the_iteration_and_loses_no_loss(tmp_path, capsys):
    model = SinGAN(**TINIER)
    with pytest.raises(KeyboardInterrupt):
        model.fit(
            photo(24, 30), checkpoint_dir=tmp_path, callbacks=[CtrlC()], verbose=0
        )
    again = SinGAN(**TINIER).fit(photo(24, 30), checkpoint_dir=tmp_path, verbose=2)
    assert f"Going on in {tmp_path}" in capsys.readouterr().err
    straight = SinGAN(**TINIER).fit(photo(24, 30), verbose=0)
    assert again.history_ == straight.history_
    assert (again.sample(2, seed=1) == straight.sample(2, seed=1)).all()


def test_the_handler_of_before_is_put_back():
    before = signal.getsignal(signal.SIGINT)
    with held_interrupts():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_signal_after_the_last_iteration_is_not_lost():
    with pytest.raises(KeyboardInterrupt), held_interrupts():
        signal.raise_signal(signal.SIGINT)


def test_a_second_signal_acts_at_once():
    reached = []
    with pytest.raises(KeyboardInterrupt), held_interrupts():
        signal.raise_signal(signal.SIGINT)
        reached.append(1)
        signal.raise_signal(signal.SIGINT)
        reached.append(2)
    assert reached == [1]


def test_an_ignored_signal_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held_interrupts() as callback:
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert not callback.wanted


def test_other_threads_train_without_signals():
    model = SinGAN(**TINIER)
    fit = {"image": photo(24, 30), "verbose": 0}
    thread = threading.Thread(target=model.fit, kwargs=fit)
    thread.start()
    thread.join()
    assert model.sample(1).shape == (1, 24, 30, 3)


def test_a_training_that_diverges_says_so():
    model = SinGAN(**TINIER | {"learning_rate": 1e30})
    with np.errstate(all="ignore"), pytest.raises(TrainingError) as error:
        model.fit(photo(24, 30), verbose=0)
    assert "diverged at scale 0" in str(error.value)
    assert "Received: learning_rate=1e+30" in str(error.value)
