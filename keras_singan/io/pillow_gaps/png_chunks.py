"""PNG files without their texts, and their colour profile whatever its length.

Pillow refuses a PNG whose text or profile unpacks to over 1 MB. Texts are of no
use here, and profiles of printers are that long.
"""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# Bytes of an unpacked profile: more than any that is in use.
_LONGEST = 2**24


def without_texts(data):
    """Takes the texts and the colour profile out of a PNG file.

    Args:
        data: The bytes of a PNG file.

    Returns:
        A pair: the bytes of the PNG without them, and the unpacked profile. The
        profile is `None` where there is none, and `b""` where it is damaged.
    """
    parts, profile, start, at = [], None, 0, len(SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if kind in (*_TEXTS, b"iCCP"):
            parts.append(data[start:at])
            start = end
        if kind == b"iCCP":
            profile = _unpacked(data[at + 8 : end - 4])
        at = end
    return b"".join([*parts, data[start:]]) if parts else data, profile


def _unpacked(content):
    """Unpacks a profile: its name, a zero, the method, and what is packed."""
    _, _, packed = content.partition(b"\0")
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], _LONGEST)
    except zlib.error:
        return b""
    return b"" if unpacker.unconsumed_tail else profile
