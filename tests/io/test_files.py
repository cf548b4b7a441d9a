"""Files appear whole or not at all."""

import errno
import json
import os
import resource
import stat
import tempfile

import pytest

from keras_singan.errors import OutputError
from keras_singan.io.files import atomic_path
from keras_singan.io.files import mark_temporaries
from keras_singan.io.files import new_mark
from keras_singan.io.files import read_json
from keras_singan.io.files import remove_marked
from keras_singan.io.files import write_bytes
from keras_singan.io.files import write_json
from keras_singan.io.files import write_text


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, "No space left on device")


def one_line(error):
    text = str(error.value)
    return "\n" not in text and "Received: path=" in text


def test_atomic_path_moves_the_file_into_place(tmp_path):
    target = tmp_path / "a" / "b" / "notes.txt"
    with atomic_path(target) as temporary:
        temporary.write_text("hello")
        assert temporary.parent == target.parent
        assert temporary.name.startswith(".")
        assert not target.exists()
    assert target.read_text() == "hello"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("suffix", [".weights.h5", ".keras", ".png", ""])
def test_temporary_keeps_the_suffixes(tmp_path, suffix):
    with atomic_path(str(tmp_path / f"x{suffix}")) as temporary:
        temporary.touch()
        assert temporary.name.endswith(suffix)
        assert "".join(temporary.suffixes) == suffix


def test_temporary_names_are_unique(tmp_path):
    with (
        atomic_path(tmp_path / "x.txt") as first,
        atomic_path(tmp_path / "x.txt") as second,
    ):
        assert first != second
        first.write_text("1")
        second.write_text("2")
    assert (tmp_path / "x.txt").read_text() == "1"


def test_long_names_work(tmp_path):
    target = tmp_path / (".".join(["word"] * 50))
    write_text(target, "x")
    assert target.read_text() == "x"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_other_errors_pass_and_leave_the_old_file(tmp_path, error):
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(error), atomic_path(target) as temporary:
        temporary.write_text("half")
        raise error
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_oserror_half_way_leaves_the_old_file(tmp_path):
    target = tmp_path / "x.txt"
    target.write_text("old")
    with pytest.raises(OutputError, match="No space left") as error:
        with atomic_path(target) as temporary:
            temporary.write_text("half")
            full_disk()
    assert one_line(error) and str(target) in str(error.value)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_full_disk_at_the_end(tmp_path, monkeypatch, call):
    target = tmp_path / "x.txt"
    target.write_text("old")
    monkeypatch.setattr(os, call, full_disk)
    with pytest.raises(OutputError, match="No space left") as error:
        write_text(target, "new")
    assert one_line(error)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_file_is_synced_before_it_is_moved(tmp_path, monkeypatch):
    calls = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda f: calls.append("sync") or sync(f))
    monkeypatch.setattr(
        os, "replace", lambda a, b: calls.append("replace") or replace(a, b)
    )
    write_text(tmp_path / "x.txt", "new")
    assert calls == ["sync", "replace"]


def test_parent_is_a_file(tmp_path):
    (tmp_path / "file").write_text("old")
    for target in (tmp_path / "file" / "x.txt", tmp_path / "file" / "y" / "x.txt"):
        with pytest.raises(OutputError) as error:
            write_text(target, "new")
        assert one_line(error) and str(target) in str(error.value)
    assert (tmp_path / "file").read_text() == "old"


def test_target_is_a_folder(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(OutputError) as error:
        write_text(tmp_path / "x", "new")
    assert one_line(error)
    assert list(tmp_path.iterdir()) == [tmp_path / "x"]


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_path_without_a_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError):
        write_text(name, "x")
    assert not list(tmp_path.iterdir())


def test_block_that_writes_nothing(tmp_path):
    with pytest.raises(OutputError), atomic_path(tmp_path / "x.txt"):
        pass
    assert not list(tmp_path.iterdir())


def test_nested_output_error_keeps_its_message(tmp_path):
    with pytest.raises(OutputError, match="^mine$"), atomic_path(tmp_path / "x"):
        raise OutputError("mine")


def test_message_of_an_oserror_without_errno_is_one_line(tmp_path):
    with pytest.raises(OutputError, match="cannot write") as error:
        with atomic_path(tmp_path / "x.h5"):
            raise OSError("cannot write\n  the file")
    assert one_line(error)


def test_write_bytes_and_text(tmp_path):
    write_bytes(tmp_path / "x.bin", b"\x00\r\n")
    write_text(tmp_path / "x.txt", "é\n\r\n")
    assert (tmp_path / "x.bin").read_bytes() == b"\x00\r\n"
    assert (tmp_path / "x.txt").read_bytes() == "é\n\r\n".encode()


