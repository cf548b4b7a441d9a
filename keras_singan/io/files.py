"""Writing files so that a failure never leaves half of one behind."""

import contextlib
import contextvars
import errno
import json
import os
import re
import shutil
import stat
import tempfile
import uuid
from pathlib import Path

from keras_singan.errors import OutputError

_MARK = contextvars.ContextVar("mark", default="")
_MARKS = re.compile("[0-9a-f]{32}")
_PREFIX = ".keras_singan"
_SYSTEM = (Path("/dev"), Path("/dev/fd"))


@contextlib.contextmanager
def atomic_path(path, sync=True):
    """Yields a temporary path whose file becomes `path` if all goes well.

    The temporary is a hidden file with a unique name in the folder of `path`
    (made if needed) and has the same last two suffixes, because Keras picks
    the format from `.keras` or `.weights.h5`. When the block ends it is synced
    to disk and takes the place of `path` in one step. When the block fails it
    is removed, and what was at `path` stays as it was.

    A symbolic link stays, and the file that it names is replaced. What is no
    file but can be written to, such as a pipe or a terminal, is written to.

    Args:
        path: Where the file should end up, `str` or `os.PathLike`.
        sync: Whether to wait until the disk has it, so that even a power failure
            leaves a whole file. Defaults to `True`.

    Yields:
        The temporary `Path`; the block creates the file.

    Raises:
        OutputError: When the file system refuses (no permission, disk full,
            parent is not a folder, ...). Errors other than `OSError` pass.
    """
    path = Path(path)
    write = _stream if _is_stream(path) else _replacement
    try:
        with write(path, sync) as temporary:
            yield temporary
    except OutputError:
        raise
    except OSError as error:
        raise refuse(path, error) from error


@contextlib.contextmanager
def _replacement(path, sync):
    """The temporary of a file, in the same folder, so that renaming is enough."""
    target = _link_target(path)
    hidden = f"{_PREFIX}{_MARK.get()}-{uuid.uuid4().hex}{_suffixes(path)}"
    temporary = target.with_name(hidden) if target.name else target / hidden
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if sync:
            _sync(temporary)
        os.replace(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _stream(path, sync):
    """The temporary of what cannot be replaced: copied when it is complete."""
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder, f"whole{_suffixes(path)}")
        yield temporary
        with open(temporary, "rb") as source, open(path, "wb") as sink:
            shutil.copyfileobj(source, sink)


def _is_stream(path):
    # Names that the system gives to what is open already, even a file.
    if path.parent in _SYSTEM or Path("/proc") in path.parents:
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _link_target(path):
    if not path.is_symlink():
        return path
    target = Path(os.path.realpath(path))
    if target.is_symlink():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    return target


def _suffixes(path):
    return "".join(path.suffixes[-2:])


@contextlib.contextmanager
def mark_temporaries(mark):
    """Puts a mark on the temporary files that are made inside.

    Args:
        mark: From `new_mark`; whoever knows it can `remove_marked` them.
    """
    token = _MARK.set(f"-{mark}")
    try:
        yield
    finally:
        _MARK.reset(token)


def new_mark():
    """Returns a mark that no other process has."""
    return uuid.uuid4().hex


def remove_marked(folders, mark):
    """Removes the temporary files that a killed process left behind.

    Args:
        folders: The folders in which they may be, not those below.
        mark: The mark of that process. Nothing is done for what is no mark.
    """
    if not isinstance(mark, str) or not _MARKS.fullmatch(mark):
        return
    for folder in folders:
        for path in Path(folder).glob(f"{_PREFIX}-{mark}-*"):
            with contextlib.suppress(OSError):
                path.unlink()


def write_bytes(path, data, sync=True):
    """Writes `data` (bytes) to `path`, all of it or nothing.

    Args:
        path: See `atomic_path`.
        data: The bytes.
        sync: See `atomic_path`. Defaults to `True`.

    Raises:
        OutputError: When the file cannot be written.
    """
    with atomic_path(path, sync) as temporary:
        temporary.write_bytes(data)


def write_text(path, text, sync=True):
    """Writes `text` to `path` as UTF-8, line ends unchanged, all or nothing.

    Args:
        path: See `atomic_path`.
        text: The text.
        sync: See `atomic_path`. Defaults to `True`.

    Raises:
        OutputError: When the file cannot be written.
    """
    write_bytes(path, text.encode("utf-8"), sync)


def write_json(path, obj, sync=True):
    """Writes `obj` to `path` as indented JSON, all of it or nothing.

    Args:
        path: See `atomic_path`.
        obj: What JSON has a form for.
        sync: See `atomic_path`. Defaults to `True`.

    Raises:
        OutputError: When the file cannot be written.
        TypeError: When `obj` holds something that JSON has no form for.
    """
    write_text(path, json.dumps(obj, indent=2, ensure_ascii=False) + "\n", sync)


def read_json(path, most_bytes=2**20):
    """Reads a JSON file, which may come from a stranger.

    Args:
        path: The file.
        most_bytes: Most bytes that it may have. Defaults to `2**20`.

    Returns:
        What JSON holds.

    Raises:
        ValueError: If it is no JSON, is longer, or is nested too deeply.
        OSError: If it cannot be read.
    """
    with open(path, "rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise ValueError(f"more than {most_bytes} bytes")
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


@contextlib.contextmanager
def utf8_path(folder):
    """Gives a path of a folder that TensorFlow can read: its text is UTF-8.

    File names may be any bytes. Where they are no UTF-8, it is a link to the folder,
    which is there inside the block.

    Args:
        folder: Path of a folder.
    """
    try:
        str(folder).encode("utf-8")
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as plain:
            link = Path(plain, "folder")
            link.symlink_to(Path(folder).absolute(), target_is_directory=True)
            yield link
    else:
        yield Path(folder)


def _sync(path):
    # Windows syncs only handles that are open for writing, hence "r+b".
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def refuse(path, error):
    """Makes the `OutputError` of a path that the system does not let be written.

    Args:
        path: The path.
        error: The `OSError`.
    """
    reason = " ".join((error.strerror or str(error)).split())
    return OutputError(
        "`path` must be one that can be written, but the system answered "
        f"{reason!r}. Received: path={str(path)!r}."
    )
