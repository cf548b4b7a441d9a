"""Decoding files, PIL images and arrays into colour and opacity in [0, 1]."""

import contextlib
import dataclasses
import functools
import io
import os
import warnings

import numpy as np
from PIL import Image
from PIL import ImageOps

from keras_singan.errors import ImageError
from keras_singan.io.colour_profiles import profile_of
from keras_singan.io.colour_profiles import to_srgb
from keras_singan.io.pillow_gaps.deep_pixels import is_deep_colour
from keras_singan.io.pillow_gaps.deep_pixels import raw_mode
from keras_singan.io.pillow_gaps.deep_pixels import spread_colour
from keras_singan.io.pillow_gaps.deep_pixels import unfilled_colour
from keras_singan.io.pillow_gaps.deep_pixels import white_is_zero
from keras_singan.io.pillow_gaps.pixel_limit import any_number_of_pixels
from keras_singan.io.pixel_values import to_unit
from keras_singan.io.sources import describe
from keras_singan.io.sources import is_stream
from keras_singan.io.sources import open_image
from keras_singan.io.sources import open_path
from keras_singan.io.sources import path_of
from keras_singan.io.sources import reason

# Most pixels of a file: above what phones make (200 megapixels).
MAX_PIXELS = 2**28
# From so many pixels on, an image that is shrunk anyway is decoded smaller, to
# sides that are still so many times as long as wanted.
_LARGE, _SPARE = 89_478_485, 4
# Not MPO or PSD: the other "frames" there are a phone's previews, or layers.
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF", "TIFF")


@dataclasses.dataclass(frozen=True)
class Decoded:
    """What an image holds.

    Attributes:
        colour: float32 array `(H, W, C)` in [0, 1].
        opacity: float32 array `(H, W, 1)` in [0, 1], or `None`.
        damage: Sentence on a colour profile that cannot be used, or `None`.
        frames: Sentence on frames that are left out, or `None`.
        unfilled: Sentence on whole numbers that fill little of their range, or
            `None`.
    """

    colour: np.ndarray
    opacity: np.ndarray | None = None
    damage: str | None = None
    frames: str | None = None
    unfilled: str | None = None


