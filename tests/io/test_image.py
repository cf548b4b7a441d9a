"""The mapping to [-1, 1], what becomes of transparency, and the sheet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst
from PIL import Image
from support.photos import QUICK
from support.photos import encoded
from support.photos import noise

from keras_singan.errors import ImageError
from keras_singan.io import image as module
from keras_singan.io.image import image_grid
from keras_singan.io.image import read_image
from keras_singan.io.image import to_float
from keras_singan.io.image import to_uint8


def check_form(image, shape):
    assert isinstance(image, np.ndarray)
    assert image.dtype == np.float32 and image.shape == shape
    assert image.min() >= -1 and image.max() <= 1


def test_every_public_name_is_here():
    names = "encode_png image_grid preview read_image read_with_notes save_image"
    assert module.__all__ == [*names.split(), "spread", "to_float", "to_uint8"]
    assert all(callable(getattr(module, name)) for name in module.__all__)


# The mapping of bytes to [-1, 1].


def test_all_256_values_survive():
    values = np.arange(256, dtype=np.uint8)
    floats = to_float(values)
    assert floats.dtype == np.float32
    assert floats[0] == -1 and floats[-1] == 1 and (np.diff(floats) > 0).all()
    assert np.array_equal(to_uint8(floats), values)


@QUICK
@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=1, max_dims=4)))
def test_round_trip_of_any_shape(values):
    back = to_uint8(to_float(values))
    assert back.dtype == np.uint8 and np.array_equal(back, values)


@QUICK
@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=3, max_dims=3)))
@pytest.mark.filterwarnings("ignore:The image's whole numbers")
def test_read_image_of_uint8_agrees_with_to_float(values):
    assert np.array_equal(read_image(values, alpha="train"), to_float(values))


def test_to_uint8_rounds_and_clips():
    floats = np.array([-9.0, -np.inf, 9.0, np.inf, 1e300, 0.9999, -0.9999])
    assert to_uint8(floats).tolist() == [0, 0, 255, 255, 255, 255, 0]
    half = (np.array([0.4, 0.6]) + 7) / 127.5 - 1
    assert to_uint8(half).tolist() == [7, 8]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_to_uint8_takes_any_float(dtype):
    assert to_uint8(np.array([[-1, 1]], dtype)).tolist() == [[0, 255]]


@pytest.mark.parametrize(
    "convert, values",
    [
        (to_uint8, np.zeros(3, np.uint8)),
        (to_uint8, np.zeros(3, bool)),
        (to_uint8, np.array([0.0, np.nan])),
        (to_float, np.zeros(3, np.int64)),
        (to_float, np.zeros(3, np.float32)),
        (to_float, np.zeros(3, bool)),
    ],
)
def test_mapping_refuses(convert, values):
    with pytest.raises(ImageError, match="Received"):
        convert(values)


# Transparency.


@pytest.mark.parametrize("alpha", ["white", None, True, ""])
def test_bad_alpha(alpha):
    with pytest.raises(ImageError) as error:
        read_image(noise(2, 2, 3), alpha=alpha)
    text = str(error.value)
    assert "\n" not in text and "must be" in text
    assert f"Received: alpha={alpha!r}" in text


def half_transparent():
    pixels = noise(4, 4, 4)
    pixels[0, 0], pixels[0, 1], pixels[0, 2, 3] = (9, 9, 9, 0), (9, 9, 9, 255), 100
    return pixels


def forms_of(pixels):
    image = Image.fromarray(pixels)
    return {
        "array": pixels,
        "float array": pixels / 255,
        "PIL": image,
        "PNG": encoded(image, "PNG"),
        "WebP": encoded(image, "WEBP", lossless=True, exact=True),
        "TIFF": encoded(image, "TIFF"),
    }


@pytest.mark.parametrize("form", forms_of(half_transparent()))
def test_transparency(form):
    pixels = half_transparent()
    given_image = forms_of(pixels)[form]
    with pytest.warns(UserWarning, match='alpha="train"') as caught:
        image = read_image(given_image)
    assert len(caught) == 1 and caught[0].filename == __file__
    opacity = pixels[..., 3:] / 255
    expected = pixels[..., :3] / 255 * opacity + 1 - opacity
    check_form(image, (4, 4, 3))
    assert np.allclose((image + 1) / 2, expected, atol=1e-6)
    assert (image[0, 0] == 1).all() and (to_uint8(image)[0, 1] == 9).all()
    kept = read_image(given_image, alpha="train")
    assert np.array_equal(to_uint8(kept), pixels)


@pytest.mark.parametrize("form", forms_of(half_transparent()))
def test_opaque_alpha_is_dropped_silently(form):
    pixels = half_transparent()
    pixels[..., 3] = 255
    image = forms_of(pixels)[form]
    assert np.array_equal(to_uint8(read_image(image)), pixels[..., :3])


def test_opaque_alpha_is_kept_for_training():
    pixels = half_transparent()
    pixels[..., 3] = 255
    kept = read_image(Image.fromarray(pixels), alpha="train")
    assert np.array_equal(to_uint8(kept), pixels)


def test_alpha_train_without_alpha_channel():
    check_form(read_image(noise(3, 3, 3), alpha="train"), (3, 3, 3))
    check_form(read_image(Image.fromarray(noise(3, 3)), alpha="train"), (3, 3, 1))


def grey_alpha(opacity):
    bands = [np.full((2, 2), 51, np.uint8), np.array(opacity, np.uint8)]
    return Image.merge("LA", [Image.fromarray(band) for band in bands])


def test_grey_alpha():
    image = grey_alpha([[255, 0], [255, 255]])
    for form in (image, encoded(image, "PNG")):
        with pytest.warns(UserWarning, match="train"):
            grey = read_image(form)
        assert to_uint8(grey)[..., 0].tolist() == [[51, 255], [51, 51]]
        kept = to_uint8(read_image(form, alpha="train"))
        assert kept[0].tolist() == [[51, 51, 51, 255], [51, 51, 51, 0]]


def test_opaque_grey_alpha():
    image = encoded(grey_alpha([[255, 255], [255, 255]]), "PNG")
    assert to_uint8(read_image(image)).shape == (2, 2, 1)
    check_form(read_image(image, alpha="train"), (2, 2, 4))


# The sheet.


def test_grid_places_images_row_by_row():
    images = noise(5, 4, 3, 3)
    sheet = image_grid(images, columns=3, gap=2)
    assert sheet.shape == (2 * 4 + 2, 3 * 3 + 2 * 2, 3) and sheet.dtype == np.uint8
    for k, image in enumerate(images):
        top, left = k // 3 * 6, k % 3 * 5
        assert np.array_equal(sheet[top : top + 4, left : left + 3], image)
    assert (sheet[4:6] == 255).all() and (sheet[:, 3:5] == 255).all()
    assert (sheet[6:, 10:] == 255).all()


@pytest.mark.parametrize(
    "shape, options, sheet",
    [
        ((1, 4, 4, 1), {"gap": 0}, (4, 4, 1)),
        ((2, 4, 4, 1), {"gap": 0}, (4, 8, 1)),
        ((4, 4, 4, 1), {"gap": 0}, (8, 8, 1)),
        ((7, 4, 4, 1), {"gap": 0}, (12, 12, 1)),
        ((2, 4, 4, 4), {"columns": 9, "gap": 1}, (4, 9, 4)),
    ],
)
def test_grid_is_near_square_or_as_wide_as_there_are_images(shape, options, sheet):
    assert image_grid(noise(*shape), **options).shape == sheet


def test_grid_of_one_image_is_the_image():
    assert np.array_equal(image_grid(noise(1, 4, 5, 3)), noise(1, 4, 5, 3)[0])


@pytest.mark.parametrize(
    "images, options, name",
    [
        (noise(2, 4, 4, 3), {"columns": 0}, "columns"),
        (noise(2, 4, 4, 3), {"columns": -1}, "columns"),
        (noise(2, 4, 4, 3), {"gap": -1}, "columns"),
        (noise(4, 4, 3), {}, "images"),
        (noise(0, 4, 4, 3), {}, "images"),
        (np.zeros((2, 4, 4, 3)), {}, "images"),
    ],
)
def test_grid_refuses(images, options, name):
    with pytest.raises(ImageError, match=f"Received: {name}="):
        image_grid(images, **options)
