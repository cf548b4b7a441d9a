"""`Place`: where a fleet keeps what it makes: a folder, or a store of fsspec."""

import contextlib
import logging
import os
import time
import uuid
from pathlib import Path

from keras_singan.errors import FleetError
from keras_singan.errors import OutputError
from keras_singan.fleet.extras import open_store
from keras_singan.io.files import write_bytes

_LOG = logging.getLogger(__name__)
# Of temporary names, which nobody reads.
PART = ".part-"
_TRIES, _FIRST_WAIT = 6, 0.2


class Place:
    """A folder on a disk, or a folder of a store such as `s3://bucket/folder`.

    Names are relative, with `/` between their parts. What is written appears
    whole or not at all: a disk's file is written under a temporary name and
    renamed; a store's is uploaded under a temporary name, compared in size,
    and moved. Transient faults of a store are tried again, for about 12 s.

    Args:
        address: A path, or a URL that fsspec knows.

    Attributes:
        address: The address as text; of a folder, its absolute path.
        is_local: Whether it is a folder on a disk.

    Raises:
        FleetError: If the URL cannot be used.
    """

    def __init__(self, address):
        text = os.fspath(address)
        if text.startswith("file://"):
            text = text.removeprefix("file://")
        self.is_local = "://" not in text
        if self.is_local:
            self._root = Path(text).expanduser().absolute()
            self.address = str(self._root)
        else:
            self._store, root = open_store(text)
            self._base, self.address = root.rstrip("/"), text.rstrip("/")

    def path(self, name=""):
        """Returns the `Path` of a name on a disk."""
        return self._root / name

    def describe(self, name):
        """Returns the address of a name, for people."""
        return f"{self.address}/{name}"

    def read(self, name):
        """Returns the bytes of a file, or `None` if there is none.

        Raises:
            FleetError: If it cannot be read.
        """
        if self.is_local:
            return self._try(name, lambda: self.path(name).read_bytes())
        return self._try(name, lambda: self._store.cat_file(self._key(name)))

    def exists(self, name):
        """Tells whether there is a file of that name.

        Raises:
            FleetError: If the store does not answer.
        """
        if self.is_local:
            return self.path(name).is_file()
        info = self._try(name, lambda: self._store.info(self._key(name)))
        return info is not None and info["type"] == "file"

    def names(self, folder):
        """Returns the set of names that stand in a folder, in one listing.

        Raises:
            FleetError: If the store does not answer.
        """
        if self.is_local:
            listed = self._try(folder, lambda: os.listdir(self.path(folder)))
        else:
            key = self._key(folder)
            listed = self._try(folder, lambda: self._store.ls(key, detail=False))
        names = (entry.rstrip("/").rpartition("/")[2] for entry in listed or ())
        return {name for name in names if not name.startswith(PART)}

    def write(self, name, data):
        """Writes bytes to a file, all of them or nothing.

        Raises:
            OutputError: If it cannot be written.
        """
        if self.is_local:
            write_bytes(self.path(name), data)
        else:
            self._move_in(
                name, len(data), lambda part: self._store.pipe_file(part, data)
            )

    def upload(self, path, name):
        """Writes a file of this machine to the place, all of it or nothing.

        Args:
            path: The file on this machine.
            name: Its name in the place.

        Raises:
            OutputError: If it cannot be written.
        """
        if self.is_local:
            write_bytes(self.path(name), Path(path).read_bytes())
        else:
            size = Path(path).stat().st_size
            self._move_in(
                name, size, lambda part: self._store.put_file(str(path), part)
            )

    def remove(self, name):
        """Removes a file; that it stays, or was not there, does no harm."""
        with contextlib.suppress(Exception):
            if self.is_local:
                self.path(name).unlink(missing_ok=True)
            else:
                self._store.rm_file(self._key(name))

    def remove_parts(self, folder):
        """Removes what killed uploads left in a folder of a store."""
        if self.is_local:
            return
        with contextlib.suppress(Exception):
            for key in self._store.find(self._key(folder)):
                if key.rpartition("/")[2].startswith(PART):
                    self._store.rm_file(key)

    def _key(self, name):
        return f"{self._base}/{name}".rstrip("/")

    def _move_in(self, name, size, put):
        key = self._key(name)
        folder, _, last = key.rpartition("/")
        part = f"{folder}/{PART}{uuid.uuid4().hex}-{last}"

        def once():
            try:
                put(part)
                found = self._store.info(part)["size"]
                if found != size:
                    raise OSError(f"{found} of {size} bytes arrived")
                self._store.mv(part, key)
            except FileNotFoundError as error:
                raise OSError("what was uploaded is not there") from error

        # Stores without folders have nothing to make.
        with contextlib.suppress(Exception):
            self._store.makedirs(folder, exist_ok=True)
        try:
            self._try(name, once)
        except FleetError as error:
            with contextlib.suppress(Exception):
                self._store.rm_file(part)
            raise OutputError(str(error)) from None

    def _try(self, name, act):
        """Does something with the files; `None` if there is no such file."""
        wait = _FIRST_WAIT
        for left in reversed(range(1 if self.is_local else _TRIES)):
            try:
                return act()
            except (FileNotFoundError, NotADirectoryError):
                return None
            except Exception as error:
                # Every store has its own kinds of errors for the same faults.
                if not left or isinstance(error, PermissionError):
                    raise FleetError(self._refusal(name, error)) from error
                _LOG.warning("%s: %s; trying again", self.describe(name), error)
            time.sleep(wait)
            wait *= 2
        return None

    def _refusal(self, name, error):
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return (
            "A place must be readable and writable, but it answered "
            f"{' '.join(str(reason).split())[:300]!r}. "
            f"Received: {self.describe(name)!r}."
        )
