"""The retrained scale: its file, and what is refused."""

import functools
import json
import zipfile

import numpy as np
import pytest
from support.checks import assert_one_line
from support.checks import refused
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import TINY
from support.tiny_models import asked
from support.tiny_models import assert_refused
from support.tiny_models import retrained
from support.tiny_models import trained
from support.tiny_models import weight_bytes

from keras_singan import ModelFileError
from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.tasks import retrained_scale
from keras_singan.tasks.retrained_scale import QuantizedScale
from keras_singan.tasks.retrained_scale import fingerprint
from keras_singan.tasks.retrained_scale import quantized_path


@pytest.fixture
def saved(tmp_path):
    return retrained().save(tmp_path / "few.keras")


@pytest.fixture
def trainings(monkeypatch):
    """The retrainings that were asked for; none is really done."""
    calls = []

    def fake(pyramid, config, scale, colors, verbose=0):
        calls.append((scale, colors))
        few = retrained()
        base = fingerprint(pyramid)
        return QuantizedScale(few.pyramid, config, scale, colors, few.palette, base)

    monkeypatch.setattr(retrained_scale, "retrain", fake)
    return calls


def test_a_saved_scale_comes_back(saved):
    few, kept = retrained(), QuantizedScale.load(str(saved))
    assert weight_bytes(kept.pyramid) == weight_bytes(few.pyramid)
    assert kept.palette.dtype == np.float32
    assert np.array_equal(kept.palette, few.palette)
    for name in ("config", "scale", "colors", "base"):
        assert getattr(kept, name) == getattr(few, name)
    again = kept.save(saved.with_name("again.keras"))
    assert weight_bytes(QuantizedScale.load(again).pyramid) == weight_bytes(few.pyramid)


def test_a_fitting_file_is_used_instead_of_training(tmp_path, trainings):
    path = tmp_path / "new" / "few.keras"
    first = asked(path)
    assert trainings == [(1, 4)]
    written = path.read_bytes()
    assert [p.name for p in path.parent.iterdir()] == ["few.keras"]
    second = asked(str(path))
    assert trainings == [(1, 4)] and path.read_bytes() == written
    assert weight_bytes(second.pyramid) == weight_bytes(first.pyramid)
    model = SinGAN.load(trained()[1])
    asked(path, singan=model)
    assert len(trainings) == 1


