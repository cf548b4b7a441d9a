"""Animated PNG, put together from the frames that Pillow encodes.

Pillow's own writer keeps all frames until the last. The chunks are those of
https://www.w3.org/TR/png-3/#apng-frame-based-animation.
"""

import io
import struct
import zlib
from fractions import Fraction

from PIL import Image

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def write_apng(path, frames, fps):
    """Writes frames as they come, without loss, played for ever.

    Args:
        path: Path of the file.
        frames: Iterator of uint8 arrays `(H, W, C)`, C in 1, 3, 4.
        fps: Frames a second.
    """
    sequence = 0
    with open(path, "wb") as file:
        for count, frame in enumerate(frames, 1):
            chunks = _png_chunks(frame)
            if count == 1:
                _write(file, b"IHDR", chunks["IHDR"][0])
                control = file.tell()
                _write(file, b"acTL", bytes(8))
            _write(file, b"fcTL", _frame_control(sequence, frame, fps))
            sequence += 1
            for data in chunks["IDAT"]:
                if count == 1:
                    _write(file, b"IDAT", data)
                else:
                    _write(file, b"fdAT", struct.pack(">I", sequence) + data)
                    sequence += 1
        _write(file, b"IEND", b"")
        # Only now is it known how many there are.
        file.seek(control)
        _write(file, b"acTL", struct.pack(">II", count, 0))


def _png_chunks(frame):
    buffer = io.BytesIO()
    Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame).save(
        buffer, "PNG"
    )
    png, chunks, at = buffer.getvalue(), {}, len(_SIGNATURE)
    while at < len(png):
        length, name = struct.unpack_from(">I4s", png, at)
        chunks.setdefault(name.decode(), []).append(png[at + 8 : at + 8 + length])
        at += 12 + length
    return chunks


def _frame_control(sequence, frame, fps):
    height, width = frame.shape[:2]
    seconds = (1 / Fraction(fps)).limit_denominator(2**16 - 1)
    return struct.pack(
        ">IIIIIHHBB",
        *(sequence, width, height, 0, 0),
        *(seconds.numerator, seconds.denominator),
        # Stays until the next one, and replaces the one before.
        *(0, 0),
    )


def _write(file, name, data):
    if name == b"IHDR":
        file.write(_SIGNATURE)
    checksum = zlib.crc32(name + data)
    file.write(struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum))
