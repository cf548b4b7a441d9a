"""Files of 12 and 16 bits a channel: no colour is lost or misread without a word."""

import io
import warnings

import numpy as np
import pytest
from PIL import Image
from support.deep_files import deep_png
from support.deep_files import deep_tiff
from support.photos import encoded
from support.photos import noise

from keras_singan.client.images import decode_image
from keras_singan.client.images import encode_image
from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io import decode
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8

TWELVE = np.random.default_rng(1).integers(0, 4096, (6, 8, 3)).astype(np.uint16)
FULL = noise(6, 8, 3, dtype=np.uint16)


def with_opacity(pixels):
    return np.concatenate([pixels, np.full_like(pixels[..., :1], 40000)], axis=-1)


FORMS = {
    "PNG": deep_png,
    "TIFF": deep_tiff,
    "TIFF of the other order": lambda pixels: deep_tiff(pixels, ">"),
}


@pytest.mark.parametrize("name", FORMS)
def test_colours_of_12_bits_in_16_warn(name):
    data = FORMS[name](TWELVE)
    for form in (data, io.BytesIO(data), Image.open(io.BytesIO(data))):
        with pytest.warns(ImageWarning) as caught:
            read_image(form)
        (one,) = caught
        assert "from 0 to 4095, and are taken for shades from 0 to 65535" in str(
            one.message
        )
        assert 'value_range="auto"' in str(one.message)


@pytest.mark.parametrize("channels", [2, 3, 4])
@pytest.mark.parametrize("name", FORMS)
def test_a_range_spreads_all_the_bits_of_colours(name, channels):
    pixels = TWELVE[..., : max(1, channels - 1)] if channels != 3 else TWELVE
    if channels == 2 and name != "PNG":
        pytest.skip("TIFF of grey with opacity of 16 bits is none of Pillow's")
    data = FORMS[name](pixels if channels == 3 else with_opacity(pixels))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for form in (data, Image.open(io.BytesIO(data))):
            image = read_image(form, value_range=(0, 4095), alpha="train")
            colour = (image[..., :3] + 1) / 2
            assert np.abs(colour - pixels / 4095).max() < 0.6 / 255
            if channels != 3:
                assert np.allclose(image[..., 3], 40000 // 256 / 127.5 - 1)


def test_a_range_that_was_asked_for_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_image(deep_png(TWELVE), value_range=(0, 65535))


def test_an_automatic_range_of_colours():
    image = read_image(deep_png(TWELVE), value_range="auto")
    low, high = int(TWELVE.min()), int(TWELVE.max())
    assert np.abs((image + 1) / 2 - (TWELVE - low) / (high - low)).max() < 0.6 / 255


@pytest.mark.parametrize("name", FORMS)
def test_colours_that_fill_16_bits_are_their_upper_8(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got = to_uint8(read_image(FORMS[name](FULL)))
    assert np.array_equal(got, FULL >> 8)


def test_grey_with_opacity_stays_grey():
    data = deep_png(with_opacity(FULL[..., :1]))
    with pytest.warns(ImageWarning, match="white"):
        assert read_image(data).shape == (6, 8, 1)


def test_a_range_before_rotation_profile_and_shrinking(monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    at = deep_png(TWELVE).index(b"IDAT") - 4
    rotated = encoded(Image.new("RGB", (1, 1)), "PNG", exif=exif)
    start = rotated.index(b"eXIf") - 4
    chunk = rotated[start : start + 12 + int.from_bytes(rotated[start : start + 4])]
    data = deep_png(TWELVE)
    data = data[:at] + chunk + data[at:]
    image = read_image(data, value_range=(0, 4095))
    assert np.abs((image + 1) / 2 - np.rot90(TWELVE, -1) / 4095).max() < 0.6 / 255
    monkeypatch.setattr(decode, "_LARGE", 10)
    small = read_image(data, value_range=(0, 4095), shrink_to=1)
    assert small.shape == (4, 3, 3)


@pytest.mark.parametrize("value_range", [None, (0, 65535)])
def test_a_transparent_colour_of_16_bits(value_range):
    data = deep_png(FULL, transparent=FULL[2, 3])
    kept = read_image(data, alpha="train", value_range=value_range)
    assert kept.shape == (6, 8, 4)
    assert kept[2, 3, 3] == -1 and (kept[..., 3] == 1).sum() == 47
    assert np.abs((kept[..., :3] + 1) / 2 - FULL / 65535).max() < 0.6 / 255


def test_a_tiff_of_12_bits_fills_them():
    grey = TWELVE[..., :1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = read_image(deep_tiff(grey, bits=12))
    assert np.allclose((image + 1) / 2, grey / 4095, atol=1e-6)
    image = read_image(deep_tiff(grey, bits=12), value_range=(0, 1023))
    assert np.allclose((image + 1) / 2, np.minimum(grey / 1023, 1), atol=1e-6)


def test_a_negative_is_no_negative():
    grey = FULL[..., :1]
    image = read_image(deep_tiff(grey, interpretation=0))
    assert np.allclose((image + 1) / 2, 1 - grey / 65535, atol=1e-6)


def test_channels_apart_are_refused_rather_than_misread():
    with pytest.raises(ImageError, match="must keep the channels of a pixel together"):
        read_image(deep_tiff(FULL, apart=True))


def sent(image, name="image"):
    return np.asarray(decode_image(encode_image(image, name)))


def test_the_client_says_what_is_unfilled():
    for data in (deep_png(TWELVE), deep_tiff(TWELVE)):
        with pytest.warns(ImageWarning, match="from 0 to 4095"):
            encode_image(data)


def test_the_client_sends_what_is_read_here():
    grey = FULL[..., :1]
    for data in (
        deep_tiff(TWELVE[..., :1], bits=12),
        deep_tiff(grey, interpretation=0),
        deep_png(grey, transparent=grey[1, 1]),
        deep_png(FULL, transparent=FULL[1, 1]),
    ):
        here = to_uint8(read_image(data, alpha="train")).astype(int)
        for form in (data, Image.open(io.BytesIO(data))):
            there = sent(form).reshape(6, 8, -1).astype(int)
            if here.shape[-1] == 4:
                assert np.array_equal(there[..., 3], here[..., 3])
            assert np.abs(there[..., :3] - here[..., :3]).max() <= 1
