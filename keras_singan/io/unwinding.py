"""SIGTERM and SIGHUP unwind the process, so that it leaves its files whole."""

import contextlib
import signal
import threading

# What ends a process from outside: a scheduler or `kill`, and a terminal that closes.
_ENDINGS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Terminated(KeyboardInterrupt):
    """SIGTERM or SIGHUP came, inside `unwound_by_signals`."""


@contextlib.contextmanager
def unwound_by_signals():
    """Lets SIGTERM and SIGHUP unwind the block, and end the process only then.

    By default they end a process at once, which leaves temporary files, and records
    that say it is at work. Here they raise `Terminated`, and when the block is left
    `SystemExit` with the exit code that a shell gives (143, 129). The second signal
    acts at once. A signal that somebody else handles or ignores stays so, and so
    does everything outside the main thread.
    """
    handler = _Unwinding()
    handler.install()
    try:
        yield
    finally:
        handler.remove()
        if handler.received is not None:
            raise SystemExit(128 + handler.received)


def signal_of(error):
    """Names what a `KeyboardInterrupt` comes from: Ctrl-C, SIGTERM or SIGHUP."""
    return str(error) if isinstance(error, Terminated) else "Ctrl-C"


def is_unwinding(handler):
    """Whether a signal's handler is that of `unwound_by_signals`."""
    return isinstance(handler, _Unwinding)


class _Unwinding:
    def __init__(self):
        self.received, self._installed = None, []

    def install(self):
        if threading.current_thread() is not threading.main_thread():
            return
        for number in _ENDINGS:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self)
                self._installed.append(number)

    def remove(self):
        for number in self._installed:
            signal.signal(number, signal.SIG_DFL)

    def __call__(self, number, frame):
        self.remove()
        self.received = number
        raise Terminated(signal.Signals(number).name)
