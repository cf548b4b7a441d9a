import shutil
from pathlib import Path

import pytest
from PIL import Image
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import stop_training
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import photo

from keras_singan import SinGAN
from keras_singan.tasks.painting import paint_quantized
from keras_singan.tasks.retrained_scale import QuantizedScale

NOTICE = "--quantize retrains scale 1 once, which takes minutes: kept in "


@pytest.fixture(autouse=True)
def in_a_folder_with_a_painting(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(photo() // 64 * 64).save("paint.png")


@pytest.fixture
def run():
    """A copy of the shared run, beside which files may be written."""
    return shutil.copytree(trained_run(), "runs/photo")


def test_it_gives_what_the_method_gives_at_scale_1():
    saved_model("three.keras", (32, 40), scales=3)
    args = ["--seed", 4, "--output", "x.png", "--model", "three.keras"]
    succeed("paint-to-image", "paint.png", *args)
    model = SinGAN.load("three.keras")
    expected = model.paint_to_image("paint.png", start_scale=1, seed=4)
    assert (read("x.png") == expected).all()


def test_quantize_retrains_once_beside_the_model_and_says_so(run):
    kept = f"{run}/singan_quantized_scale1_colors3.keras"
    command = ["paint-to-image", "paint.png", "--quantize", "--colors", 3]
    first = succeed(*command, "--seed", 4)
    assert first.stderr.startswith(
        f"Model: {run} (the newest in runs/)\n{NOTICE}{kept}"
    )
    assert "Retraining scale 1 on 3 colours" in first.stderr
    path = Path("samples/photo/paint_to_image_colors3_scale1_seed0004.png")
    assert first.stdout.startswith(f"{path}\nNext: ")
    data, stamp = path.read_bytes(), Path(kept).stat().st_mtime_ns
    again = succeed(*command, "--seed", 4, "--overwrite")
    assert "Retraining" not in again.stderr and NOTICE not in again.stderr
    assert path.read_bytes() == data
    assert Path(kept).stat().st_mtime_ns == stamp
    assert " --quantize --colors 3 --scale 1\n" in again.stdout
    type_next(again)
    succeed("paint-to-image", "paint.png", "--seed", 4, "--output", "plain.png")
    assert (read("plain.png") != read(path)).any()


def test_quantize_gives_what_the_retrained_scale_gives(run):
    args = ["--quantize", "--seed", 4, "--output", "-"]
    result = succeed("paint-to-image", "paint.png", *args)
    Path("x.png").write_bytes(result.stdout_bytes)
    kept = QuantizedScale.load(f"{run}/singan_quantized_scale1_colors5.keras")
    assert (read("x.png") == paint_quantized(kept, "paint.png", seed=4)).all()


def test_each_scale_is_retrained_for_itself(monkeypatch):
    stop_training(monkeypatch)
    saved_model("three.keras", (32, 40), scales=3)
    args = ["--quantize", "--scale", "1-2", "--grid", "--model", "three.keras"]
    succeed("paint-to-image", "paint.png", *args)
    names = [path.name for path in Path().glob("*_quantized_*")]
    ends = ("scale1_colors5.keras", "scale2_colors5.keras")
    assert sorted(names) == [f"three_quantized_{end}" for end in ends]


WRONG = {
    "": "Missing argument 'IMAGE'",
    "photo.png --quantize --colors 1": "1 is not in the range 2<=x<=256",
    "photo.png --quantize --colors 257": "257 is not in the range",
    "photo.png --quantize --colors few": "'few' is not a valid integer",
    "photo.png --quantize --scale 0": "Received: start_scale=0",
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage_is_refused_and_nothing_written(options):
    args = [trained_photo() if x == "photo.png" else x for x in options.split()]
    line = refuse(2, "paint-to-image", *args, "--model", trained_run())
    assert WRONG[options] in line
    assert not Path("samples").exists()


def test_another_file_in_the_place_of_the_retrained_scale_is_left_alone(run):
    kept = Path(run, "singan_quantized_scale1_colors5.keras")
    shutil.copy(Path(run, "singan.keras"), kept)
    before = kept.read_bytes()
    line = refuse(1, "paint-to-image", "paint.png", "--quantize")
    assert str(kept) in line
    assert kept.read_bytes() == before
