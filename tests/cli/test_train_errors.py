import io
from pathlib import Path

import numpy as np
import pytest
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.photos import encoded
from support.photos import photo
from support.photos import photo_file


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


USAGE = {
    "--preset best": "'best' is not one of 'fast', 'standard', 'draft'",
    "--task paint": "'paint' is not one of",
    "--steps many": "'many' is not a valid integer",
    "--max-size large": "'large' is not a valid integer",
    "--learning-rate fast": "'fast' is not a valid float",
    "--padding black": "'black' is not one of",
    "--verbose 3": "3 is not in the range 0<=x<=2",
    "--output photo.png": "is a file",
    "--steps 0": "Received: steps=0.",
    "--learning-rate nan": "Received: learning_rate=nan.",
    "--scale-factor 1": "Received: scale_factor=1.0.",
    "--min-size 4": "at least the receptive field, 5 px",
    "--max-size 10": "at least min_size=24",
    "--factor 2": 'goes with task="super_resolution" only',
    "--set step=3": "Did you mean 'steps'?",
    "--set steps": "`--set` must be NAME=VALUE",
    "--set =3": "Received: =3.",
    "--set self=3": "Received: self=3.",
    "--set steps=[3]": "Received: steps=[3].",
    "--set normalization=layer": "Received: normalization='layer'.",
    "--stepps 3": "No such option '--stepps'",
}


@pytest.mark.parametrize("options", USAGE)
def test_wrong_usage_is_refused_before_anything_is_written(options):
    photo_file("photo.png")
    line = refuse(2, "train", "photo.png", *TINY_OPTIONS, *options.split())
    assert USAGE[options] in line
    assert [path.name for path in Path().iterdir()] == ["photo.png"]


@pytest.mark.parametrize("image", ["missing.png", "."])
def test_an_image_must_be_a_file_that_exists(image):
    assert repr(image) in refuse(2, "train", image)


def test_an_image_must_be_named():
    assert "Missing argument 'IMAGE'" in refuse(2, "train")


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def with_nan():
    array = np.full((32, 40, 3), 0.5, "float32")
    array[3, 4, 1] = np.nan
    return array


FILES = {
    "text.jpg": (lambda: b"no image at all", "not an image that Pillow knows"),
    "empty.png": (lambda: b"", "it is empty"),
    "cut.png": (lambda: encoded(photo())[:-900], "reading it failed"),
    "cut.jpg": (lambda: encoded(photo(), "JPEG")[:-90], "reading it failed"),
    "pixel.png": (lambda: encoded(photo(1, 1)), "image of 1x1"),
    "small.png": (lambda: encoded(photo(20, 40)), "min_size=24"),
    "long.png": (lambda: encoded(photo(30, 20000)), "shrunk to 1x40"),
    "nan.npy": (lambda: npy(with_nan()), "NaN"),
    "int.npy": (lambda: npy(np.full((32, 40), -1)), "from -1 to -1"),
    "text.npy": (lambda: npy(np.full((32, 40), "x")), "must be uint8, uint16"),
    "bright.npy": (lambda: npy(np.full((32, 40), 255.0)), "from 255 to 255"),
    "flat.npy": (lambda: npy(np.ones(9, "uint8")), "must be an array of shape"),
    "cut.npy": (lambda: npy(with_nan())[:60], "reading it failed"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_file_that_cannot_be_trained_on_is_a_failed_run(name, dry):
    content, reason = FILES[name]
    Path(name).write_bytes(content())
    assert reason in refuse(1, "train", name, *TINY_OPTIONS, *dry)
    assert [path.name for path in Path().iterdir()] == [name]


def test_more_pixels_than_the_option_allows_are_refused():
    photo_file("photo.png")
    line = refuse(1, "train", "photo.png", *TINY_OPTIONS, "--max-pixels", 100)
    assert "at most `max_pixels` (100) pixels" in line
    line = refuse(2, "train", "photo.png", *TINY_OPTIONS, "--max-pixels", "many")
    assert "must look like 300M" in line


def test_several_images_are_told_to_train_once_for_each():
    photo_file("a.png"), photo_file("b b.png")
    line = refuse(2, "train", "a.png", "b b.png")
    assert "train once for each" in line
    assert "Received: a.png 'b b.png'." in line


@pytest.mark.parametrize("text", ["1", "4095,0", "0,nan", "low,high", "0,1,2"])
def test_a_range_that_is_none_is_usage(text):
    photo_file("photo.png")
    line = refuse(2, "train", "photo.png", "--range", text)
    assert "auto, or look like 0,4095" in line


def test_a_folder_of_another_image_is_refused():
    photo_file("other.png", 33, 40)
    line = refuse(1, "train", "other.png", *TINY_OPTIONS, "--output", trained_run())
    assert "belongs to another image; give another --output" in line


def test_a_folder_of_other_hyper_parameters_names_them():
    changed = ["--steps", 9, "--output", trained_run()]
    line = refuse(1, "train", trained_photo(), *TINY_OPTIONS, *changed)
    assert "was begun with steps=3 (now 9); give another --output" in line


def test_a_folder_of_something_else_is_refused():
    Path("holiday").mkdir()
    Path("holiday/notes.txt").write_text("mine")
    line = refuse(1, "train", trained_photo(), *TINY_OPTIONS, "--output", "holiday")
    assert "must be empty or hold an earlier run" in line
    assert [path.name for path in Path("holiday").iterdir()] == ["notes.txt"]


@pytest.mark.parametrize("output", [[], ["--output", "runs/deep/down"]])
def test_a_file_in_the_way_of_the_output_is_a_failed_run(output):
    Path("runs").write_text("a file")
    line = refuse(1, "train", trained_photo(), *TINY_OPTIONS, *output)
    assert "can be written" in line
    assert Path("runs").read_text() == "a file"


def test_another_backend_is_refused_with_the_line_that_mends_it(tmp_path):
    model = saved_model(tmp_path / "model.keras")
    for command in (["train", trained_photo()], ["sample", "--model", model]):
        line = refuse(1, *command, env={"KERAS_BACKEND": "jax"})
        assert "`export KERAS_BACKEND=tensorflow`" in line
