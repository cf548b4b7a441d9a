"""Images of other colour spaces become sRGB, whatever their form."""

import io

import numpy as np
import pytest
from PIL import Image
from PIL import ImageCms
from support.photos import encoded
from support.photos import noise

from keras_singan.errors import ImageWarning
from keras_singan.io.colour_profiles import profile_of
from keras_singan.io.colour_profiles import to_srgb
from keras_singan.io.icc_profile import SRGB_CURVE
from keras_singan.io.icc_profile import adobe_rgb
from keras_singan.io.icc_profile import rgb_profile
from keras_singan.io.icc_profile import srgb_grey
from keras_singan.io.image import encode_png
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8

# Under D50, as the profiles of Apple and Adobe have them.
P3 = np.array(
    [(0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.784)]
)
ADOBE = np.array(
    [(0.60974, 0.31111, 0.0195), (0.20528, 0.62567, 0.0609), (0.14919, 0.06322, 0.7446)]
)
SRGB = np.array(
    [(0.43607, 0.22249, 0.0139), (0.38515, 0.71687, 0.0971), (0.14307, 0.06061, 0.7141)]
)
DISPLAY_P3 = rgb_profile("Display P3", P3, SRGB_CURVE)
LINEAR = rgb_profile("Linear", SRGB, (1.0,))


def srgb_decoded(values):
    return np.where(
        values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4
    )


def srgb_encoded(light):
    light = np.clip(light, 0, 1)
    return np.where(
        light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055
    )


def expected(pixels, primaries, decode):
    """The sRGB of pixels, by the definition of both spaces."""
    light = decode(pixels / 255.0) @ primaries @ np.linalg.inv(SRGB)
    return srgb_encoded(light) * 255


PROFILES = {
    "Display P3": (DISPLAY_P3, P3, srgb_decoded),
    "Adobe RGB": (adobe_rgb(), ADOBE, lambda values: values ** (563 / 256)),
    "linear": (LINEAR, SRGB, lambda values: values),
}


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("name", PROFILES)
def test_colours_become_those_of_srgb(name, file_format):
    profile, primaries, decode = PROFILES[name]
    pixels = noise(16, 16, 3)
    options = {"lossless": True} if file_format == "WEBP" else {}
    data = encoded(Image.fromarray(pixels), file_format, icc_profile=profile, **options)
    wanted = expected(pixels, primaries, decode)
    for form in (data, Image.open(io.BytesIO(data))):
        got = to_uint8(read_image(form)).astype(int)
        assert np.abs(got - wanted).max() <= 2
    assert np.abs(pixels - wanted).max() > 20


def test_jpeg_of_a_phone_with_rotation_and_profile():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.new("RGB", (32, 16), (200, 40, 40))
    data = encoded(image, "JPEG", icc_profile=DISPLAY_P3, exif=exif, quality=98)
    got = to_uint8(read_image(data)).astype(int)
    wanted = expected(np.array([200, 40, 40]), P3, srgb_decoded)
    assert got.shape == (32, 16, 3)
    assert np.abs(got - wanted).max() <= 6


def test_transparency_stays():
    pixels = noise(8, 8, 4)
    data = encoded(Image.fromarray(pixels), "PNG", icc_profile=DISPLAY_P3)
    got = to_uint8(read_image(data, alpha="train")).astype(int)
    assert np.array_equal(got[..., 3], pixels[..., 3])
    wanted = expected(pixels[..., :3], P3, srgb_decoded)
    assert np.abs(got[..., :3] - wanted).max() <= 2


def test_a_palette_has_a_profile_too():
    pixels = noise(8, 8, 3) // 128 * 200
    palette = Image.fromarray(pixels).quantize(8)
    data = encoded(palette, "PNG", icc_profile=DISPLAY_P3)
    got = to_uint8(read_image(data)).astype(int)
    wanted = expected(np.asarray(palette.convert("RGB")), P3, srgb_decoded)
    assert np.abs(got - wanted).max() <= 2


