"""`keras-singan export`, from a run folder to a model that answers."""

import os
import shlex
from pathlib import Path

import pytest
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.exports import Session
from support.exports import decoded

from keras_singan import SinGAN


@pytest.fixture(autouse=True)
def in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def without_writing(monkeypatch):
    """Takes what would be written; gives the list of it."""
    taken = []

    def export(model, path, **options):
        taken.append((Path(path), options))
        return Path(path) / options["name"] / "1"

    monkeypatch.setattr(SinGAN, "export", export)
    return taken


def test_a_run_becomes_a_version_that_answers():
    options = ["--model", trained_run(), "--limit", "max_rows=2"]
    result = succeed("export", "models", *options)
    path = Path("models/singan/1")
    assert result.stdout == (
        f"Exported: {path}\nNext: keras-singan serve models/singan\n"
    )
    row = Session(path)("sample", seed=5, index=1, start_scale=-1)[0]
    model = SinGAN.load(trained_run())
    assert (decoded(row) == model.sample(2, seed=5)[1]).all()
    assert "| max_rows | 2 |" in (path / "README.md").read_text()
    assert (path / "assets.extra" / "tf_serving_warmup_requests").is_file()


def test_options_reach_the_export(without_writing):
    saved_model("model.keras")
    options = "--name photo --version 7 --no-warmup --limit max_side=99"
    result = succeed("export", "a b", "--model", "model.keras", *shlex.split(options))
    ((path, taken),) = without_writing
    assert path == Path("a b")
    assert taken.pop("limits").max_side == 99
    assert taken == {"name": "photo", "version": 7, "warmup": False}
    assert "Next: keras-singan serve 'a b/photo'\n" in result.stdout


def test_without_options_it_is_the_next_version_of_singan(without_writing):
    saved_model("model.keras")
    succeed("export", "models", "--model", "model.keras")
    ((_, taken),) = without_writing
    assert taken["version"] is None and taken["warmup"] is True
    assert taken["name"] == "singan"


WRONG = {
    "": (2, "Missing argument 'OUTPUT'"),
    "models --version -1": (2, "-1 is not in the range x>=0"),
    "models --version one": (2, "'one' is not a valid integer"),
    "models --limit max_side": (2, "A limit must be NAME=NUMBER"),
    "models --limit side=5": (2, "a name of max_rows, max_side"),
    "models --limit max_side=0": (2, "`max_side` must be a whole number from 1"),
    "models --limit max_side=9": (2, "`max_side` must be at least 30"),
    "models --name a/b": (2, "`name` must be made of letters"),
    "model.keras": (2, "is a file"),
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage_is_refused_and_nothing_written(options):
    saved_model("model.keras")
    code, text = WRONG[options]
    line = refuse(code, "export", *options.split(), "--model", "model.keras")
    assert text in line, line
    assert [path.name for path in Path().iterdir()] == ["model.keras"]


def test_a_version_that_exists_is_refused():
    saved_model("model.keras")
    Path("models/singan/3").mkdir(parents=True)
    line = refuse(1, "export", "models", "--version", 3, "--model", "model.keras")
    assert "A version must not exist yet" in line and "models/singan/3" in line
    assert not list(Path("models/singan/3").iterdir())


def test_help_names_every_limit():
    text = succeed("export", "--help").stdout
    from keras_singan.export import ExportLimits

    for name in vars(ExportLimits()):
        assert name in text


def test_a_folder_whose_name_is_no_utf8_takes_an_export(monkeypatch):
    def write(singan, folder, *rest):
        # As TensorFlow does.
        str(folder).encode("utf-8")
        folder.mkdir()
        (folder / "saved_model.pb").write_text("model")

    monkeypatch.setattr("keras_singan.export.saved_model._write", write)
    folder = Path(os.fsdecode(b"caf\xe9"))
    succeed("export", folder, "--model", trained_run())
    assert (folder / "singan/1/saved_model.pb").read_text() == "model"
    assert [path.name for path in (folder / "singan").iterdir()] == ["1"]
