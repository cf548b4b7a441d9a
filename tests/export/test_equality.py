"""Every signature gives the pixels that Python's method gives."""

import functools

import numpy as np
import pytest
import tensorflow as tf
from support.exports import assert_near
from support.exports import decoded
from support.exports import enlarged
from support.exports import exported
from support.exports import floats
from support.exports import rounded
from support.exports import session
from support.photos import photo

from keras_singan.io.image import encode_png
from keras_singan.task_specs import FRAMES

SCALES = range(3)


def python():
    return exported()[0]


def composite(size=(41, 50)):
    """A picture of other proportions than the photo's, and a mask for it."""
    mask = np.zeros((*size, 1), "uint8")
    mask[10:20, 15:30] = 255
    return photo(*size, seed=3), mask


def edited():
    """The photo with a region of it inverted."""
    image = python().training_image()
    image[5:12, 8:20] = 255 - image[5:12, 8:20]
    return image


@pytest.mark.parametrize("scale", SCALES)
def test_a_row_is_the_sample_of_its_seed_and_index(scale):
    rows = session()("sample", seed=[5, -7], index=[3, 0], start_scale=[scale] * 2)
    first = python().sample(4, seed=5, start_scale=scale)[3]
    second = python().sample(1, seed=-7, start_scale=scale)[0]
    assert (decoded(rows[0]) == first).all()
    assert (decoded(rows[1]) == second).all()


def test_rows_with_other_start_scales_do_not_touch_each_other():
    together = session()("sample", seed=[5, 5, 9], index=[1] * 3, start_scale=[2, 0, 1])
    alone = [
        session()("sample", seed=seed, index=1, start_scale=scale)[0]
        for seed, scale in ((5, 2), (5, 0), (9, 1))
    ]
    assert together.tolist() == alone


@pytest.mark.parametrize("seed", [2**63 - 1, -(2**63)])
def test_any_seed_is_one(seed):
    row = session()("sample", seed=seed, index=2**31 - 1, start_scale=0)[0]
    assert decoded(row).shape == (32, 40, 3)


@pytest.mark.parametrize("scale", SCALES)
def test_sample_size_gives_each_row_its_size(scale):
    rows = session()(
        "sample_size",
        seed=[5, 6],
        index=[0, 1],
        start_scale=[scale] * 2,
        height=[33, 0],
        width=[77, 50],
    )
    first = python().sample(1, seed=5, start_scale=scale, size=(33, 77))[0]
    second = python().sample(2, seed=6, start_scale=scale, size=(32, 50))[1]
    assert (decoded(rows[0]) == first).all()
    assert (decoded(rows[1]) == second).all()


def test_sentinels_are_the_defaults():
    seed = {"seed": 5, "start_scale": -1}
    expected = python().sample(1, seed=5)[0]
    assert (decoded(session()("sample", **seed, index=0)[0]) == expected).all()
    size = session()("sample_size", **seed, index=0, height=0, width=0)[0]
    assert (decoded(size) == expected).all()
    middle = composite()
    files = [encode_png(image) for image in middle]
    for task in ("harmonize", "edit"):
        given = {"image_bytes": files[0], "mask_bytes": files[1]}
        expected = getattr(python(), task)(*middle, seed=5)
        assert_near(session()(task, **given, **seed)[0], expected)
    paint = session()("paint_to_image", image_bytes=files[0], **seed, quantize=0)[0]
    assert_near(paint, python().paint_to_image(middle[0], seed=5))
    large = session()("super_resolution", image_bytes=files[0], factor=0, seed=-1)[0]
    assert_near(large, enlarged(middle[0]))


def test_serving_default_is_sample():
    request = {"seed": [5, 5], "index": [0, 4], "start_scale": [0, 1]}
    default = session()("serving_default", **request)
    assert default.tolist() == session()("sample", **request).tolist()


def test_reconstruct():
    rows = session()("reconstruct", index=[0, 7])
    assert (decoded(rows[0]) == python().reconstruct()).all()
    assert rows[0] == rows[1]


