"""Each limit of `ExportLimits` holds in the graph, whatever server runs it."""

import numpy as np
import pytest
import tensorflow as tf
from support import hostile_images
from support.checks import assert_one_line
from support.exports import decoded
from support.exports import floats
from support.exports import limited
from support.photos import photo

from keras_singan import ConfigError
from keras_singan.export import ExportLimits
from keras_singan.io.image import encode_png

START = {"start_scale": 1, "seed": 0}


def rows(count, **values):
    return {name: [value] * count for name, value in values.items()}


def asks(signature, **inputs):
    return limited()(signature, **inputs)


def assert_limit(text, signature, **inputs):
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        asks(signature, **inputs)
    assert text in error.value.message


def paint(image, count=1):
    """A request of `count` rows, each with that image."""
    data = image if isinstance(image, bytes) else encode_png(image)
    return rows(count, image_bytes=data, quantize=0, **START)


def test_rows():
    assert len(asks("reconstruct", index=[0] * 3)) == 3
    assert_limit("number of rows, from 1 to 3.", "reconstruct", index=[0] * 4)
    image = np.zeros((4, 8, 8, 3), "float32")
    inputs = rows(4, quantize=0, **START)
    assert_limit("from 1 to 3.", "paint_to_image_float", images=image, **inputs)


def test_the_sides_of_what_comes_in():
    assert decoded(asks("paint_to_image", **paint(photo(39, 64)))[0]).shape[1] == 64
    text = "sides from 1 to 64 px (height, width). Received:] [30 65]"
    assert_limit(text, "paint_to_image", **paint(photo(30, 65)))
    assert_limit(text, "paint_to_image", **paint(hostile_images.jpeg_claiming(30, 65)))
    images = floats(photo(30, 65))
    inputs = {"quantize": 0} | START
    text = "`height, width` must be from 1 to 64"
    assert_limit(text, "paint_to_image_float", images=images, **inputs)


def test_the_pixels_of_what_comes_in():
    assert decoded(asks("paint_to_image", **paint(photo(50, 50)))[0]).shape[1] == 50
    text = "at most 2500 pixels (height, width). Received:] [50 51]"
    assert_limit(text, "paint_to_image", **paint(photo(50, 51)))
    images = floats(photo(50, 51))
    inputs = {"quantize": 0} | START
    text = "`height * width` must be from 1 to 2500"
    assert_limit(text, "paint_to_image_float", images=images, **inputs)


def test_the_mask_of_an_image():
    mask = photo(50, 51)
    inputs = {"image_bytes": encode_png(photo(24, 30))} | START
    assert_limit("at most 2500 pixels", "edit", mask_bytes=encode_png(mask), **inputs)


def test_the_pixels_of_all_that_comes_in():
    assert len(asks("paint_to_image", **paint(photo(40, 50), 2))) == 2
    text = "at most 4000 pixels in all. Received:] [4080]"
    assert_limit(text, "paint_to_image", **paint(photo(40, 51), 2))
    images = np.repeat(floats(photo(40, 51)), 2, 0)
    inputs = rows(2, quantize=0, **START)
    assert_limit(text, "paint_to_image_float", images=images, **inputs)


def test_the_bytes_of_an_image():
    image = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype="uint8")
    data = encode_png(image[:, :49])
    assert 7000 < len(data) < 8000
    assert len(asks("paint_to_image", **paint(data))) == 1
    data = data + bytes(8001 - len(data))
    text = "file of at most 8000 bytes. Received:] [8001]"
    assert_limit(text, "paint_to_image", **paint(data))


def test_the_sizes_that_are_sampled():
    size = {"seed": 0, "index": 0, "start_scale": 0}
    row = asks("sample_size", height=39, width=64, **size)[0]
    assert decoded(row).shape == (39, 64, 3)
    assert_limit(
        "`width` must be from 1 to 64", "sample_size", height=0, width=65, **size
    )
    assert_limit("must be from 1 to 2500", "sample_size", height=50, width=51, **size)
    both = rows(2, height=40, width=51, **size)
    assert_limit("at most 4000 pixels in all", "sample_size", **both)


def test_what_is_enlarged():
    def request(size, factor, count=1):
        image = encode_png(photo(*size))
        return rows(count, image_bytes=image, factor=factor, seed=-1)

    row = asks("super_resolution", **request((12, 21), 3.0))[0]
    assert decoded(row).shape == (36, 63, 3)
    task = "super_resolution"
    assert_limit("at most 3 (0: 4)", task, **request((9, 9), 3.5))
    # The default is beyond the limit, which is the stronger.
    assert_limit("at most 3 (0: 4)", task, **request((9, 9), 0.0))
    text = "The enlarged image must have sides from 1 to 64 px"
    assert_limit(text, task, **request((12, 22), 3.0))
    text = "The enlarged image must have at most 2500 pixels"
    assert_limit(text, task, **request((21, 20), 2.5))
    # Each is small enough, all together are not.
    assert len(asks(task, **request((20, 20), 2.0, 2))) == 2
    text = "at most 4000 pixels in all"
    assert_limit(text, task, **request((20, 20), 2.0, 3))
    images = np.repeat(floats(photo(20, 20)), 3, 0)
    assert_limit(text, f"{task}_float", images=images, **rows(3, factor=2.0, seed=-1))


def test_frames():
    def request(*frames):
        walk = {"alpha": -1, "beta": -1, "loop": 0, "seed": 0, "start_scale": 0}
        return rows(len(frames), **walk) | {"frames": list(frames)}

    assert asks("animate", **request(5)).shape == (1, 5)
    assert_limit("`frames` must be from 1 to 5", "animate", **request(6))
    # A frame has 720 pixels.
    assert_limit("at most 4000 pixels in all", "animate", **request(3, 3))


@pytest.mark.parametrize(
    "limits",
    [
        {"max_rows": 0},
        {"max_side": 2**31},
        {"max_pixels": 1.5},
        {"max_frames": True},
        {"max_total_pixels": "many"},
        {"max_factor": 1},
        {"max_factor": 65},
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(limits):
    (name,) = limits
    with pytest.raises(ConfigError, match=f"`{name}` must be") as error:
        ExportLimits(**limits)
    assert_one_line(error)


def test_limits_from_texts():
    limits = ExportLimits.from_texts(["max_rows=5", "max_side=99", "max_rows=6"])
    assert limits == ExportLimits(max_rows=6, max_side=99)
    assert ExportLimits.from_texts([]) == ExportLimits()


@pytest.mark.parametrize(
    "text", ["", "max_rows", "max_rows=", "max_rows=-1", "rows=5", "max_rows=1.5"]
)
def test_a_text_that_is_no_limit_is_refused(text):
    with pytest.raises(ConfigError, match="must be NAME=NUMBER") as error:
        ExportLimits.from_texts([text])
    assert_one_line(error)
