"""Standard streams that a caller has closed (`2>&-`, `<&-`), and their content."""

import os
import sys

_NAMES = ("stdin", "stdout", "stderr")
_missing = set()


def open_missing_streams():
    """Opens the null device in place of each standard stream that is closed.

    Otherwise the next file opened would get its number: a model's file could be
    number 2, and what TensorFlow prints there would be written into it.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            _missing.add(name)
            # It gets the lowest number that is free, which is this one.
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            mode = "r" if number == 0 else "w"
            setattr(sys, name, open(number, mode, closefd=False))


def print_any_path():
    """Lets standard output print paths that are no UTF-8, as they are."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="surrogateescape")


def is_missing(name):
    """Whether a standard stream, `"stdin"` or `"stdout"`, was closed."""
    return name in _missing


def read_stdin():
    """Returns the bytes that come from standard input."""
    return b"" if is_missing("stdin") else sys.stdin.buffer.read()
