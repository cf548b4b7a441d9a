"""A run folder at work, kept in a store: sets of files that are whole or nothing.

```
NAME/.saved/<hash>-<file>       files, named after their content
NAME/.saved.json                the latest set: {path: [hash, size]}, written last
NAME/progress.json              how far it is, for people
```

A file of a set is never written over. A reader takes the set that `.saved.json`
names, compares each file's hash, and takes all of it or none. When the training
is done, the files stand in `NAME/` under their own names, `singan.keras` last.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from pathlib import PurePosixPath

from keras_singan.errors import SinGANError
from keras_singan.fleet.records import read_json
from keras_singan.fleet.records import write_json_to
from keras_singan.io.files import write_bytes

_LOG = logging.getLogger(__name__)
_MODEL, _PROGRESS = "singan.keras", "progress.json"
_TRIES = 3


class SavedSets:
    """Keeps the run folder of one photo in a store while it is trained.

    Args:
        place: The `Place`, of a store.
        name: The photo's name.
        folder: The run folder on this machine.
        every: Seconds between two sets. Defaults to `60`.
        progress_every: Seconds between two copies of `progress.json`. Defaults
            to `15`.
    """

    def __init__(self, place, name, folder, every=60.0, progress_every=15.0):
        self._place, self._name = place, name
        self._folder = Path(folder)
        self._every, self._progress_every = every, progress_every
        self._saved: dict[str, list] = {}
        self._scale_done, self._end = threading.Event(), threading.Event()
        self._progress = None
        # The thread, and who finishes.
        self._writing, self._finished = threading.Lock(), False

    def restore(self):
        """Brings the latest set to this machine, if there is a whole one.

        Returns:
            Whether there was one.

        Raises:
            FleetError: If the store does not answer.
        """
        for _ in range(_TRIES):
            wanted = read_json(self._place, f"{self._name}/.saved.json")
            if not wanted:
                return False
            # The next set may have come, and this one gone, in the meantime.
            if self._fetch(wanted):
                self._saved = wanted
                return True
        _LOG.warning("The saved set of %s is not whole; beginning again", self._name)
        return False

    def _fetch(self, wanted):
        with tempfile.TemporaryDirectory(dir=self._folder.parent) as fresh:
            for path, entry in wanted.items():
                data = self._place.read(self._key(path, entry))
                if data is None or _hash(data) != entry[0] or not _inside(path):
                    return False
                write_bytes(Path(fresh, path), data)
            shutil.copytree(fresh, self._folder, dirs_exist_ok=True)
        return True

    @contextlib.contextmanager
    def kept(self):
        """Saves sets from time to time, in a thread, while the block runs."""
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._end.set()
            self._scale_done.set()
            thread.join()

    def scale_done(self):
        """Asks for a set at once: a scale is done."""
        self._scale_done.set()

    def save(self):
        """Saves a set; does nothing once all is finished.

        Raises:
            OutputError: If the store does not take it.
        """
        with self._writing:
            if not self._finished:
                self._save()

    def _save(self):
        self._copy_progress()
        with tempfile.TemporaryDirectory(dir=self._folder.parent) as frozen:
            files = self._freeze(Path(frozen))
            fresh = {path: list(_identity(file)) for path, file in files.items()}
            if fresh == self._saved:
                return
            for path, entry in fresh.items():
                if self._saved.get(path) != entry:
                    self._place.upload(files[path], self._key(path, entry))
        write_json_to(self._place, f"{self._name}/.saved.json", fresh)
        before, self._saved = self._saved, fresh
        kept = {self._key(path, entry) for path, entry in fresh.items()}
        for path, entry in before.items():
            if self._key(path, entry) not in kept:
                self._place.remove(self._key(path, entry))

    def finish(self):
        """Puts everything under its own name, the model last, and tidies up.

        Raises:
            OutputError: If the store does not take it.
        """
        with self._writing:
            self._finish()
            self._finished = True

    def _finish(self):
        files = [file for file in self._files() if file.name != _MODEL]
        for file in [*files, self._folder / _MODEL]:
            self._place.upload(file, f"{self._name}/{self._relative(file)}")
        self._copy_progress()
        self._place.remove(f"{self._name}/.saved.json")
        for path, entry in self._saved.items():
            self._place.remove(self._key(path, entry))
        self._place.remove_parts(self._name)

    def _run(self):
        saved = told = time.monotonic()
        while not self._end.is_set():
            self._scale_done.wait(min(1.0, self._progress_every))
            now = time.monotonic()
            try:
                if now - told >= self._progress_every:
                    told = now
                    self._copy_progress()
                if self._scale_done.is_set() or now - saved >= self._every:
                    self._scale_done.clear()
                    saved = now
                    self.save()
            except (SinGANError, OSError) as error:
                # The training goes on: the store may answer a minute later.
                _LOG.warning("%s is not saved: %s", self._name, error)

    def _copy_progress(self):
        with contextlib.suppress(FileNotFoundError):
            data = (self._folder / _PROGRESS).read_bytes()
            if data != self._progress:
                self._place.write(f"{self._name}/{_PROGRESS}", data)
                self._progress = data

    def _freeze(self, frozen):
        """Links the files, so that what is uploaded stays as it is; gives them.

        A file that vanishes meanwhile (a scale has just been finished) means that
        the list is old: it is made again.
        """
        for number in range(100):
            files = {}
            try:
                for file in self._files():
                    path = self._relative(file)
                    files[path] = frozen / f"{number}" / path
                    files[path].parent.mkdir(parents=True, exist_ok=True)
                    os.link(file, files[path])
                return files
            except FileNotFoundError:
                continue
        raise OSError(f"the files of {self._folder} change too fast")

    def _files(self):
        """The files of the run folder that a training needs or leaves."""
        for file in sorted(self._folder.rglob("*")):
            hidden = any(
                p.startswith(".") for p in file.relative_to(self._folder).parts
            )
            if file.is_file() and not hidden and file.name != _PROGRESS:
                yield file

    def _relative(self, file):
        return file.relative_to(self._folder).as_posix()

    def _key(self, path, entry):
        return f"{self._name}/.saved/{entry[0][:32]}-{PurePosixPath(path).name}"


def _hash(data):
    return hashlib.sha256(data).hexdigest()


def _identity(file):
    data = file.read_bytes()
    return _hash(data), len(data)


def _inside(path):
    parts = PurePosixPath(path).parts
    return parts and ".." not in parts and not PurePosixPath(path).is_absolute()