@pytest.mark.parametrize("scale", SCALES)
def test_animate_open_and_looped_with_rows_of_other_lengths(scale):
    rows = session()(
        "animate",
        seed=[5, 2],
        start_scale=[scale] * 2,
        frames=[5, 3],
        alpha=[-1, 0.3],
        beta=[-1, 0.7],
        loop=[0, 1],
    )
    opened = python().animate(5, start_scale=scale, seed=5)
    looped = python().animate(
        3, start_scale=scale, seed=2, alpha=0.3, beta=0.7, loop=True
    )
    assert (np.stack([decoded(frame) for frame in rows[0]]) == opened).all()
    assert (np.stack([decoded(frame) for frame in rows[1, :3]]) == looped).all()
    assert rows[1, 3:].tolist() == [b"", b""]


def test_animate_by_default():
    (row,) = session()(
        "animate", seed=3, start_scale=-1, frames=0, alpha=-1, beta=-1, loop=0
    )
    expected = python().animate(FRAMES.served_default, seed=3)
    assert (np.stack([decoded(frame) for frame in row]) == expected).all()


@pytest.mark.parametrize("factor", [1.15, 2, 3.7])
def test_super_resolution_with_noise_and_without(factor):
    images = [composite()[0], photo(17, 30, seed=1)]
    rows = session()(
        "super_resolution",
        image_bytes=[encode_png(image) for image in images],
        factor=[factor] * 2,
        seed=[-1, 3],
    )
    assert_near(rows[0], enlarged(images[0], factor))
    assert_near(rows[1], enlarged(images[1], factor, seed=3))


@pytest.mark.parametrize("scale", SCALES[1:])
@pytest.mark.parametrize("task", ["harmonize", "edit"])
def test_blending_with_a_mask_given_and_with_one_found(task, scale):
    image, mask = composite()
    rows = session()(
        task,
        image_bytes=[encode_png(image), encode_png(edited())],
        mask_bytes=[encode_png(mask), b""],
        start_scale=[scale] * 2,
        seed=[9, 4],
    )
    method = getattr(python(), task)
    assert_near(rows[0], method(image, mask, start_scale=scale, seed=9))
    assert_near(rows[1], method(edited(), start_scale=scale, seed=4))


@pytest.mark.parametrize("scale", SCALES[1:])
def test_paint_to_image(scale):
    images = [composite()[0], photo(32, 40, channels=1)]
    rows = session()(
        "paint_to_image",
        image_bytes=[encode_png(image) for image in images],
        start_scale=[scale] * 2,
        seed=[9, 2],
        quantize=[0, 0],
    )
    for row, image, seed in zip(rows, images, (9, 2), strict=True):
        expected = python().paint_to_image(image, start_scale=scale, seed=seed)
        assert_near(row, expected)


def test_paint_to_image_through_a_retrained_scale_beside_one_that_is_not():
    image = composite()[0]
    rows = session()(
        "paint_to_image",
        image_bytes=[encode_png(image)] * 2,
        start_scale=[1, 1],
        seed=[9, 9],
        quantize=[1, 0],
    )
    expected = python().paint_to_image(
        image, start_scale=1, quantize=True, colors=4, seed=9
    )
    assert_near(rows[0], expected)
    assert (decoded(rows[0]) != decoded(rows[1])).any()


@pytest.mark.parametrize("scale", SCALES)
def test_vary_the_photo_as_trained_and_a_larger_one(scale):
    large, mask = photo(64, 80, seed=2), np.zeros((64, 80), "uint8")
    mask[20:40, 30:50] = 255
    rows = session()(
        "vary",
        image_bytes=[b"", encode_png(large)],
        mask_bytes=[encode_png(mask[::2, ::2, None]), encode_png(mask[..., None])],
        start_scale=[scale] * 2,
        seed=[9, 4],
        index=[2, 0],
    )
    first = python().vary(3, mask=mask[::2, ::2], start_scale=scale, seed=9)[2]
    assert_near(rows[0], first)
    second = python().vary(1, mask=mask, image=large, start_scale=scale, seed=4)[0]
    assert_near(rows[1], second)


