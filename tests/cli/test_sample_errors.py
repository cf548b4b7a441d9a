import shutil
from pathlib import Path

import pytest
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import trained_run


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


WRONG = {
    "--size 50": "must look like 188x250 (height x width, px). Received: '50'",
    "--size 50x": "Received: '50x'",
    "--size -5x6": "Received: '-5x6'",
    "--size 0x50": "`size` must be",
    "--size 4x50": "`size` must be at least",
    "--scale 2": "from 0 to 1 for this model of 2 scales. Received: start_scale=2",
    "--scale -1": "Received: start_scale=-1",
    "--scale one": "Scales must look like 1 or 0,2 or 1-3",
    "--scale 0-2": "from 0 to 1 for this model of 2 scales. Received: start_scale=2",
    "--scale 1-0": "ranges upwards. Received: '1-0'",
    "--scale 0,": "Received: '0,'",
    "--scale 0 --scale 7": "Received: start_scale=7",
    "--height-factor 0": "0.0 is not in the range 0<x<=1000",
    "--width-factor nan": "A factor must be a number. Received: nan",
    "--width-factor inf": "inf is not in the range 0<x<=1000",
    "--height-factor 0.1": "`size` must be at least",
    "--size 50x61 --height-factor 2": "Either --size or --height-factor",
    "--output x.gif": "that ends in .png",
    "-n 2 --output x.png": "Received: --output x.png for 2 results",
    "-n 2 --output -": "Received: --output - for 2 results",
    "-n 1 --scale 0,1 --output x.png": "--grid for one sheet",
    "--seed 99999999999999999999": "`seed` must be a whole number of 64 bits",
    "--variation 1.5": "at least 0 and at most 1. Received: variation=1.5",
    "--variation x": "'x' is not a valid float",
    "--variation 0.5 --size 32x50": "must have the trained size",
    "--around 3,2": "`variation` must be below 1 with `around`",
    "--variation 0.5 --around 3": "A sample must look like 3,2",
    "--variation 0.5 --tile x": "`variation` must be 1 and `around` None with `tile`",
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


@pytest.fixture
def no_work(monkeypatch):
    def sample(*args, **kwargs):
        raise AssertionError("worked before it refused")

    monkeypatch.setattr("keras_singan.SinGAN.sample", sample)


def test_a_file_in_the_way_of_the_images_is_a_failed_run(no_work):
    Path("samples").write_text("a file")
    line = refuse(1, "sample", "--model", trained_run())
    assert "can be written" in line and "'samples'" in line


@pytest.mark.parametrize("output", ["/proc/below", "/proc/x.png", "x" * 300 + ".png"])
def test_what_the_system_does_not_let_be_written_is_refused_before_the_work(
    no_work, output
):
    args = ["sample", "--model", trained_run(), "-n", 1, "--output", output]
    line = refuse(1, *args)
    assert "can be written to, but of " in line and "Received: path='" in line
    assert list(Path().iterdir()) == []


def test_existing_images_are_refused_before_the_work(no_work):
    Path("out").mkdir()
    Path("out/sample_scale1_seed0003_001.png").touch()
    command = ["sample", "--model", trained_run(), "--seed", 3, "--output", "out"]
    line = refuse(1, *command, "--scale", "0,1")
    assert "sample_scale1_seed0003_001.png" in line and "--overwrite" in line
    Path("out/sample_scale0-1_seed0003_sheet.png").touch()
    line = refuse(1, *command, "--scale", "0,1", "--grid")
    assert "sample_scale0-1_seed0003_sheet.png" in line


def test_a_format_that_cannot_hold_the_channels_is_refused_before_the_work(no_work):
    saved_model("rgba.keras", channels=4)
    command = ["sample", "--model", "rgba.keras", "-n", 1]
    assert "4 channels" in refuse(1, *command, "--output", "x.jpg")
    saved_model("field.keras", channels=2)
    command = ["sample", "--model", "field.keras", "-n", 1]
    assert "Received: channels=2" in refuse(1, *command, "--output", "-")
