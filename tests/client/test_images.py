import io
import warnings

import numpy as np
import pytest
from PIL import Image
from PIL import ImageCms
from support.checks import refused
from support.fake_serving import fake_server
from support.fake_serving import only
from support.photos import encoded
from support.photos import noise
from support.photos import png

from keras_singan.client import Client
from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io.icc_profile import adobe_rgb
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


@pytest.fixture
def client(server):
    return Client(server.url)


def file_of(path, image, **options):
    """Writes an image; gives its bytes."""
    image.save(path, **options)
    return path.read_bytes()


def sent_image(server, client, image):
    """Gives the bytes that are sent for an image."""
    client.paint_to_image(image)
    return server.requests[-1][1][0]["image_bytes"]


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_files_of_png_and_jpeg_are_sent_as_they_are(server, client, tmp_path, suffix):
    path = tmp_path / f"photo{suffix}"
    data = file_of(path, Image.new("RGB", (6, 4), (9, 99, 199)))
    for given in (path, str(path), data, bytearray(data), memoryview(data)):
        assert sent_image(server, client, given) == data


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA"])
def test_png_files_of_any_mode_are_sent_as_they_are(server, client, tmp_path, mode):
    image = Image.linear_gradient("L").convert("P") if mode == "P" else None
    data = file_of(tmp_path / "x.png", image or Image.new(mode, (6, 4)))
    assert sent_image(server, client, data) == data


def test_a_png_file_of_16_bits_keeps_its_shades(server, client):
    deep = noise(8, 8, dtype=np.uint16)
    sent = Image.open(io.BytesIO(sent_image(server, client, encoded(deep))))
    assert np.array_equal(np.asarray(sent), deep)


@pytest.mark.parametrize("colours", [2, 4, 16])
@pytest.mark.parametrize("transparent", [False, True])
def test_png_files_of_less_than_8_bits_are_made_full(
    server, client, tmp_path, colours, transparent
):
    image = Image.radial_gradient("L").convert("RGB").quantize(colours)
    options = {"transparency": 1} if transparent else {}
    data = file_of(tmp_path / "x.png", image, **options)
    assert data[24] < 8
    sent = Image.open(io.BytesIO(sent_image(server, client, data)))
    assert sent.mode == ("RGBA" if transparent else "RGB")
    with Image.open(tmp_path / "x.png") as original:
        assert sent.tobytes() == original.convert(sent.mode).tobytes()


def test_a_mask_of_one_bit_is_made_full(server, client, tmp_path):
    mask = Image.new("1", (6, 4))
    mask.putpixel((2, 1), 1)
    for given in (mask, file_of(tmp_path / "x.png", mask)):
        sent = Image.open(io.BytesIO(sent_image(server, client, given)))
        assert (sent.mode, sent.getpixel((2, 1)), sent.getextrema()) == (
            "L",
            255,
            (0, 255),
        )


@pytest.mark.parametrize("suffix", [".bmp", ".webp", ".tif", ".gif"])
def test_other_files_are_sent_as_png(server, client, tmp_path, suffix):
    image = Image.new("RGB", (6, 4), (0, 255, 0))
    options = {"lossless": True} if suffix == ".webp" else {}
    data = file_of(tmp_path / f"x{suffix}", image, **options)
    sent = Image.open(io.BytesIO(sent_image(server, client, data)))
    assert sent.format == "PNG"
    assert sent.convert("RGB").tobytes() == image.tobytes()


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_cameras_rotation_is_applied(server, client, tmp_path, suffix):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (6, 4))
    data = file_of(tmp_path / f"x{suffix}", image, exif=exif)
    sent = Image.open(io.BytesIO(sent_image(server, client, data)))
    assert (sent.format, sent.size) == ("PNG", (4, 6))
    assert sent.getexif().get(0x0112, 1) == 1


def test_a_jpeg_of_print_colours_is_sent_as_rgb(server, client, tmp_path):
    data = file_of(tmp_path / "x.jpg", Image.new("CMYK", (6, 4)))
    sent = Image.open(io.BytesIO(sent_image(server, client, data)))
    assert (sent.format, sent.mode) == ("PNG", "RGB")