@pytest.mark.parametrize("scale", SCALES)
def test_extend_by_pixels_and_by_shares(scale):
    large = photo(64, 80, seed=2)
    rows = session()(
        "extend",
        image_bytes=[b"", encode_png(large)],
        start_scale=[scale] * 2,
        seed=[9, 4],
        left=[7, -0.5],
        right=[0, 0],
        top=[0, 3],
        bottom=[-0.25, 0],
        index=[1, 0],
    )
    first = python().extend(left=7, bottom="25%", n=2, start_scale=scale, seed=9)[1]
    assert_near(rows[0], first)
    more = {"left": "50%", "top": 3, "image": large}
    assert_near(rows[1], python().extend(**more, start_scale=scale, seed=4)[0])


# In a request, and in Python.
REFINE = {-1: None, 0: False, 1: True}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("number", REFINE)
def test_refine_in_samples_of_the_trained_size_and_another(scale, number):
    rows = session()(
        "sample_options",
        seed=[5, 6],
        index=[1, 0],
        start_scale=[scale] * 2,
        height=[0, 24],
        width=[0, 61],
        variation=[-1, 1],
        refine=[number] * 2,
        around_seed=[0, 0],
        around_index=[-1, -1],
    )
    options = {"start_scale": scale, "refine": REFINE[number]}
    assert_near(rows[0], python().sample(2, seed=5, **options)[1])
    second = python().sample(1, seed=6, size=(24, 61), **options)[0]
    assert_near(rows[1], second)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("number", REFINE)
def test_variation_of_the_photo_and_of_a_sample(scale, number):
    rows = session()(
        "sample_options",
        seed=[5, 6, 7, -3],
        index=[1, 0, 2, 1],
        start_scale=[scale] * 4,
        height=[0, 32, 0, 33],
        width=[0, 40, 0, 51],
        variation=[0, 0.3, 0.6, 0.3],
        refine=[number] * 4,
        around_seed=[99, 0, -(2**63), -3],
        around_index=[-1, -1, 3, 1],
    )
    options = {"start_scale": scale, "refine": REFINE[number]}
    draw = functools.partial(python().sample, **options)
    assert_near(rows[0], draw(2, seed=5, variation=0)[1])
    assert_near(rows[1], draw(1, seed=6, variation=0.3)[0])
    around = {"around": (-(2**63), 3), "variation": 0.6}
    assert_near(rows[2], draw(3, seed=7, **around)[2])
    around = {"around": (-3, 1), "variation": 0.3, "size": (33, 51)}
    assert_near(rows[3], draw(2, seed=-3, **around)[1])
    if number < 1:
        assert (decoded(rows[0]) == python().reconstruct()).all()


@pytest.mark.parametrize("number", REFINE)
def test_refine_in_each_task_of_an_image(number):
    ask, (image, mask), real = session(), composite(), edited()
    part = np.zeros((32, 40), "uint8")
    part[8:20, 10:28] = 255
    file = {"image_bytes": encode_png(image)}
    start = {"start_scale": 1, "seed": 9}
    number, options = {"refine": number}, start | {"refine": REFINE[number]}
    row = ask("edit_options", **file, mask_bytes=encode_png(mask), **start, **number)
    assert_near(row[0], python().edit(image, mask, **options))
    for quantize in (0, 1):
        row = ask(
            "paint_to_image_options", **file, quantize=quantize, **start, **number
        )
        retrained = {"quantize": True, "colors": 4} if quantize else {}
        assert_near(row[0], python().paint_to_image(image, **retrained, **options))
    mask_bytes = encode_png(part[..., None])
    photo_bytes = {"image_bytes": encode_png(real)}
    row = ask(
        "vary_options",
        **photo_bytes,
        mask_bytes=mask_bytes,
        index=1,
        **start,
        **number,
    )
    assert_near(row[0], python().vary(2, mask=part, image=real, **options)[1])
    pads = {"left": 7, "right": 0, "top": 0, "bottom": 0}
    row = ask("extend_options", **photo_bytes, **pads, index=1, **start, **number)
    expected = python().extend(left=7, image=real, n=2, **options)[1]
    assert_near(row[0], expected)


