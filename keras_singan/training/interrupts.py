"""Ctrl-C and SIGTERM at a moment when nothing is half done."""

import contextlib
import signal
import threading

from keras_singan.io.unwinding import is_unwinding
from keras_singan.training.callbacks import ScaleCallback


class InterruptAtStep(ScaleCallback):
    """Acts on a signal when an iteration is over, if one came.

    Python delivers Ctrl-C as soon as TensorFlow returns: the weights are new by
    then, but no callback has seen the losses. Must be the last callback.

    Attributes:
        wanted: Function that does what the signal does, or `None`.
    """

    def __init__(self):
        super().__init__()
        self.wanted = None

    def on_train_batch_end(self, batch, logs=None):
        self.act()

    def act(self):
        """Raises what the signal stands for, if one came."""
        if self.wanted is not None:
            self.wanted()


@contextlib.contextmanager
def held_interrupts():
    """Holds Ctrl-C, and SIGTERM, back until the running iteration is over.

    A second one acts at once. Outside the main thread, where Python allows no
    signal handlers, nothing is held; nor where the signal is ignored, as in what a
    shell runs in the background; nor SIGTERM where it is not
    `keras_singan.io.unwinding.unwound_by_signals` that handles it.

    Yields:
        The `InterruptAtStep` that must listen to the training.
    """
    callback, before = InterruptAtStep(), _held_signals()

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def hold(number, frame):
        restore()
        callback.wanted = lambda: _act(number, before[number])

    for number in before:
        signal.signal(number, hold)
    try:
        yield callback
    finally:
        restore()
    # It may have come after the last iteration.
    callback.act()


def _held_signals():
    """Gives the handlers of the signals to hold, by number."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {
        number: handler
        for number, handler in handlers.items()
        if is_unwinding(handler)
        or (number == signal.SIGINT and handler != signal.SIG_IGN)
    }


def _act(number, handler):
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    handler(number, None)
