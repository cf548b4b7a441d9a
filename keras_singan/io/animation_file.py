"""Writing animations frame by frame, whole or not at all."""

import itertools
import math
import numbers
import os
import tempfile
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from keras_singan.errors import ImageError
from keras_singan.errors import OutputError
from keras_singan.io.animation_formats.apng import write_apng
from keras_singan.io.animation_formats.gif import write_gif
from keras_singan.io.animation_formats.video import require_ffmpeg
from keras_singan.io.animation_formats.video import write_mp4
from keras_singan.io.animation_formats.webp import write_webp
from keras_singan.io.files import atomic_path
from keras_singan.io.save import check_pixels
from keras_singan.io.save import preview
from keras_singan.io.sources import describe


class _Format(NamedTuple):
    write: Callable
    max_fps: int
    max_side: int


_APNG = _Format(write_apng, 120, 2**31 - 1)
_FORMATS = {
    # Browsers slow down what is faster.
    ".gif": _Format(write_gif, 50, 2**16 - 1),
    ".webp": _Format(write_webp, 120, 2**14 - 1),
    ".png": _APNG,
    ".apng": _APNG,
    ".mp4": _Format(write_mp4, 120, 2**14),
}


def save_animation(path, frames, fps=10, *, overwrite=False):
    """Writes an animation in the format of the path's suffix.

    Frames are written as they come, so that memory does not grow with their
    number. All formats play for ever, but MP4, where that is the player's choice.

    | suffix | pixels | alpha |
    |---|---|---|
    | `.png`, `.apng` | as they are | kept |
    | `.webp` | nearly as they are (quality 95) | kept |
    | `.gif` | 256 colours | put on white |
    | `.mp4` | nearly as they are, an odd last row or column twice | put on white |

    A GIF counts time in steps of 10 ms: where `fps` falls between, durations
    alternate, so that the whole lasts as long as asked. MP4 needs the extra
    `video`. Of 2 or of 5 and more channels, the `preview` is animated.

    Args:
        path: Where to write; missing folders are made.
        frames: uint8 array `(n, H, W, C)`, or an iterable of such batches.
        fps: Frames a second, from 1 to 120, for a GIF to 50. Defaults to `10`.
        overwrite: Whether to replace an existing file. Defaults to `False`.

    Returns:
        The `Path` that was written.

    Raises:
        ImageError: When the frames, the suffix or `fps` are not as above.
        OutputError: When the file exists already or cannot be written, or when
            the extra `video` is needed and missing.
    """
    path = Path(path)
    form = _format_of(path)
    _check_fps(fps, path, form)
    if form.write is write_mp4:
        require_ffmpeg()
    if os.path.lexists(path) and not overwrite:
        raise OutputError(
            "`path` must be free, or `overwrite` True, but the file exists. "
            f"Received: path={str(path)!r}."
        )
    singles = _one_by_one(frames)
    first = next(singles, None)
    if first is None:
        raise ImageError(
            f"`frames` must not be empty. Received: frames={describe(frames)}, empty."
        )
    if max(first.shape[:2]) > form.max_side:
        raise ImageError(
            f"`frames` must have sides of at most {form.max_side} px for "
            f"{path.suffix}. "
            f"Received: frames of {first.shape[0]}x{first.shape[1]} (height x width)."
        )
    with atomic_path(path) as temporary:
        form.write(temporary, itertools.chain([first], singles), float(fps))
    return path


def encode_animation(frames, format, fps=10):
    """Encodes an animation as bytes: see `save_animation`.

    Args:
        frames: uint8 array `(n, H, W, C)`, or an iterable of such batches.
        format: `"gif"`, `"webp"`, `"png"`, `"apng"` or `"mp4"`.
        fps: Frames a second. Defaults to `10`.

    Returns:
        The bytes of the file.

    Raises:
        ImageError: When the frames, the format or `fps` cannot be used.
        OutputError: When the extra `video` is needed and missing.
    """
    if f".{format}" not in _FORMATS:
        known = ", ".join(suffix[1:] for suffix in _FORMATS)
        raise ImageError(
            f"`format` must be one of {known}. Received: format={format!r}."
        )
    with tempfile.TemporaryDirectory() as folder:
        return save_animation(Path(folder, f"x.{format}"), frames, fps).read_bytes()


def _format_of(path):
    if path.suffix.lower() not in _FORMATS:
        raise ImageError(
            f"`path` must end as an animation: {', '.join(_FORMATS)}. "
            f"Received: path={str(path)!r}."
        )
    return _FORMATS[path.suffix.lower()]


def _check_fps(fps, path, form):
    number = isinstance(fps, numbers.Real) and not isinstance(fps, bool)
    if not number or not math.isfinite(fps) or not 1 <= fps <= form.max_fps:
        raise ImageError(
            f"`fps` must be from 1 to {form.max_fps} for {path.suffix}. "
            f"Received: fps={fps!r}."
        )


def _one_by_one(frames):
    """Yields frames `(H, W, C)`, C in 1, 3, 4, all of one shape."""
    if not hasattr(frames, "__array__") and not isinstance(frames, Iterable):
        raise ImageError(
            f"`frames` must be images. Received: frames={describe(frames)}."
        )
    shape = None
    for batch in [frames] if hasattr(frames, "__array__") else frames:
        batch = check_pixels(batch, "frames", rank=4)
        shape = shape or batch.shape[1:]
        if batch.shape[1:] != shape:
            raise ImageError(
                f"`frames` must have one shape, {shape} as the first. "
                f"Received: frames={describe(batch)}."
            )
        yield from preview(batch)
