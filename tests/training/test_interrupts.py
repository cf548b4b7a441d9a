"""Ctrl-C, SIGTERM and divergence: what a training leaves behind."""

import signal
import threading

import numpy as np
import pytest
from support.photos import photo
from support.tiny_models import TINIER

from keras_singan import SinGAN
from keras_singan import TrainingError
from keras_singan.io.unwinding import unwound_by_signals
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.interrupts import held_interrupts
from keras_singan.training.progress_file import read_progress


@pytest.fixture(autouse=True)
def listening():
    """Python's own handler, which a test run in the background does not have."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


class Signal(ScaleCallback):
    """Sends a real signal in the middle of an iteration's callbacks."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def on_train_batch_end(self, batch, logs=None):
        if self.model.name == "scale_1" and self.model.iteration == 2:
            signal.raise_signal(self.number)


@pytest.mark.parametrize(
    "number, kind", [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_a_signal_ends_the_iteration_and_loses_no_loss(tmp_path, capsys, number, kind):
    model, callbacks = SinGAN(**TINIER), [Signal(number)]
    with pytest.raises(kind) as error:
        model.fit(
            photo(24, 30), checkpoint_dir=tmp_path, callbacks=callbacks, verbose=0
        )
    assert number == signal.SIGINT or error.value.code == 143
    progress = read_progress(tmp_path)
    assert (progress["state"], progress["scale"]) == ("stopped", 1)
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


def test_sigterm_that_somebody_else_handles_stays_theirs():
    received = []
    signal.signal(signal.SIGTERM, lambda *args: received.append(args[0]))
    try:
        with unwound_by_signals(), held_interrupts() as callback:
            signal.raise_signal(signal.SIGTERM)
            assert received == [signal.SIGTERM] and callback.wanted is None
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_an_ignored_signal_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with held_interrupts() as callback:
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    assert callback.wanted is None


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
