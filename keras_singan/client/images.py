"""Images to and from encoded bytes, with Pillow; arrays need NumPy, and have it."""

import contextlib
import io
import warnings

from PIL import Image
from PIL import ImageOps

from keras_singan.errors import NEEDS_RANGE
from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io.colour_profiles import profile_of
from keras_singan.io.colour_profiles import to_srgb
from keras_singan.io.pillow_gaps.deep_pixels import is_deep_colour
from keras_singan.io.pillow_gaps.deep_pixels import raw_mode
from keras_singan.io.pillow_gaps.deep_pixels import unfilled_colour
from keras_singan.io.sources import describe
from keras_singan.io.sources import is_stream
from keras_singan.io.sources import open_image
from keras_singan.io.sources import open_path
from keras_singan.io.sources import path_of
from keras_singan.io.sources import reason

_ORIENTATION = 0x0112
# What TensorFlow decodes as Pillow does; CMYK, for one, it does not.
_SENT_AS_IS = {
    "PNG": ("L", "LA", "P", "RGB", "RGBA"),
    "JPEG": ("L", "RGB"),
    "MPO": ("L", "RGB"),
}
_PNG_MODES = ("L", "LA", "RGB", "RGBA")
_OTHER_MODES = {"L": "L", "1": "L", "La": "LA", "RGBa": "RGBA"}
_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def encode_image(image, name="image"):
    """Returns an image as the bytes of a PNG or JPEG file, in sRGB.

    PNG and JPEG files go as they are, unless a camera's rotation or a colour
    profile must be applied first; everything else is made a PNG.

    Args:
        image: What `keras_singan.io.image.read_image` takes: a path, the bytes of
            an encoded image, a binary file object, a PIL image, or an array of 1, 3
            or 4 channels. An array of bool is black and white.
        name: What to call it in an error. Defaults to `"image"`.

    Returns:
        `bytes`.

    Raises:
        ImageError: If it cannot be read, or has no form as PNG.

    Warns:
        ImageWarning: If a colour profile is damaged, or whole numbers leave most of
            their range unused.
    """
    notes = []
    with _reading(image, name):
        data = _encoded(image, name, notes)
    for note in notes:
        warnings.warn(ImageWarning(note), stacklevel=2)
    return data


def decode_image(data):
    """Decodes the bytes of a PNG file.

    Returns:
        A PIL image of mode L, RGB or RGBA.

    Raises:
        ImageError: If they are no PNG.
    """
    with _reading(data, "data"):
        image = Image.open(io.BytesIO(data), formats=["PNG"])
        image.load()
        return _plain(image)


