"""What a file claims is held against what it has, before anything is read or built.

A few bytes can claim gigabytes: members of a zip archive that unpack to them,
datasets of HDF5 that are compressed or never written, sizes of networks.
"""

import io
import math
import os
import zipfile

import h5py
import numpy as np

from keras_singan.config import MOST_MASKS
from keras_singan.geometry import MAX_SCALES
from keras_singan.models.pyramid import MASK_NAME

# Most bytes of a model's config: the palette of a retrained scale fits.
_CONFIG_BYTES = 2**23
# Most bytes that a member of an archive may have: a part for small files, and so
# many times the file. Weights hardly shrink.
_SMALL_BYTES, _TIMES = 2**26, 20
# Keras writes three members.
_MEMBERS = 100
# Least and largest side, filters and channels that a model may have.
_SIDE = (1, 2**16)
_FILTERS = (1, 2**14)
_CHANNELS = (1, 2**16)
# The convolutions are 3x3, and a weight is a float32.
_KERNEL, _WEIGHT_BYTES = 9, 4


class ClaimError(ValueError):
    """A file claims what it cannot have, or what no model may have."""


def read_members(path, config_name, weights_name):
    """Reads two members of a zip archive, each within its bound.

    Args:
        path: The archive.
        config_name: Name of the member with the config.
        weights_name: Name of the member with the weights.

    Returns:
        The pair of their `bytes`.

    Raises:
        ClaimError: If there are too many members, one claims or has too many
            bytes, or is packed in an unusual way.
        Exception: Whatever `zipfile` raises for a damaged archive.
    """
    most = _SMALL_BYTES + _TIMES * os.path.getsize(path)
    with zipfile.ZipFile(path) as archive:
        if len(archive.infolist()) > _MEMBERS:
            raise ClaimError("too many members")
        return (
            _read_member(archive, config_name, min(most, _CONFIG_BYTES)),
            _read_member(archive, weights_name, most),
        )


def check_plan(values, num_layers, size):
    """Checks the plan of a pyramid that its file claims.

    Args:
        values: Dictionary with `sizes`, `filters`, `channels` and, of models with
            masks, `mask_names`, as JSON gave it.
        num_layers: Convolutions of each generator.
        size: Bytes of the file with the weights.

    Raises:
        ClaimError: If there are too many scales, a number is out of range, a scale
            is smaller than the one below, or the weights do not fit into `size`.
    """
    sizes, filters, channels = values["sizes"], values["filters"], values["channels"]
    lists = isinstance(sizes, list) and isinstance(filters, list)
    if not lists or not 1 <= len(sizes) == len(filters) <= MAX_SCALES:
        raise ClaimError(f"from 1 to {MAX_SCALES} scales are possible")
    _check_range([channels], _CHANNELS)
    _check_mask_names(values.get("mask_names", []), channels)
    _check_range(filters, _FILTERS)
    for pair in sizes:
        if not isinstance(pair, list) or len(pair) != 2:
            raise ClaimError("a size is no pair")
        _check_range(pair, _SIDE)
    for below, above in zip(sizes, sizes[1:], strict=False):
        if below[0] > above[0] or below[1] > above[1]:
            raise ClaimError("a scale is smaller than the one below")
    kernels = sum(_KERNEL * f * (2 * channels + (num_layers - 2) * f) for f in filters)
    if _WEIGHT_BYTES * (kernels + math.prod(sizes[-1]) * channels) > size:
        raise ClaimError("the weights of such networks do not fit into the file")


def _check_mask_names(names, channels):
    """Checks names that become parts of file names."""
    most = min(MOST_MASKS, channels - 1)
    if not isinstance(names, list) or len(names) > most:
        raise ClaimError(f"at most {most} masks are possible")
    for name in names:
        if not isinstance(name, str) or not MASK_NAME.fullmatch(name):
            raise ClaimError(f"{str(name)[:20]!r} is no name of a mask")
    if len(set(names)) < len(names):
        raise ClaimError("two masks have one name")


def check_weights_file(data, model):
    """Checks an HDF5 file of weights.

    Args:
        data: Its `bytes`.
        model: The `keras.Model` that will read it.

    Raises:
        ClaimError: If it has far more objects or bytes than the model, or datasets
            that claim more than the file has, or that lie elsewhere.
        Exception: Whatever `h5py` raises for a damaged file.
    """
    most_objects = 1000 + 10 * len(model.weights)
    objects, claimed = 0, 0

    def visit(unused_name, item):
        nonlocal objects, claimed
        objects += 1
        if isinstance(item, h5py.Dataset):
            if item.is_virtual or item.external:
                raise ClaimError("a dataset lies elsewhere")
            # `item.size` is a machine's integer, which may overflow.
            claimed += math.prod(item.shape or ()) * item.dtype.itemsize
        if objects > most_objects or claimed > len(data):
            raise ClaimError("the datasets claim more than the file has")

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(visit)


def most_weight_bytes(model):
    """Returns the bytes of which no sound file of a model's weights has more.

    Args:
        model: The `keras.Model`, with its optimizers if they are saved too.
    """
    held = sum(math.prod(w.shape) * _WEIGHT_BYTES for w in model.weights)
    # Beside the weights stand both moments of Adam, and the names of all.
    return 4 * held + _SMALL_BYTES


def check_finite(variables):
    """Checks that weights which were read are numbers that one can compute with.

    Args:
        variables: Iterable of Keras variables.

    Raises:
        ClaimError: If one is NaN or infinite, or a moving variance is negative.
    """
    for weight in variables:
        values = np.asarray(weight.numpy())
        if values.dtype.kind not in "fV":
            continue
        values = values.astype(np.float32)
        if not np.isfinite(values).all():
            raise ClaimError(f"the weights of {weight.path} are not finite")
        if weight.name == "moving_variance" and values.min() < 0:
            raise ClaimError(f"the variances of {weight.path} are negative")


def _read_member(archive, name, most):
    info = archive.getinfo(name)
    # Of other methods Python unpacks whole blocks, however large.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ClaimError(f"{name} is packed in an unusual way")
    if info.file_size > most:
        raise ClaimError(f"{name} claims {info.file_size} bytes")
    parts = []
    with archive.open(info) as member:
        # In pieces: Python may unpack all at once, whatever size is claimed.
        while part := member.read(2**20):
            parts.append(part)
    return b"".join(parts)


def _check_range(numbers, ends):
    for number in numbers:
        if type(number) is not int or not ends[0] <= number <= ends[1]:
            raise ClaimError(f"{str(number)[:20]} is no number from {ends}")