def test_of_an_animated_png_the_first_frame_is_sent(server, client, tmp_path):
    frames = [Image.new("RGB", (6, 4), (k, 0, 0)) for k in (9, 200)]
    data = file_of(
        tmp_path / "x.png", frames[0], save_all=True, append_images=[frames[1]]
    )
    sent = Image.open(io.BytesIO(sent_image(server, client, data)))
    assert getattr(sent, "n_frames", 1) == 1
    assert sent.getpixel((0, 0)) == (9, 0, 0)


@pytest.mark.parametrize(
    "mode, expected",
    [
        *(("RGB", "RGB"), ("RGBA", "RGBA"), ("L", "L"), ("1", "L"), ("CMYK", "RGB")),
        *(
            ("YCbCr", "RGB"),
            ("RGBa", "RGBA"),
            ("La", "LA"),
            ("I", "I;16"),
            ("P", "RGB"),
        ),
    ],
)
def test_pil_images_are_sent_as_png(server, client, mode, expected):
    image = Image.new(mode, (6, 4), 60_000 if mode == "I" else 0)
    data = sent_image(server, client, image)
    assert Image.open(io.BytesIO(data)).mode == expected


def test_arrays_are_sent_as_png(server, client):
    array = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    client.harmonize(array, array[..., 0] > 30)
    row = only(server)[1]
    assert np.array_equal(Image.open(io.BytesIO(row["image_bytes"])), array)
    mask = np.asarray(Image.open(io.BytesIO(row["mask_bytes"])))
    assert np.array_equal(mask, 255 * (array[..., 0] > 30))


