"""`train --mask`, and what other commands make of such a model."""

import functools
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import invoke
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import stop_training
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import box
from support.photos import photo_file

SIZE = (32, 40)


def mask_file(path, mask=None):
    """Writes a mask of `trained_photo`; returns its path."""
    mask = box(SIZE, 2) if mask is None else mask
    Image.fromarray(mask).save(path)
    return path


@functools.cache
def run_with_masks():
    """Trains once with two masks; returns the run folder, which no test may change."""
    folder = Path(tempfile.mkdtemp(prefix="masks-"))
    left = np.arange(40) < np.full(SIZE, 20)
    masks = [mask_file(folder / "dog.png"), mask_file(folder / "left.png", left)]
    options = [option for mask in masks for option in ("--mask", mask)]
    run = folder / "run"
    succeed("train", trained_photo(), *options, *TINY_OPTIONS, "--output", run)
    return run


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def afterwards():
    yield
    if run_with_masks.cache_info().currsize:
        shutil.rmtree(run_with_masks().parent)


def names(folder="samples/run"):
    return {path.name for path in Path(folder).iterdir()}


def test_sample_writes_each_image_with_its_masks():
    given = ("sample", "--model", run_with_masks(), "-n", 2, "--seed", 1)
    result = succeed(*given)
    stems = ["sample_scale0_seed0001_000", "sample_scale0_seed0001_001"]
    endings = ["", "_mask_dog", "_mask_left"]
    made = [f"{stem}{ending}.png" for stem in stems for ending in endings]
    assert names() == set(made)
    assert result.stdout.splitlines()[:6] == [f"samples/run/{name}" for name in made]
    for name in made:
        pixels = read(Path("samples/run", name))
        assert pixels.shape == (SIZE if "mask" in name else (*SIZE, 3))
        if "mask" in name:
            assert set(np.unique(pixels)) <= {0, 255}
    # A mask alone is in the way, too.
    for name in names() - {f"{stems[1]}_mask_left.png"}:
        Path("samples/run", name).unlink()
    assert "_001_mask_left.png" in refuse(1, *given)
    assert len(names()) == 1


def test_a_single_mask_has_no_name_and_is_exact_beside_a_jpeg(monkeypatch):
    stop_training(monkeypatch)
    photo_file("photo.png")
    mask_file("m.png")
    succeed("train", "photo.png", "--mask", "m.png", *TINY_OPTIONS)
    made = {path.name for path in Path("runs/photo/scale_01").iterdir()}
    assert {"real.png", "real_mask.png", "sample_mask.png"} <= made
    assert np.array_equal(read("runs/photo/scale_01/real_mask.png") > 127, box(SIZE, 2))
    succeed("sample", "-n", 1, "--output", "a.jpg")
    assert set(np.unique(read("a_mask.png"))) <= {0, 255}
    type_next(succeed("sample", "-n", 1, "--size", "40x60"))
    assert sum("_mask.png" in name for name in names("samples/photo")) == 9


def test_sheets_and_standard_output_show_pictures_alone():
    model = ("--model", run_with_masks())
    succeed("sample", *model, "-n", 4, "--grid", "--seed", 1)
    assert names() == {"sample_scale0_seed0001_grid4.png"}
    succeed("sample", *model, "-n", 1, "--scale", "0,1", "--seed", 1)
    assert "sample_scale0-1_seed0001_sheet.png" in names()
    assert "sample_scale1_seed0001_000_mask_dog.png" in names()
    succeed("sample", *model, "-n", 1, "--output", "-", "--seed", 1)
    assert not Path("-").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("sample", "-n", 1, "--tile", "x"),
        ("animate", "--frames", 2),
        ("vary", "--region", "2,2,9,9", "-n", 1),
        ("vary", "PHOTO", "--region", "2,2,9,9", "-n", 1),
        ("extend", "--left", "50%"),
        ("super-resolve", "--factor", 2),
    ],
    ids=lambda command: "-".join(map(str, command[:2])),
)
def test_commands_that_begin_with_the_photo_work(command):
    words = [trained_photo() if word == "PHOTO" else word for word in command]
    succeed(*words, "--model", run_with_masks(), "--output", "made")
    for path in Path("made").iterdir():
        if "_mask" not in path.name:
            with Image.open(path) as image:
                assert image.mode in ("RGB", "P")


