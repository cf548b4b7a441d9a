"""The versions of a model in a base folder: found, loaded, replaced, reported."""

import contextlib
import dataclasses
import functools
import threading
from pathlib import Path

from keras_singan.io.files import utf8_path
from keras_singan.server.json_codec.values import INT64
from keras_singan.server.servables.loaded_model import LoadedModel
from keras_singan.server.servables.warm_up import warm_up
from keras_singan.server.servables.warm_up import warm_up_requests
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception
from keras_singan.server.status_codes import invalid


@dataclasses.dataclass
class VersionState:
    """The state of a version.

    Attributes:
        state: START, LOADING, AVAILABLE, UNLOADING or END.
        error: `StatusError` of a load that failed, else `None`.
        model: The `LoadedModel`, while it is AVAILABLE.
        files: What the folder held when the load failed: it is tried again when
            that changes, as when a copy is complete at last.
    """

    state: str = "START"
    error: StatusError | None = None
    model: LoadedModel | None = None
    files: tuple = ()


def find_versions(base):
    """Returns the folders in `base` whose names are numbers, by number.

    Leading zeros are allowed, as TensorFlow Serving allows them.

    Args:
        base: Path of the base folder.

    Raises:
        OSError: If it cannot be read.
    """
    folders = {}
    for path in sorted(Path(base).iterdir()):
        if path.name.isascii() and path.name.isdigit() and path.is_dir():
            if (version := int(path.name)) <= INT64[1]:
                folders[version] = path
    return folders


