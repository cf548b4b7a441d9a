"""Where an export goes: names, numbers, and nothing half-written."""

import os

import pytest
from support.checks import assert_one_line
from support.exports import untrained

from keras_singan import ConfigError
from keras_singan import NotFittedError
from keras_singan import OutputError
from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.export import ExportLimits
from keras_singan.export import saved_model

WRITE = saved_model._write


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """Writes a small file in the place of a model."""

    def write(singan, folder, limits, quantized, warmup_name):
        folder.mkdir()
        (folder / "saved_model.pb").write_text(f"{warmup_name}")

    monkeypatch.setattr(saved_model, "_write", write)


@pytest.fixture(scope="module")
def model():
    return untrained()


def there(path):
    return sorted(str(p.relative_to(path)) for p in path.rglob("*"))


def test_the_next_version_is_one_more_than_the_highest(model, tmp_path):
    paths = [model.export(tmp_path) for _ in range(2)]
    assert paths == [tmp_path / "singan" / "1", tmp_path / "singan" / "2"]
    (tmp_path / "singan" / "41").mkdir()
    (tmp_path / "singan" / "notes").mkdir()
    (tmp_path / "singan" / ".99").mkdir()
    assert model.export(tmp_path).name == "42"


def test_a_version_may_be_given(model, tmp_path):
    assert model.export(tmp_path, version=7) == tmp_path / "singan" / "7"
    assert model.export(str(tmp_path), version=0).name == "0"
    assert model.export(tmp_path, version=2**63 - 1).name == str(2**63 - 1)


def test_a_version_that_exists_is_refused_and_stays(model, tmp_path):
    path = model.export(tmp_path, version=7)
    before = path.stat().st_mtime_ns
    with pytest.raises(OutputError, match="must not exist yet") as error:
        model.export(tmp_path, version=7)
    assert_one_line(error)
    assert str(path) in str(error.value)
    assert path.stat().st_mtime_ns == before
    assert there(tmp_path) == ["singan", "singan/7", "singan/7/saved_model.pb"]


def test_a_version_that_appears_meanwhile_is_not_replaced(model, tmp_path, monkeypatch):
    write = saved_model._write

    def slow(singan, folder, *args):
        write(singan, folder, *args)
        (folder.parent / "1").mkdir()

    monkeypatch.setattr(saved_model, "_write", slow)
    with pytest.raises(OutputError, match="must not exist yet"):
        model.export(tmp_path)
    assert there(tmp_path) == ["singan", "singan/1"]


@pytest.mark.parametrize("version", [-1, 2**63, 1.0, True, "3"])
def test_a_version_that_is_no_number_is_refused(model, tmp_path, version):
    with pytest.raises(TaskError, match="`version` must be a whole number") as error:
        model.export(tmp_path, version=version)
    assert_one_line(error)
    assert there(tmp_path) == []


@pytest.mark.parametrize("name", ["a", "Photo_2.v1-x", "7", "-"])
def test_a_name_becomes_a_folder(model, tmp_path, name):
    path = model.export(tmp_path, name=name, warmup=True)
    assert path == tmp_path / name / "1"
    assert (path / "saved_model.pb").read_text() == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", ".a", "a/b", "a b", "é", "a\n", None, 3]
)
def test_a_name_that_is_no_folder_or_url_is_refused(model, tmp_path, name):
    with pytest.raises(TaskError, match="`name` must be made of") as error:
        model.export(tmp_path, name=name)
    assert_one_line(error)
    assert there(tmp_path) == []


@pytest.mark.parametrize("failure", [RuntimeError("boom"), KeyboardInterrupt()])
def test_a_failure_in_the_middle_leaves_nothing(model, tmp_path, monkeypatch, failure):
    write = saved_model._write

    def fail(singan, folder, *args):
        write(singan, folder, *args)
        assert there(tmp_path) != ["singan"]
        raise failure

    monkeypatch.setattr(saved_model, "_write", fail)
    with pytest.raises(type(failure)):
        model.export(tmp_path)
    assert there(tmp_path) == ["singan"]


def test_a_full_disk_is_one_line(model, tmp_path, monkeypatch):
    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saved_model, "_write", fail)
    with pytest.raises(OutputError, match="No space left on device") as error:
        model.export(tmp_path)
    assert_one_line(error)


def test_what_tensorflow_cannot_write_is_one_line(model, tmp_path, monkeypatch):
    import tensorflow as tf

    def fail(*args, **kwargs):
        raise tf.errors.ResourceExhaustedError(None, None, "no space\nleft on device")

    monkeypatch.setattr(saved_model, "_write", WRITE)
    monkeypatch.setattr(tf.saved_model, "save", fail)
    monkeypatch.setattr(saved_model.Signatures, "all", lambda _: {"sample": None})
    with pytest.raises(OutputError, match="no space left on device") as error:
        model.export(tmp_path)
    assert_one_line(error)
    assert there(tmp_path) == ["singan"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_read_only_is_one_line(model, tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied") as error:
        model.export(tmp_path)
    assert_one_line(error)


def test_a_file_in_the_place_of_a_folder_is_one_line(model, tmp_path):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(OutputError) as error:
        model.export(file)
    assert_one_line(error)
    (tmp_path / "singan").touch()
    with pytest.raises(OutputError, match="a folder of versions") as error:
        model.export(tmp_path)
    assert_one_line(error)


def test_limits_that_forbid_the_photo_itself_are_refused(model, tmp_path):
    for name, least in (
        *(("max_side", 30), ("max_pixels", 720), ("max_total_pixels", 720)),
        ("max_image_bytes", 2880),
    ):
        model.export(tmp_path, limits=ExportLimits(**{name: least}))
        with pytest.raises(ConfigError, match=f"`{name}` must be at least") as error:
            model.export(tmp_path, limits=ExportLimits(**{name: least - 1}))
        assert_one_line(error)


def test_without_warm_up(model, tmp_path):
    path = model.export(tmp_path, warmup=False)
    assert (path / "saved_model.pb").read_text() == "False"


def test_a_model_without_weights_is_refused(tmp_path):
    with pytest.raises(NotFittedError):
        SinGAN().export(tmp_path)
    assert there(tmp_path) == []
