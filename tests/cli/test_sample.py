import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.checks import snapshot
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import stop_training
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import photo

from keras_singan import SinGAN
from keras_singan.io.image import image_grid
from keras_singan.io.sheet import contact_sheet
from keras_singan.io.sheet import magnify

FOLDER = Path("samples/run")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def sample(*options):
    """Samples from the shared run; gives click's result."""
    return succeed("sample", "--model", trained_run(), "-n", 2, *options)


def names(folder=FOLDER):
    return sorted(path.name for path in Path(folder).iterdir())


def size(path):
    """Gives (height, width) of an image file."""
    return read(path).shape[:2]


def test_samples_of_one_seed_that_differ_have_names_of_their_own():
    for options in ([], ["--refine"], ["--no-refine"]):
        sample("--seed", 4, *options)
    stems = {name.removesuffix("_000.png") for name in names() if "_000" in name}
    parts = ("seed0004", "refined_seed0004", "unrefined_seed0004")
    assert stems == {f"sample_scale0_{part}" for part in parts}


def test_file_names_hold_scale_seed_and_number_and_are_printed():
    result = sample("--scale", 1, "--seed", 12)
    expected = ["sample_scale1_seed0012_000.png", "sample_scale1_seed0012_001.png"]
    assert names() == expected
    assert result.stdout.splitlines()[:2] == [str(FOLDER / name) for name in expected]
    assert size(FOLDER / expected[0]) == (32, 40)


def test_variation_stands_in_the_name_and_in_the_next_command():
    result = sample("--variation", 0.25, "--seed", 12, "--around", "3,2")
    (first, _) = names()
    assert first == "sample_scale0_variation0.25_around3-2_seed0012_000.png"
    assert "--variation 0.25 --around 3,2" in result.output
    sample("--variation", 0, "--seed", 12)
    remembered = "sample_scale0_variation0_seed0012_000.png"
    model = SinGAN.load(trained_run())
    assert (read(FOLDER / remembered) == model.reconstruct()).all()
    sample("--seed", 3)
    sample("--variation", 0, "--seed", 12, "--around", "3,1")
    near = "sample_scale0_variation0_around3-1_seed0012_000.png"
    assert (
        read(FOLDER / near) == read(FOLDER / "sample_scale0_seed0003_001.png")
    ).all()


def test_without_a_seed_every_call_draws_another_one():
    sample()
    sample()
    seeds = {re.search("seed([0-9]+)", name)[1] for name in names()}
    assert len(seeds) == 2


def test_the_seed_in_the_file_name_gives_the_image_again():
    sample()
    (first, _) = names()
    seed = int(re.search("seed([0-9]+)", first)[1])
    sample("--seed", seed, "--output", "again")
    assert Path("again", first).read_bytes() == (FOLDER / first).read_bytes()


def test_an_image_does_not_depend_on_how_many_are_drawn():
    sample("--seed", 1)
    succeed("sample", "--model", trained_run(), "-n", 1, "--seed", 1, "--output", "one")
    (name,) = names("one")
    assert Path("one", name).read_bytes() == (FOLDER / name).read_bytes()


def test_the_same_seed_twice_is_refused_without_overwrite():
    sample("--seed", 1)
    before = snapshot("samples")
    again = ["sample", "--model", trained_run(), "-n", 3, "--seed", 1]
    assert "give another --output or --seed, or --overwrite" in refuse(1, *again)
    assert snapshot("samples") == before


def test_overwrite_writes_the_same_bytes_again():
    sample("--seed", 1)
    good = {path: path.read_bytes() for path in FOLDER.iterdir()}
    for path in good:
        path.write_bytes(b"spoilt")
    sample("--seed", 1, "--overwrite")
    assert {path: path.read_bytes() for path in FOLDER.iterdir()} == good


def test_the_newest_run_is_taken_and_named(monkeypatch):
    for name in ("first", "second"):
        Path("runs", name).mkdir(parents=True)
        shutil.copy2(trained_run() / "singan.keras", Path("runs", name))
    saved_model("runs/second/singan.keras")
    result = succeed("sample", "-n", 1)
    assert result.stderr == "Model: runs/second (the newest in runs/)\n"
    assert len(names("samples/second")) == 1


def test_the_next_command_works_when_typed():
    shutil.copytree(trained_run(), "runs/a b")
    type_next(succeed("sample", "-n", 1))
    assert [name[:13] for name in names("samples/a b")] == ["sample_scale0"] + [
        "sample_scale1"
    ] * 8


def test_the_next_command_fits_a_model_of_one_scale():
    saved_model("one.keras")
    assert "--scale 0\n" in type_next(succeed("sample", "--model", "one.keras")).stdout


def test_a_grid_is_one_sheet():
    sample("--grid", "--seed", 3)
    assert names() == ["sample_scale0_seed0003_grid2.png"]
    # Two side by side, seven times as large, two white pixels between them.
    sheet = read(FOLDER / names()[0])
    assert sheet.shape == (224, 562, 3)
    assert (sheet[:, 280:282] == 255).all()
    assert (sheet[:7, :7] == sheet[0, 0]).all()


