"""The folder of a run: what is in it, and what it survives."""

import errno
import hashlib
import json
import os

import keras
import numpy as np
import pytest
from PIL import Image
from support.checks import assert_one_line
from support.checks import snapshot
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import TINY
from support.tiny_models import assert_same_weights
from support.tiny_models import opened_run
from support.tiny_models import trained

from keras_singan import OutputError
from keras_singan import RunFolderError
from keras_singan import SinGAN
from keras_singan.io.image import read_image
from keras_singan.training.callbacks import LOSSES

PICTURES = ["real.png", "reconstruction.png", "sample.png"]


def fit(path, **kwargs):
    return SinGAN(**TINIER).fit(photo(24, 30), checkpoint_dir=path, verbose=0, **kwargs)


class Stop(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        if self.model.name == "scale_1":
            raise KeyboardInterrupt


def test_a_finished_run_has_the_files_it_promises():
    scales = ["scale_00", "scale_01", "scale_02"]
    wanted = {"config.json", "history.json", "losses.png", "singan.keras"}
    wanted |= {"progress.json", ".lock"}
    wanted |= {"checkpoints", *scales, *(f"{s}/{p}" for s in scales for p in PICTURES)}
    wanted |= {f"checkpoints/{scale}.weights.h5" for scale in scales}
    assert {*snapshot(trained()[1])} == wanted


def test_the_config_names_hyper_parameters_and_image():
    card = json.loads((trained()[1] / "config.json").read_text("utf-8"))
    assert card["config"] == SinGAN(**TINY).config_.to_dict()
    digest = hashlib.sha256(read_image(photo()).tobytes()).hexdigest()
    assert card["image"]["sha256"] == digest
    assert [card["image"][n] for n in ("height", "width", "channels")] == [32, 40, 3]


def test_the_history_has_every_loss_of_every_iteration():
    model, run, _ = trained()
    scales = json.loads((run / "history.json").read_text("utf-8"))["scales"]
    assert scales == model.history_
    assert len(scales) == 3
    for losses in scales:
        assert sorted(losses) == sorted(LOSSES)
        assert all(len(values) == TINY["steps"] for values in losses.values())
        assert all(np.isfinite(values).all() for values in losses.values())


def test_the_pictures_have_the_size_of_their_scale():
    model, run, _ = trained()
    for scale, size in enumerate(model.pyramid_.sizes):
        for name in PICTURES:
            with Image.open(run / f"scale_{scale:02d}" / name) as image:
                assert image.format == "PNG"
                assert np.asarray(image).shape == (*size, 3)
    finest = np.asarray(Image.open(run / "scale_02" / "real.png"))
    assert np.array_equal(finest, model.training_image())
    rebuilt = np.asarray(Image.open(run / "scale_02" / "reconstruction.png"))
    assert np.abs(rebuilt.astype(int) - model.reconstruct()).max() <= 1
    with Image.open(run / "losses.png") as image:
        assert image.format == "PNG" and min(image.size) > 100
        assert len(image.getcolors(100_000)) > 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"scales": 3}',
        '{"scales": [1]}',
        '{"scales": [{"discriminator_loss": [1.0]}]}',
        json.dumps({"scales": [dict.fromkeys(LOSSES, "loss")]}),
        "\xff",
    ],
)
def test_a_spoilt_history_is_forgotten(tmp_path, text):
    opened_run(tmp_path / "run")
    (tmp_path / "run" / "history.json").write_text(text, "latin-1")
    assert opened_run(tmp_path / "run").history.scales == []


def test_a_run_goes_on_without_its_history(tmp_path):
    straight = fit(tmp_path / "straight")
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path / "run", callbacks=[Stop()])
    (tmp_path / "run" / "history.json").write_text('{"scales": [{')
    resumed = fit(tmp_path / "run")
    assert_same_weights(resumed, straight)
    name = "adversarial_loss"
    assert resumed.history_[1][name] == straight.history_[1][name][1:]
    assert (tmp_path / "run" / "losses.png").is_file()


def test_a_finished_run_is_not_trained_again(monkeypatch):
    model, run, _ = trained()
    before = snapshot(run)
    monkeypatch.setattr("keras_singan.estimator.fit_pyramid", None)
    again = SinGAN(**TINY).fit(photo(), checkpoint_dir=run, verbose=0)
    assert_same_weights(again, model)
    assert again.history_ == model.history_
    assert np.array_equal(again.sample(2, seed=3), model.sample(2, seed=3))
    assert snapshot(run) == before


def test_a_full_disk_leaves_the_checkpoints_whole(tmp_path, monkeypatch):
    straight = fit(tmp_path / "straight")
    real_fsync, run = os.fsync, tmp_path / "run"

    def full(descriptor):
        if (run / "scale_01" / "sample.png").exists():
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real_fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError) as error:
        fit(run)
    assert_one_line(error)
    assert os.strerror(errno.ENOSPC) in str(error.value)
    there = {p.name for p in (run / "checkpoints").iterdir()}
    assert there == {"scale_00.weights.h5"}
    monkeypatch.undo()
    assert_same_weights(fit(run), straight)


def test_a_damaged_checkpoint_is_named(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fit(tmp_path, callbacks=[Stop()])
    checkpoint = tmp_path / "checkpoints" / "scale_00.weights.h5"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    with pytest.raises(RunFolderError) as error:
        fit(tmp_path)
    assert_one_line(error)
    assert str(checkpoint) in str(error.value)
