"""Back-projection: what it brings back, and what it leaves."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from keras_singan.ops.back_projection import STEPS
from keras_singan.ops.back_projection import back_project
from keras_singan.ops.opacity import premultiply
from keras_singan.ops.resize import resize
from keras_singan.ops.resize import resize_unclipped


def picture(*shape, seed=0, low=-0.8, high=0.8):
    values = np.random.default_rng(seed).uniform(low, high, shape)
    return values.astype("float32")


def error(image, original):
    """Root mean square of what the shrunk image misses of the original."""
    original = premultiply(original)
    shrunk = resize(premultiply(image), original.shape[1:3])
    return float(np.sqrt(np.mean(np.square(shrunk - original))))


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", [(13, 10), (24, 18), (31, 40), (48, 36)])
def test_each_step_comes_nearer(size, channels):
    original = picture(1, 12, 9, channels)
    image = picture(1, *size, channels, seed=1)
    results = [back_project(image, original, steps) for steps in range(STEPS + 1)]
    np.testing.assert_allclose(results[0], image, atol=1e-6)
    errors = [error(result, original) for result in results]
    assert all(later < earlier for earlier, later in itertools.pairwise(errors))
    assert errors[-1] < 0.25 * errors[0]
    np.testing.assert_array_equal(back_project(image, original), results[-1])


def test_one_step_is_the_formula():
    original, image = picture(2, 6, 5, 3), picture(2, 13, 11, 3, seed=1)
    missing = original - resize(image, (6, 5))
    wanted = np.clip(image + resize_unclipped(missing, (13, 11)), -1, 1)
    np.testing.assert_allclose(back_project(image, original, 1), wanted, atol=1e-6)


def edge():
    """Grey beside black, enlarged with waves and dots that have no cause."""
    original = np.full((1, 12, 12, 3), 0.4, "float32")
    original[:, :, 6:] = -0.9
    image = np.array(resize(original, (48, 48)))
    image[:, ::4, :10:3] -= 0.5
    return original, image


def test_slack_takes_away_what_has_no_cause_nearby():
    original, image = edge()
    plain = back_project(image, original).numpy()
    bounded = back_project(image, original, slack=0.4).numpy()
    # Two pixels of the original and more from the edge all is grey, or black.
    assert np.abs(plain[:, :, :14] - 0.4).max() > 0.2
    np.testing.assert_allclose(bounded[:, :, :14], 0.4, atol=1e-5)
    np.testing.assert_allclose(bounded[:, :, 34:], -0.9, atol=1e-5)
    assert error(bounded, original) < 0.05


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_slack_bounds_by_what_is_around(channels):
    original, image = picture(1, 9, 7, channels), picture(1, 27, 21, channels, seed=1)
    if channels == 4:
        original[..., 3] = image[..., 3] = 1
    for slack in (0.0, 0.4):
        bounded = back_project(image, original, slack=slack).numpy()
        middle = bounded[:, 1::3, 1::3]
        padded = np.pad(original, ((0, 0), (1, 1), (1, 1), (0, 0)), "edge")
        view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
        low, high = view.min((-1, -2)), view.max((-1, -2))
        room = slack * (high - low) + 1e-5
        assert (middle >= low - room).all() and (middle <= high + room).all()


def test_slack_leaves_what_shrinks_to_the_original_near_it():
    original, image = picture(1, 12, 9, 3), picture(1, 48, 36, 3, seed=1)
    errors = [
        error(back_project(image, original, slack=slack), original)
        for slack in (None, 0.4)
    ]
    assert errors[1] < 1.5 * errors[0]


def test_a_difference_may_exceed_1():
    original = np.full((1, 6, 6, 1), 0.9, "float32")
    image = np.full((1, 24, 24, 1), -0.9, "float32")
    np.testing.assert_allclose(back_project(image, original, 1), 0.9, atol=1e-5)


def test_what_shrinks_to_the_original_stays():
    image = picture(1, 32, 24, 3)
    original = resize(image, (8, 6))
    np.testing.assert_allclose(back_project(image, original), image, atol=1e-6)


def test_detail_that_the_original_cannot_hold_stays():
    y, x = np.mgrid[:48, :48]
    detail = (0.2 * (-1.0) ** (x + y)).astype("float32")[None, ..., None]
    original = np.zeros((1, 12, 12, 1), "float32")
    result = back_project(detail + 0.3, original).numpy()
    np.testing.assert_allclose(result[:, 4:-4, 4:-4], detail[:, 4:-4, 4:-4], atol=0.01)


def test_the_result_stays_in_range():
    original = np.sign(picture(1, 12, 9, 3))
    result = back_project(picture(1, 48, 36, 3, seed=1), original).numpy()
    assert np.abs(result).max() <= 1
    assert error(result, original) < error(picture(1, 48, 36, 3, seed=1), original)


def test_sizes_known_only_at_run_time_give_the_same():
    specs = [tf.TensorSpec([1, None, None, 3])] * 2
    dynamic = tf.function(back_project, input_signature=specs, autograph=False)
    image, original = picture(1, 21, 30, 3), picture(1, 12, 9, 3)
    result = dynamic(image, original)
    np.testing.assert_allclose(result, back_project(image, original), atol=1e-6)
