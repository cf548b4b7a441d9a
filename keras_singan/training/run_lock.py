"""One owner for a run folder: a lock that the system releases when a process ends."""

import contextlib
import errno
import json
import os
import socket
import time
from pathlib import Path

from keras_singan.errors import RunFolderError
from keras_singan.io.files import new_mark
from keras_singan.io.files import refuse
from keras_singan.io.files import remove_marked

try:
    import fcntl
except ImportError:  # Windows: two trainings of one folder are not kept apart.
    fcntl = None

LOCK_NAME = ".lock"
# Whoever asks for the owner holds the lock for a moment.
_TRIES, _WAIT_SECONDS = 10, 0.05


class RunLock:
    """The right to write into a run folder.

    The file stays when the lock is released: it names the last owner. Files that
    a killed owner left half written bear its mark, and are removed by the next.

    Args:
        folder: The run folder; made if it is missing.

    Attributes:
        mark: The mark of this owner's temporary files.

    Raises:
        RunFolderError: If another training has the folder; the message names it.
        OutputError: If the folder cannot be written to.
    """

    def __init__(self, folder):
        self._folder = Path(folder)
        self.mark = new_mark()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._file = open(self._folder / LOCK_NAME, "a+", encoding="utf-8")
        except OSError as error:
            raise refuse(folder, error) from error
        try:
            self._take()
        except BaseException:
            self.release()
            raise

    def _take(self):
        if not _locked(self._file, _TRIES):
            raise RunFolderError(
                "A run folder must belong to one training at a time, and "
                f"{_owner_text(_read(self._file))} trains in it: wait for it, or give "
                f"another --output (checkpoint_dir). Received: "
                f"path={str(self._folder)!r}."
            )
        scales = self._folder.glob("scale_*")
        folders = self._folder, self._folder / "checkpoints", *scales
        remove_marked(folders, _read(self._file).get("mark"))
        self._write()

    def _write(self):
        card = {"host": socket.gethostname(), "pid": os.getpid(), "mark": self.mark}
        try:
            self._file.truncate(0)
            self._file.write(json.dumps(card) + "\n")
            self._file.flush()
        except OSError as error:
            raise refuse(self._folder, error) from error

    def release(self):
        """Lets another training have the folder."""
        with contextlib.suppress(OSError):
            self._file.close()


def read_owner(folder):
    """Tells which process trains in a run folder.

    Args:
        folder: The run folder.

    Returns:
        Dictionary with its `host` and `pid`, either `None` if unknown; `None`
        where no process does.
    """
    try:
        with open(Path(folder) / LOCK_NAME, encoding="utf-8") as file:
            if _locked(file):
                return None
            card = _read(file)
    except OSError:
        return None
    return {"host": card.get("host"), "pid": card.get("pid")}


def _locked(file, tries=1):
    """Whether the lock could be had; so it is where the file system has none."""
    if fcntl is None:
        return True
    for left in reversed(range(tries)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                return True
        if left:
            time.sleep(_WAIT_SECONDS)
    return False


def _read(file):
    """Returns what the last owner has written; nothing if that is unknown."""
    try:
        file.seek(0)
        card = json.loads(file.read(1000))
    except (OSError, ValueError, RecursionError):
        return {}
    return card if isinstance(card, dict) else {}


def _owner_text(card):
    pid, host = card.get("pid"), card.get("host")
    if not isinstance(pid, int) or not isinstance(host, str):
        return "another process"
    return f"process {pid} on {host!r}"
