import shutil
from pathlib import Path

import pytest
from command_line import refuse
from command_line import trained_run


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


WRONG = {
    "--size 50": "must look like 188x250 (height x width). Received: '50'",
    "--size 50x": "Received: '50x'",
    "--size -5x6": "Received: '-5x6'",
    "--size 0x50": "`size` must be",
    "--size 4x50": "`size` must be at least",
    "--scale 2": "from 0 to 1 for this model of 2 scales. Received: start_scale=2",
    "--scale -1": "Received: start_scale=-1",
    "--scale one": "'one' is not a valid integer",
    "--seed 99999999999999999999": "`seed` must be a whole number of 64 bits",
    "-n 0": "0 is not in the range x>=1",
    "--model missing.keras": "'missing.keras' does not exist",
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage_is_refused_and_nothing_written(options):
    line = refuse(2, "sample", "--model", trained_run(), *options.split())
    assert WRONG[options] in line
    assert list(Path().iterdir()) == []


def test_no_model_at_all_says_where_one_is_looked_for():
    line = refuse(1, "sample")
    assert "--model" in line and "runs/" in line


def test_an_unfinished_run_is_no_model():
    shutil.copytree(trained_run(), "half", ignore=shutil.ignore_patterns("*.keras"))
    assert "must hold a finished singan.keras" in refuse(1, "sample", "--model", "half")


def test_a_damaged_model_is_a_failed_run():
    whole = (trained_run() / "singan.keras").read_bytes()
    Path("bad.keras").write_bytes(whole[: len(whole) // 2])
    assert "of another kind or damaged" in refuse(1, "sample", "--model", "bad.keras")


def test_a_file_in_the_way_of_the_images_is_a_failed_run():
    Path("samples").write_text("a file")
    line = refuse(1, "sample", "--model", trained_run())
    assert "can be written" in line or "Not a directory" in line
