from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.photos import photo
from support.photos import photo_file

from keras_singan import SinGAN


@pytest.fixture(autouse=True)
def in_a_folder_with_pictures(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    composite, mask = photo(), np.zeros((32, 40), "uint8")
    composite[8:20, 10:24] = (250, 20, 20)
    mask[8:20, 10:24] = 255
    Image.fromarray(composite).save("composite.png")
    Image.fromarray(mask).save("mask.png")


def harmonize(*args):
    """Harmonizes with the shared run into out.png; gives click's result."""
    to = ["--model", trained_run(), "--seed", 4, "--output", "out.png"]
    return succeed("harmonize", *args, *to)


@pytest.mark.parametrize("mask", [[], ["mask.png"]])
def test_it_gives_what_the_method_gives(mask):
    harmonize("composite.png", *mask)
    model = SinGAN.load(trained_run())
    inside = read("mask.png") if mask else None
    expected = model.harmonize(read("composite.png"), inside, start_scale=1, seed=4)
    assert (read("out.png") == expected).all()
    assert (expected != read("composite.png")).any()


def test_a_composite_of_another_size_comes_back_at_that_size():
    photo_file("large.png", 64, 80)
    Image.open("mask.png").resize((80, 64)).save("mask.png")
    harmonize("large.png", "mask.png")
    result, large = read("out.png"), read("large.png")
    assert result.shape == (64, 80, 3)
    # Far from the mask the user's pixels stay.
    assert (result[-2:] == large[-2:]).all() and (result[:, -2:] == large[:, -2:]).all()


MASKS = {
    "empty": (np.zeros((32, 40)), "an empty mask"),
    "large": (np.eye(33, 40) * 255, "The mask must have the image's size, 32x40"),
}


@pytest.mark.parametrize("kind", MASKS)
def test_a_mask_that_is_none_is_wrong_usage(kind):
    values, reason = MASKS[kind]
    Image.fromarray(values.astype("uint8")).save("mask.png")
    args = ["composite.png", "mask.png", "--model", trained_run()]
    assert reason in refuse(2, "harmonize", *args)
    assert not Path("samples").exists()


def test_a_mask_that_cannot_be_read_is_a_failed_run():
    Path("mask.png").write_bytes(b"no image")
    args = ["composite.png", "mask.png", "--model", trained_run()]
    assert "The mask cannot be used" in refuse(1, "harmonize", *args)


def test_without_a_mask_something_must_differ_from_the_photo():
    line = refuse(2, "harmonize", trained_photo(), "--model", trained_run())
    assert "give a mask" in line


def test_an_image_must_be_given():
    assert "Missing argument 'IMAGE" in refuse(2, "harmonize")
