import json

import numpy as np
import pytest
from PIL import Image
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import read
from support.cli_runner import stop_training
from support.cli_runner import succeed
from support.photos import photo

from keras_singan.io.icc_profile import adobe_rgb


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stop_training(monkeypatch)


def train(path, *options):
    """Trains on a file; gives size and channels of the model, and the warnings."""
    result = succeed("train", path, *TINY_OPTIONS, *options)
    assert result.stdout.startswith("Trained: ")
    card = json.loads(succeed("info", "--json").stdout)
    return (*card["scales"][-1]["size"], card["channels"]), result.stderr


def rgba():
    opacity = np.tile(np.linspace(0, 255, 40).astype("uint8"), (32, 1))[..., None]
    return np.concatenate([photo(), opacity], axis=-1)


def test_an_animated_gif_trains_on_its_first_frame_and_says_so():
    frames = [Image.fromarray(photo() + k) for k in range(3)]
    frames[0].save("move.gif", save_all=True, append_images=frames[1:])
    shape, warning = train("move.gif")
    assert shape == (32, 40, 3)
    assert warning == "Warning: Only frame 1 of the image's 3 frames is used.\n"


def test_transparency_is_put_on_white_and_says_so():
    Image.fromarray(rgba()).save("glass.png")
    shape, warning = train("glass.png")
    assert shape == (32, 40, 3)
    text = "Transparency is put on white. --alpha train keeps it."
    assert warning == f"Warning: {text}\n"
    left = read("runs/glass/scale_01/real.png")[:, 0]
    assert left.min() > 250


def test_transparency_is_trained_when_asked():
    Image.fromarray(rgba()).save("glass.png")
    assert train("glass.png", "--alpha", "train") == ((32, 40, 4), "")
    real = read("runs/glass/scale_01/real.png")
    assert real[:, 0, 3].max() < real[:, -1, 3].min()


def test_a_palette_becomes_colours():
    Image.fromarray(photo()).quantize(16).save("palette.png")
    assert train("palette.png") == ((32, 40, 3), "")


def test_cmyk_becomes_colours():
    Image.fromarray(photo()).convert("CMYK").save("print.jpg")
    assert train("print.jpg") == ((32, 40, 3), "")


def test_grey_stays_one_channel():
    Image.fromarray(photo()[..., 0]).save("grey.png")
    assert train("grey.png") == ((32, 40, 1), "")


def test_16_bits_keep_their_shades():
    deep = np.linspace(20000, 40000, 32 * 40).reshape(32, 40).astype("uint16")
    Image.fromarray(deep).save("deep.png")
    assert train("deep.png") == ((32, 40, 1), "")
    real = read("runs/deep/scale_01/real.png")
    assert (real.min(), real.max()) == (78, 156)


@pytest.mark.parametrize("how", ["auto", "0,4095"])
def test_12_bits_are_spread_by_a_range(how):
    deep = np.linspace(0, 4095, 32 * 40).reshape(32, 40).astype("uint16")
    Image.fromarray(deep).save("deep.png")
    _, warning = train("deep.png")
    assert "from 0 to 4095" in warning
    assert warning.endswith("--range auto spreads what is there over black to white.\n")
    assert read("runs/deep/scale_01/real.png").max() < 20
    assert train("deep.png", "--range", how, "--output", "runs/spread")[1] == ""
    real = read("runs/spread/scale_01/real.png")
    assert (real.min(), real.max()) == (0, 255)


def test_a_wide_colour_space_becomes_srgb():
    image = Image.new("RGB", (40, 32), (40, 180, 60))
    image.save("camera.png", icc_profile=adobe_rgb())
    assert train("camera.png") == ((32, 40, 3), "")
    assert read("runs/camera/scale_01/real.png")[..., 0].max() < 20


def test_an_exif_rotation_is_applied():
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.fromarray(photo()).save("phone.jpg", exif=turned)
    assert train("phone.jpg") == ((40, 32, 3), "")


def test_an_array_of_two_channels_trains():
    np.save("field.npy", photo(channels=2))
    assert train("field.npy") == ((32, 40, 2), "")
