"""The exports of `.keras` files that have been served, in the user's cache."""

import atexit
import contextlib
import hashlib
import os
import shutil
import tempfile
import uuid
import warnings
from pathlib import Path

from keras_singan import __version__
from keras_singan.errors import OutputError
from keras_singan.server.servables.versions import find_versions
from keras_singan.task_specs import DEFAULT_MODEL

try:
    import fcntl
except ImportError:
    fcntl = None


def exported(file):
    """Returns the base folder of a `.keras` file's export, which is made once.

    Several processes may ask at once: one exports, and the others wait for it. An
    export is whole or not there. Without a cache that can be written it goes into
    a temporary folder, which the process removes when it ends.

    Args:
        file: Path of a `.keras` file.

    Raises:
        OSError: If the file cannot be read.
        OutputError: If not even a temporary folder can be written.
    """
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(__version__.encode())
    try:
        return _cached(file, _cache() / digest.hexdigest()[:32])
    except (OSError, OutputError, RuntimeError) as error:
        warnings.warn(
            "The cache cannot be used, so this export is kept only until the server "
            f"ends. Set XDG_CACHE_HOME to a folder that can be written. Received: "
            f"{_reason(error)!r}.",
            stacklevel=2,
        )
        folder = Path(tempfile.mkdtemp(prefix="keras_singan-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return export_to(file, folder / DEFAULT_MODEL)


def _cache():
    # `Path.home` raises RuntimeError where there is none.
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "keras_singan" / "exports"


def _cached(file, folder):
    # The export takes the model's name from the folder's.
    base = folder / DEFAULT_MODEL
    if base.is_dir() and find_versions(base):
        return base
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / ".lock"):
        if base.is_dir() and find_versions(base):
            return base
        temporary = folder / f".{uuid.uuid4().hex}"
        try:
            made = export_to(file, temporary / DEFAULT_MODEL)
            # An earlier version left it empty when its export failed.
            with contextlib.suppress(OSError):
                base.rmdir()
            try:
                os.rename(made, base)
            except OSError:
                # Where there are no locks another process may have been faster.
                if not (base.is_dir() and find_versions(base)):
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return base


@contextlib.contextmanager
def _locked(path):
    """Holds a lock that ends with the process, where the system has locks."""
    with open(path, "ab") as file:
        if fcntl is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _reason(error):
    return getattr(error, "strerror", None) or str(error)


def export_to(file, base):
    """Exports a model: the one place where the server needs the rest of the package.

    Args:
        file: Path of a `.keras` file.
        base: The folder that the version folder goes into.

    Returns:
        The version folder's own folder.
    """
    from keras_singan.estimator import SinGAN

    return SinGAN.load(file).export(base.parent, name=base.name).parent
