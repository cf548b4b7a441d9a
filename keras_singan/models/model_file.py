"""The `.keras` file of a trained pyramid: written whole, read with suspicion.

A file is a zip archive in Keras' own format. Nothing in it is deserialised as
an object: plain numbers are read from its `config.json`, the pyramid is built
from them by our own code, and only then the weights are read. Whatever the file
claims is held against what it has before (`file_claims`).
"""

import json
from pathlib import Path

from keras_singan import __version__
from keras_singan.config import SinGANConfig
from keras_singan.errors import ModelFileError
from keras_singan.errors import SinGANError
from keras_singan.io.files import write_bytes
from keras_singan.io.sources import LFS_POINTER
from keras_singan.models.file_claims import ClaimError
from keras_singan.models.file_claims import check_finite
from keras_singan.models.file_claims import check_plan
from keras_singan.models.file_claims import check_weights_file
from keras_singan.models.file_claims import most_weight_bytes
from keras_singan.models.file_claims import read_members
from keras_singan.models.pyramid import SinGANPyramid
from keras_singan.models.saved_bytes import model_bytes
from keras_singan.models.saved_bytes import read_weights

FORMAT_VERSION = 2
# What models without masks are written as: versions that know of none read them.
_WITHOUT_MASKS = 1
MODEL_NAME = "singan.keras"
_CLASS = "keras_singan>SinGANPyramid"


def save_model(pyramid: SinGANPyramid, config: SinGANConfig, path, extra=None) -> Path:
    """Writes a pyramid and its config to one `.keras` file.

    An existing file is replaced only once the new one is complete.

    Args:
        pyramid: A trained `SinGANPyramid`.
        config: The hyper-parameters it was trained with.
        path: Path that ends in `.keras`.
        extra: Dictionary that JSON can hold, of a file that is no model by
            itself: `load_model` refuses it. Defaults to `None`.

    Returns:
        The path.

    Raises:
        ModelFileError: If the path does not end in `.keras`.
        OutputError: If the file cannot be written.
    """
    path = check_suffix(path)
    pyramid.metadata = {
        "format_version": FORMAT_VERSION if pyramid.mask_names else _WITHOUT_MASKS,
        "written_by": f"keras_singan {__version__}",
        "config": config.to_dict(),
    }
    if extra is not None:
        pyramid.metadata["extra"] = extra
    write_bytes(path, model_bytes(pyramid))
    return path


def check_suffix(path) -> Path:
    """Returns a path that ends in `.keras`, or raises `ModelFileError`."""
    path = Path(path)
    if path.suffix != ".keras":
        text = f"A model's file name must end in .keras. Received: path={str(path)!r}."
        raise ModelFileError(text)
    return path


def load_model(path) -> tuple[SinGANPyramid, SinGANConfig]:
    """Reads what `save_model` wrote. Code in the file is never run.

    Args:
        path: A `.keras` file, or a run folder that holds `singan.keras`.

    Returns:
        The pyramid and its config.

    Raises:
        ModelFileError: If the path is missing, or the file damaged, of another
            kind, or of a newer format than this version reads.
    """
    pyramid, config, extra = load_with_extra(path)
    if extra is not None:
        raise ModelFileError(
            "The file must hold a whole model, but holds a part that was retrained "
            "for one task: load the model that stands beside it. "
            f"Received: path={str(path)!r}."
        )
    return pyramid, config


def load_with_extra(path):
    """Does what `load_model` does, for files with and without an `extra`.

    Returns:
        The pyramid, its config, and the `extra` as JSON gave it back, which is
        yet to be checked; `None` where there is none.

    Raises:
        ModelFileError: As `load_model` does.
    """
    path = model_path(path)
    values, weights = _read_file(path)
    metadata = _check_metadata(values, path)
    try:
        config = SinGANConfig.from_stored(metadata["config"])
        check_plan(values, config.num_layers, len(weights))
        pyramid = _build(values, config)
        _load_weights(pyramid, weights)
    except SinGANError as error:
        raise ModelFileError(f"{damaged(path)} ({error})") from None
    except ClaimError as error:
        raise _refused(path, error) from None
    except Exception as error:
        # h5py, zipfile and Keras raise a dozen kinds for a damaged file.
        raise ModelFileError(damaged(path)) from error
    return pyramid, config, metadata.get("extra")


def model_path(path) -> Path:
    """Returns the file of a model: the path itself, or what a run folder holds.

    Raises:
        ModelFileError: If there is none.
    """
    path = Path(path)
    if path.is_dir():
        if not (path / MODEL_NAME).is_file():
            raise ModelFileError(
                f"A run folder must hold a finished {MODEL_NAME} (the same train "
                "command goes on with an interrupted run). "
                f"Received: path={str(path)!r}."
            )
        return path / MODEL_NAME
    if not path.is_file():
        raise ModelFileError(
            f"A model file must exist at this path. Received: path={str(path)!r}."
        )
    return path


def _read_file(path):
    """Returns the values of the config, and the bytes of the weights."""
    try:
        config, weights = read_members(path, "config.json", "model.weights.h5")
        content = json.loads(config)
        # Keras' own classes have no registered name.
        name = content["registered_name"] or content["class_name"]
        values = content["config"]
    except ClaimError as error:
        raise _refused(path, error) from None
    except OSError as error:
        text = f"A model file must be readable ({error.strerror})."
        raise ModelFileError(f"{text} Received: path={str(path)!r}.") from error
    except Exception as error:
        raise ModelFileError(_pointer(path) or damaged(path)) from error
    if name != _CLASS:
        raise ModelFileError(
            f"The file must hold a SinGANPyramid, but holds {str(name)[:60]!r}. "
            f"Received: path={str(path)!r}."
        )
    return values, weights


def _pointer(path):
    """Says that a file is a stand-in, or returns `None`."""
    with open(path, "rb") as file:
        if file.read(len(LFS_POINTER)) != LFS_POINTER:
            return None
    return (
        "The file must be a model, but this is a Git LFS pointer in its place: "
        f"`git lfs pull` fetches it. Received: path={str(path)!r}."
    )


def _load_weights(pyramid, data):
    if len(data) > most_weight_bytes(pyramid):
        raise ClaimError("the file has far more bytes than such networks")
    check_weights_file(data, pyramid)
    read_weights(pyramid, data)
    check_finite(pyramid.weights)


def _check_metadata(values, path):
    metadata = values.get("metadata") if isinstance(values, dict) else None
    if not isinstance(metadata, dict) or not isinstance(
        metadata.get("format_version"), int
    ):
        raise ModelFileError(damaged(path))
    version = metadata["format_version"]
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"This is keras_singan {__version__}, which reads model format "
            f"{FORMAT_VERSION}; the file was written by "
            f"{str(metadata.get('written_by'))[:40]!r} in a newer one: upgrade "
            "this package. "
            f"Received: format_version={str(version)[:20]}."
        )
    return metadata


def _build(values, config):
    return SinGANPyramid.from_plan(
        config,
        sizes=values["sizes"],
        filters=values["filters"],
        channels=int(values["channels"]),
        mask_names=values.get("mask_names", ()),
        metadata=values["metadata"],
        dtype="float32",
    )


def _refused(path, error):
    return ModelFileError(f"{damaged(path)} ({error})")


def damaged(path):
    """The line about a file that is none of ours, or not whole."""
    return (
        "The file must be a complete .keras file of keras_singan; it is of another "
        f"kind or damaged. Received: path={str(path)!r}."
    )
