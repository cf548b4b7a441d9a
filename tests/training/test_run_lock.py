"""A run folder has one owner, and loses nothing that is not a killed one's."""

import contextlib
import errno
import os
import signal
import socket
import subprocess
import sys

import pytest
from support.checks import assert_one_line
from support.checks import snapshot
from support.tiny_models import opened_run

from keras_singan import OutputError
from keras_singan import RunFolderError
from keras_singan.io.files import write_text
from keras_singan.training import run_lock
from keras_singan.training.run_lock import RunLock
from keras_singan.training.run_lock import read_owner

CHILD = """
import sys, time
from keras_singan.io.files import mark_temporaries, atomic_path
from keras_singan.training.run_lock import RunLock
lock = RunLock(sys.argv[1])
with mark_temporaries(lock.mark), atomic_path(sys.argv[1] + "/checkpoints/x") as half:
    half.write_text("half")
    print("locked", flush=True)
    time.sleep(60)
"""


@contextlib.contextmanager
def another_process(folder):
    """A process that holds a folder and writes in it, killed in the end."""
    command = [sys.executable, "-c", CHILD, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "locked\n"
            yield child
        finally:
            child.kill()


def contents(folder):
    """Bytes of each file, by its path."""
    return {name: data for name, (data, _) in snapshot(folder).items()}


def test_another_process_is_named_and_disturbed_by_nothing(tmp_path):
    with another_process(tmp_path) as child:
        before = snapshot(tmp_path)
        with pytest.raises(RunFolderError) as error:
            RunLock(tmp_path)
        assert_one_line(error)
        assert f"process {child.pid} on {socket.gethostname()!r}" in str(error.value)
        assert snapshot(tmp_path) == before
        owner = {"host": socket.gethostname(), "pid": child.pid}
        assert read_owner(tmp_path) == owner


def test_a_killed_process_leaves_the_folder_and_its_halves_are_removed(tmp_path):
    mine = [".0123456789abcdef0123456789abcdef.txt", ".keras_singan-7", "notes.txt"]
    (tmp_path / "checkpoints" / ".cache").mkdir(parents=True)
    deep = tmp_path / "checkpoints" / ".cache" / ".d41d8cd98f00b204e9800998ecf8427e"
    for path in (deep, *(tmp_path / name for name in mine)):
        path.write_text("mine")
    kept = contents(tmp_path)
    with another_process(tmp_path) as child:
        assert len([*tmp_path.glob("checkpoints/.keras_singan-*")]) == 1
        child.send_signal(signal.SIGKILL)
        child.wait(10)
        assert len([*tmp_path.glob("checkpoints/.keras_singan-*")]) == 1
    assert read_owner(tmp_path) is None
    RunLock(tmp_path).release()
    left = contents(tmp_path)
    assert left.pop(".lock")
    assert left == kept


def test_it_holds_within_one_process_too(tmp_path):
    lock = RunLock(tmp_path / "new" / "folder")
    with pytest.raises(RunFolderError, match=f"process {os.getpid()} on"):
        RunLock(tmp_path / "new" / "folder")
    assert read_owner(tmp_path / "new" / "folder")["pid"] == os.getpid()
    lock.release()
    RunLock(tmp_path / "new" / "folder").release()
    assert read_owner(tmp_path / "new" / "folder") is None
    assert read_owner(tmp_path / "missing") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"mark": "*"}'])
def test_an_unknown_owner_is_another_process(tmp_path, text):
    (tmp_path / "x").write_text("mine")
    (tmp_path / ".lock").write_text(text)
    lock = RunLock(tmp_path)
    (tmp_path / ".lock").write_text(text)
    with pytest.raises(RunFolderError, match="another process trains in it"):
        RunLock(tmp_path)
    lock.release()
    assert {*snapshot(tmp_path)} == {"x", ".lock"}


def test_a_file_system_without_locks_is_no_obstacle(tmp_path, monkeypatch):
    def flock(*args):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(run_lock.fcntl, "flock", flock)
    RunLock(tmp_path).release()
    assert read_owner(tmp_path) is None


def test_a_moment_of_someone_who_asks_is_waited_for(tmp_path, monkeypatch):
    with open(tmp_path / ".lock", "w") as file:
        run_lock.fcntl.flock(file, run_lock.fcntl.LOCK_EX)
        monkeypatch.setattr(run_lock.time, "sleep", lambda seconds: file.close())
        RunLock(tmp_path).release()


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    write_text(tmp_path / "file", "mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OutputError) as error:
            RunLock(folder)
        assert_one_line(error)


def test_a_run_is_refused_where_another_trains_and_goes_on_later(tmp_path):
    opened_run(tmp_path)
    with another_process(tmp_path) as child:
        with pytest.raises(RunFolderError, match=f"process {child.pid}"):
            opened_run(tmp_path)
    opened_run(tmp_path)
