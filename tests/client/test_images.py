import io

import numpy as np
import pytest
from PIL import Image
from support.checks import refused
from support.fake_serving import fake_server
from support.fake_serving import only
from support.photos import png

from keras_singan.client import Client
from keras_singan.client import save_frames
from keras_singan.errors import ImageError
from keras_singan.errors import OutputError


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


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "I;16"])
def test_png_files_of_any_mode_are_sent_as_they_are(server, client, tmp_path, mode):
    image = Image.linear_gradient("L").convert("P") if mode == "P" else None
    data = file_of(tmp_path / "x.png", image or Image.new(mode, (6, 4)))
    assert sent_image(server, client, data) == data


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
    data = sent_image(server, client, Image.new(mode, (6, 4)))
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
        ("nowhere.png", "No such file or directory. Received: paint='nowhere.png'"),
        (b"", "cannot identify image file"),
        (b"not an image", "Received: paint=12 bytes"),
        (png((60, 40))[:60], "Received: paint=60 bytes"),
        (Image.new("F", (6, 4)), "mode F"),
        (Image.new("I", (6, 4), -1), "from -1 to -1"),
        (np.zeros((4, 6, 7), np.uint8), "ndarray"),
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


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_frames_are_saved_with_their_time(client, tmp_path, suffix):
    frames = client.animate(6)
    path = save_frames(tmp_path / "new" / f"x{suffix}", frames, fps=15)
    with Image.open(path) as image:
        assert image.n_frames == 6
        assert image.info["loop"] == 0
        total = 0
        for k in range(6):
            image.seek(k)
            image.load()
            total += image.info["duration"]
        assert total == pytest.approx(400, abs=1)


@pytest.mark.parametrize("suffix", [".png", ".apng"])
def test_apng_keeps_every_pixel(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3), np.uint8)
    path = save_frames(tmp_path / f"x{suffix}", map(Image.fromarray, noise))
    with Image.open(path) as image:
        for k in range(3):
            image.seek(k)
            assert np.array_equal(image.convert("RGB"), noise[k])


@pytest.mark.parametrize("mode", ["L", "RGBA"])
@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_grey_and_transparent_frames_are_saved(tmp_path, mode, suffix):
    frames = [
        Image.new(mode, (6, 4), k if mode == "L" else (k, 0, 0, 99)) for k in (9, 90)
    ]
    with Image.open(save_frames(tmp_path / f"x{suffix}", frames)) as image:
        assert image.n_frames == 2


@pytest.mark.parametrize(
    "name, frames, fps, text",
    [
        *(
            ("x.jpg", 2, 10, "x.jpg"),
            ("x", 2, 10, "suffix"),
            ("x.gif", 0, 10, "frames=0"),
        ),
        *(
            ("x.gif", 2, 51, "fps=51"),
            ("x.webp", 2, 0, "fps=0"),
            ("x.png", 2, "9", "'9'"),
        ),
        *(("x.gif", 2, True, "fps=True"), ("x.gif", 2, float("nan"), "fps=nan")),
    ],
)
def test_an_animation_that_cannot_be_is_refused(tmp_path, name, frames, fps, text):
    frames = [Image.new("L", (6, 4), k) for k in range(frames)]
    assert text in refused(
        lambda: save_frames(tmp_path / name, frames, fps), ImageError
    )
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_sizes_are_refused(tmp_path):
    frames = [Image.new("L", (6, 4)), Image.new("L", (4, 6))]
    assert "(4, 6), (6, 4)" in refused(
        lambda: save_frames(tmp_path / "x.gif", frames), ImageError
    )


def test_a_file_is_replaced_only_on_demand(tmp_path):
    frames = [Image.new("L", (6, 4), k) for k in range(2)]
    path = tmp_path / "x.gif"
    path.write_text("mine")
    refused(lambda: save_frames(path, frames), OutputError)
    assert path.read_text() == "mine"
    save_frames(path, frames, overwrite=True)
    with Image.open(path) as image:
        assert image.n_frames == 2
