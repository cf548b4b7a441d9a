import json
import shutil
from pathlib import Path

import pytest
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.hostile_models import rewritten

import keras_singan


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_table_shows_every_scale_and_every_hyper_parameter():
    lines = succeed("info", trained_run()).stdout.splitlines()
    assert "a SinGAN of 32 x 40 (height x width), 3 channels" in lines[0]
    rows = [[x.strip() for x in x.split("│")[1:-1]] for x in lines if "│" in x]
    assert [row[:3] for row in rows] == [["0", "24 x 30", "4"], ["1", "32 x 40", "4"]]
    # The first scale's noise is not scaled, that of the others is.
    assert rows[0][3] == "1.0000"
    assert 0 < float(rows[1][3]) < 0.2
    for line in ("num_layers = 2", "steps = 3", "normalization = batch"):
        assert line in lines


@pytest.mark.parametrize("name", ["", "singan.keras"])
def test_json_holds_the_config_of_the_run(name):
    path = trained_run() / name
    facts = json.loads(succeed("info", path, "--json").stdout)
    card = json.loads((trained_run() / "config.json").read_text("utf-8"))
    assert facts["config"] == card["config"]
    assert facts["path"] == str(path)
    assert facts["written_by"] == f"keras_singan {keras_singan.__version__}"
    assert facts["channels"] == 3
    assert [scale["size"] for scale in facts["scales"]] == [[24, 30], [32, 40]]


def test_the_newest_run_is_told_of_by_default():
    shutil.copytree(trained_run(), "runs/photo")
    result = succeed("info", "--json")
    assert result.stderr == "Model: runs/photo (the newest in runs/)\n"
    assert json.loads(result.stdout)["path"] == "runs/photo/singan.keras"


def test_the_next_command_works_when_typed():
    saved_model("my model.keras", size=(32, 40), scales=2)
    type_next(succeed("info", "my model.keras"))
    assert len(list(Path("samples/my model").glob("sample_scale1_*.png"))) == 8


def test_the_next_command_fits_a_model_of_one_scale():
    saved_model("one.keras")
    type_next(succeed("info", "one.keras"))


def test_square_brackets_in_a_path_are_no_markup():
    saved_model("photo[bold][/x].keras")
    result = succeed("info", "photo[bold][/x].keras")
    assert result.stdout.startswith("photo[bold][/x].keras: a SinGAN of 24 x 30")


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_damaged_file_prints_no_facts(options):
    Path("bad.keras").write_bytes(b"PK\x03\x04 no archive")
    assert "or damaged" in refuse(1, "info", "bad.keras", *options)


def test_a_missing_file_is_usage():
    assert "'no.keras' does not exist" in refuse(2, "info", "no.keras")


def test_no_model_at_all_is_a_failed_run():
    assert "Received: no --model" in refuse(1, "info")


@pytest.mark.parametrize("written_by", ["\x1b[2Jme\n" * 30, ["x"], None])
def test_what_wrote_a_file_says_so_in_a_few_plain_words(written_by):
    def change(content):
        content["config"]["metadata"]["written_by"] = written_by

    rewritten(trained_run() / "singan.keras", "other.keras", change)
    lines = succeed("info", "other.keras").stdout.splitlines()
    assert lines[0].isprintable() and len(lines[0]) < 160
    assert lines[1].startswith(("+", "┏"))
    assert json.loads(succeed("info", "other.keras", "--json").stdout)


def test_a_file_that_names_no_writer_is_told_of():
    def change(content):
        del content["config"]["metadata"]["written_by"]

    rewritten(trained_run() / "singan.keras", "other.keras", change)
    assert "written by None" in succeed("info", "other.keras").stdout
