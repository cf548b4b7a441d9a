import os
import re
import shutil
from pathlib import Path

import numpy as np
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
from keras_singan.errors import OutputError
from keras_singan.tasks.painting import paint_quantized
from keras_singan.tasks.retrained_scale import QuantizedScale

NOTICE = r"--quantize retrains scale 1 once, in about \d+ (s|min \d\d s): kept in "


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
    model = re.escape(f"Model: {run} (the newest in runs/)\n")
    assert re.match(f"{model}{NOTICE}{re.escape(kept)}\n", first.stderr)
    assert "Retraining scale 1 on 3 colours" in first.stderr
    path = Path("samples/photo/paint_to_image_colors3_scale1_seed0004.png")
    assert first.stdout.startswith(f"{path}\nNext: ")
    data, stamp = path.read_bytes(), Path(kept).stat().st_mtime_ns
    again = succeed(*command, "--seed", 4, "--overwrite")
    assert "Retraining" not in again.stderr and not re.search(NOTICE, again.stderr)
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


def names():
    return sorted(path.name for path in Path("samples/three").iterdir())


def test_without_a_scale_a_sheet_shows_those_around_the_middle():
    model = saved_model("three.keras", (32, 40), scales=4)
    succeed("paint-to-image", "paint.png", "--seed", 4, "--model", model)
    stems = ["scale1", "scale1-2-3", "scale2", "scale3"]
    ends = ["_seed0004.png", "_seed0004_sheet.png", "_seed0004.png", "_seed0004.png"]
    expected = [f"paint_to_image_{a}{b}" for a, b in zip(stems, ends, strict=True)]
    assert names() == sorted(expected)


def flat_art():
    """Writes clip-art: three areas of one colour each."""
    pixels = np.full((32, 40, 3), (90, 160, 250), "uint8")
    pixels[20:] = (40, 120, 30)
    pixels[8:16, 10:20] = (250, 30, 20)
    Image.fromarray(pixels).save("flat.png")


def test_flat_art_gets_a_scale_retrained_unless_told_otherwise(monkeypatch):
    stop_training(monkeypatch)
    flat_art()
    model = saved_model("three.keras", (32, 40), scales=4)
    command = ["paint-to-image", "flat.png", "--seed", 4, "--model", model]
    result = succeed(*command)
    assert re.search(NOTICE.replace("scale 1", "scale 2"), result.stderr)
    assert names() == ["paint_to_image_colors5_scale2_seed0004.png"]
    for options in (["--no-quantize"], ["--scale", "2"]):
        result = succeed(*command, *options, "--overwrite")
        assert "retrains" not in result.stderr
    assert "paint_to_image_scale2_seed0004.png" in names()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_model_in_a_folder_that_cannot_be_written_is_used_all_the_same(
    run, monkeypatch
):
    os.chmod(run, 0o555)
    command = ["paint-to-image", "paint.png", "--quantize", "--seed", 4]
    result = succeed(*command)
    os.chmod(run, 0o755)
    assert "The retrained scale is not kept" in result.stderr
    assert len(list(Path("samples/photo").iterdir())) == 1


def test_a_retrained_scale_that_cannot_be_kept_is_used_all_the_same(run, monkeypatch):
    def refuse_to_write(path):
        raise OutputError(f"Read-only. Received: path={path}.")

    monkeypatch.setattr(
        "keras_singan.tasks.retrained_scale._check_writable", refuse_to_write
    )
    stop_training(monkeypatch)
    result = succeed("paint-to-image", "paint.png", "--quantize", "--seed", 4)
    assert "The retrained scale is not kept" in result.stderr
    assert len(list(Path("samples/photo").iterdir())) == 1
    assert not list(Path(run).glob("*quantized*"))


WRONG = {
    "": "Missing argument 'IMAGE...'",
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
