"""The one resize: what it keeps, what it clips, and the same in any graph."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.ops.resize import resize

SIZES = [(7, 9), (20, 31), (13, 5), (1, 1), (26, 18)]


def picture(*shape, seed=0):
    values = np.random.default_rng(seed).uniform(-1, 1, shape)
    return values.astype("float32")


def smooth(height, width):
    y, x = np.mgrid[:height, :width]
    values = np.sin(y / height * 3) * np.cos(x / width * 4)
    return values[None, ..., None].astype("float32")


def keras_resize(image, size):
    options = {"interpolation": "bicubic", "antialias": True}
    return np.asarray(keras.ops.image.resize(image, size, **options))


@pytest.mark.parametrize("size", SIZES)
def test_the_numbers_are_those_of_keras_clipped(size):
    image = picture(2, 13, 9, 3)
    wanted = np.clip(keras_resize(image, size), -1, 1)
    np.testing.assert_allclose(resize(image, size), wanted, atol=1e-6)


def test_the_same_size_changes_nothing():
    image = picture(2, 13, 9, 3)
    np.testing.assert_allclose(resize(image, (13, 9)), image, atol=1e-6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("value", [-1.0, 0.3, 1.0])
def test_a_constant_stays_constant(size, value):
    image = np.full((1, 13, 9, 2), value, "float32")
    result = resize(image, size)
    assert result.shape == (1, *size, 2)
    np.testing.assert_allclose(result, value, atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_ramp_stays_the_same_ramp_under_half_pixel_centres(axis):
    ramp = np.linspace(-0.5, 0.5, 16, dtype="float32")[None, :, None, None]
    ramp = np.broadcast_to(ramp, (1, 16, 16, 1))
    centres = (np.arange(48) + 0.5) / 3 - 0.5
    wanted = -0.5 + centres / 15
    if axis:
        ramp = ramp.transpose(0, 2, 1, 3)
    result = np.asarray(resize(ramp, (48, 48)))[0, ..., 0]
    line = result[20] if axis else result[:, 20]
    np.testing.assert_allclose(line[6:-6], wanted[6:-6], atol=1e-6)


def test_what_overshoots_is_clipped():
    image = np.ones((1, 8, 8, 1), "float32")
    image[:, :, :4] = -1
    free = keras_resize(image, (24, 24))
    assert free.max() > 1.01 and free.min() < -1.01
    result = np.asarray(resize(image, (24, 24)))
    assert result.max() == 1 and result.min() == -1


def test_a_fine_checkerboard_shrinks_to_its_mean():
    y, x = np.mgrid[:32, :32]
    board = np.where((y + x) % 2, 0.9, -0.5).astype("float32")[None, ..., None]
    result = np.asarray(resize(board, (8, 8)))
    np.testing.assert_allclose(result[:, 2:-2, 2:-2], 0.2, atol=0.01)
    np.testing.assert_allclose(result, 0.2, atol=0.1)
    # Without antialiasing, some of the board would be left.
    coarse = keras.ops.image.resize(board, (11, 11), interpolation="bicubic")
    assert np.ptp(coarse[:, 2:-2, 2:-2]) > 0.5
    np.testing.assert_allclose(resize(board, (11, 11))[:, 2:-2, 2:-2], 0.2, atol=0.05)


def test_a_smooth_picture_survives_going_down_and_up():
    image = smooth(48, 40)
    there = resize(image, (24, 20))
    halves = image.reshape(1, 24, 2, 20, 2, 1).mean(axis=(2, 4))
    np.testing.assert_allclose(there, halves, atol=0.02)
    np.testing.assert_allclose(resize(there, (48, 40)), image, atol=0.04)


@pytest.mark.parametrize("size", SIZES)
def test_a_mirrored_picture_gives_a_mirrored_result(size):
    image = picture(1, 13, 9, 3)
    result = np.asarray(resize(image, size))
    for axis in (1, 2):
        mirrored = resize(np.flip(image, axis), size)
        np.testing.assert_allclose(mirrored, np.flip(result, axis), atol=1e-5)


def test_rows_and_columns_are_treated_alike():
    image = picture(1, 13, 9, 3)
    turned = resize(image.transpose(0, 2, 1, 3), (8, 21))
    wanted = np.asarray(resize(image, (21, 8))).transpose(0, 2, 1, 3)
    np.testing.assert_allclose(turned, wanted, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_images_and_channels_do_not_mix(channels):
    images = picture(3, 13, 9, channels)
    result = np.asarray(resize(images, (6, 20)))
    assert result.shape == (3, 6, 20, channels)
    for i in range(3):
        for k in range(channels):
            alone = resize(images[i : i + 1, ..., k : k + 1], (6, 20))
            np.testing.assert_allclose(alone[0, ..., 0], result[i, ..., k], atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_sizes_known_only_at_run_time_give_the_same(size):
    specs = [tf.TensorSpec([None] * 4), tf.TensorSpec([2], tf.int32)]
    dynamic = tf.function(
        lambda x, s: resize(x, (s[0], s[1])), input_signature=specs, autograph=False
    )
    image = picture(2, 13, 9, 3)
    result = dynamic(image, size)
    assert result.shape == (2, *size, 3)
    np.testing.assert_allclose(result, resize(image, size), atol=1e-6)


def test_xla_compiles_it_to_the_same():
    image = picture(1, 13, 9, 3)
    compiled = tf.function(lambda x: resize(x, (20, 5)), jit_compile=True)
    np.testing.assert_allclose(compiled(image), resize(image, (20, 5)), atol=1e-6)


def test_a_variable_can_be_resized():
    variable = keras.Variable(picture(1, 6, 6, 1))
    np.testing.assert_array_equal(
        resize(variable, (9, 9)), resize(variable.numpy(), (9, 9))
    )
    np.testing.assert_array_equal(
        resize(variable.value, (9, 9)), resize(variable, (9, 9))
    )


@pytest.mark.parametrize("dtype", ["float64", "float16", "bfloat16"])
def test_any_float_gives_float32(dtype):
    image = picture(1, 6, 6, 1)
    result = resize(keras.ops.cast(image, dtype), (9, 9))
    assert result.dtype == tf.float32
    np.testing.assert_allclose(result, resize(image, (9, 9)), atol=0.02)
