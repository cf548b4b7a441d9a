"""Where images come from: streams and pipes; and hints on what is none."""

import io
import os
import struct
import threading
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from support.hostile_images import chunk
from support.hostile_images import crafted_png
from support.hostile_images import text_bomb
from support.photos import encoded
from support.photos import noise

from keras_singan.errors import ImageError
from keras_singan.io.icc_profile import adobe_rgb
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8

PIXELS = noise(6, 5, 3)


def image_bytes(file_format="PNG"):
    return encoded(Image.fromarray(PIXELS), file_format)


def piped(data, read):
    """Gives what `read` makes of a path whose content comes through a pipe."""
    end, begin = os.pipe()

    def feed():
        with open(begin, "wb") as pipe:
            pipe.write(data)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        return read(f"/dev/fd/{end}")
    finally:
        os.close(end)
        thread.join()


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP", "PPM", "GIF"])
def test_an_image_through_a_pipe(file_format):
    data = image_bytes(file_format)
    assert piped(data, read_image).shape == (6, 5, 3)


class NoSeek(io.RawIOBase):
    def __init__(self, data):
        self._inner = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._inner.readinto(buffer)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF", "BMP"])
def test_file_objects(tmp_path, file_format):
    data = image_bytes(file_format)
    (tmp_path / "x").write_bytes(data)
    with open(tmp_path / "x", "rb") as file:
        forms = [io.BytesIO(data), io.BufferedReader(NoSeek(data)), file]
        for form in forms:
            assert np.array_equal(to_uint8(read_image(form)), PIXELS)


def test_a_file_object_is_read_from_where_it_stands():
    stream = io.BytesIO(b"header" + image_bytes("BMP"))
    stream.seek(6)
    assert np.array_equal(to_uint8(read_image(stream)), PIXELS)


def test_a_text_file_object_is_refused():
    with pytest.raises(ImageError, match="binary mode"):
        read_image(io.StringIO("text"))


@pytest.mark.parametrize(
    "data, words",
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
        (b"%PDF-1.7\n", "PDF"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    ],
)
def test_what_is_no_image_gets_a_hint(tmp_path, data, words):
    (tmp_path / "x.jpg").write_bytes(data)
    for form in (data, tmp_path / "x.jpg"):
        with pytest.raises(ImageError, match=words):
            read_image(form)


def test_a_png_with_long_texts_is_read():
    info = PngInfo()
    info.add_text("workflow", "x" * 2_000_000, zip=True)
    info.add_itxt("more", "y" * 2_000_000, zip=True)
    data = encoded(Image.fromarray(PIXELS), "PNG", pnginfo=info)
    with pytest.raises(ValueError, match="too large"):
        Image.open(io.BytesIO(data))
    assert np.array_equal(to_uint8(read_image(data)), PIXELS)


def test_texts_are_never_unpacked():
    assert read_image(text_bomb()).shape == (24, 30, 3)


def padded(profile, length):
    """A profile with a private tag that makes it long."""
    head, count = profile[:128], struct.unpack(">I", profile[128:132])[0]
    tags = [
        struct.unpack(">4sII", profile[132 + 12 * k : 144 + 12 * k])
        for k in range(count)
    ]
    body = profile[132 + 12 * count :]
    table = b"".join(struct.pack(">4sII", t, at + 12, size) for t, at, size in tags)
    start = 132 + 12 * (count + 1)
    table += struct.pack(">4sII", b"long", start + len(body), length)
    data = head + struct.pack(">I", count + 1) + table + body
    data += b"text\0\0\0\0" + bytes(length - 8)
    return struct.pack(">I", len(data)) + data[4:]


def test_a_png_with_a_long_profile_is_read_in_its_colours():
    profile = padded(adobe_rgb(), 1_500_000)
    content = b"ICC\0\0" + zlib.compress(profile)
    rows = b"\0" + bytes([40, 180, 60])
    short = crafted_png(
        1, 1, rows=rows, after=chunk(b"iCCP", b"x\0\0" + zlib.compress(adobe_rgb()))
    )
    long = crafted_png(1, 1, rows=rows, after=chunk(b"iCCP", content))
    got = to_uint8(read_image(long))
    assert np.array_equal(got, to_uint8(read_image(short)))
    assert got[0, 0, 0] < 20


def test_a_profile_that_unpacks_without_end_is_a_warning():
    content = b"ICC\0\0" + zlib.compress(bytes(2**25))
    with pytest.warns(UserWarning, match="colour profile"):
        assert read_image(crafted_png(after=chunk(b"iCCP", content))).shape == (
            24,
            30,
            3,
        )
