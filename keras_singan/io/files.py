"""Writing files so that a failure never leaves half of one behind."""

import contextlib
import json
import os
import re
import uuid
from pathlib import Path

from keras_singan.errors import OutputError

_TEMPORARY = re.compile(r"\.[0-9a-f]{32}(\..*)?")


@contextlib.contextmanager
def atomic_path(path):
    """Gives a temporary path whose file becomes `path` if all goes well.

    The temporary is a hidden file with a unique name in the folder of `path`
    (made if needed) and has the same last two suffixes, because Keras picks
    the format from `.keras` or `.weights.h5`. When the block ends it is synced
    to disk and takes the place of `path` in one step. When the block fails it
    is removed, and what was at `path` stays as it was.

    Args:
        path: Where the file should end up, `str` or `os.PathLike`.

    Yields:
        The temporary `Path`; the block creates the file.

    Raises:
        OutputError: When the file system refuses (no permission, disk full,
            parent is not a folder, ...). Errors other than `OSError` pass.
    """
    path = Path(path)
    hidden = f".{uuid.uuid4().hex}{''.join(path.suffixes[-2:])}"
    temporary = path.with_name(hidden) if path.name else path / hidden
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        os.replace(temporary, path)
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(_refusal(path, error)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def remove_leftovers(folder):
    """Removes the temporary files that a killed process left below a folder."""
    for path in Path(folder).rglob(".*"):
        if _TEMPORARY.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def write_bytes(path, data):
    """Writes `data` (bytes) to `path`, all of it or nothing.

    Raises:
        OutputError: When the file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def write_text(path, text):
    """Writes `text` to `path` as UTF-8, line ends unchanged, all or nothing.

    Raises:
        OutputError: When the file cannot be written.
    """
    write_bytes(path, text.encode("utf-8"))


def write_json(path, obj):
    """Writes `obj` to `path` as indented JSON, all of it or nothing.

    Raises:
        OutputError: When the file cannot be written.
        TypeError: When `obj` holds something that JSON has no form for.
    """
    write_text(path, json.dumps(obj, indent=2, ensure_ascii=False) + "\n")


def _sync(path):
    # Windows syncs only handles that are open for writing, hence "r+b".
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _refusal(path, error):
    reason = " ".join((error.strerror or str(error)).split())
    return (
        "Expected a path that can be written, but the system answered "
        f"{reason!r}. Received: path={str(path)!r}"
    )
