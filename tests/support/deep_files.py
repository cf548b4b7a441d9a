"""PNG and TIFF files of 16 bits a channel, which Pillow itself does not write."""

import struct
import zlib

import numpy as np

_PNG_KINDS = {1: 0, 2: 4, 3: 2, 4: 6}


def deep_png(pixels, transparent=None):
    """The bytes of a PNG of a uint16 array `(H, W, C)`; C is 1 to 4.

    Args:
        pixels: The array.
        transparent: A colour that is transparent, or `None`.
    """
    height, width, channels = pixels.shape
    rows = [b"\0" + row.astype(">u2").tobytes() for row in pixels]
    head = struct.pack(">IIBBBBB", width, height, 16, _PNG_KINDS[channels], 0, 0, 0)
    chunks = [(b"IHDR", head)]
    if transparent is not None:
        chunks.append((b"tRNS", np.array(transparent, ">u2").tobytes()))
    chunks += [(b"IDAT", zlib.compress(b"".join(rows))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind, data):
    check = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)


def deep_tiff(pixels, order="<", interpretation=None, bits=16, apart=False):
    """The bytes of a TIFF of a uint16 array `(H, W, C)`.

    Args:
        pixels: The array.
        order: `"<"` or `">"`, the order of bytes. Defaults to `"<"`.
        interpretation: The tag of photometric interpretation; `None` for black is
            zero, or RGB. Defaults to `None`.
        bits: 16, or 12 for two numbers of grey in three bytes. Defaults to 16.
        apart: Whether each channel is stored by itself. Defaults to `False`.
    """
    height, width, channels = pixels.shape
    if interpretation is None:
        interpretation = 1 if channels == 1 else 2
    planes = np.moveaxis(pixels, -1, 0) if apart else pixels[None]
    strips = [_strip(plane, order, bits) for plane in planes]
    tags = {256: [width], 257: [height], 258: [bits] * channels, 259: [1]}
    tags |= {262: [interpretation], 273: [0] * len(strips), 277: [channels]}
    tags |= {278: [height], 279: [len(strip) for strip in strips]}
    tags |= {284: [2 if apart else 1]}
    start = 8 + 2 + 12 * len(tags) + 4
    start += sum(4 * len(values) for values in tags.values() if len(values) > 1)
    tags[273] = [start + sum(tags[279][:index]) for index in range(len(strips))]
    return _directory(tags, order) + b"".join(strips)


def _strip(plane, order, bits):
    if bits == 16:
        return plane.astype(f"{order}u2").tobytes()
    first, second = plane.reshape(-1, 2).astype(int).T
    packed = [first >> 4, (first & 15) << 4 | second >> 8, second & 255]
    return np.stack(packed, 1).astype(np.uint8).tobytes()


def _directory(tags, order):
    """The head of a TIFF: every tag as 32-bit numbers, longer ones behind it."""
    entries, behind = b"", b""
    place = 8 + 2 + 12 * len(tags) + 4
    for tag, values in tags.items():
        data = struct.pack(f"{order}{len(values)}I", *values)
        if len(values) > 1:
            data, behind = struct.pack(f"{order}I", place + len(behind)), behind + data
        entries += struct.pack(f"{order}HHI", tag, 4, len(values)) + data
    mark = b"II*\0" if order == "<" else b"MM\0*"
    count = struct.pack(f"{order}H", len(tags))
    return mark + struct.pack(f"{order}I", 8) + count + entries + bytes(4) + behind
