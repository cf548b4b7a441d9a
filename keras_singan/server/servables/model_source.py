"""From what a user names to a base folder with versions in it."""

import hashlib
import os
from pathlib import Path

from keras_singan import __version__
from keras_singan.errors import ModelFileError
from keras_singan.models.model_file import MODEL_NAME
from keras_singan.server.servables.versions import find_versions
from keras_singan.task_specs import DEFAULT_MODEL


def base_folder(path):
    """Returns a base folder with version folders for what `path` names.

    Args:
        path: A base folder as TensorFlow Serving takes it; or a `.keras` file, or a
            run folder with one, which is exported to the user's cache first, once.

    Raises:
        ModelFileError: If it is none of these.
    """
    path = Path(path)
    try:
        if path.is_file():
            return _exported(path)
        if (path / MODEL_NAME).is_file():
            return _exported(path / MODEL_NAME)
        if find_versions(path):
            return path
    except OSError as error:
        raise ModelFileError(
            f"The model cannot be read: {error.strerror or error}. "
            f"Received: path={str(path)!r}."
        ) from None
    raise ModelFileError(
        "A model must be a .keras file, a run folder, or a folder with version folders "
        f"(1, 2, ...) in it{_hint(path)}. Received: path={str(path)!r}."
    )


def _hint(path):
    if (path / "saved_model.pb").is_file():
        return "; this is a version folder, give the one above"
    for child in sorted(path.iterdir()) if path.is_dir() else ():
        if child.is_dir() and find_versions(child):
            return f"; did you mean {str(child)!r}?"
    return ""


def _exported(file):
    """Exports a `.keras` file, unless that has been done: the cache's base folder."""
    with open(file, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
    digest.update(__version__.encode())
    # The export takes the model's name from the folder's.
    base = _cache() / digest.hexdigest()[:32] / DEFAULT_MODEL
    if not base.is_dir() or not find_versions(base):
        base.mkdir(parents=True, exist_ok=True)
        base = export_to(file, base)
    return base


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


def _cache():
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "keras_singan" / "exports"
