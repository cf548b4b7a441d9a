"""MP4 through the ffmpeg of imageio-ffmpeg, from the extra `video`."""

import contextlib
import itertools
import signal
import subprocess
import tempfile
from fractions import Fraction

import numpy as np

from keras_singan.errors import OutputError
from keras_singan.errors import needs_extra
from keras_singan.io.save import on_white


def require_ffmpeg():
    """Returns the path of ffmpeg.

    Raises:
        OutputError: When there is none.
    """
    try:
        import imageio_ffmpeg
    except ImportError:
        raise OutputError(
            f"{needs_extra('MP4', 'video')} Received: no module imageio_ffmpeg."
        ) from None
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:
        raise OutputError(
            "imageio-ffmpeg must find ffmpeg: install it, or set "
            f"IMAGEIO_FFMPEG_EXE. Received: {' '.join(str(error).split())!r}."
        ) from error


def write_mp4(path, frames, fps):
    """Writes frames as they come, as H.264 that all players know (4:2:0).

    Args:
        path: Path of the file.
        frames: Iterator of uint8 arrays `(H, W, C)`, C in 1, 3, 4.
        fps: Frames a second.

    Raises:
        OutputError: When ffmpeg is missing or fails.
    """
    frames = (_even_rgb(on_white(frame)) for frame in frames)
    first = next(frames)
    command = _command(path, first.shape, fps)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log
        )
        _feed(process, itertools.chain([first], frames))
        log.seek(0)
        reason = " ".join(log.read().decode(errors="replace").split())
    if process.returncode < 0:
        # A limit of the file's size ends it, as does too little memory.
        reason = signal.strsignal(-process.returncode) or reason
    if process.returncode:
        raise OutputError(
            f"ffmpeg must write the video, but it answered {reason[-300:]!r}. "
            f"Received: {process.returncode} from ffmpeg."
        )


def _feed(process, frames):
    try:
        for frame in frames:
            process.stdin.write(frame.tobytes())
    except BrokenPipeError:
        # ffmpeg has given up: its exit status and its last words say why.
        pass
    except BaseException:
        process.kill()
        raise
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.wait()


def _command(path, shape, fps):
    height, width = shape[:2]
    # Said outright, because players guess the colours otherwise.
    colours = (
        "scale=out_color_matrix=bt709:out_range=tv,setparams=range=tv:"
        "color_primaries=bt709:color_trc=bt709:colorspace=bt709"
    )
    return [
        *(require_ffmpeg(), "-y", "-v", "error", "-f", "rawvideo"),
        *("-pix_fmt", "rgb24", "-s", f"{width}x{height}"),
        *("-r", str(Fraction(fps).limit_denominator(1000)), "-i", "-"),
        *("-vf", colours, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18"),
        *("-movflags", "+faststart", "-f", "mp4", f"file:{path}"),
    ]


def _even_rgb(frame):
    """Repeats grey, and the last row or column of an odd side (4:2:0 has none)."""
    height, width, channels = frame.shape
    odd = ((0, height % 2), (0, width % 2), (0, 2 if channels == 1 else 0))
    return np.pad(frame, odd, mode="edge")