@contextlib.contextmanager
def reading(image):
    """Turns whatever a decoder raises or warns of into one `ImageError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError as error:
        raise ImageError(f"{error}. Received: image={describe(image)}.") from None
    # Damaged files make decoders raise anything, from struct.error on.
    except Exception as error:
        raise ImageError(
            f"`image` must be readable, but {reason(error)}. "
            f"Received: image={describe(image)}."
        ) from error


def decode(image, value_range=None, max_pixels=MAX_PIXELS, shrink_to=None):
    """Decodes an image.

    Args:
        image: What `keras_singan.io.image.read_image` takes.
        value_range: See `keras_singan.io.pixel_values.to_unit`. Defaults to `None`.
        max_pixels: Most pixels of a file or a PIL image. Defaults to 2**28.
        shrink_to: Longest side in pixels that will be used, or `None` for all of
            them. Very large images are then decoded smaller. Defaults to `None`.

    Returns:
        A `Decoded`.
    """
    from_file = functools.partial(
        _from_file, value_range=value_range, max_pixels=max_pixels, shrink_to=shrink_to
    )
    from_array = functools.partial(_from_array, value_range=value_range)
    if isinstance(image, Image.Image):
        return _from_pil(image, None, value_range, max_pixels, shrink_to)
    if isinstance(image, bytes | bytearray | memoryview):
        return from_file(io.BytesIO(image))
    if isinstance(image, str | os.PathLike):
        return open_path(path_of(image), from_file, from_array)
    if is_stream(image):
        return from_file(image)
    if not hasattr(image, "__array__"):
        raise ImageError(
            "`image` must be a path, a file, bytes, a PIL image or an array"
        )
    return from_array(np.asarray(image))


def _from_file(file, value_range, max_pixels, shrink_to):
    with any_number_of_pixels():
        image, profile = open_image(file)
    with image:
        return _from_pil(image, profile, value_range, max_pixels, shrink_to)


def _from_pil(image, profile, value_range, max_pixels, shrink_to):
    if image.width * image.height > max_pixels:
        raise ImageError(
            f"`image` must have at most `max_pixels` ({max_pixels}) pixels, but it has "
            f"{image.width} x {image.height}"
        )
    animated = image.format in _ANIMATED
    count = getattr(image, "n_frames", 1) if animated else 1
    frames = None
    if count > 1:
        frames = f"Only frame {image.tell() + 1} of the image's {count} frames is used."
    profile = profile_of(image) if profile is None else profile
    raw, asked = raw_mode(image), value_range is not None
    if raw == "I;12" and value_range is None:
        value_range = (0, 2**12 - 1)
    negative = white_is_zero(image)
    image, value_range, unfilled = _colour(image, raw, value_range, shrink_to)
    image = ImageOps.exif_transpose(image)
    deep = image.mode in ("I", "F") or image.mode.startswith("I;16")
    # Before the conversion, which drops a transparent colour.
    opacity = _opacity_of_deep(image) if deep else None
    image, damage = to_srgb(image, profile)
    values, opacity = (_deep(image), opacity) if deep else _split_bytes(image)
    colour, note = to_unit(values, value_range)
    colour = 1 - colour if negative else colour
    opacity = None if opacity is None else to_unit(opacity)[0]
    unfilled = None if asked else unfilled or note
    return Decoded(colour, opacity, damage, frames, unfilled)


def _colour(image, raw, value_range, shrink_to):
    """Loads an image, and applies a range to colour of 16 bits a channel.

    Returns:
        Triple of the image, the range that is left to apply, and a sentence on
        colours that fill little of their range or `None`.
    """
    if not is_deep_colour(raw):
        return _loaded(image, shrink_to), value_range, None
    if value_range is not None or "transparency" in image.info:
        wanted = value_range or (0, 2**16 - 1)
        image = spread_colour(image, raw, lambda values: to_unit(values, wanted)[0])
    image = _loaded(image, shrink_to)
    note = unfilled_colour(image) if value_range is None else None
    return image.convert("LA") if raw.startswith("LA") else image, None, note


def _loaded(image, shrink_to):
    """Loads the pixels; a very large image smaller, where it is shrunk anyway."""
    if not shrink_to or image.width * image.height <= _LARGE:
        image.load()
        return image
    times = max(1, max(image.size) // (_SPARE * shrink_to))
    # A JPEG leaves out what the smaller picture does not show: it takes no memory.
    image.draft(image.mode, tuple(side // times for side in image.size))
    image.load()
    times = max(1, max(image.size) // (_SPARE * shrink_to))
    exif = image.getexif()
    if image.mode in ("1", "P", "PA") or image.mode.startswith("I;16"):
        colour = "RGBA" if image.has_transparency_data else "RGB"
        modes = {"1": "L", "P": colour, "PA": "RGBA"}
        image = image.convert(modes.get(image.mode, "I"))
    small = image.reduce(times)
    small.info["exif"] = exif.tobytes()
    return small


def _opacity_of_deep(image):
    key = image.info.get("transparency")
    values = None if key is None else np.asarray(image)[..., None]
    return None if key is None else (values != key).astype(np.float32)


def _deep(image):
    """Returns grey of more than 8 bits, which `convert` would clip."""
    values = np.asarray(image)[..., None]
    # Pillow has one mode for whole numbers of 16 and of 32 bits.
    sixteen = image.mode == "I" and values.size and 0 <= values.min()
    return values.astype(np.uint16) if sixteen and values.max() < 2**16 else values


def _split_bytes(image):
    grey = image.mode in ("1", "L", "LA", "La")
    if not image.has_transparency_data:
        colour = np.asarray(image.convert("L" if grey else "RGB"))
        return (colour[..., None] if grey else colour), None
    # Pillow converts premultiplied grey only to LA.
    image = image.convert("LA") if image.mode == "La" else image
    pixels = np.asarray(image.convert("RGBA"))
    return pixels[..., : 1 if grey else 3], pixels[..., 3:]


def _from_array(array, value_range):
    if array.ndim not in (2, 3):
        raise ImageError("`image` must be an array of shape (H, W) or (H, W, C)")
    values = array[..., None] if array.ndim == 2 else array
    values, unfilled = to_unit(values, value_range)
    if values.shape[-1] == 4:
        return Decoded(values[..., :3], values[..., 3:], unfilled=unfilled)
    return Decoded(values, unfilled=unfilled)
