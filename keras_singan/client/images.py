"""Images to and from encoded bytes, with Pillow alone."""

import contextlib
import io
import os
import warnings
from pathlib import Path

from PIL import Image
from PIL import ImageOps

from keras_singan.errors import ImageError
from keras_singan.errors import OutputError
from keras_singan.io.files import write_bytes

_ORIENTATION = 0x0112
# What TensorFlow decodes as Pillow does; CMYK, for one, it does not.
_SENT_AS_IS = {
    "PNG": ("L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB"),
    "MPO": ("L", "RGB"),
}
_PNG_MODES = ("L", "LA", "RGB", "RGBA", "I;16")
_OTHER_MODES = {"L": "L", "1": "L", "La": "LA", "RGBa": "RGBA"}
# Suffix -> Pillow's format, its options, the most frames a second, and the step
# of its clock in ms. Browsers slow down a GIF that is faster.
_ANIMATIONS = {
    ".gif": ("GIF", {}, 50, 10),
    ".webp": ("WEBP", {"quality": 90, "exact": True}, 120, 1),
    ".png": ("PNG", {}, 120, 1),
    ".apng": ("PNG", {}, 120, 1),
}


def encode_image(image, name="image"):
    """Gives an image as the bytes of a PNG or JPEG file.

    PNG and JPEG files go as they are, unless a camera's rotation must be
    applied first; everything else is made a PNG.

    Args:
        image: A path, the bytes of an encoded image, a PIL image, or an array
            that Pillow takes (uint8 or bool, `(H, W)` or `(H, W, 3 or 4)`).
        name: What to call it in an error. Defaults to `"image"`.

    Returns:
        `bytes`.

    Raises:
        ImageError: If it cannot be read, or has no form as PNG.
    """
    with _reading(image, name):
        if isinstance(image, Image.Image):
            return _png(image)
        if hasattr(image, "__array_interface__"):
            return _png(Image.fromarray(image))
        if isinstance(image, bytes | bytearray | memoryview):
            return _file_or_png(bytes(image))
        if isinstance(image, str | os.PathLike):
            return _file_or_png(Path(os.fsdecode(image)).read_bytes())
        raise TypeError("it must be a path, bytes, a PIL image or an array")


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
    """Gives an image of 8 bits a channel: grey, RGB or RGBA."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value * (1 / 257)).convert("L")
    if image.mode == "LA" or image.has_transparency_data:
        return image.convert("RGBA")
    return image.convert(_OTHER_MODES.get(image.mode, "RGB"))


def save_frames(path, frames, fps=10, *, overwrite=False):
    """Writes PIL images as one endless animation, whole or not at all.

    Args:
        path: Where to write; the suffix decides: `.gif` (256 colours a frame,
            times in steps of 10 ms), `.webp` (quality 90), or `.png`/`.apng`
            (without loss).
        frames: PIL images of one size, as `Client.animate` gives them.
        fps: Frames a second, from 1 to 120, for a GIF to 50. Defaults to `10`.
        overwrite: Whether to replace a file. Defaults to `False`.

    Returns:
        The `Path` that was written.

    Raises:
        ImageError: If the frames, the suffix or `fps` are not as above.
        OutputError: If the file exists, or cannot be written.
    """
    path, frames = Path(path), list(frames)
    file_format, options, max_fps, step = _animation_format(path)
    if not frames or len({frame.size for frame in frames}) > 1:
        sizes = sorted({frame.size for frame in frames})
        raise ImageError(
            f"Expected frames of one size. Received: frames={len(frames)}, of {sizes}"
        )
    number = isinstance(fps, int | float) and not isinstance(fps, bool)
    if not number or not 1 <= fps <= max_fps:
        raise ImageError(
            f"Expected from 1 to {max_fps} frames a second for {path.suffix}. "
            f"Received: fps={fps!r}"
        )
    if os.path.lexists(path) and not overwrite:
        raise OutputError(
            "Expected a path that is free, or overwrite=True, but the file "
            f"exists. Received: path={str(path)!r}"
        )
    options |= {"append_images": frames[1:], "save_all": True, "loop": 0}
    options["duration"] = _durations(len(frames), fps, step)
    buffer = io.BytesIO()
    frames[0].save(buffer, file_format, **options)
    write_bytes(path, buffer.getvalue())
    return path


def _animation_format(path):
    try:
        file_format, options, max_fps, step = _ANIMATIONS[path.suffix.lower()]
    except KeyError:
        raise ImageError(
            f"Expected a suffix for animations: {', '.join(_ANIMATIONS)}. "
            f"Received: path={str(path)!r}"
        ) from None
    return file_format, dict(options), max_fps, step


def _durations(count, fps, step):
    """Gives each frame's time in ms, so that the whole lasts count / fps."""
    times = [step * round(1000 * k / fps / step) for k in range(count + 1)]
    return [end - begin for begin, end in zip(times, times[1:], strict=False)]


def _file_or_png(data):
    # Reading an EPS would run Ghostscript on whatever program it holds.
    Image.init()
    formats = [name for name in Image.OPEN if name != "EPS"]
    with Image.open(io.BytesIO(data), formats=formats) as image:
        frames = getattr(image, "n_frames", 1)
        plain = image.mode in _SENT_AS_IS.get(image.format, ())
        rotated = image.getexif().get(_ORIENTATION, 1) not in (0, 1)
        image.load()
        # MPO's other frames are a phone's previews; an animated PNG's are not.
        single = frames == 1 or image.format == "MPO"
        # TensorFlow makes opaque pixels of fewer than 8 bits all but transparent.
        deep = image.format != "PNG" or data[24] >= 8
        return data if plain and deep and single and not rotated else _png(image)


def _png(image):
    image = ImageOps.exif_transpose(image)
    if image.mode == "F":
        raise ValueError("floats have no form as PNG")
    if image.mode == "I" or image.mode.startswith("I;16"):
        low, high = image.getextrema()
        if low < 0 or high > 65535:
            raise ValueError(f"its values go from {low} to {high}, not 0 to 65535")
        image = image.convert("I").convert("I;16")
    elif image.mode not in _PNG_MODES:
        colour = "RGBA" if image.has_transparency_data else "RGB"
        image = image.convert(_OTHER_MODES.get(image.mode, colour))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@contextlib.contextmanager
def _reading(image, name):
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    # Damaged files make decoders raise anything, from struct.error on.
    except Exception as error:
        text = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ImageError(
            f"Expected a readable image, but {' '.join(text.split())}. "
            f"Received: {name}={_describe(image)}"
        ) from error


def _describe(image):
    if isinstance(image, str | os.PathLike):
        return repr(os.fspath(image))
    if isinstance(image, bytes | bytearray | memoryview):
        return f"{len(image)} bytes"
    if isinstance(image, Image.Image):
        return f"PIL image of mode {image.mode}, size {image.size}"
    return f"object of type {type(image).__name__}"
