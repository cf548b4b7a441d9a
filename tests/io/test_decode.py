"""Every way an image comes in, and every way it is refused."""

import errno
import io
import warnings

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
from keras_singan.io.image import to_uint8


def reopened(image, file_format, **options):
    return Image.open(io.BytesIO(encoded(image, file_format, **options)))


def refusal(image, **options):
    with pytest.raises(ImageError) as error:
        read_image(image, **options)
    text = str(error.value)
    assert "\n" not in text and "Received: " in text and "Expected" in text
    return text


def check_form(image, shape):
    assert isinstance(image, np.ndarray)
    assert image.dtype == np.float32 and image.shape == shape
    assert image.min() >= -1 and image.max() <= 1


# Arrays.


@pytest.mark.parametrize("channels", [1, 2, 3, 5, 7])
def test_array_keeps_its_channels(channels):
    pixels = noise(5, 4, channels)
    image = read_image(pixels)
    check_form(image, (5, 4, channels))
    assert np.array_equal(to_uint8(image), pixels)


def test_array_of_rank_2_is_grey():
    check_form(read_image(noise(5, 4)), (5, 4, 1))


def test_array_is_not_changed_nor_shared():
    pixels = np.full((2, 2, 3), 0.5, np.float32)
    read_image(pixels)[:] = 0
    assert (pixels == 0.5).all()


@pytest.mark.parametrize("dtype", [np.uint16, ">u2"])
def test_uint16_array_is_scaled_finely(dtype):
    pixels = np.array([[0, 1, 257, 65535]], dtype)
    expected = pixels.astype(np.float64) / 65535 * 2 - 1
    image = read_image(pixels)
    assert image.dtype == np.float32
    assert np.allclose(image[..., 0], expected, rtol=0, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"])
def test_float_array(dtype):
    image = read_image(np.array([[0, 0.25, 1]], dtype))
    check_form(image, (1, 3, 1))
    assert image.ravel().tolist() == [-1, -0.5, 1]


def test_objects_that_convert_to_arrays():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return noise(3, 3, 3)

    check_form(read_image(Tensor()), (3, 3, 3))


# Opacity of each mode.


@pytest.mark.parametrize("mode", ["La", "RGBa"])
def test_premultiplied_modes(mode):
    image = Image.new({"La": "LA", "RGBa": "RGBA"}[mode], (2, 2)).convert(mode)
    with pytest.warns(UserWarning, match="train"):
        white = read_image(image)
    check_form(white, (2, 2, {"La": 1, "RGBa": 3}[mode]))
    assert (white == 1).all()


def palette():
    image = Image.new("P", (2, 1))
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((1, 0), 1)
    return image


def test_palette_with_transparency():
    data = encoded(palette(), "PNG", transparency=0)
    assert Image.open(io.BytesIO(data)).mode == "P"
    with pytest.warns(UserWarning, match="train"):
        composite = read_image(data)
    assert to_uint8(composite).tolist() == [[[255, 255, 255], [0, 0, 255]]]
    kept = to_uint8(read_image(data, alpha="train"))
    assert kept.tolist() == [[[255, 0, 0, 0], [0, 0, 255, 255]]]


@pytest.mark.parametrize(
    "image, opacity",
    [
        (encoded(palette(), "PNG", transparency=bytes([100, 255])), 100),
        (Image.new("RGBA", (2, 2), (255, 0, 0, 255)).convert("PA"), 255),
    ],
    ids=["many transparencies", "mode PA"],
)
def test_palette_with_alpha(image, opacity):
    kept = to_uint8(read_image(image, alpha="train"))
    assert kept[0, 0].tolist() == [255, 0, 0, opacity]


@pytest.mark.parametrize("mode, key", [("L", 7), ("RGB", (7, 7, 7))])
def test_transparent_colour_of_a_png(mode, key):
    data = encoded(Image.new(mode, (2, 2), key), "PNG", transparency=key)
    with pytest.warns(UserWarning, match="train"):
        image = read_image(data)
    check_form(image, (2, 2, len(mode)))
    assert (image == 1).all()


def test_transparent_value_of_a_16_bit_png():
    pixels = np.array([[7, 30000]], np.uint16)
    data = encoded(Image.fromarray(pixels), "PNG", transparency=7)
    kept = read_image(data, alpha="train")
    assert kept[..., 3].tolist() == [[-1, 1]]
    assert np.allclose(kept[0, 1, :3], 30000 / 65535 * 2 - 1)


# Modes and formats.


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "WEBP", "PPM", "GIF"])
def test_lossless_formats(tmp_path, file_format):
    pixels = noise(6, 5, 3) // 64 * 64
    path = tmp_path / "image"
    image = Image.fromarray(pixels)
    options = {"lossless": True} if file_format == "WEBP" else {}
    image.save(path, file_format, **options)
    for form in (path, str(path), path.read_bytes(), bytearray(path.read_bytes())):
        assert np.array_equal(to_uint8(read_image(form)), pixels)


