"""Colours of other profiles become sRGB: phones' Display P3, Adobe RGB, CMYK.

It needs Pillow alone, so that the client does the same.
"""

import io

from PIL import Image
from PIL import ImageCms

from keras_singan.io.icc_profile import adobe_rgb
from keras_singan.io.icc_profile import srgb_grey

# EXIF: the folder of interoperability, its one entry, and the colour space.
_INTEROPERABILITY, _RULE, _EXIF, _SPACE = 0xA005, 1, 0x8769, 0xA001
_GREY_MODES = ("L", "LA", "I;16", "I;16L", "I;16B", "I;16N")
# Black and white has no shades; deep and other modes never come with a profile.
_UNTOUCHED = ("1", "I", "F", "LAB", "YCbCr", "HSV")
# Most that a channel of 8 bits may differ for a profile to count as sRGB itself.
_SAME = 1
# Pillow's modes that this room converts first, and what to.
_PLAIN = {"La": "LA", "PA": "RGBA", "RGBa": "RGBA", "RGBX": "RGB"}


def profile_of(image):
    """Returns the bytes of an image's ICC profile, or `None`: then it is sRGB.

    Cameras name Adobe RGB by a mark in EXIF alone. Pillow drops that mark from
    copies of an image, so ask before changing one.

    Args:
        image: A PIL image.
    """
    return image.info.get("icc_profile") or _named_in_exif(image)


def to_srgb(image, profile):
    """Converts an image from the space of its profile to sRGB.

    Grey stays grey, with the tone curve of sRGB. Transparency stays as it is.

    Args:
        image: A loaded PIL image, of any mode.
        profile: What `profile_of` gives.

    Returns:
        A pair: the PIL image, and `None` or a sentence that says why the profile
        could not be used.
    """
    if profile is None or image.mode in _UNTOUCHED:
        return image, None
    try:
        return _converted(image, ImageCms.ImageCmsProfile(io.BytesIO(profile))), None
    # A damaged profile makes Pillow raise several kinds.
    except Exception as error:
        text = " ".join(str(error).split())[:80]
        return image, (
            "The image's colour profile cannot be used; its colours are taken for "
            f"sRGB. Received: {text or type(error).__name__}."
        )


def _named_in_exif(image):
    """Returns the profile of Adobe RGB where a camera's EXIF names it."""
    if image.mode != "RGB" or image.format not in ("JPEG", "MPO", "TIFF"):
        return None
    # Damaged EXIF raises anything, and names nothing.
    try:
        exif = image.getexif()
        rule = exif.get_ifd(_EXIF).get(_INTEROPERABILITY)
        named = exif.get_ifd(_INTEROPERABILITY).get(_RULE) if rule else None
        uncalibrated = exif.get_ifd(_EXIF).get(_SPACE) in (2, 0xFFFF)
    except Exception:
        return None
    return adobe_rgb() if named == "R03" and uncalibrated else None


def _converted(image, profile):
    space = profile.profile.xcolor_space.strip()
    image = _plain(image)
    if image.mode in _GREY_MODES and space == "GRAY":
        return _grey(image, profile)
    if space == "CMYK" and image.mode == "CMYK":
        return _applied(image, _transform(profile, "CMYK"))
    if space != "RGB" or image.mode == "CMYK":
        raise ValueError(f"a profile of {space} for an image of mode {image.mode}")
    transform = _transform(profile, "RGB")
    if _is_srgb(transform):
        return image
    if image.mode in _GREY_MODES:
        return _grey_through(image, transform)
    colour = _applied(image.convert("RGB"), transform)
    if image.mode == "RGBA":
        colour.putalpha(image.getchannel("A"))
    return colour


def _plain(image):
    """Returns an image whose colours and opacity are channels of their own."""
    if image.mode == "P":
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "RGB" and image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "L" and image.has_transparency_data:
        return image.convert("LA")
    # Pillow converts premultiplied grey only to LA.
    return image.convert(_PLAIN[image.mode]) if image.mode in _PLAIN else image


def _transform(profile, mode):
    srgb = ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(profile, srgb, mode, "RGB")


def _applied(image, transform):
    result = ImageCms.applyTransform(image, transform)
    result.info.pop("icc_profile", None)
    return result


def _is_srgb(transform):
    """Whether a transform leaves a grid of colours as they are, all but rounding."""
    steps = bytes(range(0, 256, 15))
    grid = bytes(c for r in steps for g in steps for b in steps for c in (r, g, b))
    before = Image.frombytes("RGB", (len(grid) // 3, 1), grid)
    after = ImageCms.applyTransform(before, transform).tobytes()
    return all(abs(x - y) <= _SAME for x, y in zip(grid, after, strict=True))


def _grey(image, profile):
    mode = "L" if image.mode in ("L", "LA") else image.mode
    plain = image.getchannel("L") if image.mode == "LA" else image
    target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_grey()))
    transform = ImageCms.buildTransform(profile, target, mode, mode)
    return _with_alpha_of(image, _applied(plain, transform))


def _grey_through(image, transform):
    """Converts grey by the neutral axis of a profile of colours."""
    if image.mode not in ("L", "LA"):
        raise ValueError(f"a profile of colours for grey of 16 bits ({image.mode})")
    plain = image.getchannel("L") if image.mode == "LA" else image
    grey = _applied(plain.convert("RGB"), transform).getchannel("G")
    return _with_alpha_of(image, grey)


def _with_alpha_of(image, grey):
    if image.mode != "LA":
        return grey
    return Image.merge("LA", [grey, image.getchannel("A")])
