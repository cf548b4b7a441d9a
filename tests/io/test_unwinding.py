"""What ends a process from outside lets it clean up, and then ends it."""

import signal
import subprocess
import sys
import threading

import pytest

from keras_singan.io.files import atomic_path
from keras_singan.io.unwinding import Terminated
from keras_singan.io.unwinding import signal_of
from keras_singan.io.unwinding import unwound_by_signals

NUMBERS = [signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def defaults():
    """Handlers as a new process has them."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number, code", [(NUMBERS[0], 143), (NUMBERS[1], 129)])
def test_files_are_left_whole(tmp_path, number, code):
    path = tmp_path / "file"
    path.write_text("old")
    with pytest.raises(SystemExit) as error, unwound_by_signals():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            signal.raise_signal(number)
    assert error.value.code == code
    assert [*tmp_path.iterdir()] == [path] and path.read_text() == "old"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_what_swallows_it_or_ends_otherwise_ends_the_process_all_the_same():
    with pytest.raises(SystemExit) as error, unwound_by_signals():
        try:
            signal.raise_signal(signal.SIGTERM)
        except KeyboardInterrupt as caught:
            assert signal_of(caught) == "SIGTERM"
            raise SystemExit(1) from None
    assert error.value.code == 143
    with pytest.raises(SystemExit) as error, unwound_by_signals():
        with pytest.raises(Terminated):
            signal.raise_signal(signal.SIGTERM)
    assert error.value.code == 143


def test_without_a_signal_nothing_happens():
    with unwound_by_signals():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    with pytest.raises(ValueError, match="mine"), unwound_by_signals():
        raise ValueError("mine")
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal_of(KeyboardInterrupt()) == "Ctrl-C"


def test_the_inner_of_two_blocks_leaves_it_to_the_outer():
    with pytest.raises(SystemExit) as error, unwound_by_signals():
        with pytest.raises(Terminated), unwound_by_signals():
            signal.raise_signal(signal.SIGTERM)
    assert error.value.code == 143


def test_handlers_of_others_stay():
    received = []
    signal.signal(signal.SIGTERM, lambda *args: received.append(args[0]))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with unwound_by_signals():
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
    assert received == [signal.SIGTERM]


def test_other_threads_change_no_handler():
    handlers = []

    def work():
        with unwound_by_signals():
            handlers.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.SIG_DFL]


def test_a_second_signal_acts_at_once():
    code = """
import signal
from keras_singan.io.unwinding import unwound_by_signals
with unwound_by_signals():
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        print("cleaning", flush=True)
        signal.raise_signal(signal.SIGTERM)
        print("never")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == -signal.SIGTERM and done.stdout == "cleaning\n"