def _plain(image):
    """Returns an image of 8 bits a channel: grey, RGB or RGBA."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode == "LA" or image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert(_OTHER_MODES.get(image.mode, "RGB"))


def _encoded(image, name, notes):
    """Returns the bytes; adds sentences on what is lost to `notes`."""
    if isinstance(image, Image.Image):
        if _is_deep(image):
            return _deep_png(image, image.mode, notes)
        return _png(_upright(image, profile_of(image), notes)[0])
    if isinstance(image, bytes | bytearray | memoryview):
        return _file_or_png(io.BytesIO(image), notes)
    if isinstance(image, str) or hasattr(image, "__fspath__"):
        return open_path(
            path_of(image),
            lambda file: _file_or_png(file, notes),
            lambda array: _array_png(array, name, notes),
        )
    if is_stream(image):
        return _file_or_png(image, notes)
    if hasattr(image, "__array__") or hasattr(image, "__array_interface__"):
        return _array_png(image, name, notes)
    raise ImageError("`image` must be a path, a file, bytes, a PIL image or an array")


def _file_or_png(file, notes):
    data = file.read()
    if not isinstance(data, bytes):
        raise ImageError("`image` must be a file opened in binary mode ('rb')")
    image, profile = open_image(io.BytesIO(data))
    with image:
        if _is_deep(image):
            return _deep_png(data, image.mode, notes)
        # First of all: reading EXIF may load the image.
        raw = raw_mode(image)
        frames = getattr(image, "n_frames", 1)
        plain = image.mode in _SENT_AS_IS.get(image.format, ())
        rotated = image.getexif().get(_ORIENTATION, 1) not in (0, 1)
        profile = profile_of(image) if profile is None else profile
        image.load()
        note = unfilled_colour(image) if is_deep_colour(raw) else None
        notes += [note] if note else []
        # MPO's other frames are a phone's previews; an animated PNG's are not.
        single = frames == 1 or image.format == "MPO"
        # TensorFlow makes opaque pixels of fewer than 8 bits all but transparent.
        deep = image.format != "PNG" or data[24] >= 8
        upright, converted = _upright(image, profile, notes)
        kept = plain and deep and single and not rotated and not converted
        return data if kept else _png(upright)


def _upright(image, profile, notes):
    """Returns an image as its camera was held, in sRGB, and whether colours changed."""
    turned = ImageOps.exif_transpose(image)
    result, damage = to_srgb(turned, profile)
    if damage:
        notes.append(damage)
    return result, result is not turned


def _png(image):
    if image.mode not in _PNG_MODES:
        colour = "RGBA" if image.has_transparency_data else "RGB"
        image = image.convert(_OTHER_MODES.get(image.mode, colour))
    return _written(image)


def _is_deep(image):
    """Whether an image is grey of more than 8 bits, or has a colour of 16 bits for
    transparent: Pillow cannot make a PNG of it as it is.
    """
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return True
    return is_deep_colour(raw_mode(image)) and "transparency" in image.info


def _deep_png(source, mode, notes):
    """Encodes what `_is_deep`, by the rules of `keras_singan.io.decode`."""
    import numpy as np

    from keras_singan.io.decode import decode

    decoded = decode(source)
    notes += [text for text in (decoded.damage, decoded.unfilled) if text]
    if decoded.opacity is None and mode != "F":
        return _written_array(np.rint(decoded.colour * 65535).astype(np.uint16))
    parts = [part for part in (decoded.colour, decoded.opacity) if part is not None]
    pixels = np.rint(np.concatenate(parts, axis=-1) * 255).astype(np.uint8)
    return _written_array(pixels)


def _written_array(pixels):
    return _written(
        Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    )


def _written(image):
    buffer = io.BytesIO()
    # Its colours are sRGB now, whatever profile it came with.
    image.save(buffer, "PNG", icc_profile=None)
    return buffer.getvalue()


def _array_png(image, name, notes):
    """Encodes an array, by the rules of `keras_singan.io.pixel_values`."""
    import numpy as np

    from keras_singan.io.pixel_values import to_unit

    array = np.asarray(image)
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[-1] not in (1, 3, 4):
        raise ImageError(
            "`image` must be an array of shape (H, W) or (H, W, C) of 1, 3 or 4 "
            "channels"
        )
    # A mask of 0 and 1 is meant, whatever its type.
    flags = array.dtype.kind == "b"
    if name == "mask" and array.dtype.kind in "iu" and array.size:
        flags = 0 <= array.min() and array.max() == 1
    unit, note = to_unit(array.astype("float32") if flags else array)
    if note:
        notes.append(note)
    if array.dtype.kind == "u" and array.dtype.itemsize == 2 and array.shape[-1] == 1:
        pixels = array.astype(np.uint16)
    else:
        pixels = np.rint(unit * 255).astype(np.uint8)
    return _written_array(pixels)


@contextlib.contextmanager
def _reading(image, name):
    """Turns whatever a decoder raises or warns of into one `ImageError`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except ImageError as error:
        # A request has no `value_range` to name.
        text = str(error).replace(NEEDS_RANGE, "")
        text = text.replace("`image`", f"`{name}`")
        raise ImageError(f"{text}. Received: {name}={describe(image)}.") from None
    # Damaged files make decoders raise anything, from struct.error on.
    except Exception as error:
        text = " ".join(str(error).split())
        why = f"it is too large: {text}" if isinstance(error, _BOMBS) else reason(error)
        raise ImageError(
            f"`{name}` must be a readable image, but {why}. "
            f"Received: {name}={describe(image)}."
        ) from error
