"""Building small ICC profiles (ICC.1:2010): a matrix and a tone curve, or grey.

Pillow makes a profile of sRGB only. Cameras name Adobe RGB without a profile, and
grey needs a profile with the tone curve of sRGB.
"""

import struct

# The white point of all profiles, D50, as XYZ.
_D50 = (0.9642, 1.0, 0.8249)
# ICC's "parametric curve" of type 3 with the numbers of IEC 61966-2-1.
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
# Red, green and blue as XYZ under D50, from the specification's chromaticities.
_ADOBE_RGB = (
    (0.60974, 0.31111, 0.01947),
    (0.20528, 0.62567, 0.06087),
    (0.14919, 0.06322, 0.74457),
)
_ADOBE_GAMMA = (563 / 256,)


def adobe_rgb():
    """Returns the bytes of a profile of Adobe RGB (1998)."""
    return rgb_profile("Adobe RGB (1998) compatible", _ADOBE_RGB, _ADOBE_GAMMA)


def srgb_grey():
    """Returns the bytes of a grey profile with the tone curve of sRGB."""
    tags = {b"wtpt": _xyz(_D50), b"kTRC": _curve(SRGB_CURVE)}
    return _profile(b"GRAY", "Grey with the tone curve of sRGB", tags)


def rgb_profile(name, primaries, curve):
    """Builds a profile of three primaries and one tone curve.

    Args:
        name: Its description.
        primaries: Red, green and blue, each as (X, Y, Z) under D50.
        curve: `(gamma,)`, or the five numbers of a curve such as `SRGB_CURVE`.

    Returns:
        `bytes`.
    """
    tags = {b"wtpt": _xyz(_D50)}
    for letter, primary in zip((b"r", b"g", b"b"), primaries, strict=True):
        tags |= {letter + b"XYZ": _xyz(primary), letter + b"TRC": _curve(curve)}
    return _profile(b"RGB ", name, tags)


def _profile(space, name, tags):
    text = name.encode("utf-16-be")
    record = struct.pack(">4s4xII4sII", b"mluc", 1, 12, b"enUS", len(text), 28)
    tags = {b"desc": record + text, b"cprt": record + text} | tags
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x",
        start + len(body),
        0x04200000,
        b"mntr",
        space,
        b"XYZ ",
        b"acsp",
        *map(_fixed, _D50),
    )
    return header + table + body


def _xyz(value):
    return struct.pack(">4s4x3i", b"XYZ ", *map(_fixed, value))


def _curve(numbers):
    kind = 0 if len(numbers) == 1 else 3
    return struct.pack(f">4s4xH2x{len(numbers)}i", b"para", kind, *map(_fixed, numbers))


def _fixed(number):
    """A number as ICC's s15Fixed16."""
    return round(number * 65536)
