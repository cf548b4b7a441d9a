"""Ctrl-C at a moment when nothing is half done."""

import contextlib
import signal
import threading

from keras_singan.training.callbacks import ScaleCallback


class InterruptAtStep(ScaleCallback):
    """Raises `KeyboardInterrupt` when an iteration is over, if one was asked for.

    Python delivers Ctrl-C as soon as TensorFlow returns: the weights are new by
    then, but no callback has seen the losses. Must be the last callback.
    """

    def __init__(self):
        super().__init__()
        self.wanted = False

    def on_train_batch_end(self, batch, logs=None):
        if self.wanted:
            raise KeyboardInterrupt


@contextlib.contextmanager
def held_interrupts():
    """Holds Ctrl-C back until the running iteration is over.

    A second Ctrl-C acts at once. Outside the main thread, where Python allows
    no signal handlers, nothing is held; nor where the signal is ignored, as in
    what a shell runs in the background.

    Yields:
        The `InterruptAtStep` that must listen to the training.
    """
    callback = InterruptAtStep()
    before = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or before == signal.SIG_IGN:
        yield callback
        return

    def hold(number, frame):
        callback.wanted = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, hold)
    try:
        yield callback
    finally:
        signal.signal(signal.SIGINT, before)
    if callback.wanted:
        # It came after the last iteration.
        raise KeyboardInterrupt
