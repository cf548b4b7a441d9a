"""Imports without TensorFlow's start-up talk, and without tracebacks of Ctrl-C."""

import contextlib
import os
import signal
import sys
import threading


def import_quietly():
    """Imports TensorFlow and Keras, dropping what their C++ side prints.

    Some lines (oneDNN, "Could not find cuda drivers") ignore every log level;
    they go to file descriptor 2 directly, so it is pointed elsewhere meanwhile.
    Errors are Python exceptions and still come through.
    """
    from keras_singan.backend import require_tensorflow

    with _muted(2) as stderr, quiet_interrupts(stderr):
        require_tensorflow()
        import tensorflow as tf

        # The device search prints once more, at the first use.
        tf.config.list_physical_devices()


@contextlib.contextmanager
def quiet_interrupts(stderr=2):
    """Ends the process at once, with one line, when Ctrl-C comes in the block.

    An exception would not do: imports swallow some, and TensorFlow's import turns
    it into errors of its own. A Ctrl-C that is ignored, or that someone else
    handles, stays so.

    Args:
        stderr: File descriptor for the line. Defaults to `2`.
    """
    handler = signal.getsignal(signal.SIGINT)
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or handler is not signal.default_int_handler:
        yield
        return

    def end(number, frame):
        with contextlib.suppress(OSError):
            os.write(stderr, b"\nInterrupted before anything was begun.\n")
        os._exit(1)

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


@contextlib.contextmanager
def _muted(descriptor):
    sys.stderr.flush()
    kept = os.dup(descriptor)
    try:
        with open(os.devnull, "wb") as nothing:
            os.dup2(nothing.fileno(), descriptor)
        yield kept
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
