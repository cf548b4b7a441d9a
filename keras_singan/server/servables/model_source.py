"""From what a user names to a base folder with versions in it."""

from pathlib import Path

from keras_singan.errors import ModelFileError
from keras_singan.models.model_file import MODEL_NAME
from keras_singan.server.servables.export_cache import exported
from keras_singan.server.servables.versions import find_versions


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
            return exported(path)
        if (path / MODEL_NAME).is_file():
            return exported(path / MODEL_NAME)
        if find_versions(path):
            return path
        hint = _hint(path)
    except OSError as error:
        raise ModelFileError(
            f"The model cannot be read: {error.strerror or error}. "
            f"Received: path={str(path)!r}."
        ) from None
    raise ModelFileError(
        "A model must be a .keras file, a run folder, or a folder with version folders "
        f"(1, 2, ...) in it{hint}. Received: path={str(path)!r}."
    )


def _hint(path):
    if (path / "saved_model.pb").is_file():
        return "; this is a version folder, give the one above"
    for child in sorted(path.iterdir()) if path.is_dir() else ():
        if child.is_dir() and find_versions(child):
            return f"; did you mean {str(child)!r}?"
    return ""