def test_write_json(tmp_path):
    obj = {"name": "é", "scales": [1, 2.5, None]}
    write_json(tmp_path / "x.json", obj)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == obj
    assert "é" in text and text.endswith("}\n")


def test_write_json_refuses_before_it_touches_the_file(tmp_path):
    (tmp_path / "x.json").write_text("old")
    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", {"a": object()})
    assert (tmp_path / "x.json").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_symbolic_link_stays_and_its_file_is_replaced(tmp_path):
    target = tmp_path / "real" / "x.txt"
    target.parent.mkdir()
    target.write_text("old")
    link, second = tmp_path / "link.txt", tmp_path / "second.txt"
    link.symlink_to("real/x.txt")
    second.symlink_to(link)
    write_text(second, "new")
    assert target.read_text() == "new"
    assert os.readlink(link) == "real/x.txt" and os.readlink(second) == str(link)
    assert [*target.parent.iterdir()] == [target]


def test_a_link_to_nothing_makes_what_it_names(tmp_path):
    (tmp_path / "link").symlink_to("folder/x.txt")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder" / "x.txt").read_text() == "new"


def test_a_link_to_itself_is_refused(tmp_path):
    (tmp_path / "link").symlink_to("link")
    with pytest.raises(OutputError, match="symbolic links") as error:
        write_text(tmp_path / "link", "new")
    assert one_line(error)
    assert os.readlink(tmp_path / "link") == "link"


def test_a_pipe_is_written_to_and_stays(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_text(path, "new")
        assert os.read(reader, 100) == b"new"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no such device")
def test_a_full_device_is_refused_and_stays():
    with pytest.raises(OutputError, match="No space left") as error:
        write_text("/dev/full", "new")
    assert one_line(error)
    assert stat.S_ISCHR(os.stat("/dev/full").st_mode)
    write_text("/dev/null", "new")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_what_was_opened_already_is_written_to(tmp_path):
    with open(tmp_path / "x.txt", "w+b") as file:
        inode = os.stat(file.fileno()).st_ino
        write_text(f"/dev/fd/{file.fileno()}", "new")
    assert (tmp_path / "x.txt").read_text() == "new"
    assert (tmp_path / "x.txt").stat().st_ino == inode


def test_a_full_folder_for_temporary_files_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "mkdtemp", full_disk)
    with pytest.raises(OutputError, match="No space left") as error:
        write_text("/dev/null", "new")
    assert one_line(error)


def test_a_file_that_grows_too_large_is_one_line(tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(OutputError, match="File too large") as error:
            write_bytes(tmp_path / "x.bin", bytes(20_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert one_line(error)
    assert not list(tmp_path.iterdir())


def leave(folder):
    """Leaves a temporary file, as a killed process does."""
    with atomic_path(folder / "x.weights.h5") as temporary:
        temporary.write_text("half")
        os.link(temporary, folder / "kept")
        name = temporary
    os.rename(folder / "kept", name)
    (folder / "x.weights.h5").unlink()
    return name


def test_what_bears_a_mark_is_removed_and_nothing_else(tmp_path):
    mark, below = new_mark(), tmp_path / "below"
    below.mkdir()
    unmarked = leave(tmp_path)
    with mark_temporaries(new_mark()):
        others = leave(tmp_path)
    with mark_temporaries(mark):
        left = [leave(tmp_path), leave(tmp_path)]
        deep = leave(below)
    mine = [".DS_Store", f".{'0a' * 16}.txt", f"keras_singan-{mark}-1", f".{mark}"]
    kept = [unmarked, others, deep, *(tmp_path / name for name in mine)]
    for path in kept[3:]:
        path.touch()
    for wrong in ("", "*", None, 3, mark[:-1], f"{mark}/..", "z" * 32):
        remove_marked([tmp_path], wrong)
    assert all(path.exists() for path in left)
    remove_marked([tmp_path, tmp_path / "missing"], mark)
    assert {*tmp_path.rglob("*")} == {below, *kept}


def test_a_mark_ends_with_its_block(tmp_path):
    mark = new_mark()
    with mark_temporaries(mark):
        assert mark in leave(tmp_path).name
    assert mark not in leave(tmp_path).name


def test_json_is_read_within_a_bound(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": ["é", 1.5]})
    assert read_json(path) == {"a": ["é", 1.5]}
    assert read_json(path, path.stat().st_size) == {"a": ["é", 1.5]}
    with pytest.raises(ValueError, match="more than"):
        read_json(path, path.stat().st_size - 1)
    path.write_text("[" * 10**5)
    with pytest.raises(ValueError, match="deeply"):
        read_json(path)
