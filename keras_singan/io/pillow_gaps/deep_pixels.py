"""Pixels of more than 8 bits. Of colours of 16, Pillow keeps the upper 8.

They are enough where they are filled. A camera's 12 bits leave the upper ones all but
empty: that is noticed, and a range of values is applied to all 16.

NumPy is loaded only where there is a range: the client reads images without it.
"""

import sys

from PIL import Image

from keras_singan.io.pillow_gaps.pixel_limit import any_number_of_pixels

# The order of bytes of the decoder's unpackers.
_ORDERS = {"B": "big", "L": "little", "N": sys.byteorder}
_OTHER = {"big": "L", "little": "B"}
# TIFF's tags: bits of each channel, and what the least number means.
_BITS, _INTERPRETATION = 258, 262
# Values below this part of a range are probably of fewer bits.
FILLED = 1 / 4


def raw_mode(image):
    """Returns how the pixels lie in the file of an image that is not loaded yet.

    Args:
        image: A PIL image.

    Returns:
        Pillow's name of it, such as `"RGB;16B"`; `""` for a loaded image, and
        where there are several.
    """
    args = [tile.args for tile in getattr(image, "tile", ())]
    names = {arg[0] if isinstance(arg, tuple) and arg else arg for arg in args}
    name = names.pop() if len(names) == 1 else ""
    return name if isinstance(name, str) else ""


def is_misread(image):
    """Whether Pillow takes each byte of a channel of 16 bits for a channel of 8.

    Args:
        image: A PIL image that is not loaded yet.
    """
    if image.format != "TIFF":
        return False
    apart = any(tile.args and tile.args[0] in tuple("RGBAXa") for tile in image.tile)
    return apart and max(image.tag_v2.get(_BITS, (8,))) > 8


def white_is_zero(image):
    """Whether a TIFF of grey is a negative that Pillow gives as it is.

    Args:
        image: A PIL image.
    """
    tags = image.tag_v2 if image.format == "TIFF" else {}
    return tags.get(_INTERPRETATION) == 0 and image.mode.startswith("I;16")


def is_deep_colour(raw):
    """Whether a raw mode is colour, or grey with opacity, of 16 bits a channel."""
    name, _, depth = raw.partition(";16")
    return name in ("RGB", "RGBA", "RGBX", "LA") and depth in _ORDERS


def unfilled(low, high, top):
    """Says that whole numbers leave most of their range unused."""
    return (
        f"The image's whole numbers go from {low} to {high}, and are taken for shades "
        f"from 0 to {top}."
    )


def unfilled_colour(image):
    """Returns what `unfilled` says of a loaded image of deep colour, or `None`.

    Args:
        image: The PIL image, which holds the upper 8 bits.
    """
    ends = image.getextrema()[: 1 if image.mode == "LA" else 3]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    if high >= 256 * FILLED:
        return None
    return unfilled(256 * low, 256 * high + 255, 2**16 - 1)


def spread_colour(image, raw, spread):
    """Reads deep colour by a range of values.

    Args:
        image: The PIL image, not loaded yet. It is loaded after.
        raw: Its raw mode.
        spread: Function from an array `(N, 1, 1)`, the numbers from the least to the
            largest colour, to floats from 0 to 1.

    Returns:
        A PIL image of 8 bits a channel. A transparent colour has become opacity.
    """
    import numpy as np

    # First of all: whatever loads the image closes its file.
    low, high = (np.asarray(each) for each in (_lower_bytes(image, raw), image))
    if raw.startswith("LA"):
        low, high = low[..., [1, 3]], high[..., [0, 3]]
    colours = high.shape[-1] - (high.shape[-1] in (2, 4))
    values = high[..., :colours].astype(np.uint16) * 256 + low[..., :colours]
    least, largest = int(values.min()), int(values.max())
    shades = spread(np.arange(least, largest + 1, dtype=np.uint16)[:, None, None])
    pixels = np.rint(shades.ravel() * 255).astype(np.uint8)[values - least]
    opacity = high[..., colours:]
    key = image.info.get("transparency")
    if key is not None:
        opacity = 255 * (values != key).any(-1, keepdims=True).astype(np.uint8)
    result = Image.fromarray(np.concatenate([pixels, opacity], axis=-1))
    result.info["exif"] = image.getexif().tobytes()
    return result


def _lower_bytes(image, raw):
    """Loads an image once more, with the bytes of each channel swapped."""
    name, _, order = raw.partition(";16")
    # Grey with opacity has no swapped form: the four bytes of a pixel pass for RGBA.
    swapped = "RGBA" if name == "LA" else f"{name};16{_OTHER[_ORDERS[order]]}"
    position = image.fp.tell()
    image.fp.seek(0)
    with any_number_of_pixels():
        again = Image.open(image.fp, formats=[image.format])
    again.seek(image.tell())
    again.tile = [_with_raw_mode(tile, swapped) for tile in again.tile]
    again.load()
    image.fp.seek(position)
    return again


def _with_raw_mode(tile, raw):
    args = (raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw
    return tile._replace(args=args)
