"""Where an image comes from: a path, bytes, a stream; and what is wrong with it.

NumPy is loaded only for its own files: the client reads images without it.
"""

import io
import os
from pathlib import Path

from PIL import Image
from PIL import UnidentifiedImageError

from keras_singan.errors import ImageError
from keras_singan.io.pillow_gaps.deep_pixels import is_misread
from keras_singan.io.pillow_gaps.png_chunks import SIGNATURE
from keras_singan.io.pillow_gaps.png_chunks import without_texts

# How Git LFS' stand-in for a file begins.
LFS_POINTER = b"version https://git-lfs"
# How files begin, in small letters, that are no image of Pillow's, and what then.
_HINTS = {
    LFS_POINTER: "this is a Git LFS pointer in place of the image: `git lfs pull` "
    "fetches it",
    b"%pdf": "this is a PDF: save the picture as PNG or JPEG",
    b"<svg": "this is an SVG drawing: save it as PNG",
    b"<?xml": "this is XML, perhaps an SVG drawing: save the picture as PNG",
    b"<!doctype html": "this is a web page, not the image",
    b"<html": "this is a web page, not the image",
}
_HEIC = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
_HEAD = 64
# Of `numpy.save` and `numpy.savez`.
_ARRAYS = (b"\x93NUMPY", b"PK")


def describe(image):
    """Says on one line what was received."""
    if isinstance(image, str | os.PathLike):
        return repr(os.fspath(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return f"{len(image)} bytes"
    if isinstance(image, Image.Image):
        return f"PIL image of mode {image.mode}, size {image.size}"
    if hasattr(image, "shape") and hasattr(image, "dtype"):
        return f"array of shape {tuple(image.shape)}, {image.dtype}"
    return f"object of type {type(image).__name__}"


def reason(error):
    """Says on one line why a decoder or encoder failed."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, UnidentifiedImageError):
        return "this is not an image that Pillow knows"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"reading it failed with {' '.join(text.split())!r}"


def hint(head):
    """Returns what is known of bytes that no decoder takes, or `None`.

    Args:
        head: The first bytes of a file.
    """
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC:
        return "this is a HEIC photo, which Pillow cannot read: save it as JPEG"
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return next((text for mark, text in _HINTS.items() if start.startswith(mark)), None)


def open_path(path, decode_file, decode_array):
    """Opens a path, also of a pipe, and decodes what it holds.

    Args:
        path: `Path`; a name that ends in `.npy` is an array's.
        decode_file: Function of a binary file that can be read from.
        decode_array: Function of an array.

    Raises:
        ImageError: If the path is a folder.
        OSError: If it cannot be opened.
    """
    if path.is_dir():
        raise ImageError("`image` must be a file, but this is a folder")
    with open(path, "rb") as file:
        if path.suffix.lower() == ".npy":
            import numpy as np

            # NumPy seeks, which a pipe cannot.
            file = file if file.seekable() else io.BytesIO(file.read())
            _check_array(file)
            return decode_array(np.asarray(np.load(file, allow_pickle=False)))
        return decode_file(file)


def _check_array(file):
    """Refuses what is no array: NumPy would advise to load it as code."""
    head = file.read(_HEAD)
    file.seek(0)
    if head and not head.startswith(_ARRAYS):
        text = hint(head) or "this is none"
        raise ImageError(f"`image` must be an array that NumPy wrote, but {text}")


def open_image(file):
    """Opens an image for Pillow, whether its stream can seek or not.

    Args:
        file: Binary file, whose rest is the image.

    Returns:
        A pair: the PIL image, not yet loaded, and the colour profile that stood
        beside it or `None`.

    Raises:
        ImageError: If the file is empty, or nothing that Pillow reads.
    """
    head = file.read(_HEAD)
    if not head:
        raise ImageError("`image` must hold an image, but it is empty")
    if isinstance(head, str):
        raise ImageError("`image` must be a file opened in binary mode ('rb')")
    profile = None
    if head.startswith(SIGNATURE):
        data, profile = without_texts(head + file.read())
        file = io.BytesIO(data)
    elif file.seekable() and file.tell() == len(head):
        file.seek(0)
    else:
        # Decoders seek to absolute places, and the image may not begin at 0.
        file = io.BytesIO(head + file.read())
    try:
        image = Image.open(file, formats=_formats())
    except UnidentifiedImageError as error:
        text = hint(head)
        if text is None:
            raise
        raise ImageError(f"`image` must be an image, but {text}") from error
    if is_misread(image):
        raise ImageError(
            "`image` must keep the channels of a pixel together, but this is a TIFF of "
            "more than 8 bits that keeps them apart, which Pillow misreads"
        )
    return image, profile


def is_stream(image):
    """Whether an object is an open file, or acts as one."""
    return hasattr(image, "read") and not hasattr(image, "__array__")


def path_of(image):
    """Returns the `Path` that a `str` or `os.PathLike` names."""
    return Path(os.fsdecode(image))


def _formats():
    Image.init()
    # Reading an EPS would run Ghostscript on whatever program it holds.
    return [name for name in Image.OPEN if name != "EPS"]
