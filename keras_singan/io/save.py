"""Encoding images, and writing them whole or not at all."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from keras_singan.errors import ImageError
from keras_singan.errors import OutputError
from keras_singan.io.files import write_bytes
from keras_singan.io.sources import describe

_FORMATS = {
    ".png": "PNG",
    ".webp": "WEBP",
    ".tif": "TIFF",
    ".tiff": "TIFF",
    ".bmp": "BMP",
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
}
_OPTIONS = {"WEBP": {"lossless": True, "exact": True}, "JPEG": {"quality": 95}}
# Pillow writes a fourth channel into a BMP but does not read it back.
_OPAQUE = ("JPEG", "BMP")


def save_image(path, array, overwrite=False):
    """Writes an image in the format of the path's suffix, whole or not at all.

    `.png`, `.tif`, `.tiff`, `.webp` and `.bmp` are lossless (WebP turns grey
    into RGB); `.jpg` and `.jpeg` have quality 95. JPEG and BMP hold no alpha.
    Without a suffix, `.png` is added. Images of 2 or of 5 and more channels go
    to `<stem>.npy`, with a `<stem>_preview.png` (see `preview`) beside it.

    Args:
        path: Where to write; missing folders are made.
        array: uint8 array `(H, W, C)`.
        overwrite: Whether to replace existing files. Default False.

    Returns:
        The `Path` that was written.

    Raises:
        ImageError: When the array or the suffix is not as above.
        OutputError: When the file exists already or cannot be written.
    """
    array, path = check_pixels(array, "array"), _named(path)
    if array.shape[-1] in (1, 3, 4):
        path = path if path.suffix else path.with_name(path.name + ".png")
        contents = {path: _encode(array, _format_of(path, array.shape[-1]))}
    else:
        path = path.with_suffix(".npy")
        beside = path.with_name(f"{path.stem}_preview.png")
        contents = {path: _encode_npy(array), beside: encode_png(preview(array))}
    _write_all(contents, overwrite)
    return path


def encode_png(array):
    """Encodes a uint8 array `(H, W, C)`, C in 1, 3, 4, as PNG bytes.

    Raises:
        ImageError: When the shape or dtype is another.
    """
    return _encode(check_pixels(array, "array", (1, 3, 4)), "PNG")


def preview(array):
    """Makes an array that can be looked at: 1, 3 or 4 channels.

    Args:
        array: uint8 array `(..., C)`.

    Returns:
        The array itself for 1, 3 or 4 channels; for 2, these and a third that
        is 0; for 5 and more, the first three.
    """
    array = np.asarray(array)
    if array.shape[-1] == 2:
        return np.concatenate([array, np.zeros_like(array[..., :1])], axis=-1)
    return array[..., :3] if array.shape[-1] > 4 else array


def check_pixels(array, name, channels=None, rank=3):
    """Returns `array` as a non-empty uint8 array, or raises an `ImageError`."""
    array = np.asarray(array)
    wrong = array.dtype != np.uint8 or array.ndim != rank or not array.size
    if wrong or (channels and array.shape[-1] not in channels):
        shape = "(H, W, C)" if rank == 3 else "(n, H, W, C)"
        only = f", C in {channels}" if channels else ""
        raise ImageError(
            f"`{name}` must be a non-empty uint8 array {shape}{only}. "
            f"Received: {name}={describe(array)}."
        )
    return array


def _format_of(path, channels):
    known = [s for s, f in _FORMATS.items() if channels < 4 or f not in _OPAQUE]
    if path.suffix.lower() not in known:
        raise ImageError(
            f"`path` must end as {channels} channels allow: {', '.join(known)}. "
            f"Received: path={str(path)!r}."
        )
    return _FORMATS[path.suffix.lower()]


def _encode(array, file_format):
    image = Image.fromarray(array[..., 0] if array.shape[-1] == 1 else array)
    buffer, options = io.BytesIO(), _OPTIONS.get(file_format, {})
    if file_format == "PNG":
        options = {"pnginfo": _srgb()}
    try:
        image.save(buffer, file_format, **options)
    except (OSError, ValueError) as error:
        raise ImageError(
            f"`array` must fit into {file_format}, but Pillow says: {error}. "
            f"Received: array={describe(array)}."
        ) from error
    return buffer.getvalue()


def _srgb():
    """The chunk of a PNG that says that its colours are those of sRGB."""
    info = PngInfo()
    info.add(b"sRGB", b"\0")
    return info


def _encode_npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _named(path):
    if not Path(path).name:
        raise OutputError(
            f"`path` must have a file name. Received: path={str(path)!r}."
        )
    return Path(path)


def _write_all(contents, overwrite):
    for path in contents:
        if os.path.lexists(path) and not overwrite:
            raise OutputError(
                "`path` must be free, or `overwrite` True, but the file exists. "
                f"Received: path={str(path)!r}."
            )
    for path, data in contents.items():
        write_bytes(path, data)


def on_white(frame):
    """Puts a uint8 frame `(..., 4)` on white; gives others back as they are."""
    if frame.shape[-1] != 4:
        return frame
    colour, opacity = frame[..., :3].astype(np.uint16), frame[..., 3:]
    mixed = colour * opacity + 255 * (255 - opacity.astype(np.uint16))
    return ((mixed + 127) // 255).astype(np.uint8)
