"""Encoded images in the graph: judged by their headers, then decoded.

The same pixels as `keras_singan.io.image` gives for 8-bit PNG files: transparency
is put on white, or kept for models of 4 channels; grey models see luminance.
"""

import tensorflow as tf

from keras_singan.export.guards import bounded_size
from keras_singan.export.guards import require
from keras_singan.tasks.shared.inputs import LUMA

# Magic number, and the header chunk's: libpng skips what it does not know, so that
# elsewhere a header could stand behind another that promises less.
_PNG, _JPEG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff"
# All that is read of a PNG's header.
_HEADER_BYTES = 33
# Each of these chunks may unpack to 8 MB; each scan passes over the whole image.
_PACKED_CHUNKS, _MOST_CHUNKS = (b"zTXt", b"iTXt", b"iCCP"), 16
_SCAN, _MOST_SCANS = b"\xff\xda", 100


def is_png(data):
    """Whether encoded bytes, a scalar string of some length, begin as a PNG."""
    return tf.equal(tf.strings.substr(data, 0, len(_PNG)), _PNG)


def guarded(data, limits, name):
    """Returns encoded bytes once their header promises a sane PNG or JPEG.

    Args:
        data: Scalar string tensor.
        limits: The `ExportLimits`.
        name: str, the input's name.

    Returns:
        The string, and its (height, width) as scalar int32 tensors.
    """
    length = tf.strings.length(data)
    data = require(
        data,
        (length >= _HEADER_BYTES) & (length <= limits.max_image_bytes),
        f"`{name}` must be a PNG or JPEG file of at most {limits.max_image_bytes} "
        "bytes.",
        length,
    )
    known = is_png(data) | tf.equal(tf.strings.substr(data, 0, 3), _JPEG)
    data = require(data, known, f"`{name}` must be a PNG or JPEG file.", length)
    size, slow = tf.cond(
        is_png(data),
        lambda: (_png_size(data), _any_above(data, _PACKED_CHUNKS, _MOST_CHUNKS)),
        lambda: (_jpeg_size(data), _any_above(data, [_SCAN], _MOST_SCANS)),
    )
    data = require(
        data,
        ~slow,
        f"`{name}` must have at most {_MOST_CHUNKS} compressed texts (PNG) or "
        f"{_MOST_SCANS} scans (JPEG).",
        length,
    )
    height, width = bounded_size(size[0], size[1], limits, f"The image of `{name}`")
    with tf.control_dependencies([height, width]):
        return tf.identity(data), (height, width)


def decode(data, channels):
    """Decodes guarded bytes to the pixels that a model takes.

    Args:
        data: Scalar string tensor, from `guarded`.
        channels: int, the model's: 1, 3 or 4.

    Returns:
        float32 tensor `(height, width, channels)`, values in [-1, 1].
    """
    pixels = _unit_rgba(data)
    if channels == 4:
        return pixels * 2 - 1
    colour, opacity = pixels[..., :3], pixels[..., 3:]
    colour = (colour * opacity + (1 - opacity)) * 2 - 1
    if channels == 1:
        return tf.reduce_sum(colour * LUMA, -1, keepdims=True)
    return colour


def decode_mask(data):
    """Decodes guarded bytes to RGBA in [-1, 1], for `ops.masks.from_image`."""
    return _unit_rgba(data) * 2 - 1


def to_uint8(image):
    """Rounds as `keras_singan.io.image.to_uint8` does."""
    image = tf.round((tf.clip_by_value(image, -1.0, 1.0) + 1) * 127.5)
    return tf.cast(image, tf.uint8)


def encode(image):
    """Encodes a float image `(height, width, 1, 3 or 4)` in [-1, 1] as PNG."""
    return tf.io.encode_png(to_uint8(image))


def _unit_rgba(data):
    """Decodes to RGBA, float32 in [0, 1]."""

    def jpeg():
        # The slow transform, which is Pillow's.
        colour = tf.io.decode_jpeg(data, channels=3, dct_method="INTEGER_ACCURATE")
        return tf.pad(colour, [[0, 0], [0, 0], [0, 1]], constant_values=255)

    pixels = tf.cond(is_png(data), lambda: _png_rgba(data), jpeg)
    pixels = tf.ensure_shape(pixels, (None, None, 4))
    return tf.cast(pixels, tf.float32) / 255.0


def _png_rgba(data):
    pixels = tf.io.decode_png(data, channels=4)
    colour, opacity = pixels[..., :3], pixels[..., 3:]
    # libpng makes opaque images of 1, 2 or 4 bits opaque by their highest value.
    depth = tf.io.decode_raw(tf.strings.substr(data, 24, 1), tf.uint8)[0]
    filler = tf.bitwise.left_shift(tf.ones((), tf.uint8), tf.minimum(depth, 7)) - 1
    opaque = (depth < 8) & tf.reduce_all(tf.equal(opacity, filler))
    opacity = tf.where(opaque, tf.constant(255, tf.uint8), opacity)
    return tf.concat([colour, opacity], -1)


def _png_size(data):
    """(height, width), int64, from the header."""
    sides = tf.io.decode_raw(tf.strings.substr(data, 16, 8), tf.uint8)
    sides = tf.cast(tf.ensure_shape(sides, (8,)), tf.int64)
    weights = tf.constant([2**24, 2**16, 2**8, 1], tf.int64)
    width = tf.reduce_sum(sides[:4] * weights)
    return tf.stack([tf.reduce_sum(sides[4:] * weights), width])


def _any_above(data, marks, most):
    """Whether any of these bytes stand in the data more often than `most` times."""
    # Not `tf.strings.split`, which adds dozens of operations for ragged rows.
    pieces = [
        tf.raw_ops.StringSplitV2(input=[data], sep=mark, maxsplit=most + 1).values
        for mark in marks
    ]
    return tf.reduce_any([tf.size(there) > most + 1 for there in pieces])


def _jpeg_size(data):
    return tf.ensure_shape(tf.io.extract_jpeg_shape(data, tf.int64), (3,))[:2]
