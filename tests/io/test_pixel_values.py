"""Whole numbers of any width, floats, and ranges: how they become shades."""

import warnings

import numpy as np
import pytest
from PIL import Image
from support.photos import encoded

from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io.image import read_image


def shades(image, **options):
    """Reads an image without a warning; gives its shades from 0 to 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return (read_image(image, **options).astype(np.float64) + 1) / 2


TWELVE = np.array([[0, 1000], [2000, 4095]], np.uint16)


def forms_of(pixels, folder):
    image = Image.fromarray(pixels)
    np.save(folder / "x.npy", pixels)
    image.save(folder / "x.tif")
    return [pixels, image, encoded(image, "PNG"), folder / "x.npy", folder / "x.tif"]


def test_12_bits_in_16_warn_with_what_was_found_and_what_helps(tmp_path):
    for form in forms_of(TWELVE, tmp_path):
        with pytest.warns(ImageWarning) as caught:
            read_image(form)
        assert len(caught) == 1
        text = str(caught[0].message)
        assert "from 0 to 4095" in text and "from 0 to 65535" in text
        assert 'value_range="auto"' in text


def test_a_range_spreads_12_bits_and_does_not_warn(tmp_path):
    for form in forms_of(TWELVE, tmp_path):
        for value_range in ("auto", (0, 4095), [0, 4095], np.array([0.0, 4095.0])):
            got = shades(form, value_range=value_range)
            assert np.allclose(got[..., 0], TWELVE / 4095, atol=1e-6)


def test_what_lies_outside_a_range_is_clipped():
    got = shades(TWELVE, value_range=(1000, 2000))
    assert got[..., 0].tolist() == [[0, 0], [1, 1]]


def test_16_bits_that_fill_their_type_do_not_warn():
    assert shades(np.array([[0, 20000]], np.uint16)).max() == pytest.approx(
        20000 / 65535
    )


@pytest.mark.parametrize("dtype", ["int32", "uint32", "int64", "uint64", "int16"])
@pytest.mark.parametrize("top, bits", [(255, 8), (10000, 16)])
def test_wider_whole_numbers_are_taken_with_a_warning(dtype, top, bits):
    pixels = np.array([[0, top]], dtype)
    with pytest.warns(ImageWarning, match=f"from 0 to {top}, and are taken for shades"):
        got = read_image(pixels)
    assert (got.max() + 1) / 2 == pytest.approx(top / (2**bits - 1))
    assert shades(pixels, value_range=(0, 10000)).max() == pytest.approx(top / 10000)


def test_uint32_that_fills_its_type():
    pixels = np.array([[0, 2**32 - 1]], np.uint32)
    with pytest.warns(ImageWarning):
        assert read_image(pixels).max() == 1


def test_negative_numbers_need_a_range():
    pixels = np.array([[-100, 300]], np.int16)
    with pytest.raises(ImageError, match="`value_range`: they go from -100 to 300"):
        read_image(pixels)
    assert shades(pixels, value_range="auto").ravel().tolist() == [0, 1]


def test_floats_of_any_range():
    kelvin = np.array([[273.0, 283.0, 293.0]], np.float32)
    with pytest.raises(ImageError, match="`value_range`: they go from 273 to 293"):
        read_image(kelvin)
    assert shades(kelvin, value_range="auto").ravel().tolist() == [0, 0.5, 1]
    assert shades(kelvin, value_range=(273, 313)).max() == 0.5


def test_a_flat_image_is_spread_to_black():
    assert shades(np.full((2, 2), 700, np.uint16), value_range="auto").max() == 0


def test_opacity_sets_no_range():
    pixels = np.array([[[0, 100, 200, 255], [50, 100, 200, 255]]], np.uint8)
    got = shades(pixels, value_range="auto", alpha="train")
    assert got[0, 0].tolist() == [0, 0.5, 1, 1]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_what_rounding_leaves_beyond_the_ends_is_clipped(dtype):
    over = dtype(1) + 2 * np.finfo(dtype).eps
    pixels = np.array([[-np.finfo(dtype).eps, 0.5, over]], dtype)
    got = read_image(pixels)
    assert got.min() == -1 and got.max() == 1


def test_what_rounding_leaves_in_bfloat16_is_clipped():
    import ml_dtypes

    over = np.array([[1, 1 + 2**-7]], ml_dtypes.bfloat16)
    assert shades(over).tolist() == [[[1], [1]]]
    with pytest.raises(ImageError, match="from 1 to 1.03125"):
        read_image(np.array([[1, 1 + 2**-5]], ml_dtypes.bfloat16))


def test_true_and_false_are_white_and_black():
    assert shades(np.array([[False, True]])).ravel().tolist() == [0, 1]


@pytest.mark.parametrize("top, words", [(1, "from 0 to 1,"), (15, "from 0 to 15,")])
def test_bytes_that_are_labels_warn(top, words):
    pixels = np.array([[0, top]], np.uint8)
    for form in (pixels, Image.fromarray(pixels), encoded(pixels)):
        with pytest.warns(ImageWarning, match=words):
            read_image(form)
    shades(np.array([[0, 16]], np.uint8))
    shades(np.full((1, 2), 3, np.uint8))


@pytest.mark.parametrize("value", [1.0001, -0.0001, 255.0])
def test_more_than_rounding_is_refused_with_enough_digits(value):
    with pytest.raises(ImageError, match=f"{value:.9g}"):
        read_image(np.array([[0.5, value]]))


def test_bfloat16_is_a_float():
    import ml_dtypes

    pixels = np.array([[0, 0.5, 1]], ml_dtypes.bfloat16)
    assert shades(pixels).ravel().tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    "value_range",
    ["full", "aut", (1,), (1, 2, 3), (2, 1), (1, 1), (0, np.nan), 5, ("a", "b"), {}],
)
def test_a_wrong_range_is_refused(value_range):
    with pytest.raises(ImageError, match="`value_range` must be") as error:
        read_image(TWELVE, value_range=value_range)
    assert f"Received: value_range={value_range!r}." in str(error.value)
