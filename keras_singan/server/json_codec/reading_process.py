"""Large JSON bodies are read in another process.

Python's JSON scanner holds the interpreter's lock from the first byte to the last:
a few megabytes of numbers would stop all other requests for a second. The process
starts with the first large body. It ends with the server, when a body takes longer
than its deadline, and after a body that took much memory.
"""

import contextlib
import os
import pickle
import selectors
import struct
import subprocess
import sys
import threading

from keras_singan.server.json_codec.request import read_predict
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception

# Reading so many values takes some ten milliseconds.
_SLOW_VALUES = 50_000
# Memory above which a process is not used again.
_MOST_BYTES = 64 << 20
# The first byte of an answer: whether the process stays.
_ENDS, _STAYS = b"e", b"s"
_LENGTH = struct.Struct("!Q")
_PIPE_BYTES = 1 << 16


def value_count(body):
    """Returns about how many values, lists and objects a body holds."""
    return body.count(b",") + body.count(b"[") + body.count(b"{")


def is_slow_to_read(body):
    """Returns whether a body holds many values; long strings are read quickly."""
    return value_count(body) > _SLOW_VALUES


class ReadingProcess:
    """A process that reads predict requests, one at a time."""

    def __init__(self):
        self._lock = threading.Lock()
        self._process = None
        self._closed = False

    def read(self, body, types, deadline):
        """Reads a request, as `read_predict` does.

        Args:
            body: Bytes.
            types: `SignatureTypes`.
            deadline: `Deadline`: when it is over, the process ends.

        Raises:
            StatusError: As `read_predict`; DEADLINE_EXCEEDED; RESOURCE_EXHAUSTED,
                if the process had too little memory.
        """
        with self._lock:
            message = pickle.dumps((body, types))
            try:
                answer = self._exchange(message, deadline)
            except OSError:
                answer = None
            except BaseException:
                self._end()
                raise
            if answer is None:
                self._end()
                raise StatusError(
                    "RESOURCE_EXHAUSTED", "The request was too large to be read."
                )
            if answer[:1] == _ENDS:
                self._end()
        # It comes from this program's own process.
        result = pickle.loads(memoryview(answer)[1:])
        if isinstance(result, StatusError):
            raise result
        return result

    def _exchange(self, message, deadline):
        if self._process is not None and self._process.poll() is not None:
            self._end()
        if self._process is None and not self._closed:
            self._start()
        # Asked after the start, so that `close` sees the process or this sees it.
        if self._closed:
            raise StatusError("UNAVAILABLE", "The server is stopping.")
        self._give(_LENGTH.pack(len(message)) + message, deadline)
        (size,) = _LENGTH.unpack(self._take(_LENGTH.size, deadline))
        return self._take(size, deadline)

    def _start(self):
        path = os.pathsep.join(filter(None, sys.path))
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": path},
            # Ctrl-C is for the server, which ends this process itself.
            start_new_session=True,
        )
        # It may stand still while a body is on its way to it.
        os.set_blocking(self._process.stdin.fileno(), False)

    def _give(self, message, deadline):
        pipe, view = self._process.stdin, memoryview(message)
        for _ in _ready(pipe, selectors.EVENT_WRITE, deadline):
            view = view[pipe.write(view[:_PIPE_BYTES]) or 0 :]
            if not view:
                return

    def _take(self, size, deadline):
        pipe, parts = self._process.stdout, bytearray()
        for _ in _ready(pipe, selectors.EVENT_READ, deadline):
            part = pipe.read(min(_PIPE_BYTES, size - len(parts)))
            if not part:
                raise OSError
            parts += part
            if len(parts) == size:
                return parts

    def _end(self):
        if self._process is not None:
            self._process.kill()
            with self._process:
                self._process = None

    def close(self):
        """Ends the process, also in the midst of a body."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()
        with self._lock:
            self._end()


def _ready(pipe, event, deadline):
    """Yields whenever a pipe can be used, until the deadline raises."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, event)
        while True:
            if selector.select(deadline.remaining()):
                yield


def _answer(message):
    try:
        return read_predict(*pickle.loads(message))
    except Exception as error:
        return from_exception(error)


def _main():
    """Answers until the pipe is closed."""
    if hasattr(os, "nice"):
        # What is answered meanwhile goes before a large body.
        os.nice(5)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while len(head := source.read(_LENGTH.size)) == _LENGTH.size:
        answer = pickle.dumps(_answer(source.read(*_LENGTH.unpack(head))), protocol=5)
        ends = _ENDS if _resident_bytes() > _MOST_BYTES else _STAYS
        target.write(_LENGTH.pack(1 + len(answer)) + ends)
        target.write(answer)
        target.flush()
        del answer


def _resident_bytes():
    """Memory that this process keeps, where the system tells it."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


if __name__ == "__main__":
    _main()
