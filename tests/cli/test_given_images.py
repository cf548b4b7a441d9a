"""The images that commands are given: several, with odd names, of another photo."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import pasted
from support.photos import photo
from support.photos import photo_file


@pytest.fixture(autouse=True)
def in_a_folder_with_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    image, mask = pasted()
    for name in ("a", "b"):
        Image.fromarray(image).save(f"{name}.png")
        Path("masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(f"masks/{name}.tif")


def on_run(name, *args):
    return [name, *args, "--model", trained_run(), "--seed", 4]


def written():
    return sorted(path.name for path in Path("samples/run").iterdir())


@pytest.mark.parametrize(
    "name, options, end",
    [
        ("paint-to-image", ["--scale", 1], "paint_to_image_scale1_seed0004.png"),
        ("super-resolve", ["--factor", 1.5], "super_resolution_x1.5_seed0004.png"),
        (
            "harmonize",
            ["--scale", 1, "--masks", "masks"],
            "harmonize_scale1_seed0004.png",
        ),
    ],
)
def test_several_images_give_results_that_bear_their_names(name, options, end):
    result = succeed(*on_run(name, "a.png", "b.png", *options))
    assert written() == [f"a_{end}", f"b_{end}"]
    assert " a.png b.png" in result.stdout.splitlines()[-1]
    alone = ["a.png", "masks/a.tif"] if name == "harmonize" else ["a.png"]
    options = [option for option in options if "masks" not in str(option)]
    succeed(*on_run(name, *alone, *options, "--output", "alone.png"))
    assert (read("alone.png") == read(f"samples/run/a_{end}")).all()


def test_a_sheet_for_each_of_several_images():
    succeed(*on_run("paint-to-image", "a.png", "b.png", "--scale", "1", "--grid"))
    assert written() == [f"{n}_paint_to_image_scale1_seed0004_sheet.png" for n in "ab"]


@pytest.mark.parametrize(
    "args, reason",
    [
        (["harmonize", "a.png", "b.png", "a.png"], "need --masks"),
        (["paint-to-image", "a.png", "masks/a.tif"], "a twice"),
        (["harmonize", "a.png", "b.png", "--masks", "."], "a.png in ."),
        (["harmonize", "a.png", "--masks", "missing"], "does not exist"),
        (["edit", "--masks", "masks"], "IMAGE, edited, or --move"),
    ],
)
def test_images_that_do_not_go_together_are_usage(args, reason):
    if "." in args:
        shutil.copy("masks/a.tif", "a.tif")
    assert reason in refuse(2, *args, "--model", trained_run())
    assert not Path("samples").exists()


def test_nothing_is_written_if_one_result_has_no_place():
    Path("samples/run").mkdir(parents=True)
    there = Path("samples/run/b_paint_to_image_scale1_seed0004.png")
    there.write_text("mine")
    refuse(1, *on_run("paint-to-image", "a.png", "b.png", "--scale", 1))
    assert written() == [there.name] and there.read_text() == "mine"


def test_the_next_command_of_a_name_with_a_hyphen_works_when_typed():
    Path("a.png").rename("-a.png")
    model = ["--model", trained_run(), "--factor", 1.5]
    result = succeed("super-resolve", "--seed", 4, *model, "--", "-a.png")
    assert result.stdout.splitlines()[-1].endswith(" -- -a.png")
    type_next(result)
    assert len(written()) == 2


def test_an_error_on_values_names_the_option_that_helps():
    np.save("loud.npy", photo().astype("float32"))
    refused = refuse(1, *on_run("super-resolve", "loud.npy"))
    assert "floats in [0, 1], or need `--range`: they go from" in refused
    assert "Received: image='loud.npy'." in refused
    refused = refuse(1, *on_run("harmonize", "a.png", "loud.npy"))
    assert "The mask cannot be used. `mask` must hold floats in [0, 1]: they" in refused
    assert "Received: mask='loud.npy'." in refused


def test_a_range_spreads_the_values_of_a_picture():
    deep = np.linspace(0, 4095, 32 * 40).reshape(32, 40).astype("uint16")
    Image.fromarray(deep).save("deep.png")
    spread = (deep / 4095 * 255).round().astype("uint8")
    Image.fromarray(spread).save("spread.png")
    result = succeed(*on_run("super-resolve", "deep.png", "--factor", 1.5))
    assert "from 0 to 4095" in result.stderr and "--range auto" in result.stderr
    for how in ("auto", "0,4095"):
        out = f"{how}.png"
        args = ["--factor", 1.5, "--range", how, "--output", out]
        result = succeed(*on_run("super-resolve", "deep.png", *args))
        assert "Warning: The image" not in result.stderr
        succeed(
            *on_run(
                "super-resolve",
                "spread.png",
                *args[:2],
                "--output",
                "s.png",
                "--overwrite",
            )
        )
        assert (read(out) == read("s.png")).all()


def test_a_transparent_picture_warns_once_and_names_no_other_commands_option():
    glass = np.concatenate([photo(), np.full((32, 40, 1), 90, "uint8")], -1)
    Image.fromarray(glass).save("glass.png")
    model = saved_model("model.keras", size=(32, 40), scales=3)
    args = ["paint-to-image", "glass.png", "--model", model, "--scale", "1-2"]
    assert succeed(*args).stderr == "Warning: Transparency is put on white.\n"


# The picture of another run.


def runs():
    """Makes two runs, the newer one of another photo."""
    shutil.copytree(trained_run(), "runs/right")
    saved_model("runs/newest/singan.keras", size=(32, 40), scales=2)


def edit_of(path):
    """Writes an edit of a photo, and its mask."""
    image = np.array(Image.open(path))
    image[5:15, 5:15] = (250, 20, 20)
    mask = np.zeros(image.shape[:2], "uint8")
    mask[5:15, 5:15] = 255
    Image.fromarray(image).save("edited.png")
    Image.fromarray(mask).save("mask.png")


@pytest.mark.parametrize("name", ["harmonize", "edit"])
def test_a_picture_of_another_runs_photo_is_noticed_and_the_run_named(
    name, monkeypatch
):
    runs()
    other = np.zeros((32, 40, 3), "uint8")
    monkeypatch.setattr(
        "keras_singan.SinGAN.training_image", lambda self: other, raising=True
    )
    edit_of(trained_photo())
    line = "looks like that of runs/right: --model runs/right."
    assert line in succeed(name, "edited.png", "mask.png").stderr
    named = ["--model", "runs/newest/singan.keras", "--output", "named.png"]
    assert line not in succeed(name, "edited.png", "mask.png", *named).stderr


def test_a_picture_of_the_newest_runs_photo_is_no_cause_for_a_word():
    runs()
    shutil.rmtree("runs/newest")
    edit_of(trained_photo())
    result = succeed("harmonize", "edited.png", "mask.png")
    assert result.stderr == "Model: runs/right (the newest in runs/)\n"


def test_a_picture_like_no_runs_photo_says_so():
    runs()
    shutil.rmtree("runs/newest")
    photo_file("edited.png")
    Image.fromarray(255 - photo()).save("edited.png")
    Image.fromarray(np.eye(32, 40, dtype="uint8") * 255).save("mask.png")
    stderr = succeed("harmonize", "edited.png", "mask.png").stderr
    assert "does not look like the photo of runs/right. --model names another" in stderr