@pytest.mark.parametrize(
    "image, text",
    [
        ("nowhere.png", "there is no such file. Received: paint='nowhere.png'"),
        (b"", "`paint` must hold an image, but it is empty"),
        (b"not an image", "Received: paint=12 bytes"),
        (png((60, 40))[:60], "Received: paint=60 bytes"),
        (Image.new("F", (6, 4), 2.0), "floats in [0, 1]: they go from 2 to 2"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (io.StringIO("text"), "binary mode"),
        (Image.new("I", (6, 4), -1), "from -1 to -1"),
        (np.zeros((4, 6, 7), np.uint8), "1, 3 or 4 channels"),
        (np.zeros((4, 6, 2), np.uint8), "1, 3 or 4 channels"),
        (np.zeros(6), "(H, W)"),
        (np.full((4, 6), np.nan), "NaN"),
        (np.full((4, 6), -3), "from -3 to -3"),
        (np.full((4, 6), 1.5), "they go from 1.5 to 1.5"),
        (3, "object of type int"),
        (None, "object of type NoneType"),
    ],
)
def test_an_image_that_cannot_be_read_is_refused_here(server, client, image, text):
    assert text in refused(lambda: client.paint_to_image(image), ImageError)
    assert server.seen == []


def test_an_image_of_too_many_pixels_is_refused(client, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    assert "24 pixels" in refused(lambda: client.paint_to_image(png()), ImageError)


def test_the_mask_is_named_in_its_error(client):
    assert "mask=3 bytes" in refused(lambda: client.edit(png(), b"abc"), ImageError)


def local(image):
    """The pixels that the local method sees."""
    return to_uint8(read_image(image, alpha="train"))


def sent_pixels(data):
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    if pixels.dtype != np.uint8:
        pixels = np.rint(pixels / 257).astype(np.uint8)
    return pixels[..., None] if pixels.ndim == 2 else pixels


@pytest.mark.parametrize("channels", [None, 1, 3, 4])
@pytest.mark.parametrize(
    "dtype", ["u1", "<u2", ">u2", "f2", "<f4", ">f4", "f8", "i8", ">i4", "u4"]
)
def test_arrays_are_taken_as_the_local_method_takes_them(
    server, client, dtype, channels
):
    shape = (5, 7) if channels is None else (5, 7, channels)
    values = np.random.default_rng(0).random(shape)
    values.flat[0], values.flat[1] = 0, 1
    top = {"u1": 255, "i8": 255, ">i4": 255, "u4": 255}.get(dtype, 65535)
    array = (values if "f" in dtype else np.rint(values * top)).astype(dtype)
    with warnings.catch_warnings():
        # Both warn of whole numbers whose range has to be guessed.
        warnings.simplefilter("ignore", ImageWarning)
        expected, data = local(array), sent_image(server, client, array)
    assert np.abs(sent_pixels(data).astype(int) - expected).max() <= 1


def test_what_rounding_leaves_beyond_0_and_1_is_taken(server, client):
    array = np.array([[-1e-7, 1.0000001], [0.5, 0]], np.float32)
    pixels = sent_pixels(sent_image(server, client, array))[..., 0]
    assert np.array_equal(pixels, [[0, 255], [128, 0]])


@pytest.mark.parametrize("dtype", ["i8", "u1", "i4", bool])
def test_a_mask_of_0_and_1_is_black_and_white(server, client, dtype):
    mask = np.zeros((4, 6), dtype)
    mask[1, 2] = 1
    client.edit(png(), mask)
    sent = sent_pixels(only(server)[1]["mask_bytes"])
    assert sent[1, 2] == 255 and sent.sum() == 255


def test_files_of_arrays_and_open_files_are_read(server, client, tmp_path):
    array = noise(4, 6, 3)
    np.save(tmp_path / "x.npy", array)
    Image.fromarray(array).save(tmp_path / "x.png")
    with open(tmp_path / "x.png", "rb") as file:
        for image in (tmp_path / "x.npy", file, io.BytesIO(encoded(array))):
            server.requests.clear()
            assert np.array_equal(sent_pixels(sent_image(server, client, image)), array)


PROFILE = adobe_rgb()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "PIL"])
def test_colours_of_another_profile_are_sent_as_srgb(server, client, form):
    # Without loss even as JPEG: one colour in each block.
    blocks = np.kron(noise(4, 6, 3) // 2 + 60, np.ones((16, 16, 1), np.uint8))
    image = Image.fromarray(blocks)
    if form == "PIL":
        image.info["icc_profile"] = PROFILE
        given = image
    else:
        options = {"quality": 100, "subsampling": 0} if form == "JPEG" else {}
        given = encoded(image, form, icc_profile=PROFILE, **options)
    data = sent_image(server, client, given)
    assert np.array_equal(sent_pixels(data), local(given))
    with Image.open(io.BytesIO(data)) as sent:
        assert "icc_profile" not in sent.info
    plain = blocks if form != "JPEG" else local(encoded(image, form, **options))
    assert np.abs(sent_pixels(data).astype(int) - plain).max() > 5


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_file_whose_profile_is_srgb_is_sent_as_it_is(server, client, form):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(Image.fromarray(noise(8, 8, 3)), form, icc_profile=profile)
    assert sent_image(server, client, data) == data


def test_a_damaged_profile_is_a_warning(server, client):
    data = encoded(noise(8, 8, 3), icc_profile=b"no profile")
    with pytest.warns(ImageWarning, match="colour profile cannot be used"):
        sent = sent_image(server, client, data)
    assert np.array_equal(sent_pixels(sent), local_without_warning(data))


def local_without_warning(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImageWarning)
        return local(data)


def test_a_rotation_and_a_profile_are_both_applied(server, client):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(noise(8, 12, 3), icc_profile=PROFILE, exif=exif)
    sent = sent_pixels(sent_image(server, client, data))
    assert sent.shape == (12, 8, 3)
    assert np.array_equal(sent, local(data))


def test_12_bits_in_16_are_told(server, client):
    deep = Image.fromarray(noise(8, 8, dtype=np.uint16) // 16)
    with pytest.warns(ImageWarning, match="whole numbers go from"):
        sent_image(server, client, encoded(deep))
