"""Super-resolution: its sizes, its noise, what it may be asked for."""

import functools
import warnings

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import TINY
from support.tiny_models import randomize
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import SinGANPyramid
from keras_singan import TaskError
from keras_singan.config import resolve_config
from keras_singan.geometry import scaled
from keras_singan.geometry import super_resolution_steps
from keras_singan.io.image import to_float
from keras_singan.io.image import to_uint8
from keras_singan.models import strip_tiling
from keras_singan.ops.resize import resize
from keras_singan.tasks.super_resolution import NO_NOISE
from keras_singan.tasks.super_resolution import super_resolve
from keras_singan.tasks.super_resolution import super_resolve_graph
from keras_singan.tasks.super_resolution import warn_unless_trained_for


@functools.cache
def pyramid(scales=2, channels=3, normalization="batch", padding="zeros"):
    """Gives a pyramid with random weights: leave as is."""
    result = SinGANPyramid(
        sizes=[(16, 12), (20, 15)][-scales:],
        filters=[4] * scales,
        channels=channels,
        num_layers=2,
        normalization=normalization,
        padding=padding,
    )
    randomize(result.generators[-1:], 0.25, seed=7)
    result.noise_amps.assign(np.full(scales, 0.5))
    result.real.assign(to_float(photo(20, 15, channels))[None])
    return result