@pytest.mark.parametrize("text", ["50x61", "50X61", " 50 x 61 "])
def test_size_is_height_x_width(text):
    sample("--size", text)
    assert {size(FOLDER / name) for name in names()} == {(50, 61)}


@pytest.mark.parametrize("grid", [[], ["--grid"]])
def test_two_channels_are_written_as_arrays_with_previews(monkeypatch, grid):
    stop_training(monkeypatch)
    np.save("field.npy", photo(channels=2))
    succeed("train", "field.npy", *TINY_OPTIONS)
    command = ["sample", "-n", 1, "--seed", 4, *grid]
    result = succeed(*command)
    stem = f"sample_scale0_seed0004_{'grid1' if grid else '000'}"
    assert names("samples/field") == [f"{stem}.npy", f"{stem}_preview.png"]
    assert result.stdout.startswith(f"samples/field/{stem}.npy\n")
    assert np.load(f"samples/field/{stem}.npy").shape == (32, 40, 2)
    assert read(f"samples/field/{stem}_preview.png").shape == (32, 40, 3)
    assert "--overwrite" in refuse(1, *command)


@pytest.mark.parametrize("scales", [["--scale", "0,1"], ["--scale", "0-1"]])
def test_several_scales_are_written_each_and_as_one_labelled_sheet(scales):
    result = sample(*scales, "--seed", 4)
    stems = ["sample_scale0_seed0004", "sample_scale1_seed0004"]
    singles = [f"{stem}_00{i}.png" for stem in stems for i in range(2)]
    sheet = "sample_scale0-1_seed0004_sheet.png"
    assert result.stdout.splitlines()[:-1] == [
        str(FOLDER / name) for name in [*singles, sheet]
    ]
    # A row for the photo, and one of two samples for each scale.
    rows = [read(FOLDER / name) for name in singles]
    page = read(FOLDER / sheet)
    pairs = [magnify(np.stack(rows[i : i + 2]), 7) for i in (0, 2)]
    expected = [magnify(photo(), 7), *(image_grid(pair, 2) for pair in pairs)]
    assert (page == contact_sheet(expected, ["input", "scale 0", "scale 1"], 1)).all()


def test_a_repeated_option_gives_several_scales_and_no_scale_twice():
    result = sample("--scale", 1, "--scale", "0-1", "--seed", 4, "--grid")
    assert names() == ["sample_scale1-0_seed0004_sheet.png"]
    assert result.stdout.startswith(f"{FOLDER / names()[0]}\nNext: ")


def test_several_scales_come_from_the_environment():
    env = {"KERAS_SINGAN_SAMPLE_SCALE": "0 1"}
    succeed("sample", "--model", trained_run(), "-n", 1, "--grid", env=env)
    assert re.fullmatch("sample_scale0-1_seed[0-9]+_sheet.png", names()[0])


@pytest.mark.parametrize(
    "options, expected",
    [
        (["--height-factor", 1.5], (48, 40)),
        (["--width-factor", "2"], (32, 80)),
        (["--height-factor", 1.26, "--width-factor", 0.99], (40, 40)),
    ],
)
def test_factors_are_of_the_trained_size(options, expected):
    sample(*options)
    assert {size(FOLDER / name) for name in names()} == {expected}


def test_one_image_can_go_to_a_named_file():
    command = ["sample", "--model", trained_run(), "-n", 1, "--seed", 4]
    result = succeed(*command, "--scale", 1, "--output", "new/x.webp")
    assert result.stdout.startswith("new/x.webp\nNext: ")
    assert result.stderr == "Used: scale 1, seed 4\n"
    succeed(*command, "--scale", 1)
    assert (read("new/x.webp") == read(next(FOLDER.iterdir()))).all()
    assert "path='new/x.webp'" in refuse(1, *command, "--output", "new/x.webp")


def test_a_folder_may_look_like_a_file():
    Path("x.png").mkdir()
    sample("--output", "x.png")
    assert len(names("x.png")) == 2


@pytest.mark.parametrize("grid", [[], ["--grid"], ["--grid", "--scale", "0-1"]])
def test_standard_output_gets_one_png_and_nothing_else(grid):
    command = ["sample", "--model", trained_run(), "-n", 1, "--seed", 4, *grid]
    result = succeed(*command, "--output", "-")
    succeed(*command, "--output", "out")
    (written,) = Path("out").iterdir()
    assert result.stdout_bytes == written.read_bytes()
    assert "Used: scale 0, " in result.stderr and "seed 4\nNext: " in result.stderr
    assert list(Path().iterdir()) == [Path("out")]


def test_a_sheet_of_two_channels_is_a_picture():
    saved_model("field.keras", channels=2, scales=2)
    command = ["sample", "--model", "field.keras", "--scale", "0-1", "--grid", "-n", 1]
    assert succeed(*command, "--output", "-").stdout_bytes[1:4] == b"PNG"