def test_without_a_path_nothing_is_kept(trainings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asked()
    asked()
    assert len(trainings) == 2 and not list(tmp_path.iterdir())


def test_a_file_of_another_model_is_replaced(saved, trainings):
    other = SinGAN.load(trained()[1])
    tail = other.pyramid_.generators[2].tail
    tail.bias.assign(tail.bias + 1e-3)
    asked(saved, singan=other)
    assert trainings == [(1, 4)]
    assert QuantizedScale.load(saved).base == fingerprint(other.pyramid_)
    asked(saved, singan=other)
    assert len(trainings) == 1


def test_a_file_of_other_arguments_is_replaced(saved, trainings):
    asked(saved, scale=2)
    asked(saved, scale=2, colors=5)
    longer = SinGAN.load(trained()[1])
    longer.config_ = SinGANConfig(**TINY | {"steps": 9})
    asked(saved, scale=2, colors=5, singan=longer)
    assert trainings == [(2, 4), (2, 5), (2, 5)]
    asked(saved, scale=2, colors=5, singan=longer)
    assert len(trainings) == 3


def test_fewer_colours_than_asked_for_are_no_reason_to_train_again(tmp_path, trainings):
    asked(tmp_path / "few.keras", colors=200)
    asked(tmp_path / "few.keras", colors=200)
    assert trainings == [(1, 200)]


def test_every_number_of_a_model_is_in_its_fingerprint():
    model = SinGAN.load(trained()[1]).pyramid_
    prints = {fingerprint(trained()[0].pyramid_), fingerprint(model)}
    assert len(prints) == 1
    for weight in model.weights:
        weight.assign(weight + 1e-3)
        prints.add(fingerprint(model))
    assert len(prints) == 1 + len(model.weights)
    assert all(len(p) == 64 for p in prints)


def assert_kept(path, *texts):
    """Asserts that a file is refused, is not trained over, and stays as it is."""
    before = path.read_bytes() if path.is_file() else None
    for ask in (QuantizedScale.load, asked):
        line = refused(functools.partial(ask, path), ModelFileError)
        for text in (*texts, str(path)):
            assert text in line
    assert before is None or path.read_bytes() == before


def test_a_whole_model_is_never_overwritten(tmp_path, trainings):
    path = trained()[0].save(tmp_path / "singan.keras")
    assert_kept(path, "another kind")
    run = tmp_path / "run.keras"
    run.mkdir()
    assert_kept(run, "must hold a finished singan.keras")
    trained()[0].save(run / "singan.keras")
    assert_kept(run, "another kind")
    assert not trainings


def test_a_retrained_scale_is_no_model(saved):
    assert_refused(saved, "whole model")


@pytest.mark.parametrize("share", [0, 0.3, 0.99])
def test_a_file_cut_short_is_refused(saved, trainings, share):
    data = saved.read_bytes()
    saved.write_bytes(data[: int(len(data) * share)])
    assert_kept(saved, "damaged")
    assert not trainings


def rewritten(path, change):
    """Changes the `extra` in a file's config."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    content = json.loads(parts["config.json"])
    metadata = content["config"]["metadata"]
    metadata["extra"] = change(metadata["extra"])
    parts["config.json"] = json.dumps(content).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)


def test_a_rewritten_file_without_changes_loads(saved, trainings):
    rewritten(saved, lambda extra: extra)
    assert asked(saved).base == retrained().base
    assert not trainings


@pytest.mark.parametrize(
    "change",
    [
        {"quantized_scale": 0},
        {"quantized_scale": 3},
        {"quantized_scale": "1"},
        {"colors": 3},
        {"colors": 1},
        {"colors": 257},
        {"colors": None},
        {"palette": []},
        {"palette": [[]]},
        {"palette": 7},
        {"palette": {"module": "os", "class_name": "system"}},
        {"palette": [[0.0, 0.0]]},
        {"palette": [[0.0, 0.0, 2.0]]},
        {"palette": [[0.0, 0.0, float("nan")]]},
        {"palette": [[0.0, 0.0, 10**400]]},
        {"palette": [[0.0, 0.0, 0.0], [0.0]]},
    ],
)
def test_an_extra_that_cannot_be_is_refused(saved, change):
    rewritten(saved, lambda extra: extra | change)
    assert_kept(saved, "damaged")


def test_an_extra_of_another_form_is_refused(saved):
    for extra in ([], "x", {}, 7):
        rewritten(saved, lambda _, extra=extra: extra)
        assert_kept(saved, "damaged")
        assert_refused(saved, "whole model")


@pytest.mark.parametrize("name", ["few", "few.h5", "few.keras.zip"])
def test_another_suffix_is_refused_before_training(tmp_path, trainings, name):
    with pytest.raises(ModelFileError) as error:
        asked(tmp_path / name)
    assert_one_line(error)
    assert "must end in .keras" in str(error.value)
    assert not trainings and not list(tmp_path.iterdir())


def test_a_place_that_cannot_be_written_is_warned_of_before_training(
    tmp_path, trainings
):
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "few.keras"
    with pytest.warns(UserWarning, match="is not kept") as caught:
        result = asked(path)
    assert len(caught) == 1 and str(path) in str(caught[0].message)
    assert result.scale and len(trainings) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("colors", [1, 257, 0, -5, 5.0, "5", None, True])
def test_colours_out_of_range_are_refused(trainings, colors):
    with pytest.raises(TaskError) as error:
        asked(colors=colors)
    assert_one_line(error)
    assert "from 2 to 256" in str(error.value)
    assert f"Received: colors={colors!r}." in str(error.value)
    assert not trainings


@pytest.mark.parametrize("scale", [0, 3, -1, 1.0, "1", None])
def test_a_scale_out_of_range_is_refused(trainings, scale):
    with pytest.raises(TaskError) as error:
        asked(scale=scale)
    assert_one_line(error)
    assert "from 1 to 2" in str(error.value)
    assert not trainings


def test_an_unknown_verbosity_is_refused(trainings):
    with pytest.raises(ConfigError) as error:
        asked(verbose=3)
    assert_one_line(error)
    assert not trainings


def test_the_file_stands_beside_the_model(tmp_path):
    name = "singan_quantized_scale1_colors5.keras"
    assert quantized_path(tmp_path / "singan.keras", 1, 5) == tmp_path / name
    assert quantized_path(str(tmp_path), 1, 5) == tmp_path / name
    other = quantized_path("a/my.photo.keras", 2, 16)
    assert other.as_posix() == "a/my.photo_quantized_scale2_colors16.keras"
    assert len({quantized_path("m.keras", s, c) for s in (1, 2) for c in (5, 6)}) == 4


def test_a_run_folder_with_a_retrained_scale_is_still_one(tmp_path):
    singan = SinGAN(**TINIER).fit(photo(24, 30), checkpoint_dir=tmp_path, verbose=0)
    path = quantized_path(tmp_path, 1, 3)
    asked(path, singan=singan, colors=3)
    assert path.is_file() and path.parent == tmp_path
    again = SinGAN(**TINIER).fit(photo(24, 30), checkpoint_dir=tmp_path, verbose=0)
    assert weight_bytes(again.pyramid_) == weight_bytes(singan.pyramid_)