@pytest.mark.parametrize("number, tile", [(1, "x"), (2, "y"), (3, "both")])
def test_a_tile_of_any_size(number, tile):
    rows = session()(
        "sample_tile",
        seed=[5, 6],
        index=[0, 1],
        height=[0, 33],
        width=[0, 50],
        tile=[number] * 2,
    )
    assert_near(rows[0], python().sample(1, tile=tile, seed=5)[0])
    second = python().sample(2, tile=tile, seed=6, size=(33, 50))[1]
    assert_near(rows[1], second)


def test_float_forms_give_what_the_encoded_forms_give():
    image, mask = composite()
    ask = session()
    sample = {"seed": 5, "index": 1, "start_scale": 1}
    size = sample | {"height": 24, "width": 61}
    walk = {"frames": 3, "alpha": 0.2, "beta": 0.5, "loop": 1}
    walk |= {"seed": 5, "start_scale": 0}
    start = {"start_scale": 2, "seed": 9}
    requests = {
        "sample": (sample, {}, {}),
        "sample_size": (size, {}, {}),
        "reconstruct": ({"index": 0}, {}, {}),
        "animate": (walk, {}, {}),
        "super_resolution": ({"factor": 1.5, "seed": 3}, {}, {}),
        "paint_to_image": (start | {"quantize": 0}, {}, {}),
        "sample_tile": (
            {"seed": 5, "index": 1, "height": 24, "width": 61, "tile": 3},
            {},
            {},
        ),
        "vary": (
            start | {"index": 1},
            {"image_bytes": encode_png(edited()), "mask_bytes": b""},
            {"images": floats(edited()), "masks": -np.ones((1, 32, 40), "float32")},
        ),
        "extend": (
            start | {"index": 1, "left": 3, "right": 0, "top": 0, "bottom": -0.5},
            {"image_bytes": encode_png(edited())},
            {"images": floats(edited())},
        ),
        "harmonize": (
            start,
            {"mask_bytes": encode_png(mask)},
            {"masks": mask[None, ..., 0] / np.float32(255)},
        ),
        "edit": (
            start,
            {"image_bytes": encode_png(edited()), "mask_bytes": b""},
            {"images": floats(edited()), "masks": -np.ones((1, 32, 40), "float32")},
        ),
    }
    options = {"refine": 1}
    requests |= {
        f"{name}_options": (requests[name][0] | options, *requests[name][1:])
        for name in ("edit", "paint_to_image", "vary", "extend")
    }
    options |= {"variation": 0.4, "around_seed": 3, "around_index": 1}
    requests["sample_options"] = (size | options, {}, {})
    assert {*requests} | {f"{name}_float" for name in requests} == (
        {*ask.signatures} - {"serving_default"}
    )
    for name, (both, encoded, plain) in requests.items():
        names = ask.signatures[name].inputs
        if "image_bytes" in names:
            encoded = {"image_bytes": encode_png(image)} | encoded
            plain = {"images": floats(image)} | plain
        data = ask(name, **both, **encoded)[0]
        result = rounded(ask(f"{name}_float", **both, **plain)[0])
        frames = list(data) if name == "animate" else [data]
        expected = np.stack([decoded(frame) for frame in frames])
        # A float of an image is not always the float that its file decodes to.
        near = np.abs(result.reshape(expected.shape).astype(int) - expected)
        assert near.max() <= ("images" in plain), name


def test_pythons_loader_gives_the_same():
    model = tf.saved_model.load(str(exported()[1]))
    sample = model.signatures["sample"](
        seed=tf.constant([5], tf.int64),
        index=tf.constant([2]),
        start_scale=tf.constant([-1]),
    )
    expected = python().sample(3, seed=5)[2]
    assert (decoded(sample["image_bytes"][0]) == expected).all()
    image, mask = composite()
    blended = model.signatures["harmonize"](
        image_bytes=tf.constant([encode_png(image)]),
        mask_bytes=tf.constant([encode_png(mask)]),
        start_scale=tf.constant([1]),
        seed=tf.constant([4], tf.int64),
    )
    expected = python().harmonize(image, mask, start_scale=1, seed=4)
    assert_near(blended["image_bytes"][0], expected)
