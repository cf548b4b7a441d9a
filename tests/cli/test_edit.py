import functools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
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

from keras_singan import SinGAN
from keras_singan.io.sheet import contact_sheet
from keras_singan.tasks.hole_filling import fill_hole
from keras_singan.tasks.naive_edit import naive_edit

MOVE = "4,6,10,8:22,20"
FOLDER = Path("samples/run")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def edit(*args):
    """Edits with the shared run; gives click's result."""
    return succeed("edit", *args, "--model", trained_run(), "--seed", 4)


def filled(image, move, resize=1.0, model=None):
    """Gives the naive edit whose hole a model has filled, and the mask."""
    pyramid = SinGAN.load(model or trained_run()).pyramid_
    fill = functools.partial(fill_hole, pyramid, seed=4)
    return naive_edit(image, move, resize, fill=fill)


def expected(image=None, resize=1.0):
    """Gives the naive edit, its hole filled, and what the method makes of it."""
    image = photo() if image is None else image
    naive, mask = filled(image, (4, 6, 10, 8, 22, 20), resize)
    model = SinGAN.load(trained_run())
    return naive, model.edit(naive, mask, start_scale=1, seed=4)


def test_a_move_edits_the_photo_and_the_naive_edit_stands_beside():
    result = edit("--move", MOVE)
    stem = FOLDER / "edit_scale1_seed0004"
    assert result.stdout.splitlines()[:2] == [f"{stem}.png", f"{stem}_input.png"]
    naive, good = expected()
    assert (read(f"{stem}_input.png") == naive).all()
    assert (read(f"{stem}.png") == good).all()
    assert (naive != photo()).any() and (naive != good).any()
    Path(f"{stem}.png").unlink()
    args = ["--model", trained_run(), "--seed", 4, "--move", MOVE]
    assert f"{stem}_input.png" in refuse(1, "edit", *args)


def test_where_patches_refine_the_hole_is_left_to_them():
    edit("--move", MOVE, "--refine", "--output", "x.png")
    naive, mask = naive_edit(photo(), (4, 6, 10, 8, 22, 20))
    assert (naive != filled(photo(), (4, 6, 10, 8, 22, 20))[0]).any()
    assert (read("x_input.png") == naive).all()
    model = SinGAN.load(trained_run())
    good = model.edit(naive, mask, start_scale=1, seed=4, refine=True)
    assert (read("x.png") == good).all()


def test_an_image_can_be_moved_and_resized_too():
    photo_file("other.png", 40, 48)
    edit("other.png", "--move", MOVE, "--resize-region", 1.5, "--output", "x.png")
    naive, good = expected(read("other.png"), 1.5)
    assert (read("x_input.png") == naive).all()
    assert (read("x.png") == good).all()


def test_resize_in_place():
    edit("--move", "4,6,10,8:4,6", "--resize-region", 1.5, "--output", "x.png")
    naive, _ = naive_edit(photo(), (4, 6, 10, 8, 4, 6), 1.5)
    assert (read("x_input.png") == naive).all()


def test_standard_output_gets_the_result_only():
    edit("--move", MOVE, "--output", "x.png")
    result = edit("--move", MOVE, "--output", "-")
    assert result.stdout_bytes == Path("x.png").read_bytes()


def test_a_sheet_shows_the_naive_edit_instead_of_a_file():
    saved_model("three.keras", (32, 40), scales=3)
    args = ["--model", "three.keras", "--seed", 4, "--output", "out"]
    succeed("edit", "--move", MOVE, "--scale", "1-2", *args)
    names = sorted(path.name for path in Path("out").iterdir())
    stem = "edit_scale"
    ends = ["1-2_seed0004_sheet", "1_seed0004", "2_seed0004"]
    assert names == [f"{stem}{end}.png" for end in ends]
    naive, _ = filled(photo(), (4, 6, 10, 8, 22, 20), model="three.keras")
    cells = [naive, *(read(Path("out", name)) for name in names[1:])]
    labels = ["input", "scale 1", "scale 2"]
    assert (read(Path("out", names[0])) == contact_sheet(cells, labels, factor=7)).all()