def test_pil_image_is_left_alone():
    image = Image.fromarray(noise(4, 3, 3))
    read_image(image)[:] = 0
    assert np.array_equal(np.asarray(image), noise(4, 3, 3))
    opened = reopened(image, "PNG")
    check_form(read_image(opened), (4, 3, 3))
    check_form(read_image(opened), (4, 3, 3))


@pytest.mark.parametrize("mode", ["1", "L"])
def test_grey_modes(mode):
    image = Image.fromarray(np.array([[0, 255]], np.uint8)).convert(mode)
    for form in (image, encoded(image, "PNG")):
        assert read_image(form).tolist() == [[[-1], [1]]]


@pytest.mark.parametrize("mode", ["P", "CMYK", "YCbCr", "LAB", "HSV", "RGBX"])
def test_colour_modes_become_rgb(mode):
    colour = (200, 100, 50)
    image = Image.new("RGB", (2, 2), colour)
    if mode == "LAB":
        from PIL import ImageCms

        profiles = [ImageCms.createProfile(name) for name in ("sRGB", "LAB")]
        image = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    else:
        image = image.convert(mode)
    assert image.mode == mode
    pixels = to_uint8(read_image(image)).astype(int)
    assert pixels.shape == (2, 2, 3)
    assert np.abs(pixels - colour).max() <= 4


def test_cmyk_jpeg():
    image = Image.new("RGB", (16, 16), (200, 100, 50)).convert("CMYK")
    data = encoded(image, "JPEG", quality=95)
    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    pixels = to_uint8(read_image(data)).astype(int)
    assert np.abs(pixels - (200, 100, 50)).max() <= 6


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "PPM"])
def test_16_bit_grey_files(tmp_path, file_format):
    pixels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    path = tmp_path / "deep"
    Image.fromarray(pixels).save(path, file_format)
    image = read_image(path)
    check_form(image, (256, 256, 1))
    values = (image[..., 0].astype(np.float64) + 1) / 2 * 65535
    assert np.abs(values - pixels).max() < 0.01


def test_16_bit_pil_modes():
    pixels = np.array([[0, 1000, 65535]], np.uint16)
    images = [Image.fromarray(pixels.astype(d)) for d in ("<u2", ">u2", "int32")]
    assert [i.mode for i in images] == ["I;16", "I;16B", "I"]
    for image in images:
        values = (read_image(image).ravel() + 1) / 2 * 65535
        assert np.abs(values - pixels).max() < 0.01


FLOATS = np.array([[0, 0.25, 1]], np.float32)


def test_float_tiff(tmp_path):
    Image.fromarray(FLOATS).save(tmp_path / "f.tif")
    assert read_image(tmp_path / "f.tif").ravel().tolist() == [-1, -0.5, 1]


ROTATED = Image.Exif()
ROTATED[0x0112] = 6


