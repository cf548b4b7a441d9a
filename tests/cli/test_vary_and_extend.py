"""`vary`, `extend` and `sample --tile`: what they write, and what they refuse."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import photo_file

from keras_singan import SinGAN


@pytest.fixture(autouse=True)
def in_a_folder_with_the_original(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    photo_file("large.png", 64, 80)
    mask = np.zeros((64, 80), "uint8")
    mask[20:40, 30:50] = 255
    Image.fromarray(mask).save("mask.png")


def run(command, *args):
    """Runs a command with the shared run; gives the paths it wrote."""
    done = succeed(command, *args, "--model", trained_run(), "--seed", 4)
    return done.stdout.splitlines()[:-1], done


def test_vary_writes_a_file_an_image():
    paths, done = run("vary", "--region", "10,8,12,9", "-n", 2)
    assert paths == [f"samples/run/vary_scale0_seed0004_00{k}.png" for k in (0, 1)]
    expected = SinGAN.load(trained_run()).vary(2, region=(10, 8, 12, 9), seed=4)
    assert all((read(p) == e).all() for p, e in zip(paths, expected, strict=True))
    assert "vary --model" in done.stdout and "--region 10,8,12,9 -n 2" in done.stdout
    type_next(done)


def test_vary_takes_the_original_and_a_mask():
    paths, _ = run("vary", "large.png", "--mask", "mask.png", "-n", 1, "--scale", 1)
    result, large = read(paths[0]), read("large.png")
    assert result.shape == (64, 80, 3)
    assert (result[-2:] == large[-2:]).all() and (result != large).any()


def test_extend_by_pixels_and_shares():
    paths, done = run("extend", "large.png", "--left", "50%", "--top", 6)
    assert paths == ["samples/run/extend_scale0_seed0004_000.png"]
    result = read(paths[0])
    assert result.shape == (70, 120, 3)
    assert (result[20:, 60:] == read("large.png")[14:, 20:]).all()
    assert "--left 50% --top 6 -n 1" in done.stdout


def test_several_scales_give_a_sheet_too():
    paths, _ = run("extend", "--right", 5, "--scale", "0-1")
    assert [Path(path).name for path in paths] == [
        "extend_scale0_seed0004_000.png",
        "extend_scale1_seed0004_000.png",
        "extend_scale0-1_seed0004_sheet.png",
    ]


def test_a_tile_is_named_by_where_it_repeats():
    paths, done = run("sample", "--tile", "both", "-n", 2)
    stem = "samples/run/sample_tile_both_scale0_seed0004"
    assert paths == [f"{stem}_00{k}.png" for k in (0, 1)]
    expected = SinGAN.load(trained_run()).sample(2, tile="both", seed=4)
    assert (read(paths[1]) == expected[1]).all()
    type_next(done)


WRONG = {
    "vary": "Either --region or --mask must be given. Received: neither",
    "vary --region 1,2,3,4 --mask mask.png": "Received: both",
    "vary --region 1,2,3": "A region must look like 10,20,30,40",
    "vary --region 30,2,20,4": "`region` must be four whole numbers",
    "vary --mask mask.png": "The mask must have the image's size, 32x40",
    "vary large.png --mask mask.png --scale 0,2": "Received: start_scale=2",
    "extend": "must add at least one pixel",
    "extend --left -1": "`left` must be a whole number of pixels",
    "extend --left much": "'much' is not a valid integer",
    "extend mask.png --left 1001%": "left='1001%'",
    "sample --tile z": "'z' is not one of",
    "sample --tile x --scale 1": "`start_scale` must be 0 with `tile`",
}


@pytest.mark.parametrize("line", WRONG)
def test_wrong_usage_is_refused_and_nothing_written(line):
    command, *args = line.split()
    assert WRONG[line] in refuse(2, command, *args, "--model", trained_run())
    assert not Path("samples").exists()