def difference(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


def error_when_shrunk(image, original):
    shrunk = resize(to_float(image)[None], original.shape[:2])[0]
    return float(np.sqrt(np.mean(np.square(shrunk - to_float(original)))))


@pytest.mark.parametrize("factor", [1.001, 1.1, 1.5, 2, 3, 4, 8, np.float32(2.5)])
@pytest.mark.parametrize("size", [(5, 5), (9, 14), (23, 6)])
def test_the_size_is_the_factor_times_the_input_exactly(size, factor):
    result = super_resolve(pyramid(), photo(*size), factor)
    assert result.dtype == np.uint8
    assert result.shape == (*scaled(size, factor), 3)


def test_the_training_image_times_4_is_the_default():
    result = super_resolve(pyramid())
    assert result.shape == (80, 60, 3)
    assert np.array_equal(result, super_resolve(pyramid(), photo(20, 15), 4.0))
    wanted = np.asarray(resize(to_float(photo(20, 15))[None], (80, 60)))[0]
    wanted = to_uint8(wanted)
    assert 0.5 < difference(result, wanted) < 60


def test_it_is_the_finest_generator_again_and_again():
    model = pyramid()
    image = model.real.value
    steps, step = super_resolution_steps(2)
    for i in range(1, steps + 1):
        previous = resize(image, scaled((20, 15), step**i))
        image = model.generators[-1](tf.zeros_like(previous), previous)
    wanted = to_uint8(image.numpy()[0])
    result = super_resolve(model, factor=2, back_projection=False)
    assert np.array_equal(result, wanted)


def test_without_a_seed_it_is_always_the_same():
    assert np.array_equal(super_resolve(pyramid()), super_resolve(pyramid()))


@pytest.mark.parametrize("padding", ["zeros", "noise"])
@pytest.mark.parametrize("scales", [1, 2])
def test_a_seed_gives_variety_and_fixes_it(scales, padding):
    model = pyramid(scales, padding=padding)
    seeds = [None, -1, 0, 1, 2**63 - 1, -(2**63), -1, None, np.int64(1)]
    results = [super_resolve(model, factor=2, seed=seed) for seed in seeds]
    assert {result.shape for result in results} == {(40, 30, 3)}
    assert len({result.tobytes() for result in results}) == 6
    for i, same in [(0, 7), (1, 6), (3, 8)]:
        assert np.array_equal(results[i], results[same])


def test_noise_is_as_strong_as_the_finest_amplitude():
    model = pyramid(padding="noise")
    plain, varied = (super_resolve(model, factor=2, seed=s) for s in (None, 4))
    model.noise_amps.assign([0.5, 0.05])
    weak = super_resolve(model, factor=2, seed=4)
    model.noise_amps.assign([9.0, 0.5])
    again = super_resolve(model, factor=2, seed=4)
    model.noise_amps.assign([0.5, 0.5])
    assert np.array_equal(again, varied)
    assert 0 < difference(weak, plain) < 0.5 * difference(varied, plain)


def test_each_step_has_noise_of_its_own(monkeypatch):
    model, noises = pyramid(), []
    apply = SinGANPyramid.apply_generator

    def spy(self, scale, z, previous):
        noises.append(z.numpy())
        return apply(self, scale, z, previous)

    monkeypatch.setattr(SinGANPyramid, "apply_generator", spy)
    super_resolve(model, factor=2, seed=3)
    super_resolve(model, factor=2)
    assert len(noises) == 6
    # The same key would draw the same numbers first, whatever the size.
    starts = [z.ravel()[:900] for z in noises[:3]]
    for i, j in [(0, 1), (1, 2), (0, 2)]:
        assert abs(np.corrcoef(starts[i], starts[j])[0, 1]) < 0.2
    assert all(0.3 < z.std() < 0.7 for z in noises[:3])
    assert all(not z.any() for z in noises[3:])


@pytest.mark.parametrize("padding", ["zeros", "noise"])
@pytest.mark.parametrize("normalization", ["batch", "instance", None])
def test_strips_equal_the_whole(monkeypatch, normalization, padding):
    model = pyramid(normalization=normalization, padding=padding)
    whole = [super_resolve(model, factor=3, seed=seed) for seed in (None, 5)]
    for rows in (1, 7):
        # 45 px wide, 4 filters, 2 rows seen on each side.
        monkeypatch.setattr(strip_tiling, "STRIP_BYTES", (rows + 4) * 12 * 45 * 4)
        assert strip_tiling.strip_rows((1, 60, 45, 3), model.generators[-1]) == rows
        parts = [super_resolve(model, factor=3, seed=seed) for seed in (None, 5)]
        for part, wanted in zip(parts, whole, strict=True):
            # A rounding of float32 may fall on the other side of a half.
            assert np.abs(part.astype(int) - wanted).max() <= 1
            assert (part != wanted).mean() < 0.001


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("scales", [1, 2])
def test_any_number_of_channels(channels, scales):
    model = pyramid(scales, channels)
    for image in (None, photo(9, 8, channels)):
        if channels == 4 and image is not None:
            image[..., 3] //= 2
        height, width = (20, 15) if image is None else (9, 8)
        result = super_resolve(model, image, 2, seed=1)
        assert result.shape == (2 * height, 2 * width, channels)


def test_grey_and_colour_are_made_those_of_the_model():
    grey = photo(9, 8, 1)
    wanted = super_resolve(pyramid(), np.repeat(grey, 3, axis=-1), 2)
    assert np.array_equal(super_resolve(pyramid(), grey, 2), wanted)
    assert super_resolve(pyramid(channels=1), photo(9, 8), 2).shape == (18, 16, 1)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("factor", [1.1, 2, 3, 4])
def test_back_projection_brings_the_input_back(factor, channels):
    original = photo(20, 15, channels)
    model = pyramid(channels=channels)
    for seed in (None, 1):
        plain, corrected = (
            super_resolve(model, factor=factor, seed=seed, back_projection=on)
            for on in (False, True)
        )
        before = error_when_shrunk(plain, original)
        assert error_when_shrunk(corrected, original) < 0.5 * before


@pytest.mark.parametrize("padding", ["zeros", "noise"])
@pytest.mark.parametrize("scales", [1, 2])
def test_one_graph_gives_the_same_for_every_size_factor_and_seed(scales, padding):
    model = pyramid(scales, padding=padding)
    signature = [
        tf.TensorSpec([1, None, None, 3]),
        tf.TensorSpec([], tf.float64),
        tf.TensorSpec([], tf.int64),
    ]
    graph = tf.function(
        functools.partial(super_resolve_graph, model),
        input_signature=signature,
        autograph=False,
    )
    for size, factor, seed in [
        ((9, 8), 4, None),
        ((9, 8), 1.1, 3),
        ((5, 15), 1.3, 2**40),
        ((7, 30), 2 * 2**0.5, None),
        ((20, 15), 3, 0),
    ]:
        image = photo(*size)
        given = NO_NOISE if seed is None else seed
        result = to_uint8(graph(to_float(image)[None], factor, given).numpy()[0])
        wanted = super_resolve(model, image, factor, seed=seed)
        assert np.array_equal(result, wanted)


def test_a_trained_model_enlarges_its_photo():
    result = super_resolve(trained()[0].pyramid_, factor=2)
    assert result.shape == (64, 80, 3)
    shrunk = to_uint8(resize(to_float(result)[None], (32, 40)).numpy()[0])
    assert difference(shrunk, photo()) < 10


@pytest.mark.parametrize(
    "name, values",
    [
        ("factor", [1, 0, 0.5, -4, True, None, "4", [4], 65, 10**400, 2j]),
        ("factor", [float("nan"), float("inf"), float("-inf"), np.float32(1)]),
        ("seed", [2**63, -(2**63) - 1, "a", 1.0, True, (1, 2)]),
    ],
)
def test_an_argument_out_of_range_is_refused(name, values):
    for value in values:
        with pytest.raises(TaskError) as error:
            super_resolve(pyramid(), **{name: value})
        assert_one_line(error)
        assert f"`{name}`" in str(error.value)
        assert f"Received: {name}={value!r}." in str(error.value)


@pytest.mark.parametrize("size", [(4, 40), (32, 4), (1, 1)])
def test_an_image_below_the_receptive_field_names_the_least(size):
    assert super_resolve(pyramid(), photo(5, 5), 2).shape == (10, 10, 3)
    with pytest.raises(TaskError) as error:
        super_resolve(pyramid(), photo(*size), 2)
    assert_one_line(error)
    assert "at least 5 px" in str(error.value)
    assert str(error.value).endswith(f"{size[0]}x{size[1]} (height x width).")


@pytest.mark.parametrize("image", ["missing.png", b"no image", photo(9, 8, 2), 7])
def test_what_is_no_image_for_the_model_is_refused(image):
    with pytest.raises(ImageError) as error:
        super_resolve(pyramid(), image, 2)
    assert_one_line(error)


@pytest.mark.parametrize("task", [None, "animation"])
def test_a_model_of_another_task_names_the_command_for_a_better_one(task):
    with pytest.warns(UserWarning) as caught:
        warn_unless_trained_for(resolve_config(task=task), 2.5)
    (text,) = [str(warning.message) for warning in caught]
    command = "keras-singan train IMAGE --task super-resolution --factor 2.5"
    assert command in text and "\n" not in text


@pytest.mark.parametrize("trained_for, factor", [(4, 1.1), (1.1, 4), (1.5, 4)])
def test_a_model_of_other_steps_is_named_too(trained_for, factor):
    config = resolve_config(task="super_resolution", factor=trained_for)
    with pytest.warns(UserWarning) as caught:
        warn_unless_trained_for(config, factor)
    (text,) = [str(warning.message) for warning in caught]
    assert f"factor={trained_for:g}" in text
    assert f"--factor {factor:g}" in text and "\n" not in text


@pytest.mark.parametrize("factor", [2, 3, 4, 8, 16])
def test_a_model_of_like_steps_is_as_good(factor):
    config = resolve_config(task="super_resolution", **TINY | {"factor": 4})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn_unless_trained_for(config, factor)


def test_the_warning_refuses_what_the_task_refuses():
    with pytest.raises(TaskError, match="`factor` must be a number greater than 1"):
        warn_unless_trained_for(resolve_config(), 1)
