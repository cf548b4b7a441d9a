"""Animated WebP, put together from the frames that Pillow encodes.

Pillow's own writer wants all frames at once. The chunks are those of
https://developers.google.com/speed/webp/docs/riff_container.
"""

import io
import struct

import numpy as np
from PIL import Image

from keras_singan.errors import ImageError

# Of the whole file, the first 8 bytes apart.
_MAX_BYTES = 2**32 - 10
# Flickers no more than the 256 colours of a GIF do, at half its size.
_QUALITY = 95
_ANIMATION, _ALPHA, _NO_BLEND = 0x02, 0x10, 0x02


def write_webp(path, frames, fps):
    """Writes frames as they come, at quality 95, played for ever.

    Args:
        path: Path of the file.
        frames: Iterator of uint8 arrays `(H, W, C)`, C in 1, 3, 4.
        fps: Frames a second.

    Raises:
        ImageError: When the file would be larger than 4 GiB.
    """
    with open(path, "wb") as file:
        for index, frame in enumerate(frames):
            if index == 0:
                _write_header(file, frame)
            duration = round(1000 * (index + 1) / fps) - round(1000 * index / fps)
            _write(file, b"ANMF", _placement(frame, duration) + _encoded(frame))
            size = file.tell() - 8
            if size > _MAX_BYTES:
                raise ImageError(
                    "`frames` must make a WebP of at most 4 GiB. "
                    f"Received: {index + 1} frames that make a larger one"
                )
        file.seek(4)
        file.write(struct.pack("<I", size))


def _write_header(file, frame):
    flags = _ANIMATION | (_ALPHA if frame.shape[-1] == 4 else 0)
    file.write(b"RIFF" + bytes(4) + b"WEBP")
    _write(file, b"VP8X", struct.pack("<I", flags) + _sides(frame))
    # A transparent background; how often: 0 is for ever.
    _write(file, b"ANIM", struct.pack("<IH", 0, 0))


def _placement(frame, duration):
    return bytes(6) + _sides(frame) + _three(duration) + bytes([_NO_BLEND])


def _encoded(frame):
    """Returns the chunks of the pixels out of a WebP of one frame."""
    buffer = io.BytesIO()
    image = Image.fromarray(np.repeat(frame, 3, -1) if frame.shape[-1] == 1 else frame)
    image.save(buffer, "WEBP", quality=_QUALITY, exact=True)
    webp, kept, at = buffer.getvalue(), b"", 12
    while at < len(webp):
        name, length = struct.unpack_from("<4sI", webp, at)
        end = at + 8 + length + length % 2
        if name in (b"ALPH", b"VP8 "):
            kept += webp[at:end]
        at = end
    return kept


def _sides(frame):
    return _three(frame.shape[1] - 1) + _three(frame.shape[0] - 1)


def _three(number):
    return struct.pack("<I", number)[:3]


def _write(file, name, data):
    file.write(name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2))
