"""Encoded images decode in a graph to what `read_image` reads."""

import functools
import io
import struct
import warnings

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from support import hostile_images
from support.hostile_images import chunk
from support.hostile_images import crafted_png
from support.photos import encoded
from support.photos import noise
from support.photos import photo

from keras_singan.errors import ImageWarning
from keras_singan.export import ExportLimits
from keras_singan.export import encoded_images
from keras_singan.io.image import encode_png
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8
from keras_singan.ops import masks
from keras_singan.tasks.shared.inputs import with_channels

SIZE = (9, 13)


@functools.cache
def graph(channels):
    """What an exported model of that many channels does with a file."""

    def decode(data):
        data, size = encoded_images.guarded(data, ExportLimits(), "image_bytes")
        return encoded_images.decode(data, channels), size

    spec = [tf.TensorSpec((), tf.string)]
    return tf.function(decode, input_signature=spec, autograph=False)


def in_python(data, channels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        alpha = "train" if channels == 4 else "composite"
        return with_channels(read_image(data, alpha=alpha), channels)


def difference(data, channels):
    """Largest difference of Python's pixels and the graph's, of 255."""
    result, size = graph(channels)(data)
    expected = in_python(data, channels)
    assert tuple(size) == result.shape[:2] == expected.shape[:2]
    assert result.shape[2] == channels
    return float(np.abs(result - expected).max() * 127.5)


def raw_rows(depth, samples=1):
    """Random rows of a PNG, each after a zero for "no filter"."""
    length = (SIZE[1] * depth * samples + 7) // 8
    return b"".join(b"\0" + row.tobytes() for row in noise(SIZE[0], length))


def palette(depth, opacities=b""):
    colours = chunk(b"PLTE", noise(2**depth, 3).tobytes())
    return colours + (chunk(b"tRNS", opacities) if opacities else b"")


def shallow(depth, colour, after=b""):
    return crafted_png(
        *SIZE, depth=depth, colour=colour, rows=raw_rows(depth), after=after
    )


def with_pillow(mode, **options):
    channels = {"L": (), "LA": (2,), "RGB": (3,), "RGBA": (4,)}[mode]
    return encoded(Image.fromarray(noise(*SIZE, *channels), mode), "PNG", **options)


def interlaced():
    """A PNG in the 7 passes of Adam7, which Pillow reads but does not write."""
    pixels, passes = noise(*SIZE, 3), b""
    for top, left, down, right in (
        *((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4)),
        *((2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)),
    ):
        part = pixels[top::down, left::right]
        passes += b"".join(b"\0" + row.tobytes() for row in part if part.size)
    data = crafted_png(*SIZE, rows=passes)
    fields = struct.pack(">IIBBBBB", *SIZE[::-1], 8, 2, 0, 0, 1)
    return data.replace(hostile_images.header(*SIZE), chunk(b"IHDR", fields)), pixels


PNGS = {
    "RGB": lambda: with_pillow("RGB"),
    "RGBA": lambda: with_pillow("RGBA"),
    "grey": lambda: with_pillow("L"),
    "grey and alpha": lambda: with_pillow("LA"),
    "RGB with a transparent colour": lambda: with_pillow(
        "RGB", transparency=tuple(map(int, noise(*SIZE, 3)[2, 3]))
    ),
    "grey with a transparent value": lambda: with_pillow(
        "L", transparency=int(noise(*SIZE)[2, 3])
    ),
    "interlaced": lambda: interlaced()[0],
    "with a profile and a text": lambda: with_pillow(
        "RGB", icc_profile=b"profile" * 99, dpi=(72, 72)
    ),
} | {
    f"{depth} bits, {name}": functools.partial(shallow, depth, colour, after)
    for depth in (1, 2, 4, 8)
    for name, colour, after in (
        ("grey", 0, b""),
        ("palette", 3, palette(depth)),
        ("palette and opacity", 3, palette(depth, noise(2**depth).tobytes())),
        ("palette and one clear colour", 3, palette(depth, b"\0")),
        ("palette, all clear", 3, palette(depth, bytes(2**depth))),
    )
}


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", PNGS)
def test_a_png_gives_the_pixels_of_python(kind, channels):
    data = PNGS[kind]()
    tolerance = 0.01 if channels == 4 else 0.001
    assert difference(data, channels) < tolerance
    result = graph(channels)(data)[0].numpy()
    rounded = to_uint8(result).astype(int) - to_uint8(in_python(data, channels))
    assert np.abs(rounded).max() <= 1


def test_interlaced_rows_are_put_in_order():
    data, pixels = interlaced()
    assert (to_uint8(graph(3)(data)[0]) == pixels).all()


def test_a_shallow_image_is_opaque():
    for depth in (1, 2, 4):
        result = graph(4)(shallow(depth, 0))[0]
        assert (result[..., 3].numpy() == 1).all()


def test_opacity_that_is_as_low_as_the_filler_is_kept():
    # Of 2 bits: the filler would be 3.
    data = shallow(2, 3, palette(2, bytes([3, 200, 0, 3])))
    assert {*to_uint8(graph(4)(data)[0])[..., 3].ravel()} == {0, 3, 200}


@pytest.mark.parametrize("colour", [0, 2, 4, 6])
def test_16_bits_lose_less_than_a_value(colour):
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    data = crafted_png(*SIZE, depth=16, colour=colour, rows=raw_rows(16, samples))
    for channels in (1, 3, 4):
        assert difference(data, channels) <= 1


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_jpeg_is_within_2_of_255(mode, options):
    image = Image.fromarray(photo(40, 51)).convert(mode)
    data = encoded(image, "JPEG", quality=90, **options)
    for channels in (1, 3, 4):
        assert difference(data, channels) <= 2


def test_a_jpeg_of_four_inks_decodes():
    image = Image.fromarray(photo(40, 51)).convert("CMYK")
    result, size = graph(3)(encoded(image, "JPEG"))
    assert tuple(size) == (40, 51) == result.shape[:2]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_is_encoded_is_what_python_encodes(channels):
    image = np.random.default_rng(0).uniform(-1.5, 1.5, (*SIZE, channels))
    image = image.astype("float32")
    data = encoded_images.encode(tf.constant(image)).numpy()
    assert (tf.io.decode_png(data).numpy() == to_uint8(image)).all()
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.size == SIZE[::-1]


def test_a_mask_of_any_kind_is_the_one_that_python_reads():
    kinds = ("RGB", "RGBA", "grey", "grey and alpha", "1 bits, grey")
    labels = encode_png(np.eye(5, dtype=np.uint8)[..., None])
    for kind, data in [*((kind, PNGS[kind]()) for kind in kinds), ("labels", labels)]:
        guarded, _ = encoded_images.guarded(
            tf.constant(data), ExportLimits(), "mask_bytes"
        )
        region = masks.from_image(encoded_images.decode_mask(guarded))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ImageWarning)
            read = read_image(data, alpha="train")
        expected = masks.from_image(tf.constant(read))
        assert expected.numpy().any()
        assert (region.numpy() == expected.numpy()).all(), kind


# The strip is an image, but none for every model.
@pytest.mark.parametrize(
    "name", sorted(hostile_images.BAD_IMAGES.keys() - {"too long a strip"})
)
def test_a_bad_image_never_decodes(name):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        graph(3)(hostile_images.BAD_IMAGES[name]())
    assert len(error.value.message.split()) > 4


def test_the_header_is_judged_before_the_image_is_decoded(monkeypatch):
    decoded, decode_png = [], tf.io.decode_png

    def noted(*args, **kwargs):
        decoded.append(args)
        return decode_png(*args, **kwargs)

    def decode(data):
        data, _ = encoded_images.guarded(
            tf.constant(data), ExportLimits(), "image_bytes"
        )
        return encoded_images.decode(data, 3)

    monkeypatch.setattr(tf.io, "decode_png", noted)
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode(hostile_images.bomb())
    assert not decoded
    assert decode(encode_png(noise(9, 9, 3))).shape == (9, 9, 3)
    assert decoded
