"""What tests of every room check: refusals in a line, folders left as they were."""

import time
from pathlib import Path

import pytest


def refused(call, error):
    """Asserts that a call is refused with an error of one line; returns the line.

    Args:
        call: Function without arguments.
        error: The class that it must raise, or a tuple of classes.
    """
    with pytest.raises(error) as caught:
        call()
    assert_one_line(caught)
    return str(caught.value)


def assert_one_line(caught):
    """Asserts that what `pytest.raises` caught is a line that tells what was received.

    Args:
        caught: The `ExceptionInfo` that `pytest.raises` gives.
    """
    text = str(caught.value)
    assert text and "\n" not in text
    assert "Received: " in text
    assert len(text) < 600


def snapshot(folder):
    """Bytes and time of each file by its path: what shows any change of a folder."""
    return {
        str(path.relative_to(folder)): (
            path.read_bytes() if path.is_file() else None,
            path.stat().st_mtime_ns,
        )
        for path in Path(folder).rglob("*")
    }


def wait_for(condition):
    """Waits until a condition holds, as long as a test may take."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
