"""`export_saved_model`: writes a version folder, whole or not at all."""

import contextlib
import dataclasses
import os
import re
import shutil
import tempfile
import uuid
from pathlib import Path

import tensorflow as tf

from keras_singan.errors import OutputError
from keras_singan.errors import TaskError
from keras_singan.errors import tensorflow_reason
from keras_singan.export.limits import ExportLimits
from keras_singan.export.packed_pyramid import pack
from keras_singan.export.readme import readme
from keras_singan.export.signatures import Signatures
from keras_singan.export.task_graphs import Rows
from keras_singan.export.warmup_requests import example_requests
from keras_singan.export.warmup_requests import write_warmup
from keras_singan.geometry import receptive_field
from keras_singan.io.files import write_text
from keras_singan.task_specs import DEFAULT_MODEL
from keras_singan.tasks.shared.checks import check_no_masks


def export_saved_model(
    singan, path, *, name=DEFAULT_MODEL, version=None, warmup=True, limits=None
):
    """Writes a model as `PATH/NAME/VERSION/`, ready for TensorFlow Serving.

    The folder gets its number only once it is complete, since a running server
    loads whatever has one.

    Args:
        singan: A fitted `SinGAN`; its retrained scales for paint-to-image come
            along.
        path: Folder for models.
        name: The model's name: letters, digits, `.`, `_` and `-`. Defaults to
            `"singan"`.
        version: Whole number of at least 0; `None` is one more than the highest
            that is there. Defaults to `None`.
        warmup: Whether to add a warm-up request for every signature. Defaults
            to `True`.
        limits: The `ExportLimits`. Defaults to those of the class.

    Returns:
        The version's `Path`.

    Raises:
        NotFittedError: If the model has not been fitted or loaded.
        TaskError: If `name` or `version` cannot be used, or the model was trained
            with masks: an answer holds one image, so its mask would be lost.
        ConfigError: If the limits are too tight for the model itself.
        OutputError: If the version exists, or cannot be written.
    """
    quantized = singan.quantized_scales()
    check_no_masks(singan.pyramid_, "export", "an answer holds pictures alone")
    base = Path(path) / _checked_name(name)
    limits = limits or ExportLimits()
    limits.check_room(singan.pyramid_)
    target = _version_folder(base, version)
    temporary = base / f".{uuid.uuid4().hex}"
    try:
        base.mkdir(parents=True, exist_ok=True)
        with _utf8_folder(temporary) as folder:
            _write(singan, folder, limits, quantized, warmup and name)
        _check_free(target)
        os.rename(temporary, target)
    except OSError as error:
        raise _refusal(target, error) from error
    except tf.errors.OpError as error:
        raise OutputError(
            "`path` must be a folder that can be written to, but TensorFlow says "
            f"{tensorflow_reason(error)!r}. Received: path={str(target)!r}."
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return target


@contextlib.contextmanager
def _utf8_folder(folder):
    """Returns a folder that TensorFlow can write to: the name of its path is UTF-8.

    Where it is not, what is written to another folder is copied.
    """
    try:
        str(folder).encode("utf-8")
    except UnicodeEncodeError:
        with tempfile.TemporaryDirectory() as plain:
            yield Path(plain, "model")
            shutil.copytree(Path(plain, "model"), folder)
    else:
        yield folder


def _write(singan, folder, limits, quantized, warmup_name):
    config, pyramid = singan.config_, pack(singan.pyramid_)
    quantized = {
        scale: dataclasses.replace(kept, pyramid=pack(kept.pyramid))
        for scale, kept in quantized.items()
    }
    rows = Rows(pyramid, limits, quantized)
    builder = Signatures(rows, config.factor)
    signatures = builder.all()
    module = _module([pyramid, *(scale.pyramid for scale in quantized.values())])
    first = next(iter(signatures.values()))
    served = signatures | {"serving_default": first}
    tf.saved_model.save(module, str(folder), signatures=served)
    if warmup_name:
        # Small, so that no limit which allows the photo forbids it.
        side = receptive_field(pyramid.num_layers)
        requests = example_requests(signatures, singan.training_image(), side)
        write_warmup(folder, warmup_name, requests)
    text = readme(pyramid, config, limits, signatures, quantized, builder.factor)
    write_text(folder / "README.md", text)


def _module(pyramids):
    """Tracks raw variables: Keras' own would be written twice, and read once."""
    module = tf.Module()
    module.variables_ = [pyramid.variable for pyramid in pyramids]
    return module


def _checked_name(name):
    if not isinstance(name, str) or not re.fullmatch(r"[\w-][\w.-]*", name, re.ASCII):
        raise TaskError(
            "`name` must be made of letters, digits, dots, dashes and underscores. "
            f"Received: name={name!r}."
        )
    return name


def _version_folder(base, version):
    if base.exists() and not base.is_dir():
        raise OutputError(
            f"`path` must be a folder of versions. Received: path={str(base)!r}."
        )
    if version is None:
        there = [int(p.name) for p in base.glob("*") if re.fullmatch(r"\d+", p.name)]
        version = max(there, default=0) + 1
    if type(version) is not int or not 0 <= version < 2**63:
        raise TaskError(
            "`version` must be a whole number from 0 to 2**63 - 1, or None. "
            f"Received: version={version!r}."
        )
    target = base / str(version)
    _check_free(target)
    return target


def _check_free(target):
    if os.path.lexists(target):
        raise OutputError(
            "A version must not exist yet: give another, or none. "
            f"Received: path={str(target)!r}."
        )


def _refusal(target, error):
    if isinstance(error, OutputError):
        return error
    return OutputError(
        "`path` must be a folder that can be written to, but the system says "
        f"{error.strerror or str(error)!r}. Received: path={str(target)!r}."
    )
