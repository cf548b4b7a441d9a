"""The one door by which images come in and go out.

Inside the package an image is float32, (height, width, channels), in [-1, 1].
Outside it is a file, a PIL image, or an array. `to_float` and `to_uint8` are
the only places that know how bytes map to [-1, 1].
"""

import math
import warnings

import numpy as np

from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io.decode import MAX_PIXELS
from keras_singan.io.decode import decode
from keras_singan.io.decode import reading
from keras_singan.io.pixel_values import check_range
from keras_singan.io.save import check_pixels
from keras_singan.io.save import encode_png
from keras_singan.io.save import preview
from keras_singan.io.save import save_image
from keras_singan.io.sources import describe

__all__ = [
    "encode_png",
    "image_grid",
    "preview",
    "read_image",
    "read_with_notes",
    "save_image",
    "spread",
    "to_float",
    "to_uint8",
]

# Keyword of `fit` and option of `train`, its value, and what that does.
_KEEP = ("alpha", "train", "keeps it")
_SPREAD = ("value_range", "auto", "spreads what is there over black to white")


def read_image(
    image, *, alpha="composite", value_range=None, max_pixels=MAX_PIXELS, shrink_to=None
):
    """Reads an image from a file, from memory, or from an array.

    Args:
        image: One of: a path (`str` or `os.PathLike`; also of a `.npy` file, or
            of a pipe); the bytes of an encoded image; a binary file object; a
            PIL image; an array `(H, W)` or `(H, W, C)`, any C >= 1, of whole
            numbers, or of floats in [0, 1]. An array of 4 channels is taken for
            RGBA. Cameras' EXIF rotation is applied, colour profiles become sRGB,
            palettes and CMYK become RGB, grey stays 1 channel.
        alpha: What to do with transparency. `"composite"` (default) puts the
            image on white and warns; an alpha channel that is opaque all over
            is dropped without a word. `"train"` keeps it: 4 channels, also
            for grey. Ignored for images without an alpha channel.
        value_range: The pair (low, high) of values that become black and white;
            `"auto"` takes the least and the largest value found. Defaults to
            `None`: see `keras_singan.io.pixel_values.to_unit`.
        max_pixels: Most pixels that a file may have. Defaults to 2**28.
        shrink_to: Longest side in pixels that will be used, or `None`. Images of
            more than 89 megapixels are then decoded smaller. Defaults to `None`.

    Returns:
        float32 array `(height, width, channels)` in [-1, 1].

    Raises:
        ImageError: When there is no such file, it is no image or a damaged
            one, it is too large, or the shape, dtype or values are not as above.

    Warns:
        ImageWarning: When transparency is composited on white, when only one
            frame of an animation is used, when whole numbers leave most of
            their range unused, or when a colour profile is damaged.
    """
    pixels, notes = read_with_notes(
        image,
        alpha=alpha,
        value_range=value_range,
        max_pixels=max_pixels,
        shrink_to=shrink_to,
    )
    for note in notes:
        warnings.warn(note, stacklevel=2)
    return pixels


def read_with_notes(image, *, alpha="composite", **options):
    """Reads an image as `read_image` does, and returns what that would warn of.

    Args:
        image: What `read_image` takes.
        alpha: `"composite"` or `"train"`. Defaults to `"composite"`.
        **options: The other arguments of `read_image`.

    Returns:
        A pair: the float32 array, and a list of `ImageWarning`.

    Raises:
        ImageError: As `read_image` does.
    """
    if alpha not in ("composite", "train"):
        raise ImageError(
            f"`alpha` must be 'composite' or 'train'. Received: alpha={alpha!r}."
        )
    options["value_range"] = check_range(options.get("value_range"))
    with reading(image):
        decoded = decode(image, **options)
    opacity = decoded.opacity
    notes = [ImageWarning(text) for text in (decoded.damage, decoded.frames) if text]
    if decoded.unfilled:
        notes.append(ImageWarning(decoded.unfilled, *_SPREAD))
    if alpha == "composite" and opacity is not None and opacity.min() < 1:
        notes.append(ImageWarning("Transparency is put on white.", *_KEEP))
    return _settle_alpha(decoded.colour, opacity, alpha) * 2 - 1, notes


def spread(image, value_range):
    """Reads an image by a range of values.

    Args:
        image: As in `read_image`, or `None`.
        value_range: As in `read_image`; `None` leaves the image as it is.

    Returns:
        uint8 array `(height, width, channels)` with any transparency; `image`
        itself where there is no range, or no image.

    Raises:
        ImageError: As `read_image` does.
    """
    if value_range is None or image is None:
        return image
    return to_uint8(read_image(image, alpha="train", value_range=value_range))


def to_float(array):
    """Maps a uint8 array of any shape to float32 in [-1, 1].

    Raises:
        ImageError: When the dtype is not uint8.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8:
        raise ImageError(f"`array` must be uint8. Received: array={describe(array)}.")
    return array.astype(np.float32) / np.float32(127.5) - 1


def to_uint8(image):
    """Maps a float array of any shape to uint8, rounded to the nearest.

    Args:
        image: Float array in [-1, 1]; what lies outside is clipped.

    Raises:
        ImageError: When the dtype is not a float, or there are NaNs.
    """
    image = np.asarray(image)
    if image.dtype.kind in "iubcOSU":
        raise ImageError(
            f"`image` must be of floats. Received: image={describe(image)}."
        )
    with np.errstate(over="ignore"):
        image = np.clip(image.astype(np.float32), -1, 1)
    if np.isnan(image).any():
        raise ImageError(
            f"`image` must hold no NaN. Received: image={describe(image)}."
        )
    return np.rint((image + 1) * 127.5).astype(np.uint8)


def image_grid(images, columns=None, gap=2):
    """Puts n images into one sheet, row by row, on white.

    Args:
        images: uint8 array `(n, H, W, C)`, n >= 1.
        columns: Images per row, at most n. Default: the square root of n,
            rounded up.
        gap: White pixels between neighbours, not around the sheet. Default 2.

    Returns:
        uint8 array `(height, width, C)`.

    Raises:
        ImageError: When the images are not as above, `columns` < 1 or
            `gap` < 0.
    """
    images = check_pixels(images, "images", rank=4)
    n, height, width, channels = images.shape
    columns = math.ceil(math.sqrt(n)) if columns is None else columns
    if columns < 1 or gap < 0:
        raise ImageError(
            "`columns` must be at least 1, and `gap` at least 0. "
            f"Received: columns={columns!r}, gap={gap!r}."
        )
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    cells = np.full(
        (rows * columns, height + gap, width + gap, channels), 255, np.uint8
    )
    cells[:n, :height, :width] = images
    sheet = cells.reshape(rows, columns, *cells.shape[1:]).swapaxes(1, 2)
    sheet = sheet.reshape(rows * (height + gap), columns * (width + gap), channels)
    return sheet[: sheet.shape[0] - gap, : sheet.shape[1] - gap]


def _settle_alpha(colour, opacity, alpha):
    if opacity is None:
        return colour
    if alpha == "train":
        colour = np.broadcast_to(colour, (*colour.shape[:2], 3))
        return np.concatenate([colour, opacity], axis=-1)
    return colour * opacity + (1 - opacity)
