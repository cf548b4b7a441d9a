"""Files that claim more than they have, or weights that are no numbers."""

import functools
import io
import re
import struct
import zipfile

import h5py
import numpy as np
import pytest
from support.checks import refused
from support.hostile_models import changed_weights
from support.hostile_models import datasets
from support.hostile_models import little_memory
from support.hostile_models import rewritten
from support.hostile_models import weights_of_file
from support.tiny_models import assert_refused
from support.tiny_models import new_trainer
from support.tiny_models import retrained
from support.tiny_models import trained

from keras_singan import ModelFileError
from keras_singan import RunFolderError
from keras_singan import SinGAN
from keras_singan.models import file_claims
from keras_singan.models.model_file import FORMAT_VERSION
from keras_singan.tasks.retrained_scale import QuantizedScale
from keras_singan.tasks.retrained_scale import find_quantized
from keras_singan.training.checkpoint import load_checkpoint

MANY = 300 * 2**20


@pytest.fixture
def file():
    return trained()[1] / "singan.keras"


def packed(file, path, name, data, method=zipfile.ZIP_DEFLATED):
    """Copies a model file; one member is packed anew, from other data."""
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(path, "w") as new:
        for other in old.namelist():
            if other != name:
                new.writestr(other, old.read(other))
        new.writestr(name, data, method)
    return path


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_member_that_unpacks_to_much_is_not_unpacked(file, tmp_path, name, method):
    path = packed(file, tmp_path / "x.keras", name, b" " * MANY, method)
    assert path.stat().st_size < 2**20
    with little_memory():
        assert_refused(path, name)


def test_a_member_that_claims_to_be_small_is_not_unpacked_either(file, tmp_path):
    path = packed(file, tmp_path / "x.keras", "config.json", b" " * MANY)
    true, false = struct.pack("<I", MANY), struct.pack("<I", 1000)
    data = path.read_bytes()
    assert data.count(true) == 2
    path.write_bytes(data.replace(true, false))
    with little_memory():
        assert_refused(path, "damaged")


def test_an_archive_of_very_many_members_is_refused(file, tmp_path):
    path = rewritten(file, tmp_path / "x.keras")
    with zipfile.ZipFile(path, "a") as archive:
        for k in range(200):
            archive.writestr(f"{k}", b"")
    assert_refused(path, "too many members")


def deflated_dataset(h5, name):
    del h5[name]
    h5.create_dataset(name, (30_000, 30_000), "f4", compression="gzip", chunks=True)


def unwritten_dataset(h5, name):
    del h5[name]
    h5.create_dataset(name, (2**20, 2**20), "f4")


def dataset_elsewhere(h5, name):
    shape = h5[name].shape
    size = 4 * int(np.prod(shape))
    del h5[name]
    h5.create_dataset(name, shape, "f4", external=[("secret", 0, size)])


def virtual_dataset(h5, name):
    layout = h5py.VirtualLayout(h5[name].shape, "f4")
    layout[...] = h5py.VirtualSource("secret.h5", "x", h5[name].shape)
    del h5[name]
    h5.create_virtual_dataset(name, layout)


def very_many_groups(h5, name):
    for k in range(5000):
        h5.create_group(f"g{k}")


CLAIMS = {
    deflated_dataset: "claim more than the file has",
    unwritten_dataset: "claim more than the file has",
    dataset_elsewhere: "lies elsewhere",
    virtual_dataset: "lies elsewhere",
    very_many_groups: "claim more than the file has",
}


def claiming(data, change):
    """Changes one dataset of a file of weights."""

    def change_one(h5):
        names = (name for name in datasets(h5) if h5[name].dtype.kind == "f")
        change(h5, next(name for name in names if h5[name].size > 1))

    return changed_weights(data, change_one)


@pytest.mark.parametrize("change", CLAIMS, ids=lambda change: change.__name__)
def test_weights_that_claim_more_than_there_is_are_not_read(file, tmp_path, change):
    data = claiming(weights_of_file(file), change)
    path = rewritten(file, tmp_path / "x.keras", model=data)
    with little_memory():
        assert_refused(path, CLAIMS[change])


PLANS = {
    "2,000 scales": {"sizes": [[32, 40]] * 2000, "filters": [1] * 2000},
    "65 scales": {"sizes": [[32, 40]] * 65, "filters": [1] * 65},
    "no scale": {"sizes": [], "filters": []},
    "terabytes": {"filters": [2**14] * 3},
    "many filters": {"filters": [2**14 + 1] * 3},
    "no filters": {"filters": [0] * 3},
    "a flag": {"filters": [True] * 3},
    "a float": {"filters": [4.5] * 3},
    "a digit": {"filters": ["4"] * 3},
    "another count": {"filters": [4] * 2},
    "a large photo": {"sizes": [[18, 23], [24, 30], [60_000, 60_000]]},
    "a large scale below": {"sizes": [[18, 23], [60_000, 60_000], [32, 40]]},
    "too large a side": {"sizes": [[18, 23], [24, 30], [32, 2**40]]},
    "no side": {"sizes": [[18, 23], [24, 30], [0, 40]]},
    "a triple": {"sizes": [[18, 23], [24, 30], [32, 40, 3]]},
    "many channels": {"channels": 2**40},
    "no channel": {"channels": 0},
    "channels in a text": {"channels": "3"},
}


