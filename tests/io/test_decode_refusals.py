"""Every image that is refused: a line that says why."""

import errno
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.photos import QUICK
from support.photos import encoded
from support.photos import noise

from keras_singan.errors import ImageError
from keras_singan.io.image import read_image


def refusal(image, **options):
    with pytest.raises(ImageError) as error:
        read_image(image, **options)
    text = str(error.value)
    assert "\n" not in text and "Received: " in text and " must " in text
    return text


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros(3, np.uint8), "(H, W)"),
        (np.zeros((1, 2, 2, 3), np.uint8), "shape (1, 2, 2, 3)"),
        (np.float32(0.5), "(H, W)"),
        (np.full((2, 2), -1, np.int8), "from -1 to -1"),
        (np.full((2, 2), 65536, np.int64), "from 65536 to 65536"),
        (np.zeros((2, 2), np.longdouble), "float128"),
        (np.zeros((2, 2), complex), "complex"),
        (np.full((2, 2), "a"), "uint8"),
        (np.full((2, 2), None), "object"),
        (np.zeros((2, 2), [("r", "u1")]), "uint8"),
        (np.zeros((0, 2, 3), np.uint8), "at least one pixel"),
        (np.zeros((2, 0)), "at least one pixel"),
        (np.zeros((2, 2, 0)), "at least one pixel"),
        (np.full((2, 2), np.nan), "NaN"),
        (np.array([[0, np.inf]]), "infinite"),
        (np.array([[-0.5, 1.0]]), "-0.5 to 1"),
        (np.array([[0.25, 1.00002]]), "0.25 to 1.00002"),
        (np.array([[0, 255.0]]), "0 to 255"),
        (np.array([[0, 255.0]], np.float16), "0 to 255"),
    ],
)
def test_array_refused(array, words):
    assert words in refusal(array)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n"


def deep(value):
    return Image.fromarray(np.array([[0, value]], np.int32))


@pytest.mark.parametrize(
    "image, words",
    [
        (None, ["NoneType"]),
        (3, ["int"]),
        ([[1, 2]], ["list"]),
        (object(), ["object"]),
        ("missing.png", ["'missing.png'"]),
        ("https://a.org/b.png", ["'https://a.org/b.png'", "no such file"]),
        ("a\0b.png", [repr("a\0b.png")]),
        ("a\nb.png", []),
        pytest.param("x" * 5000, [], id="long name"),
        ("", ["folder"]),
        (b"", ["empty"]),
        (b"hello, I am text", ["16 bytes"]),
        pytest.param(EPS, ["not an image"], id="PostScript is not run"),
        (deep(-1), ["0 to 65535", "from -1 to 0"]),
        (deep(65536), ["0 to 65535", "65536"]),
        (Image.new("RGB", (0, 3)), ["at least one pixel"]),
        (Image.new("I", (3, 0)), ["at least one pixel"]),
    ],
)
def test_refused(image, words):
    text = refusal(image)
    assert all(word in text for word in words)


FLOATS = np.array([[0, 0.25, 1]], np.float32)


def npy(array, save=np.save):
    buffer = io.BytesIO()
    save(buffer, array)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name, contents, words",
    [
        ("x.png", None, "no such file"),
        ("", None, "folder"),
        ("x.png", b"", "empty"),
        ("x.png", b"hello, I am text", "not an image"),
        ("x.tif", encoded(Image.fromarray(FLOATS * 255), "TIFF"), "0 to 255"),
        ("x.tif", encoded(Image.fromarray(FLOATS * np.nan), "TIFF"), "NaN"),
        ("x.npy", npy(np.full((2, 2), None)), "x.npy"),
        ("x.npy", npy(noise(4, 4, 3))[:-5], "x.npy"),
        ("x.npy", b"", "x.npy"),
        ("x.npy", npy(noise(4, 4, 3), np.savez), "x.npy"),
        ("x.npy", npy(noise(4)), "(H, W)"),
        ("x.npy", b"hello, I am text", "an array that NumPy wrote, but this is none"),
        ("x.npy", b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else None,
)
def test_file_refused(tmp_path, name, contents, words):
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    text = refusal(tmp_path / name)
    assert words in text and repr(str(tmp_path / name)) in text


def test_path_below_a_file(tmp_path):
    (tmp_path / "file").touch()
    assert "Not a directory" in refusal(tmp_path / "file" / "x.png")


def test_unreadable_file(tmp_path, monkeypatch):
    def deny(*args, **kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    (tmp_path / "x.png").touch()
    monkeypatch.setattr("builtins.open", deny)
    assert "Permission denied" in refusal(tmp_path / "x.png")


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF"])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7])
def test_truncated(tmp_path, file_format, part):
    data = encoded(Image.fromarray(noise(64, 64, 3)), file_format)
    path = tmp_path / "cut"
    path.write_bytes(data[: int(len(data) * part)])
    assert "cut" in refusal(path)


def test_truncated_pil_image():
    data = encoded(Image.fromarray(noise(64, 64, 3)), "PNG")
    assert "truncated" in refusal(Image.open(io.BytesIO(data[:5000])))


def test_closed_pil_image():
    image = Image.open(io.BytesIO(encoded(Image.new("RGB", (4, 4)))))
    image.close()
    refusal(image)


@pytest.mark.parametrize("limit", [60, 10])
def test_an_image_of_more_pixels_than_allowed(monkeypatch, limit):
    data = encoded(Image.new("RGB", (10, 10)), "PNG")
    text = refusal(data, max_pixels=limit)
    assert f"`max_pixels` ({limit}) pixels, but it has 10 x 10" in text
    assert read_image(data, max_pixels=100).shape == (10, 10, 3)


def test_the_limit_is_our_own_not_pillows(monkeypatch):
    data = encoded(Image.new("RGB", (10, 10)), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert read_image(data).shape == (10, 10, 3)
    assert Image.MAX_IMAGE_PIXELS == 10


def test_pixel_limit_is_left_alone():
    limit = Image.MAX_IMAGE_PIXELS
    read_image(encoded(Image.new("RGB", (10, 10)), "PNG"))
    assert Image.MAX_IMAGE_PIXELS == limit


def read_or_refuse(data):
    """Either a good image or one `ImageError`, and no other warning or error."""
    try:
        image = read_image(data, alpha="train")
    except ImageError as error:
        assert "\n" not in str(error)
    else:
        assert image.ndim == 3 and image.dtype == np.float32
        assert np.isfinite(image).all() and np.abs(image).max() <= 1


@QUICK
@given(st.binary(max_size=300))
def test_random_bytes(data):
    read_or_refuse(data)


@QUICK
@given(
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"BM"]),
    st.binary(max_size=100),
)
def test_random_bytes_after_a_signature(signature, data):
    read_or_refuse(signature + data[:1] + b"\0" + data)


SOUND = [
    encoded(Image.fromarray(noise(9, 8, 3)), file_format)
    for file_format in ("PNG", "JPEG", "WEBP")
]


@QUICK
@given(st.sampled_from(SOUND), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_damaged_files(data, where, change):
    damaged = bytearray(data)
    damaged[int(where * len(data))] ^= change
    read_or_refuse(bytes(damaged))
