"""Images as an attacker would make them, and what else a request may hold."""

import struct
import zlib

import numpy as np
from PIL import Image

from support.photos import encoded
from support.photos import photo

MAGIC = b"\x89PNG\r\n\x1a\n"


def chunk(kind, data):
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check


def header(height, width, depth=8, colour=2):
    return chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    )


def crafted_png(
    height=24, width=30, *, depth=8, colour=2, rows=None, before=b"", after=b""
):
    """Builds a PNG; `before` and `after` its header come other chunks."""
    samples = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    length = 1 + (width * samples * depth + 7) // 8
    rows = bytes(length * height) if rows is None else rows
    data = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return MAGIC + before + header(height, width, depth, colour) + after + data


def saved(file_format, size=(24, 30), **options):
    """Encodes a photo with Pillow."""
    image = Image.fromarray(photo(*size))
    image = image.convert("P") if file_format == "GIF" else image
    return encoded(image, file_format, **options)


def bomb():
    """A PNG of 6000 x 6000 px in 105 kB."""
    return crafted_png(6000, 6000)


def hidden_bomb():
    """A large PNG behind a chunk that looks like the header of a small one."""
    return crafted_png(3000, 3000, before=chunk(b"abCd", header(24, 30)[8:-4]))


def claiming(height, width):
    """A PNG whose header claims another size than it has."""
    return MAGIC + header(height, width) + crafted_png()[len(MAGIC + header(1, 1)) :]


def text_bomb(count=40):
    """A PNG with texts that unpack to 8 MB each."""
    packed = zlib.compress(bytes(7_900_000), 9)
    return crafted_png(after=chunk(b"zTXt", b"key\0\0" + packed) * count)


def scan_bomb(count=300):
    """A JPEG with many passes over the image."""
    first, scan, *rest = saved("JPEG", progressive=True).split(b"\xff\xda")
    return b"\xff\xda".join([first, scan, *[rest[-1][:16]] * count, *rest])


def jpeg_claiming(height, width):
    """A JPEG whose header claims another size than it has."""
    data = saved("JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def noise_bytes(count=2000):
    return np.random.default_rng(0).bytes(count)


# What is no image, or none that may be used: name, and how to make it.
BAD_IMAGES = {
    "empty": bytes,
    "a letter": lambda: b"x",
    "random bytes": noise_bytes,
    "GIF": lambda: saved("GIF"),
    "BMP": lambda: saved("BMP"),
    "WebP": lambda: saved("WEBP"),
    "TIFF": lambda: saved("TIFF"),
    "truncated PNG": lambda: saved("PNG")[:-400],
    "truncated JPEG": lambda: saved("JPEG")[:-400],
    "PNG of a header": lambda: MAGIC + header(24, 30),
    "PNG magic, then noise": lambda: MAGIC + noise_bytes(),
    "PNG header, then noise": lambda: MAGIC + header(24, 30) + noise_bytes(),
    "JPEG magic, then noise": lambda: b"\xff\xd8\xff" + noise_bytes(),
    "no height": lambda: claiming(0, 30),
    "no width": lambda: claiming(24, 0),
    "6000 x 6000": bomb,
    "a bomb behind another header": hidden_bomb,
    "2 GB claimed": lambda: claiming(4096, 2**31 // (3 * 4096)),
    "65536 x 65536": lambda: claiming(65536, 65536),
    "2**31 - 1": lambda: claiming(2**31 - 1, 2**31 - 1),
    "2**32 - 1": lambda: claiming(2**32 - 1, 2**32 - 1),
    "JPEG of 65500 x 65500": lambda: jpeg_claiming(65500, 65500),
    "bytes that take long to unpack": text_bomb,
    "scans that take long": scan_bomb,
    "too long a strip": lambda: crafted_png(4, 4000),
}