@pytest.mark.parametrize("change", PLANS.values(), ids=PLANS)
def test_a_plan_of_networks_that_cannot_be_is_not_built(
    file, tmp_path, change, monkeypatch
):
    def built(*args, **kwargs):
        raise AssertionError("networks were built")

    monkeypatch.setattr("keras_singan.models.pyramid.Generator", built)
    path = tmp_path / "x.keras"
    rewritten(file, path, lambda content: content["config"].update(change))
    assert_refused(path, "damaged")


@pytest.mark.parametrize("text", ["a\n\x1b[2Jb\x07", "x" * 10_000, {"a": "\x1b[31m"}])
def test_what_wrote_a_file_is_quoted_and_cut(file, tmp_path, text):
    def change(content):
        metadata = content["config"]["metadata"]
        metadata |= {"format_version": FORMAT_VERSION + 1, "written_by": text}

    path = rewritten(file, tmp_path / "x.keras", change)
    line = refused(lambda: SinGAN.load(path), ModelFileError)
    assert line.isprintable() and len(line) < 300


@pytest.mark.parametrize("version", [10**1000, 10**4000])
def test_a_long_version_is_cut(file, tmp_path, version):
    def change(content):
        content["config"]["metadata"]["format_version"] = version

    path = rewritten(file, tmp_path / "x.keras", change)
    assert len(refused(lambda: SinGAN.load(path), ModelFileError)) < 400


def spoil(value):
    """Returns a function that writes a value into each dataset of HDF5, in turn."""

    def change(h5, name):
        values = np.array(h5[name])
        values.flat[-1] = value
        h5[name][...] = values

    return change


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite_are_refused(file, tmp_path, value):
    data = weights_of_file(file)
    with h5py.File(io.BytesIO(data)) as h5:
        names = [name for name in datasets(h5) if h5[name].dtype.kind == "f"]
    assert len(names) > 20
    # The noise amplitudes, the photo and the noise are among the first and last.
    for name in names[:: max(1, len(names) // 6)] + names[-3:]:
        spoiled = changed_weights(data, functools.partial(spoil(value), name=name))
        path = rewritten(file, tmp_path / "x.keras", model=spoiled)
        assert_refused(path, "not finite")


def test_negative_variances_are_refused(file, tmp_path):
    data = weights_of_file(file)
    variances = [w for w in trained()[0].pyramid_.weights if "variance" in w.name]
    wanted = variances[0].numpy()

    def change(h5):
        same = [
            name
            for name in datasets(h5)
            if h5[name].shape == wanted.shape and np.array_equal(h5[name], wanted)
        ]
        h5[same[0]][...] = -wanted

    path = rewritten(file, tmp_path / "x.keras", model=changed_weights(data, change))
    assert_refused(path, "variance", "negative")


def test_a_retrained_scale_is_read_with_the_same_suspicion(tmp_path):
    model = trained()[0]
    path = model.save(tmp_path / "singan.keras")
    name = "singan_quantized_scale1_colors4.keras"
    whole = retrained().save(tmp_path / name)
    data = weights_of_file(whole)
    assert find_quantized(path, model.pyramid_, model.config_)
    for change in (deflated_dataset, spoil(np.nan)):
        other = rewritten(whole, tmp_path / "other.keras", model=claiming(data, change))
        with little_memory():
            refused(functools.partial(QuantizedScale.load, other), ModelFileError)
        other.replace(whole)
        assert find_quantized(path, model.pyramid_, model.config_) == {}


@pytest.mark.parametrize(
    "change", [*CLAIMS, spoil(np.nan), spoil(np.inf)], ids=lambda x: x.__name__
)
def test_a_checkpoint_is_read_with_the_same_suspicion(tmp_path, change):
    whole = trained()[1] / "checkpoints" / "scale_00.weights.h5"
    path = tmp_path / "x.weights.h5"
    path.write_bytes(claiming(whole.read_bytes(), change))
    scale_gan = new_trainer(0).scale_gan
    with little_memory():
        line = refused(lambda: load_checkpoint(scale_gan, path), RunFolderError)
    assert re.search("delete a damaged one", line)
    load_checkpoint(scale_gan, whole)


def test_the_moments_of_a_checkpoint_are_finite_too(tmp_path):
    data = (trained()[1] / "checkpoints" / "scale_00.weights.h5").read_bytes()
    scale_gan = new_trainer(0).scale_gan
    path = tmp_path / "x.weights.h5"
    with h5py.File(io.BytesIO(data)) as h5:
        names = [
            name
            for name in datasets(h5)
            if "optimizer" in name and h5[name].dtype.kind == "f" and h5[name].size > 1
        ]
    assert names
    for name in (names[0], names[-1]):
        path.write_bytes(
            changed_weights(data, functools.partial(spoil(np.nan), name=name))
        )
        refused(lambda: load_checkpoint(scale_gan, path), RunFolderError)


def test_a_checkpoint_of_far_too_many_bytes_is_not_read(tmp_path):
    path = tmp_path / "x.weights.h5"
    with open(path, "wb") as sparse:
        sparse.truncate(2**33)
    scale_gan = new_trainer(0).scale_gan
    with little_memory():
        refused(lambda: load_checkpoint(scale_gan, path), RunFolderError)


def test_the_bound_leaves_room_for_every_sound_file(file):
    pyramid = trained()[0].pyramid_
    assert len(weights_of_file(file)) < file_claims.most_weight_bytes(pyramid) / 2
