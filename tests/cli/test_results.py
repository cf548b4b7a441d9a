"""What every task's command does alike: where its results go."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.checks import snapshot
from support.cli_runner import invoke
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import photo
from support.photos import photo_file

from keras_singan.io.sheet import contact_sheet
from keras_singan.io.sheet import magnification

# The arguments of each command, and what the file name of its result begins with.
TASKS = {
    "harmonize": (["composite.png", "mask.png"], "harmonize_scale1_seed0004"),
    "edit": (["composite.png", "mask.png"], "edit_scale1_seed0004"),
    "paint-to-image": (["composite.png"], "paint_to_image_scale1_seed0004"),
    "super-resolve": (
        ["composite.png", "--factor", "1.5"],
        "super_resolution_x1.5_seed0004",
    ),
}


@pytest.fixture(autouse=True)
def in_a_folder_with_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    composite, mask = photo(), np.zeros((32, 40), "uint8")
    composite[8:20, 10:24] = (250, 20, 20)
    mask[8:20, 10:24] = 255
    Image.fromarray(composite).save("composite.png")
    Image.fromarray(mask).save("mask.png")


def command(name, *options):
    """Gives a command on the shared run, with a seed."""
    return [name, *TASKS[name][0], "--model", trained_run(), "--seed", 4, *options]


def result_of(name):
    return Path("samples/run", f"{TASKS[name][1]}.png")


@pytest.mark.parametrize("name", TASKS)
def test_the_result_is_one_file_named_by_task_scale_and_seed(name):
    result = succeed(*command(name))
    first, following = result.stdout.splitlines()
    assert first == str(result_of(name))
    assert following.startswith(f"Next: keras-singan {name} composite.png ")
    assert list(Path("samples/run").iterdir()) == [result_of(name)]
    assert read(result_of(name)).shape == (
        (48, 60, 3) if name == "super-resolve" else (32, 40, 3)
    )
    before = snapshot("samples")
    assert str(result_of(name)) in refuse(1, *command(name))
    assert snapshot("samples") == before


@pytest.mark.parametrize("name", TASKS)
def test_standard_input_and_output_are_the_files_alone(name):
    succeed(*command(name, "--output", "file.png"))
    data = Path("composite.png").read_bytes()
    args = ["-" if arg == "composite.png" else arg for arg in command(name)]
    result = invoke(*args, "--output", "-", input=data)
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes == Path("file.png").read_bytes()
    label = "x1.5" if name == "super-resolve" else "scale 1"
    assert f"Used: {label}, seed 4\n" in result.stderr
    assert f"Next: keras-singan {name} - " in result.stderr


@pytest.mark.parametrize("name", TASKS)
def test_a_grid_shows_input_and_result(name):
    succeed(*command(name))
    result = succeed(*command(name, "--grid"))
    sheet = result_of(name).with_name(f"{TASKS[name][1]}_sheet.png")
    assert result.stdout.splitlines()[0] == str(sheet)
    cells = [read("composite.png"), read(result_of(name))]
    label = "x1.5" if name == "super-resolve" else "scale 1"
    assert (
        read(sheet)
        == contact_sheet(cells, ["input", label], factor=magnification(*cells))
    ).all()


@pytest.mark.parametrize("name", TASKS)
def test_what_to_type_next_works(name):
    args = [arg for arg in command(name) if arg not in ("--seed", 4)]
    type_next(succeed(*args))
    assert len(list(Path("samples/run").iterdir())) == 2


@pytest.mark.parametrize("name", ["harmonize", "edit", "paint-to-image"])
def test_several_scales_give_each_result_and_a_sheet(name):
    saved_model("three.keras", (32, 40), scales=3)
    args = command(name, "--model", "three.keras", "--scale", "1-2")
    result = succeed(*args)
    stem = TASKS[name][1].removesuffix("_scale1_seed0004")
    ends = ["scale1_seed0004", "scale2_seed0004", "scale1-2_seed0004_sheet"]
    paths = [Path("samples/three", f"{stem}_{end}.png") for end in ends]
    assert result.stdout.splitlines()[:-1] == [str(path) for path in paths]
    cells = [read("composite.png"), *(read(path) for path in paths[:2])]
    labels = ["input", "scale 1", "scale 2"]
    assert (read(paths[2]) == contact_sheet(cells, labels, factor=7)).all()
    assert "scale1-2_seed0004_sheet" in refuse(1, *args, "--grid")


@pytest.mark.parametrize("name", ["harmonize", "edit"])
def test_without_a_scale_it_is_the_middle_one(name):
    saved_model("four.keras", (32, 40), scales=4)
    result = succeed(*command(name, "--model", "four.keras"))
    assert "_scale2_seed0004.png\n" in result.stdout
    assert result.stdout.endswith("--scale 1\n")


def test_each_scale_looks_the_same_alone():
    saved_model("three.keras", (32, 40), scales=3)
    args = command("harmonize", "--model", "three.keras")
    succeed(*args, "--scale", "1,2", "--output", "both")
    succeed(*args, "--scale", 2, "--output", "one")
    (one,) = Path("one").iterdir()
    assert one.read_bytes() == Path("both", one.name).read_bytes()


@pytest.fixture
def no_work(monkeypatch):
    def task(*args, **kwargs):
        raise AssertionError("worked before it refused")

    for method in ("generate_function", "apply_generator"):
        monkeypatch.setattr(f"keras_singan.SinGANPyramid.{method}", task)


WRONG = {
    "missing.png": "'missing.png' does not exist",
    ".": "File '.' is a directory",
    "--output x.gif": "ends in .png, .webp",
    "--output x.npy": "must end as 3 channels allow",
    "--output blocked/deeper": "of 'blocked' the system says 'Not a directory'",
    "--output composite.png": "path='composite.png'",
    "--seed 99999999999999999999": "`seed` must be a whole number of 64 bits",
    "--seed one": "'one' is not a valid integer",
    "--model missing.keras": "'missing.keras' does not exist",
    "--model mask.png": "Received: path='mask.png'",
}


@pytest.mark.parametrize("name", TASKS)
def test_what_makes_no_sense_is_refused_before_the_work(name, no_work):
    Path("blocked").touch()
    before = snapshot(".")
    for text, reason in WRONG.items():
        args = command(name)
        if text.startswith("--"):
            args += text.split()
        else:
            args[1] = text
        failed = text in ("--output blocked/deeper", "--output composite.png")
        failed |= text in ("--output x.npy", "--model mask.png")
        assert reason in refuse(1 if failed else 2, *args), text
    assert snapshot(".") == before


SCALES = {
    "0": "`start_scale` must be a whole number from 1 to 1",
    "2": "Received: start_scale=2",
    "1-9": "Received: start_scale=2",
    "-1": "Received: start_scale=-1",
    "1;2": "Scales must look like 1 or 0,2 or 1-3",
    "1-": "Received: '1-'",
}


@pytest.mark.parametrize("name", ["harmonize", "edit", "paint-to-image"])
def test_scales_that_are_none_are_refused_before_the_work(name, no_work):
    for scale, reason in SCALES.items():
        assert reason in refuse(2, *command(name, "--scale", scale)), scale


def test_a_model_of_one_scale_takes_no_image(no_work):
    saved_model("one.keras")
    line = refuse(2, *command("harmonize", "--model", "one.keras"))
    assert "at least 2 scales" in line


@pytest.mark.parametrize("name", ["harmonize", "edit", "paint-to-image"])
def test_several_results_do_not_fit_into_one_file(name, no_work):
    saved_model("three.keras", (32, 40), scales=3)
    args = command(name, "--model", "three.keras", "--scale", "1,2")
    for output in ("x.png", "-"):
        line = refuse(2, *args, "--output", output)
        assert f"--grid for one sheet. Received: --output {output}" in line


@pytest.mark.parametrize("name", TASKS)
def test_a_damaged_image_is_a_failed_run(name):
    Path("composite.png").write_bytes(Path("composite.png").read_bytes()[:300])
    result = invoke(*command(name))
    # super-resolve first warns that this is a general model.
    (*_, line) = result.stderr.splitlines()
    assert result.exit_code == 1 and result.stdout == ""
    assert line.startswith("Error: ") and "composite.png" in line
    assert not Path("samples").exists()


def test_an_empty_standard_input_is_a_failed_run():
    args = ["-" if arg == "composite.png" else arg for arg in command("harmonize")]
    result = invoke(*args, input=b"")
    assert result.exit_code == 1
    assert "Standard input must hold an image" in result.stderr
    assert result.stderr.count("\n") == 1


def test_only_one_image_comes_from_standard_input():
    args = ["harmonize", "-", "-", "--model", trained_run()]
    assert "Only one image can come from standard input" in refuse(2, *args)


def test_a_mask_can_come_from_standard_input():
    succeed(*command("harmonize", "--output", "file.png"))
    args = ["-" if arg == "mask.png" else arg for arg in command("harmonize")]
    result = invoke(*args, "--output", "-", input=Path("mask.png").read_bytes())
    assert result.stdout_bytes == Path("file.png").read_bytes()


def test_the_newest_model_is_taken_and_named_on_standard_error():
    Path("runs/a b").mkdir(parents=True)
    saved_model("runs/a b/singan.keras", (32, 40), scales=2)
    result = invoke("paint-to-image", "composite.png", "--output", "-")
    assert result.stderr.startswith("Model: runs/a b (the newest in runs/)\n")
    assert Image.open(io.BytesIO(result.stdout_bytes)).size == (40, 32)


def test_other_sizes_and_channels_come_back_as_they_should():
    photo_file("grey.png", 50, 64, channels=1)
    saved_model("grey.keras", (32, 40), channels=1, scales=2)
    args = ["--seed", 4, "--output", "x.png", "--overwrite"]
    succeed("paint-to-image", "grey.png", "--model", trained_run(), *args)
    assert read("x.png").shape == (50, 64, 3)
    succeed("paint-to-image", trained_photo(), "--model", "grey.keras", *args)
    assert read("x.png").shape == (32, 40)


def test_two_channels_are_written_as_arrays_with_a_preview():
    saved_model("field.keras", (32, 40), channels=2, scales=2)
    np.save("field.npy", photo(channels=2))
    args = ["paint-to-image", "field.npy", "--model", "field.keras", "--seed", 4]
    result = succeed(*args)
    stem = "samples/field/paint_to_image_scale1_seed0004"
    assert result.stdout.startswith(f"{stem}.npy\n")
    assert np.load(f"{stem}.npy").shape == (32, 40, 2)
    assert read(f"{stem}_preview.png").shape == (32, 40, 3)
    assert f"{stem}.npy" in refuse(1, *args)
    assert "Received: channels=2" in refuse(1, *args, "--output", "-")
    assert succeed(*args, "--grid", "--output", "-").stdout_bytes[1:4] == b"PNG"
