"""What is written comes back as it was, or nothing is written."""

import errno
import os

import numpy as np
import pytest
from PIL import Image
from support.photos import noise

from keras_singan.errors import ImageError
from keras_singan.errors import OutputError
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8
from keras_singan.io.save import encode_png
from keras_singan.io.save import preview
from keras_singan.io.save import save_image


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_encode_png(channels):
    pixels = noise(5, 4, channels)
    data = encode_png(pixels)
    assert data.startswith(b"\x89PNG")
    assert np.array_equal(to_uint8(read_image(data, alpha="train")), pixels)


@pytest.mark.parametrize(
    "array",
    [
        noise(5, 4),
        noise(5, 4, 2),
        noise(5, 4, 5),
        noise(0, 4, 3),
        noise(1, 5, 4, 3),
        np.zeros((5, 4, 3)),
    ],
)
def test_encode_png_refuses(array):
    with pytest.raises(ImageError, match="Received: array="):
        encode_png(array)


@pytest.mark.parametrize(
    "suffix, file_format, counts",
    [
        (".png", "PNG", (1, 3, 4)),
        (".PNG", "PNG", (3,)),
        (".tif", "TIFF", (1, 3, 4)),
        (".tiff", "TIFF", (3,)),
        (".bmp", "BMP", (1, 3)),
        (".webp", "WEBP", (3, 4)),
    ],
)
def test_save_without_loss(tmp_path, suffix, file_format, counts):
    for channels in counts:
        pixels = noise(6, 5, channels)
        path = save_image(str(tmp_path / "new" / f"{channels}{suffix}"), pixels)
        assert path == tmp_path / "new" / f"{channels}{suffix}"
        with Image.open(path) as image:
            assert image.format == file_format
        assert np.array_equal(to_uint8(read_image(path, alpha="train")), pixels)


def test_save_grey_webp(tmp_path):
    pixels = noise(6, 5, 1)
    path = save_image(tmp_path / "x.webp", pixels)
    assert np.array_equal(to_uint8(read_image(path)), np.repeat(pixels, 3, -1))


@pytest.mark.parametrize("name", ["x.jpg", "x.jpeg", "x.JPG"])
@pytest.mark.parametrize("channels", [1, 3])
def test_save_jpeg(tmp_path, name, channels):
    pixels = np.full((16, 16, channels), 77, np.uint8)
    path = save_image(tmp_path / name, pixels)
    with Image.open(path) as image:
        assert image.format == "JPEG" and image.quantization[0][0] <= 2
    back = to_uint8(read_image(path)).astype(int)
    assert back.shape == pixels.shape and np.abs(back - 77).max() <= 2


def test_save_without_suffix(tmp_path):
    path = save_image(tmp_path / "x", noise(4, 4, 3))
    assert path == tmp_path / "x.png"
    assert path.read_bytes() == encode_png(noise(4, 4, 3))


@pytest.mark.parametrize("channels", [2, 5, 7])
@pytest.mark.parametrize("name", ["x.png", "x", "x.npy", "x.xyz"])
def test_save_other_channel_counts(tmp_path, channels, name):
    pixels = noise(6, 5, channels)
    path = save_image(tmp_path / name, pixels)
    assert path == tmp_path / "x.npy"
    assert np.array_equal(np.load(path), pixels)
    shown = to_uint8(read_image(tmp_path / "x_preview.png"))
    assert np.array_equal(shown, preview(pixels))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["x.npy", "x_preview.png"]


NO_ALPHA = "4 channels allow: .png, .webp, .tif, .tiff"
SUFFIXES = ".png, .webp, .*.jpeg. Received: path="


@pytest.mark.parametrize(
    "name, array, words",
    [
        ("x.jpg", noise(4, 4, 4), NO_ALPHA),
        ("x.bmp", noise(4, 4, 4), NO_ALPHA),
        ("x.gif", noise(4, 4, 3), SUFFIXES),
        ("x.xyz", noise(4, 4, 3), SUFFIXES),
        ("x.npy", noise(4, 4, 3), SUFFIXES),
        ("x.v2", noise(4, 4, 3), SUFFIXES),
        ("x.png", noise(4, 4), "Received: array="),
        ("x.png", noise(4, 0, 3), "Received: array="),
        ("x.png", np.zeros((4, 4, 3), np.float32), "Received: array="),
        ("x.webp", np.zeros((1, 17000, 3), np.uint8), "must fit into WEBP"),
    ],
)
def test_save_refuses(tmp_path, name, array, words):
    with pytest.raises(ImageError, match=words) as error:
        save_image(tmp_path / name, array)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_save_without_a_name(name):
    with pytest.raises(OutputError, match="Received: path="):
        save_image(name, noise(4, 4, 3))


def test_save_below_a_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="Received: path="):
        save_image(tmp_path / "file" / "x.png", noise(4, 4, 3))


def test_save_over_an_existing_file(tmp_path):
    path = tmp_path / "x.png"
    path.write_text("old")
    with pytest.raises(OutputError, match="file exists. Received: path=") as error:
        save_image(path, noise(4, 4, 3))
    assert "\n" not in str(error.value) and path.read_text() == "old"
    assert save_image(path, noise(4, 4, 3), overwrite=True) == path
    assert np.array_equal(to_uint8(read_image(path)), noise(4, 4, 3))


@pytest.mark.parametrize("name", ["x.npy", "x_preview.png"])
def test_save_over_an_existing_array(tmp_path, name):
    (tmp_path / name).write_text("old")
    with pytest.raises(OutputError, match="exists"):
        save_image(tmp_path / "x.png", noise(4, 4, 5))
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_save_keeps_the_old_file_when_the_disk_is_full(tmp_path, monkeypatch):
    def full_disk(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "x.png"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OutputError, match="No space left"):
        save_image(path, noise(4, 4, 3), overwrite=True)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_preview_keeps_what_can_be_shown(channels):
    assert np.array_equal(preview(noise(3, 3, channels)), noise(3, 3, channels))


def test_preview_of_other_counts():
    two, five = noise(3, 3, 2), noise(2, 3, 3, 5)
    assert np.array_equal(preview(two)[..., :2], two)
    assert preview(two).dtype == np.uint8 and not preview(two)[..., 2].any()
    assert np.array_equal(preview(five), five[..., :3])
