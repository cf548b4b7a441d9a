"""Pictures that the page sends: bounded before they are decoded, known by a name.

A picture is decoded once, here, by the same door as every image of the package,
and kept as it came and as an upright PNG.
"""

import dataclasses
import io
import secrets
import time
import warnings
from pathlib import Path

from PIL import Image

from keras_singan.errors import ImageError
from keras_singan.io.files import write_bytes
from keras_singan.io.image import encode_png
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8

_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}
_SUFFIXES |= {"TIFF": ".tif", "BMP": ".bmp", "AVIF": ".avif", "MPO": ".jpg"}
_KEPT_SECONDS = 24 * 3600


@dataclasses.dataclass(frozen=True)
class Upload:
    """A picture that was sent.

    Attributes:
        data: The file's bytes.
        png: The same picture, upright, as a PNG.
        suffix: Of the file, from what it holds.
        size: (height, width) in pixels.
        warnings: Sentences that the user should read.
    """

    data: bytes
    png: bytes
    suffix: str
    size: tuple[int, int]
    warnings: tuple[str, ...] = ()


def read_upload(data, most_pixels):
    """Decodes a picture, if its header promises few enough pixels.

    Args:
        data: The file's bytes.
        most_pixels: So many are allowed.

    Raises:
        ImageError: If it is too large, or no picture.
    """
    file_format, pixels = _header(data)
    if pixels > most_pixels:
        raise ImageError(
            f"A picture must have at most {most_pixels} pixels. "
            f"Received: a picture of {pixels} pixels."
        )
    if file_format not in _SUFFIXES:
        raise ImageError(
            f"A picture must be one of {', '.join(sorted(_SUFFIXES))}. "
            f"Received: {file_format}."
        )
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        image = to_uint8(read_image(data, alpha=_alpha(data)))
    told = [str(one.message) for one in heard if one.category is UserWarning]
    size = tuple(image.shape[:2])
    return Upload(data, encode_png(image), _SUFFIXES[file_format], size, tuple(told))


def bounded_png(png, pixels=2_000_000):
    """Returns a PNG as it is, or shrunk to so many pixels.

    The page and the tasks work with it: eight results of a camera's full picture
    would take gigabytes.

    Args:
        png: The PNG's bytes.
        pixels: The most pixels. Defaults to 2 million.
    """
    with Image.open(io.BytesIO(png)) as image:
        share = (pixels / (image.width * image.height)) ** 0.5
        if share >= 1:
            return png
        size = round(image.width * share), round(image.height * share)
        small = image.resize(size, Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return buffer.getvalue()


class UploadFolder:
    """Keeps uploads on disk under random names, for a day.

    Args:
        path: The folder; made when it is needed.
    """

    def __init__(self, path):
        self._path = Path(path)

    def keep(self, upload):
        """Writes an upload, and returns its name."""
        self._forget_old()
        name = secrets.token_hex(16)
        write_bytes(self._path / f"{name}{upload.suffix}.upload", upload.data)
        write_bytes(self._path / f"{name}.png", upload.png)
        return name

    def png(self, name):
        """Returns the path of an upload's PNG.

        Raises:
            KeyError: If there is none of that name.
        """
        return self._find(name, ".png")

    def original(self, name):
        """Returns the path of the file as it came.

        Raises:
            KeyError: If there is none of that name.
        """
        return self._find(name, ".upload")

    def get(self, name):
        """Returns an `Upload` again.

        Raises:
            KeyError: If there is none of that name.
        """
        original, png = self.original(name), self.png(name)
        with Image.open(png) as image:
            size = image.height, image.width
        suffix = Path(original.stem).suffix
        return Upload(original.read_bytes(), png.read_bytes(), suffix, size)

    def _find(self, name, ending):
        paths = self._path.iterdir() if self._path.is_dir() else ()
        for path in paths:
            if path.name.partition(".")[0] == name and path.name.endswith(ending):
                return path
        raise KeyError(name)

    def _forget_old(self):
        for path in self._path.glob("*") if self._path.is_dir() else ():
            if time.time() - path.stat().st_mtime > _KEPT_SECONDS:
                path.unlink(missing_ok=True)


def _header(data):
    """The format and the number of pixels, read without decoding any."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Image.init()
            formats = [name for name in Image.OPEN if name in _SUFFIXES]
            with Image.open(io.BytesIO(data), formats=formats) as image:
                return image.format, image.width * image.height
    except Exception:
        # Damaged files make decoders raise anything.
        raise ImageError(
            "A picture must be a file that can be read, such as a PNG or a JPEG. "
            f"Received: {len(data)} bytes of something else."
        ) from None


def _alpha(data):
    """Whether transparency is kept: an object's cut-out needs it."""
    with Image.open(io.BytesIO(data)) as image:
        return "train" if image.has_transparency_data else "composite"
