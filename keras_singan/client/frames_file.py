"""Writing frames as an animation, with Pillow alone."""

import io
import os
from pathlib import Path

from keras_singan.errors import ImageError
from keras_singan.errors import OutputError
from keras_singan.io.files import write_bytes

# Suffix -> Pillow's format, its options, the most frames a second, and the step
# of its clock in ms. Browsers slow down a GIF that is faster.
_ANIMATIONS = {
    ".gif": ("GIF", {}, 50, 10),
    ".webp": ("WEBP", {"quality": 90, "exact": True}, 120, 1),
    ".png": ("PNG", {}, 120, 1),
    ".apng": ("PNG", {}, 120, 1),
}


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
            "`frames` must be images of one size. "
            f"Received: frames={len(frames)}, of {sizes}."
        )
    number = isinstance(fps, int | float) and not isinstance(fps, bool)
    if not number or not 1 <= fps <= max_fps:
        raise ImageError(
            f"`fps` must be from 1 to {max_fps} frames a second for {path.suffix}. "
            f"Received: fps={fps!r}."
        )
    if os.path.lexists(path) and not overwrite:
        raise OutputError(
            "`path` must not exist yet, without overwrite=True. "
            f"Received: path={str(path)!r}."
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
            f"`path` must end in one of {', '.join(_ANIMATIONS)}. "
            f"Received: path={str(path)!r}."
        ) from None
    return file_format, dict(options), max_fps, step


def _durations(count, fps, step):
    """Returns each frame's time in ms, so that the whole lasts count / fps."""
    times = [step * round(1000 * k / fps / step) for k in range(count + 1)]
    return [end - begin for begin, end in zip(times, times[1:], strict=False)]