def test_exif_orientation():
    pixels = np.zeros((16, 32, 3), np.uint8)
    pixels[:, :16] = 255
    data = encoded(Image.fromarray(pixels), "JPEG", exif=ROTATED, quality=95)
    for form in (data, Image.open(io.BytesIO(data))):
        image = to_uint8(read_image(form))
        assert image.shape == (32, 16, 3)
        assert image[:16].min() > 240 and image[16:].max() < 15


def test_exif_orientation_of_16_bits():
    pixels = noise(3, 2, dtype=np.uint16)
    image = read_image(encoded(Image.fromarray(pixels), "PNG", exif=ROTATED))
    assert np.array_equal(image[..., 0], read_image(np.rot90(pixels, -1))[..., 0])


@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", ROTATED.tobytes()[:-6]])
def test_corrupt_exif_does_not_matter(exif):
    image = Image.new("RGB", (4, 3))
    check_form(read_image(encoded(image, "JPEG", exif=exif)), (3, 4, 3))


def animation(file_format):
    red, blue = (Image.new("RGB", (4, 3), colour) for colour in ("red", "blue"))
    return encoded(red, file_format, save_all=True, append_images=[blue])


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_animation_gives_the_first_frame(file_format):
    data = animation(file_format)
    with pytest.warns(UserWarning, match="frame 1 of the image's 2 frames") as caught:
        image = read_image(data)
    assert len(caught) == 1 and caught[0].filename == __file__
    check_form(image, (3, 4, 3))
    assert image[0, 0, 0] > 0.9 and image[0, 0, 2] < -0.9


def test_pil_animation_gives_the_frame_it_stands_at():
    opened = Image.open(io.BytesIO(animation("GIF")))
    opened.seek(1)
    with pytest.warns(UserWarning, match="frame 2 of"):
        image = read_image(opened)
    assert to_uint8(image)[0, 0].tolist() == [0, 0, 255]


def test_phone_photo_with_a_preview_does_not_warn():
    data = animation("MPO")
    assert to_uint8(read_image(data))[0, 0, 0] > 240


def test_single_frame_gif_does_not_warn():
    check_form(read_image(encoded(Image.new("RGB", (4, 3)), "GIF")), (3, 4, 3))


@pytest.mark.parametrize("name", ["x.npy", "x.NPY"])
def test_npy_file(tmp_path, name):
    pixels = noise(4, 3, 6)
    with open(tmp_path / name, "wb") as file:
        np.save(file, pixels)
    assert np.array_equal(to_uint8(read_image(tmp_path / name)), pixels)


# What is refused.


@pytest.mark.parametrize(
    "array, words",
    [
        (np.zeros(3, np.uint8), "(H, W)"),
        (np.zeros((1, 2, 2, 3), np.uint8), "shape (1, 2, 2, 3)"),
        (np.float32(0.5), "(H, W)"),
        (np.zeros((2, 2), np.int64), "int64"),
        (np.zeros((2, 2), np.int8), "int8"),
        (np.zeros((2, 2), np.uint32), "uint32"),
        (np.zeros((2, 2), bool), "bool"),
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
        (deep(-1), ["0 to 65535", "-1"]),
        (deep(65536), ["0 to 65535", "65536"]),
        (Image.new("RGB", (0, 3)), ["at least one pixel"]),
        (Image.new("I", (3, 0)), ["at least one pixel"]),
    ],
)
def test_refused(image, words):
    text = refusal(image)
    assert all(word in text for word in words)


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
    image = reopened(Image.new("RGB", (4, 4)), "PNG")
    image.close()
    refusal(image)


@pytest.mark.parametrize("limit", [60, 10])
def test_decompression_bomb(monkeypatch, limit):
    data = encoded(Image.new("RGB", (10, 10)), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    kind = Image.DecompressionBombWarning if limit == 60 else None
    with pytest.raises(kind or Image.DecompressionBombError):
        Image.open(io.BytesIO(data))
    assert f"over {limit} pixels" in refusal(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert f"over {limit} pixels" in refusal(data)


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
