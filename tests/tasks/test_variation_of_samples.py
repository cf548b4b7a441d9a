"""`sample(variation=..., around=...)`: between the photo, or a sample, and others."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.tiny_models import random_pyramid
from support.tiny_models import trained

from keras_singan import TaskError
from keras_singan.ops import noise
from keras_singan.tasks.sampling import sample as sample_of

SCALES = range(3)


def model():
    return trained()[0]


def sample(*args, seed=5, **kwargs):
    return model().sample(*args, seed=seed, **kwargs)


def difference(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


@pytest.mark.parametrize("start_scale", SCALES)
def test_none_is_the_reconstruction(start_scale):
    images = sample(3, variation=0, start_scale=start_scale)
    assert (images == model().reconstruct()).all()


@pytest.mark.parametrize("start_scale", SCALES)
@pytest.mark.parametrize("refine", [False, True])
def test_all_is_the_sample_bit_by_bit(start_scale, refine):
    options = {"start_scale": start_scale, "refine": refine}
    assert np.array_equal(sample(2, variation=1.0, **options), sample(2, **options))
    assert np.array_equal(sample(2, variation=1, **options), sample(2, **options))


@pytest.mark.parametrize("start_scale", SCALES)
@pytest.mark.parametrize("around", [None, (3, 1)])
def test_the_more_the_further_away(start_scale, around):
    options = {"start_scale": start_scale, "around": around}
    middle = sample(4, variation=0, **options)
    steps = [sample(4, variation=v, **options) for v in (0.1, 0.3, 0.6, 0.9)]
    distances = [difference(images, middle) for images in steps]
    assert 0 < distances[0]
    assert distances == sorted(distances)


def test_the_noise_stays_standard_normal():
    pyramid = random_pyramid((200, 300))
    for around in (None, (5, 0)):
        # The same seed and number as the sample's: it is no noise of its own.
        for scale in SCALES[:2] if around else [0]:
            z = pyramid.varied_noise(
                scale, 5, [0, 1], pyramid.sizes[scale], 0.6, around
            )
            assert z.shape[0] == 2
            assert np.abs(z.numpy().std((1, 2)) - 1).max() < 0.15


def test_what_is_mixed():
    pyramid = model().pyramid_
    for scale, size in enumerate(pyramid.sizes):
        given = scale, 5, [2], size
        fresh = pyramid.fresh_noise(*given).numpy()
        near = pyramid.varied_noise(*given, 0.6).numpy()
        wanted = 0.8 * pyramid.rec_noise(scale).numpy() + 0.6 * fresh
        np.testing.assert_allclose(near, wanted, atol=1e-5)
        assert np.array_equal(pyramid.varied_noise(*given), fresh)
        middle = pyramid.fresh_noise(scale, 7, [4], size).numpy()
        other = pyramid.fresh_noise(*given, noise.VARIATION).numpy()
        near = pyramid.varied_noise(*given, 0.6, (7, 4)).numpy()
        np.testing.assert_allclose(near, 0.8 * middle + 0.6 * other, atol=1e-5)


@pytest.mark.parametrize("around", [None, (3, 1)])
def test_an_image_depends_on_seed_and_number_alone(around):
    options = {"variation": 0.4, "around": around}
    many = sample(5, **options)
    assert np.array_equal(sample(2, **options), many[:2])
    assert len({image.tobytes() for image in many}) == 5


@pytest.mark.parametrize("start_scale", SCALES)
@pytest.mark.parametrize("size", [None, (33, 51)])
@pytest.mark.parametrize("refine", [False, True])
def test_around_a_sample_none_is_that_sample(start_scale, size, refine):
    options = {"start_scale": start_scale, "size": size, "refine": refine}
    wanted = model().sample(3, seed=-8, **options)[2]
    again = sample(2, variation=0, around=(-8, 2), **options)
    assert (again == wanted).all()


def test_around_a_sample_of_the_same_seed_and_number():
    images = sample(2, seed=3, variation=0.3, around=(3, 0))
    middle = sample(1, seed=3)[0]
    near, far = (difference(image, middle) for image in images)
    assert 0.3 < near / far < 3


def test_strips_change_nothing(monkeypatch):
    from keras_singan.models import strip_tiling

    options = {"variation": 0.4, "start_scale": 1, "size": (90, 70)}
    for around in (None, (3, 1)):
        whole = sample(1, around=around, **options)
        with monkeypatch.context() as patch:
            patch.setattr(strip_tiling, "STRIP_BYTES", 60_000)
            copy = type(model().pyramid_).from_config(model().pyramid_.get_config())
            copy.set_weights(model().pyramid_.get_weights())
            in_strips = sample_of(copy, 1, seed=5, around=around, **options)
        assert np.abs(in_strips.astype(int) - whole).max() <= 1


def test_the_photo_as_remembered_is_refined_on_demand_only():
    refining = type(model().pyramid_).from_config(
        model().pyramid_.get_config() | {"refine_from": 1}
    )
    refining.set_weights(model().pyramid_.get_weights())
    plain = sample_of(refining, 1, seed=5, variation=0)
    assert np.array_equal(plain[0], model().reconstruct())
    refined = sample_of(refining, 1, seed=5, variation=0, refine=True)
    assert not np.array_equal(refined, plain)
    near = sample_of(refining, 1, seed=5, variation=0.2)
    assert np.array_equal(near, sample(1, variation=0.2, refine=True))


def test_tensors_choose_as_numbers_do():
    pyramid = model().pyramid_
    specs = [tf.TensorSpec((), tf.float32), tf.TensorSpec((), tf.int64)]
    specs += [tf.TensorSpec((), tf.int32)] * 2

    @tf.function(input_signature=specs)
    def graph(variation, seed, index, start):
        around = seed, index
        return pyramid.draw(5, [1], start, variation=variation, around=around)

    for start in (0, 1):
        for around in (None, (3, 1)):
            wanted = pyramid.draw(5, [1], start, variation=0.3, around=around)
            given = around or (0, -1)
            np.testing.assert_allclose(graph(0.3, *given, start), wanted, atol=2e-3)
        sampled = graph(1.0, 0, -1, start)
        np.testing.assert_allclose(sampled, pyramid.draw(5, [1], start), atol=2e-3)


@pytest.mark.parametrize(
    "options, text",
    [
        ({"variation": -0.1}, "`variation` must be a number of at least 0 and at"),
        ({"variation": 1.1}, "Received: variation=1.1."),
        ({"variation": float("nan")}, "Received: variation=nan."),
        ({"variation": "1"}, "Received: variation='1'."),
        ({"variation": None}, "Received: variation=None."),
        ({"variation": 0.5, "size": (32, 50)}, "must have the trained size, 32x40"),
        ({"variation": 0.5, "size": (32, 50)}, "size=(32, 50), variation=0.5."),
        ({"around": (3, 1)}, "`variation` must be below 1 with `around`"),
        ({"variation": 0.5, "around": 3}, "must be a pair (seed, number)"),
        ({"variation": 0.5, "around": (3, -1)}, "Received: around=(3, -1)."),
        ({"variation": 0.5, "around": (3, 1.0)}, "Received: around=(3, 1.0)."),
        ({"variation": 0.5, "around": (2**63, 1)}, "64 bits"),
        ({"variation": 0.5, "tile": "x"}, "`variation` must be 1 and `around` None"),
        (
            {"variation": 0.5, "around": (3, 1), "tile": "x"},
            "Received: variation=0.5, around=(3, 1).",
        ),
    ],
)
def test_what_cannot_be_is_said_in_a_line(options, text):
    with pytest.raises(TaskError) as error:
        sample(1, **options)
    assert_one_line(error)
    assert text in str(error.value)


def test_a_variation_of_another_size_where_that_has_a_meaning():
    for more in ({"start_scale": 1}, {"around": (3, 1)}):
        images = sample(2, variation=0.4, size=(33, 51), **more)
        assert images.shape == (2, 33, 51, 3)
