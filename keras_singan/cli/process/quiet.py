"""Imports without TensorFlow's start-up talk, and without tracebacks of Ctrl-C."""

import contextlib
import gc
import os
import signal
import sys
import threading

from keras_singan.io.unwinding import is_unwinding


def import_quietly():
    """Imports TensorFlow and Keras, dropping what their C++ side prints.

    Some lines (oneDNN, "Could not find cuda drivers") ignore every log level;
    they go to file descriptor 2 directly, so it is pointed elsewhere meanwhile.
    Errors are Python exceptions and still come through.
    """
    from keras_singan.backend import require_tensorflow
    from keras_singan.performance.gpu import grow_gpu_memory
    from keras_singan.performance.threads import keep_to_quota

    with _muted(2) as stderr, quiet_interrupts(stderr):
        require_tensorflow()
        # This searches for devices first, which prints once more.
        grow_gpu_memory()
        keep_to_quota()
    # Modules stay: a collection that looks at them takes .2 s, between all scales.
    gc.freeze()


@contextlib.contextmanager
def quiet_interrupts(stderr=2):
    """Ends the process at once, with one line, when Ctrl-C comes in the block.

    An exception would not do: imports swallow some, and TensorFlow's import turns
    it into errors of its own. So SIGTERM ends it at once too, where it would unwind
    the process. What is ignored, or somebody else handles, stays so.

    Args:
        stderr: File descriptor for the line. Defaults to `2`.
    """

    def end(number, frame):
        with contextlib.suppress(OSError):
            os.write(stderr, b"\nInterrupted before anything was begun.\n")
        os._exit(1 if number == signal.SIGINT else 128 + number)

    before = _unwinding_handlers()
    for number in before:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _unwinding_handlers():
    """Gives the handlers that raise exceptions of the signals, by number."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    handlers = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {
        number: handler
        for number, handler in handlers.items()
        if handler is signal.default_int_handler or is_unwinding(handler)
    }


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
