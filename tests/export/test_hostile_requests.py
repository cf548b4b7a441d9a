"""A client's mistakes, and an attacker's requests: INVALID_ARGUMENT, in a sentence."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from support import hostile_images
from support.exports import decoded
from support.exports import exported
from support.exports import floats
from support.exports import limited
from support.exports import session
from support.photos import QUICK
from support.photos import photo

from keras_singan.io.image import encode_png

REFUSED = tf.errors.InvalidArgumentError
NAN, INF = float("nan"), float("inf")
SIGNATURES = [
    *("sample", "sample_size", "reconstruct", "super_resolution", "harmonize"),
    *("edit", "paint_to_image", "animate", "vary", "extend", "sample_tile"),
    *("sample_options", "edit_options", "paint_to_image_options"),
    *("vary_options", "extend_options"),
]
ALL = [*SIGNATURES, *(f"{name}_float" for name in SIGNATURES)]

# Signature, what is changed, and what the answer says.
BAD = [
    ("sample", {"seed": [1, 2]}, "must have the same number of rows, from 1 to 64"),
    ("sample", {"index": -1}, "`index` must be from 0 to 2147483647"),
    ("sample", {"start_scale": -2}, "`start_scale` must be from 0 to 2"),
    ("sample", {"start_scale": 3}, "`start_scale` must be from 0 to 2"),
    ("sample", {"start_scale": -(2**31)}, "`start_scale` must be from 0 to 2"),
    ("sample_size", {"height": -1}, "`height` must be from 1 to 4096"),
    ("sample_size", {"width": 65536}, "`width` must be from 1 to 4096"),
    ("sample_size", {"height": 4096, "width": 4096}, "`height * width` must be"),
    ("sample_size", {"height": 4}, "too small or too elongated"),
    ("reconstruct", {"index": [0] * 65}, "from 1 to 64"),
    ("super_resolution", {"factor": 1.0}, "`factor` must be greater than 1"),
    ("super_resolution", {"factor": 16.1}, "at most 16 (0: 4)"),
    ("super_resolution", {"factor": NAN}, "`factor` must be greater than 1"),
    ("super_resolution", {"factor": INF}, "`factor` must be greater than 1"),
    ("super_resolution", {"factor": -4.0}, "`factor` must be greater than 1"),
    (
        "super_resolution",
        {"image_bytes": encode_png(photo(4, 30))},
        "must have sides of at least 5 px",
    ),
    (
        "super_resolution",
        {"image_bytes": encode_png(photo(5, 900)), "factor": 5.0},
        "The enlarged image must have sides from 1 to 4096 px",
    ),
    ("harmonize", {"start_scale": 0}, "`start_scale` must be from 1 to 2"),
    ("harmonize", {"mask_bytes": b"white"}, "`mask_bytes` must be a PNG or JPEG"),
    (
        "harmonize",
        {"mask_bytes": encode_png(photo(24, 31))},
        "The mask must be of the size of the image. Received:] [24 31]",
    ),
    (
        "edit",
        {"mask_bytes": encode_png(np.zeros((24, 30, 1), "uint8"))},
        "The mask must be white, above half, where the image may change",
    ),
    (
        "edit",
        {"mask_bytes": b"", "image_bytes": encode_png(photo(32, 44))},
        "the image must have the proportions of the photo",
    ),
    (
        "edit",
        {"mask_bytes": b"", "image_bytes": encode_png(255 - photo(32, 40))},
        "must differ from the photo in some places only",
    ),
    ("paint_to_image", {"quantize": 2}, "`quantize` must be 0, or 1"),
    ("paint_to_image", {"quantize": 1, "start_scale": 2}, "before the export: [1]"),
    ("paint_to_image", {"start_scale": 0}, "`start_scale` must be from 1 to 2"),
    ("animate", {"frames": -1}, "`frames` must be from 1 to 500"),
    ("animate", {"frames": 501}, "`frames` must be from 1 to 500"),
    (
        "vary",
        # Of one size, so that nothing else is wrong.
        {
            "image_bytes": encode_png(photo(24, 24)),
            "mask_bytes": encode_png(np.full((24, 24, 1), 255, "uint8")),
        },
        "proportions of the photo",
    ),
    ("vary", {"index": -1}, "`index` must be from 0"),
    ("vary", {"image_bytes": b"", "mask_bytes": b""}, "in some places only"),
    ("extend", {"left": 4090.0}, "must have sides from 1 to 4096"),
    ("extend", {"left": -11.0}, "`left` must be from -10.0 to 4096.0"),
    ("extend", {"top": NAN}, "`top` must be from"),
    ("extend", {"left": 2500.0, "top": 2500.0}, "must have at most 4194304 pixels"),
    ("extend_float", {"left": np.array([1, 2], "float32")}, "same number of rows"),
    ("sample_tile", {"tile": 0}, "`tile` must be from 1 to 3"),
    ("sample_tile", {"height": 4}, "too small or too elongated"),
    *(
        (name, {"refine": value}, "`refine` must be from -1 to 1")
        for name in ("sample_options", "edit_options", "paint_to_image_options")
        for value in (-2, 2)
    ),
    ("vary_options", {"refine": 3}, "`refine` must be from -1 to 1"),
    ("extend_options", {"refine": 3}, "`refine` must be from -1 to 1"),
    ("sample_options", {"variation": 1.1}, "`variation` must be from 0.0 to 1.0"),
    ("sample_options", {"variation": -0.5}, "`variation` must be from 0.0 to 1.0"),
    ("sample_options", {"variation": NAN}, "`variation` must be from 0.0 to 1.0"),
    ("sample_options", {"around_index": -2}, "`around_index` must be from -1"),
    ("sample_options", {"height": 33}, "must have the trained size, 32x40"),
    ("sample_options", {"height": 4, "variation": 1.0}, "too small or too elongated"),
    ("sample_options", {"height": 4096, "width": 4096}, "`height * width` must be"),
    ("animate", {"alpha": 1.1}, "`alpha` must be from 0.0 to 1.0"),
    ("animate", {"alpha": NAN}, "`alpha` must be from 0.0 to 1.0"),
    ("animate", {"beta": -0.5}, "`beta` must be from 0.0 to 1.0"),
    ("animate", {"loop": 2}, "`loop` must be from 0 to 1"),
    ("animate", {"loop": 1, "alpha": 0.0}, "A loop must have `alpha` above 0"),
    ("animate", {"loop": 1, "frames": 1}, "and at least 2 `frames`"),
    ("super_resolution_float", {"images": [[[[NAN] * 3] * 9] * 9]}, "finite values"),
    ("paint_to_image_float", {"images": [[[[INF] * 3] * 9] * 9]}, "finite values"),
    ("edit_float", {"masks": np.full((1, 24, 30), NAN, "float32")}, "finite values"),
    (
        "edit_float",
        {"masks": np.zeros((2, 24, 30), "float32")},
        "`masks` must have a row for each image",
    ),
]


def answer(ask, signature, **inputs):
    with pytest.raises(REFUSED) as error:
        ask(signature, **inputs)
    return error.value.message


@pytest.mark.parametrize(("signature", "change", "text"), BAD)
def test_what_is_out_of_range_is_told(signature, change, text):
    ask = session()
    message = answer(ask, signature, **ask.valid(signature, **change))
    assert text in message, message


@pytest.mark.parametrize("rank", [0, 2, 3, 4])
@pytest.mark.parametrize("signature", ALL)
def test_another_rank_is_told_for_every_input(signature, rank):
    ask = session()
    for name, value in ask.valid(signature).items():
        dtype = ask.signatures[signature].inputs[name].dtype
        wanted = value.ndim if isinstance(value, np.ndarray) else 1
        if rank == wanted:
            continue
        value = value if isinstance(value, np.ndarray) else [value]
        shaped = np.array(value, tf.as_dtype(dtype).as_numpy_dtype).ravel()[:1]
        other = ask.valid(signature) | {name: shaped.reshape((1,) * rank)}
        message = answer(ask, signature, **other)
        assert "is not compatible with expected shape" in message


@pytest.mark.parametrize("signature", ALL)
def test_no_rows_is_told(signature):
    ask = session()
    empty = {}
    for name, info in ask.signatures[signature].inputs.items():
        shape = [max(dim.size, 0) for dim in info.tensor_shape.dim]
        empty[name] = np.zeros(shape, tf.as_dtype(info.dtype).as_numpy_dtype)
    message = answer(ask, signature, **empty)
    assert "rows, from 1 to" in message or "`height, width` must be" in message


@pytest.mark.parametrize("name", hostile_images.BAD_IMAGES)
def test_a_bad_image_is_told(name):
    ask, data = session(), hostile_images.BAD_IMAGES[name]()
    for signature in ("super_resolution", "paint_to_image", "edit"):
        message = answer(ask, signature, **ask.valid(signature, image_bytes=data))
        assert len(message.split()) > 4
    if data:
        message = answer(ask, "edit", **ask.valid("edit", mask_bytes=data))
        assert len(message.split()) > 4


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("GIF", "`image_bytes` must be a PNG or JPEG file"),
        ("empty", "must be a PNG or JPEG file of at most 16777216 bytes"),
        ("65536 x 65536", "sides from 1 to 4096 px (height, width). Received:] [65536"),
        ("6000 x 6000", "sides from 1 to 4096 px (height, width). Received:] [6000"),
        ("a bomb behind another header", "must be a PNG or JPEG file"),
        ("2 GB claimed", "sides from 1 to 4096 px"),
        ("bytes that take long to unpack", "at most 16 compressed texts"),
        ("scans that take long", "100 scans (JPEG)"),
    ],
)
def test_a_bad_image_is_told_why(name, text):
    ask, data = session(), hostile_images.BAD_IMAGES[name]()
    inputs = ask.valid("paint_to_image", image_bytes=data)
    assert text in answer(ask, "paint_to_image", **inputs)


def test_one_bad_row_fails_a_request_before_anything_is_generated():
    ask, good = session(), encode_png(photo(24, 30))
    inputs = {"image_bytes": [good, good, b"x" * 99], "start_scale": [1] * 3}
    inputs |= {"seed": [0] * 3, "quantize": [0] * 3}
    message = answer(ask, "paint_to_image", **inputs)
    assert "`image_bytes` must be a PNG or JPEG file" in message


def test_float_rows_of_other_sizes_are_told():
    ask = session()
    sizes = {"height": [20, 21], "width": [30, 30]}
    rows = {"seed": [0, 0], "index": [0, 0], "start_scale": [0, 0]}
    message = answer(ask, "sample_size_float", **rows, **sizes)
    assert "All rows must have the same `height`" in message
    images = np.repeat(floats(photo(24, 30)), 2, 0)
    inputs = {"images": images, "factor": [2.0, 3.0], "seed": [0, 0]}
    message = answer(ask, "super_resolution_float", **inputs)
    assert "All rows must have the same `factor`" in message
    walk = {"alpha": [-1, -1], "beta": [-1, -1], "loop": [0, 0], "frames": [2, 3]}
    walk |= {"seed": [0, 0], "start_scale": [0, 0]}
    message = answer(ask, "animate_float", **walk)
    assert "All rows must have the same `frames`" in message


PNG, JPEG = encode_png(photo(24, 30)), hostile_images.saved("JPEG")


@st.composite
def mutated(draw):
    """A PNG or JPEG some of whose bytes are others, or which ends early."""
    data = bytearray(draw(st.sampled_from([PNG, JPEG])))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.sampled_from([len(data)] * 3 + [len(data) // 2, 40]))])


BYTES = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(lambda tail: PNG[:33] + tail),
    mutated(),
)
INT32 = st.one_of(st.integers(-3, 8), st.integers(-(2**31), 2**31 - 1))
INT64 = st.integers(-(2**63), 2**63 - 1)
FLOAT32 = st.one_of(
    st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]), st.floats(width=32, allow_nan=True)
)
VALUES = {
    tf.string.as_datatype_enum: BYTES,
    tf.int32.as_datatype_enum: INT32,
    tf.int64.as_datatype_enum: INT64,
    tf.float32.as_datatype_enum: FLOAT32,
}


@pytest.mark.parametrize("signature", ALL)
def test_whatever_comes_is_answered_or_refused(signature):
    ask = limited()
    inputs = {}
    for name, info in ask.signatures[signature].inputs.items():
        # Float images are valid here: their ranks and sizes are tested above.
        plain = name in ("images", "masks")
        inputs[name] = st.none() if plain else VALUES[info.dtype]

    @QUICK
    @given(st.fixed_dictionaries(inputs), st.sets(st.sampled_from([*inputs])))
    def check(values, changed):
        kept = {name: values[name] for name in changed if values[name] is not None}
        try:
            result = ask(signature, **ask.valid(signature, **kept))
        except REFUSED as error:
            assert len(error.message.split()) > 4
        else:
            assert len(result) == 1

    check()


def test_the_model_still_answers():
    row = session()("sample", seed=5, index=0, start_scale=0)[0]
    assert (decoded(row) == exported()[0].sample(1, seed=5)[0]).all()