def test_what_to_type_next_holds_the_move():
    args = ["--move", MOVE, "--resize-region", "1.25", "--model", trained_run()]
    result = succeed("edit", *args, "--no-refine")
    options = f"--move {MOVE} --resize-region 1.25 --no-refine --scale 1\n"
    assert options in result.stdout
    type_next(result)
    assert len(list(FOLDER.iterdir())) == 4


def test_a_copy_leaves_the_original_where_it_is():
    result = succeed(
        *("edit", "--copy", "4,6,10,8:22,20", "--model", trained_run(), "--seed", 4),
        *("--output", "x.png"),
    )
    naive, mask = naive_edit(photo(), (4, 6, 10, 8, 22, 20), copy=True)
    assert (naive[6:14, 4:14] == photo()[6:14, 4:14]).all()
    assert (naive[20:28, 22:32] == photo()[6:14, 4:14]).all()
    assert mask.sum() == 80 and mask[20:28, 22:32].all()
    assert (read("x_input.png") == naive).all()
    assert "--copy 4,6,10,8:22,20 --scale 1\n" in result.stdout


@pytest.mark.parametrize("mask", [[], ["mask.png"]])
def test_an_edited_image_is_taken_as_it_is(mask):
    edited, inside = naive_edit(photo(), (4, 6, 10, 8, 22, 20))
    Image.fromarray(edited).save("edited.png")
    Image.fromarray(inside.astype("uint8") * 255).save("mask.png")
    result = edit("edited.png", *mask)
    path = FOLDER / "edit_scale1_seed0004.png"
    assert result.stdout.startswith(f"{path}\nNext: keras-singan edit edited.png ")
    model = SinGAN.load(trained_run())
    good = model.edit(edited, inside if mask else None, start_scale=1, seed=4)
    assert (read(path) == good).all()


def test_grey_in_standard_input_is_moved_by_a_model_of_colour():
    photo_file("grey.png", channels=1)
    args = ["--move", MOVE, "--model", trained_run(), "--seed", 4, "--output", "x.png"]
    result = invoke("edit", "-", *args, input=Path("grey.png").read_bytes())
    assert result.exit_code == 0, result.output
    grey = np.repeat(read("grey.png")[..., None], 3, -1)
    assert (read("x_input.png") == filled(grey, (4, 6, 10, 8, 22, 20))[0]).all()


WRONG = {
    "": "Either IMAGE, edited, or --move or --copy must",
    "photo.png photo.png --move 4,6,10,8:22,20": "Either MASK, or --move",
    "--resize-region 2": "--resize-region needs --move",
    "photo.png --resize-region 2": "Received: --resize-region 2 alone",
    "--move 4,6,10,8": "A move must look like 10,20,30,40:60,20",
    "--move 4,6,10,8:1": "Received: '4,6,10,8:1'",
    "--move a,6,10,8:1,2": "Received: 'a,6,10,8:1,2'",
    "--move 4,6,10,80:1,2": "`move` must be a rectangle x, y, w, h inside the image",
    "--move -4,6,10,8:1,2": "Received: move=(-4, 6, 10, 8, 1, 2)",
    "--move 4,6,10,8:40,2": "to_x, to_y a pixel of the image, 32x40",
    "--move 4,6,10,8:4,6": "`move` must go elsewhere",
    "--move 4,6,10,8:4,6 --resize-region 9": "`resize` must leave the rectangle",
    "--move 4,6,10,8:4,6 --resize-region 0": "0.0 is not in the range",
    "--move 4,6,10,8:4,6 --resize-region nan": "Received: nan",
    "photo.png": "give a mask",
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage_is_refused_and_nothing_written(options):
    args = [trained_photo() if x == "photo.png" else x for x in options.split()]
    assert WRONG[options] in refuse(2, "edit", *args, "--model", trained_run())
    assert list(Path().iterdir()) == []