class Versions:
    """Serves the newest version in a base folder, and those that have a label.

    A new version is loaded before the old one goes; one that cannot be loaded
    leaves the old one in place. Requests that run finish on their version.

    Args:
        name: The model's name.
        base: Path of the base folder.
        labels: Dictionary of version by label. Defaults to none.
    """

    def __init__(self, name, base, labels=None):
        self.name, self.base = name, Path(base)
        self._labels = dict(labels or {})
        self._lock = threading.Lock()
        self._polling = threading.Lock()
        self._states = {}
        self._stopped = threading.Event()
        self._started, self._thread = False, None

    def start(self, poll_seconds):
        """Loads the versions, then looks for new ones every `poll_seconds` (0: never).

        Raises:
            StatusError: If there is none, or one cannot be loaded.
        """
        any_version = self.poll()
        self._started = True
        if not any_version:
            raise StatusError("NOT_FOUND", "There is no version folder.")
        failed = [state.error for state in self._states.values() if state.error]
        for label, version in self._labels.items():
            if version not in self._states:
                raise StatusError("NOT_FOUND", f"Label {label}: no version {version}.")
        if failed:
            self.close()
            raise failed[0]
        if poll_seconds:
            self._thread = threading.Thread(
                target=self._poll_forever, args=(poll_seconds,), daemon=True
            )
            self._thread.start()

    def stop_loading(self):
        """Stops looking for versions, and warming up those that it has."""
        self._stopped.set()

    def close(self):
        """Stops looking, waits for the requests that run, frees the models."""
        self.stop_loading()
        if self._thread is not None:
            self._thread.join()
        with self._polling:
            self._unload(self._available())

    def _poll_forever(self, seconds):
        while not self._stopped.wait(seconds):
            self.poll()

    def poll(self):
        """Loads what is new, then unloads what it replaces.

        Returns:
            Whether the base folder could be read and holds a version.
        """
        with self._polling:
            try:
                folders = find_versions(self.base)
            except OSError:
                # A base folder that is gone for a moment stops nothing.
                return False
            wanted = {max(folders)} if folders else set()
            wanted |= set(self._labels.values()) & set(folders)
            for version in sorted(wanted):
                self._load(version, folders[version])
            self._unload(self._replaced(folders, wanted))
            return bool(folders)

    def _replaced(self, folders, wanted):
        available = self._available()
        keep = wanted & available
        if folders and available and max(folders) not in available:
            # While the newest cannot be loaded, the one before it stays.
            keep.add(max(available))
        return available - keep

    def _available(self):
        with self._lock:
            return {v for v, state in self._states.items() if state.model is not None}

    def _load(self, version, path):
        files = _listing(path)
        known = self._states.get(version)
        if known and (known.model or (known.error and known.files == files)):
            return
        self._set(version, VersionState("LOADING"))
        try:
            with utf8_path(path) as readable:
                records = warm_up_requests(readable)
                model = LoadedModel(readable, version)
            # While another version answers there is no hurry.
            first = records if self._started and self._available() else records[:1]
            try:
                warm_up(model, first, self._stopped.is_set)
            except BaseException:
                model.close()
                raise
        except Exception as error:
            self._set(version, VersionState("END", from_exception(error), files=files))
            return
        self._set(version, VersionState("AVAILABLE", model=model))
        if len(first) < len(records):
            name = f"keras-singan warm-up {version}"
            work = functools.partial(self._warm_behind, model, path, records, files)
            threading.Thread(target=work, name=name, daemon=True).start()

    def _warm_behind(self, model, path, records, files):
        """Warms all signatures up in a second session, which replaces the first.

        In one session nothing would be answered while a signature is compiled.
        """
        try:
            with utf8_path(path) as readable:
                fresh = LoadedModel(readable, model.version)
        except Exception:
            # Its folder has gone meanwhile: the first session goes on as it is.
            return
        after = VersionState("AVAILABLE", model=fresh)
        try:
            warm_up(fresh, records, self._stopped.is_set)
        except Exception as caught:
            error = from_exception(caught)
            # What fails its own warm-up must not be served.
            failed = error.code != "CANCELLED"
            after = VersionState("END", error, files=files) if failed else None
        replaced = after is not None and self._exchange(model, after)
        if replaced:
            model.close()
        if not replaced or after.model is None:
            fresh.close()

    def _exchange(self, model, state):
        """Sets the state of a model's version, if that is still served by it."""
        with self._lock:
            current = self._states[model.version].model is model
            if current:
                self._states[model.version] = state
            return current

    def _unload(self, versions):
        for version in sorted(versions):
            with self._lock:
                model = self._states[version].model
                if model is None:
                    continue
                self._states[version] = VersionState("UNLOADING")
            model.close()
            self._set(version, VersionState("END"))

    def _set(self, version, state):
        with self._lock:
            self._states[version] = state

    @contextlib.contextmanager
    def model(self, name, version=None, label=None):
        """Lends a model to a request: it is not freed as long as the `with` lasts.

        Args:
            name: The model's name, as the request has it.
            version: Its number. Defaults to the newest that is available.
            label: Or its label.

        Yields:
            The `LoadedModel`.

        Raises:
            StatusError: If there is no such model, version or label.
        """
        if not name:
            raise invalid("ModelSpec has no name specified.")
        if label is not None:
            version = self._labels.get(label) if name == self.name else None
            if version is None:
                raise invalid(f"Unrecognized servable version label: {label}")
        model = self._enter(name, version)
        try:
            yield model
        finally:
            model.leave()

    def _enter(self, name, version):
        with self._lock:
            models = {v: s.model for v, s in self._states.items() if s.model}
            wanted = max(models, default=None) if version is None else version
            if name == self.name and wanted in models:
                models[wanted].enter()
                return models[wanted]
        what = f"Latest({name})" if version is None else f"Specific({name}, {version})"
        raise StatusError("NOT_FOUND", f"Servable not found for request: {what}")

    def states(self, name, version=None):
        """Returns the states of one version or all: (version, `VersionState`) pairs.

        The newest comes first.

        Raises:
            StatusError: NOT_FOUND.
        """
        with self._lock:
            states = dict(self._states) if name == self.name else {}
        if version is not None and version not in states:
            raise StatusError(
                "NOT_FOUND", f"Could not find version {version} of model {name}"
            )
        if not states:
            raise StatusError(
                "NOT_FOUND", f"Could not find any versions of model {name}"
            )
        chosen = states if version is None else [version]
        return [(v, states[v]) for v in sorted(chosen, reverse=True)]


def _listing(path):
    try:
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return tuple((str(p), (s := p.stat()).st_size, s.st_mtime_ns) for p in files)
    except OSError:
        return ()