@pytest.mark.parametrize("pixels", [noise(4, 4), noise(4, 4, dtype=np.uint16)])
def test_grey_stays_grey(pixels):
    top = np.iinfo(pixels.dtype).max
    gamma = srgb_grey().replace(
        # A pure gamma of 2 in place of sRGB's curve.
        b"para\0\0\0\0\0\3\0\0",
        b"para\0\0\0\0\0\0\0\0",
    )
    at = gamma.index(b"para\0\0\0\0\0\0\0\0") + 12
    gamma = gamma[:at] + (2 << 16).to_bytes(4, "big") + gamma[at + 4 :]
    data = encoded(Image.fromarray(pixels), "PNG", icc_profile=gamma)
    got = (read_image(data) + 1) / 2
    assert got.shape == (4, 4, 1)
    wanted = srgb_encoded((pixels / top) ** 2)
    assert np.abs(got[..., 0] - wanted).max() <= 2 / 255


def test_grey_with_a_profile_of_colours():
    image = Image.fromarray(noise(4, 4))
    got = read_image(encoded(image, "JPEG", icc_profile=LINEAR, quality=100))
    assert got.shape == (4, 4, 1)
    wanted = srgb_encoded(noise(4, 4) / 255.0)
    assert np.abs((got[..., 0] + 1) / 2 - wanted).max() < 0.05


def test_grey_with_transparency():
    image = Image.new("LA", (2, 2), (60, 90))
    got = to_uint8(read_image(encoded(image, "PNG", icc_profile=LINEAR), alpha="train"))
    value = round(float(srgb_encoded(np.array(60 / 255))) * 255)
    assert np.abs(got[0, 0].astype(int) - (value, value, value, 90)).max() <= 1


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_srgb_is_left_alone_bit_by_bit(mode):
    image = Image.fromarray(noise(32, 32, 3)).convert(mode)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain, tagged = encoded(image, "PNG"), encoded(image, "PNG", icc_profile=profile)
    assert np.array_equal(read_image(plain), read_image(tagged))


def test_a_camera_names_adobe_rgb_in_exif_alone():
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA001] = 0xFFFF
    exif.get_ifd(0x8769)[0xA005] = {1: "R03"}
    image = Image.new("RGB", (16, 16), (40, 180, 60))
    data = encoded(image, "JPEG", exif=exif, quality=98)
    got = to_uint8(read_image(data)).astype(int)
    wanted = expected(np.array([40, 180, 60]), ADOBE, PROFILES["Adobe RGB"][2])
    assert np.abs(got - wanted).max() <= 6
    plain = to_uint8(read_image(encoded(image, "JPEG", quality=98))).astype(int)
    assert np.abs(plain - (40, 180, 60)).max() <= 2


BROKEN = {
    "noise": b"no profile at all",
    "truncated": DISPLAY_P3[:200],
    "of grey": srgb_grey(),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_broken_profile_is_a_warning(name, file_format):
    pixels = np.full((16, 16, 3), 90, np.uint8)
    data = encoded(Image.fromarray(pixels), file_format, icc_profile=BROKEN[name])
    with pytest.warns(ImageWarning, match="taken for sRGB") as caught:
        got = to_uint8(read_image(data))
    assert len(caught) == 1 and "\n" not in str(caught[0].message)
    assert np.abs(got.astype(int) - pixels).max() <= 1


def test_a_client_needs_pillow_alone():
    image = Image.open(
        io.BytesIO(encoded(Image.new("RGB", (2, 2), "red"), "PNG", icc_profile=LINEAR))
    )
    image.load()
    converted, problem = to_srgb(image, profile_of(image))
    assert problem is None and converted.mode == "RGB"
    assert "icc_profile" not in converted.info


def test_what_is_written_says_that_it_is_srgb():
    data = encode_png(noise(4, 4, 3))
    assert b"sRGB\0" in data
    assert np.array_equal(to_uint8(read_image(data)), noise(4, 4, 3))
