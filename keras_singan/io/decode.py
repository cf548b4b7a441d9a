"""Decoding files, PIL images and arrays into colour and opacity in [0, 1]."""

import contextlib
import io
import os
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from PIL import ImageOps
from PIL import UnidentifiedImageError

from keras_singan.errors import ImageError

# Not MPO or PSD: the other "frames" there are a phone's previews, or layers.
_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF", "TIFF")
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


@contextlib.contextmanager
def reading(image):
    """Turns whatever a decoder raises or warns of into one `ImageError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except ImageError as error:
        raise ImageError(f"{error}. Received: image={describe(image)}") from None
    # Damaged files make decoders raise anything, from struct.error on.
    except Exception as error:
        raise ImageError(
            f"Expected a readable image, but {reason(error)}. "
            f"Received: image={describe(image)}"
        ) from error


def decode(image):
    """Gives colour `(H, W, C)` and opacity `(H, W, 1)` or None, in [0, 1].

    Also the number of the frame that was taken, and how many there are.
    """
    if isinstance(image, Image.Image):
        return _from_pil(image)
    if isinstance(image, bytes | bytearray | memoryview):
        return _from_file(io.BytesIO(image))
    if isinstance(image, str | os.PathLike):
        return _from_path(Path(os.fsdecode(image)))
    if not hasattr(image, "__array__"):
        raise ImageError("Expected a path, bytes, a PIL image or an array")
    return _from_array(np.asarray(image))


def describe(image):
    """Says on one line what was received."""
    if isinstance(image, str | os.PathLike):
        return repr(os.fspath(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return f"{len(image)} bytes"
    if isinstance(image, Image.Image):
        return f"PIL image of mode {image.mode}, size {image.size}"
    if hasattr(image, "shape") and hasattr(image, "dtype"):
        return f"array of shape {image.shape}, {image.dtype}"
    return f"object of type {type(image).__name__}"


def reason(error):
    """Says on one line why a decoder or encoder failed."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, UnidentifiedImageError):
        return "this is not an image that Pillow knows"
    if isinstance(error, _BOMBS):
        return f"this has over {Image.MAX_IMAGE_PIXELS} pixels (MAX_IMAGE_PIXELS)"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"reading it failed with {' '.join(text.split())!r}"


def _from_path(path):
    if path.is_dir():
        raise ImageError("Expected an image file, but this is a folder")
    with open(path, "rb") as file:
        if path.suffix.lower() == ".npy":
            return _from_array(np.asarray(np.load(file, allow_pickle=False)))
        return _from_file(file)


def _from_file(file):
    if not file.read(1):
        raise ImageError("Expected an image file, but it is empty")
    file.seek(0)
    Image.init()
    # Reading an EPS would run Ghostscript on whatever program it holds.
    formats = [name for name in Image.OPEN if name != "EPS"]
    with Image.open(file, formats=formats) as image:
        return _from_pil(image)


def _from_pil(image):
    animated = image.format in _ANIMATED
    frames = getattr(image, "n_frames", 1) if animated else 1
    frame = image.tell() if frames > 1 else 0
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        colour, opacity = _split_deep(image)
    else:
        colour, opacity = _split_bytes(image)
    return _unit(colour), None if opacity is None else _unit(opacity), frame, frames


def _split_deep(image):
    """Splits a grey image of more than 8 bits, which `convert` would clip."""
    values = np.asarray(image)[..., None]
    if image.mode == "I":
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise ImageError(
                "Expected grey values from 0 to 65535, "
                f"but they go from {values.min()} to {values.max()}"
            )
        values = values.astype(np.uint16)
    key = image.info.get("transparency")
    opacity = None if key is None else (values != key).astype(np.float32)
    return values, opacity


def _split_bytes(image):
    grey = image.mode in ("1", "L", "LA", "La")
    if not image.has_transparency_data:
        colour = np.asarray(image.convert("L" if grey else "RGB"))
        return (colour[..., None] if grey else colour), None
    # Pillow converts premultiplied grey only to LA.
    image = image.convert("LA") if image.mode == "La" else image
    pixels = np.asarray(image.convert("RGBA"))
    return pixels[..., : 1 if grey else 3], pixels[..., 3:]


def _from_array(array):
    if array.ndim not in (2, 3):
        raise ImageError("Expected an array of shape (H, W) or (H, W, C)")
    values = _unit(array[..., None] if array.ndim == 2 else array)
    if values.shape[-1] == 4:
        return values[..., :3], values[..., 3:], 0, 1
    return values, None, 0, 1


def _unit(values):
    """Scales uint8, uint16 or float pixels to float32 in [0, 1]."""
    if not values.size:
        raise ImageError("Expected an image with at least one pixel")
    # By kind and size, because big-endian uint16 is a dtype of its own.
    kind, size = values.dtype.kind, values.dtype.itemsize
    if kind == "u" and size <= 2:
        return values.astype(np.float32) / np.float32(256**size - 1)
    if kind != "f" or size > 8:
        raise ImageError("Expected uint8, uint16, or float in [0, 1]")
    if not np.isfinite(values).all():
        raise ImageError("Expected finite values, but there are NaN or infinite ones")
    if values.min() < 0 or values.max() > 1:
        raise ImageError(
            "Expected float values in [0, 1], "
            f"but they go from {values.min():.6g} to {values.max():.6g}"
        )
    return values.astype(np.float32)