@pytest.mark.parametrize(
    "command",
    ["harmonize", "edit", "paint-to-image", "super-resolve"],
)
def test_commands_that_begin_with_another_picture_refuse_in_a_line(command):
    line = refuse(2, command, trained_photo(), "--model", run_with_masks())
    assert "without masks" in line and "2 masks" in line
    assert list(Path().iterdir()) == []


def test_an_export_is_refused():
    line = refuse(2, "export", "models", "--model", run_with_masks())
    assert "without masks" in line
    assert not Path("models").exists()


def test_info_tells_the_masks():
    first = succeed("info", run_with_masks()).stdout.splitlines()[0]
    assert "3 channels, 2 masks (dog, left)," in first
    facts = json.loads(succeed("info", run_with_masks(), "--json").stdout)
    assert facts["channels"] == 3 and facts["masks"] == ["dog", "left"]
    plain = json.loads(succeed("info", trained_run(), "--json").stdout)
    assert plain["masks"] == []
    assert "mask" not in succeed("info", trained_run()).stdout.splitlines()[0]


def test_evaluate_measures_the_pictures():
    words = ("evaluate", "-n", 2, "--no-sifid", "--json")
    values = json.loads(succeed(*words, "--model", run_with_masks()).stdout)
    assert values["swd"] > 0 and values["rmse"] > 0


def test_the_same_command_goes_on_and_other_masks_are_refused():
    run, folder = run_with_masks(), run_with_masks().parent
    masks = ("--mask", folder / "dog.png", "--mask", folder / "left.png")
    given = ("train", trained_photo(), *TINY_OPTIONS, "--output", run)
    assert "Trained already" in succeed(*given, *masks).stdout
    for others in (masks[:2], masks[2:] + masks[:2], ()):
        assert "other masks" in refuse(1, *given, *others)


def test_a_plan_counts_the_masks():
    mask_file("m.png")
    succeed("train", trained_photo(), "--mask", "m.png", *TINY_OPTIONS, "--dry-run")
    assert names(".") == {"m.png"}


@pytest.mark.parametrize(
    "mask, text",
    [
        (np.ones((40, 40), bool), "proportions of the photo, 32x40"),
        (np.zeros(SIZE, bool), "empty mask"),
    ],
)
def test_masks_that_do_not_fit_are_refused(mask, text):
    mask_file("m.png", mask)
    given = ("train", trained_photo(), "--mask", "m.png", *TINY_OPTIONS)
    assert text in refuse(1, *given)
    assert names(".") == {"m.png"}


def test_what_is_no_mask_is_refused():
    Path("m.png").write_bytes(b"nothing")
    given = ("train", trained_photo(), "--mask")
    assert "The mask cannot be used. " in refuse(1, *given, "m.png", *TINY_OPTIONS)
    refuse(2, *given, "none.png")
    many = ["--mask", mask_file("n.png")] * 9
    line = refuse(1, "train", trained_photo(), *many, *TINY_OPTIONS)
    assert "at most 8. Received: 9 masks." in line


def test_a_mask_that_is_white_all_over_is_warned_of(monkeypatch):
    stop_training(monkeypatch)
    mask_file("m.png", np.ones(SIZE, bool))
    given = ("train", trained_photo(), "--mask", "m.png", *TINY_OPTIONS)
    result = invoke(*given)
    assert result.exit_code == 0
    (line,) = [x for x in result.stderr.splitlines() if x.startswith("Warning: ")]
    assert "white all over" in line
