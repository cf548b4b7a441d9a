"""The model file: what comes back, and what is refused without running it."""

import errno
import os

import numpy as np
import pytest
from support.checks import assert_one_line
from support.tiny_models import assert_refused
from support.tiny_models import assert_same_weights
from support.tiny_models import trained

from keras_singan import ModelFileError
from keras_singan import OutputError
from keras_singan import SinGAN


@pytest.fixture
def file():
    return trained()[1] / "singan.keras"


def test_a_loaded_model_is_the_saved_one(file):
    model, loaded = trained()[0], SinGAN.load(str(file))
    assert_same_weights(model, loaded)
    assert loaded.config_ == model.config_
    samples = [m.sample(2, seed=9, size=(40, 44)) for m in (model, loaded)]
    assert np.array_equal(*samples)
    assert np.array_equal(model.reconstruct(), loaded.reconstruct())
    assert np.array_equal(model.training_image(), loaded.training_image())
    assert_same_weights(SinGAN.load(trained()[1]), model)


def test_a_loaded_model_can_be_saved_again(file, tmp_path):
    again = SinGAN.load(file).save(tmp_path / "new" / "again.keras")
    assert_same_weights(SinGAN.load(again), trained()[0])


def test_a_path_without_a_model_is_refused(tmp_path):
    assert_refused(tmp_path / "missing.keras", "must exist")
    assert_refused(tmp_path, "must hold a finished singan.keras")


@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.3, 0.9, 0.99, 0.9999])
def test_a_file_cut_short_is_refused(file, tmp_path, share):
    data = file.read_bytes()
    (tmp_path / "cut.keras").write_bytes(data[: int(len(data) * share)])
    assert_refused(tmp_path / "cut.keras", "damaged")


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_byte_is_noticed(file, tmp_path, place):
    data = bytearray(file.read_bytes())
    data[int(len(data) * place)] ^= 0xFF
    (tmp_path / "flipped.keras").write_bytes(data)
    assert_refused(tmp_path / "flipped.keras", "damaged")


def test_random_bytes_are_refused(tmp_path):
    (tmp_path / "x.keras").write_bytes(np.random.default_rng(0).bytes(5000))
    assert_refused(tmp_path / "x.keras", "damaged")


@pytest.mark.parametrize("name", ["model.h5", "model", ".keras", "model.keras.zip"])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ModelFileError) as error:
        trained()[0].save(tmp_path / name)
    assert_one_line(error)
    assert "must end in .keras" in str(error.value)
    assert not list(tmp_path.iterdir())


def test_a_failed_save_keeps_the_old_file(file, tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    path.write_bytes(b"old")

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for function in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, function, full)
            with pytest.raises(OutputError) as error:
                trained()[0].save(path)
        assert_one_line(error)
        assert [p.name for p in tmp_path.iterdir()] == ["model.keras"]
        assert path.read_bytes() == b"old"
    assert trained()[0].save(path) == path
    assert_same_weights(SinGAN.load(path), trained()[0])
    with pytest.raises(OutputError):
        trained()[0].save(path / "below.keras")
