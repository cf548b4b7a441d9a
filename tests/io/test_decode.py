"""Every way an image comes in."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from support.photos import encoded
from support.photos import noise

from keras_singan.errors import ImageWarning
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8


def reopened(image, file_format, **options):
    return Image.open(io.BytesIO(encoded(image, file_format, **options)))


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


# Very large images.


def wide_photo(width=160, height=80):
    """A slope to the right, blue, with a grey corner."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 2] = np.linspace(0, 255, width)
    return Image.fromarray(pixels)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "GIF"])
def test_a_very_large_photo_that_is_shrunk_anyway_is_decoded_smaller(
    monkeypatch, file_format
):
    monkeypatch.setattr("keras_singan.io.decode._LARGE", 4000)
    data = encoded(wide_photo(), file_format)
    image = read_image(data, shrink_to=10)
    check_form(image, (20, 40, 3))
    expected = (np.linspace(0, 255, 40) / 127.5) - 1
    assert np.abs(image[..., 2] - expected).max() < 0.1
    assert read_image(data).shape == read_image(data, shrink_to=50).shape
    assert read_image(data).shape == (80, 160, 3)


def test_a_large_photo_keeps_its_rotation_when_decoded_smaller(monkeypatch):
    monkeypatch.setattr("keras_singan.io.decode._LARGE", 4000)
    data = encoded(wide_photo(), "JPEG", exif=ROTATED)
    image = read_image(data, shrink_to=10)
    check_form(image, (40, 20, 3))
    assert image[0, :, 2].mean() < -0.8 < 0.8 < image[-1, :, 2].mean()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I", "F", "I;16"])
def test_every_mode_can_be_decoded_smaller(monkeypatch, mode):
    monkeypatch.setattr("keras_singan.io.decode._LARGE", 400)
    if mode in ("I", "F", "I;16"):
        dtype = {"I": np.int32, "F": np.float32, "I;16": np.uint16}[mode]
        image = Image.fromarray(np.ones((40, 80), dtype))
        assert image.mode == mode
    else:
        image = Image.new("RGBA", (80, 40), (255, 255, 255, 255)).convert(mode)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)
        whole, small = read_image(image), read_image(image, shrink_to=5)
    check_form(small, (10, 20, whole.shape[-1]))
    assert (small == whole[0, 0]).all()
