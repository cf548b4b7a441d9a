"""Sampling: what decides an image, what it may be asked for, in any size."""

import numpy as np
import pytest
import tensorflow as tf
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import assert_same_weights
from support.tiny_models import trained

from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.models import pyramid_graphs
from keras_singan.tasks.sampling import iterate_samples


def sample(*args, seed=5, **kwargs):
    return trained()[0].sample(*args, seed=seed, **kwargs)


def difference(one, other):
    return np.abs(one.astype(float) - other.astype(float)).mean()


def test_samples_are_uint8_images_of_the_trained_size():
    images = sample(2)
    assert images.dtype == np.uint8 and images.shape == (2, 32, 40, 3)
    assert np.ptp(images) > 10
    assert sample().shape == (1, 32, 40, 3)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_an_image_depends_on_seed_and_index_alone(n):
    assert np.array_equal(sample(n), sample(7)[:n])


@pytest.mark.parametrize("together", [1, 2, 3])
def test_chunks_change_nothing(monkeypatch, together):
    whole = sample(5, size=(33, 51))
    bytes_each = 4 * 33 * 51 * 4 * 3
    monkeypatch.setattr(pyramid_graphs, "_CHUNK_BYTES", together * bytes_each + 1)
    assert trained()[0].pyramid_.chunk_size((33, 51)) == together
    assert np.array_equal(sample(5, size=(33, 51)), whole)


def test_chunks_hold_less_of_larger_images():
    pyramid = trained()[0].pyramid_
    few, many = (pyramid.chunk_size(size) for size in ((999, 999), (99, 99)))
    assert 1 <= few < many
    assert pyramid.chunk_size((10**5, 10**5)) == 1


@pytest.mark.parametrize("tile", [None, "x"])
def test_few_at_once_are_the_same_images_in_smaller_batches(tile):
    model = trained()[0]
    options = {"seed": 4, "tile": tile}
    (batches,) = iterate_samples(model.pyramid_, 3, at_once=2, **options)
    batches = list(batches)
    assert [len(batch) for batch in batches] == [2, 1]
    assert np.array_equal(np.concatenate(batches), model.sample(3, **options))


def test_images_of_a_seed_differ_and_so_do_seeds():
    images = np.concatenate([sample(3), sample(3, seed=6), sample(3, seed=-6)])
    assert len({image.tobytes() for image in images}) == 9


def test_without_a_seed_every_draw_is_new():
    assert not np.array_equal(sample(2, seed=None), sample(2, seed=None))
    state = np.random.get_state()[1].copy()
    sample(1, seed=None)
    assert np.array_equal(np.random.get_state()[1], state)


def test_neither_global_seed_matters():
    first = sample(1)
    tf.random.set_seed(99)
    np.random.seed(99)
    assert np.array_equal(sample(1), first)


def test_a_sample_is_what_the_pyramid_generates():
    pyramid = trained()[0].pyramid_
    zs = pyramid.draw_noise(5, tf.range(2))
    wanted = np.clip(pyramid.generate(zs), -1, 1) * 127.5 + 127.5
    assert np.abs(sample(2) - wanted).max() <= 0.5 + 1e-3
    rebuilt = np.clip(pyramid.reconstruct(), -1, 1)[0] * 127.5 + 127.5
    assert np.abs(trained()[0].reconstruct() - rebuilt).max() <= 0.5 + 1e-3


def test_a_later_start_stays_closer_to_the_photo():
    reconstruction = trained()[0].reconstruct()
    assert reconstruction.dtype == np.uint8 and reconstruction.shape == (32, 40, 3)
    distances = [
        difference(sample(4, start_scale=k), reconstruction[None]) for k in range(3)
    ]
    assert distances[0] > distances[1] > distances[2] > 0
    assert distances[0] > 2 * distances[2]


@pytest.mark.parametrize("start_scale", [0, 1, 2])
@pytest.mark.parametrize("size", [(33, 41), (32, 80), (128, 40), (17, 23)])
def test_any_size_from_any_scale(size, start_scale):
    images = sample(2, size=size, start_scale=start_scale)
    assert images.shape == (2, *size, 3)
    assert not np.array_equal(images[0], images[1])


def test_a_later_start_at_another_size_shows_the_enlarged_layout():
    tall = sample(1, size=(64, 80), start_scale=2)[0]
    near = trained()[0].reconstruct().repeat(2, axis=0).repeat(2, axis=1)
    assert difference(tall, near) < 0.6 * difference(sample(1, size=(64, 80))[0], near)


def test_the_trained_size_is_the_default():
    for start_scale in range(3):
        wanted = sample(1, start_scale=start_scale)
        asked = sample(1, start_scale=start_scale, size=(32, 40))
        assert np.array_equal(asked, wanted)


@pytest.mark.parametrize("size", [(7, 40), (32, 7), (1, 1)])
def test_a_size_below_the_receptive_field_names_the_least(size):
    assert sample(1, size=(9, 9)).shape == (1, 9, 9, 3)
    with pytest.raises(TaskError) as error:
        sample(1, size=size)
    assert_one_line(error)
    assert "at least 9x9" in str(error.value)
    assert f"{size[0]}x{size[1]}." in str(error.value)


@pytest.mark.parametrize(
    "name, values",
    [
        ("n", [0, -1, 1.5, 1.0, True, None, "2", float("nan")]),
        ("size", ["x", "ab", 7, (0, 5), (40, -1), (1, 2, 3), (40.0, 40), (True, 40)]),
        ("start_scale", [-1, 3, 1.0, None, "0", False]),
        ("seed", [2**63, -(2**63) - 1, "a", 1.0, True, (1, 2)]),
    ],
)
def test_an_argument_out_of_range_is_refused(name, values):
    for value in values:
        with pytest.raises(TaskError) as error:
            trained()[0].sample(**{name: value})
        assert_one_line(error)
        assert f"`{name}`" in str(error.value)
        assert f"Received: {name}={value!r}." in str(error.value)


@pytest.mark.parametrize("seed", [0, 2**63 - 1, -(2**63), np.int64(7)])
def test_the_whole_range_of_seeds_is_accepted(seed):
    assert np.array_equal(sample(1, seed=seed), sample(np.int32(1), seed=int(seed)))


@pytest.mark.parametrize("channels", [1, 2, 4, 7])
def test_any_number_of_channels_from_photo_to_file(tmp_path, channels):
    image = photo(24, 30, channels)
    model = SinGAN(**TINIER)
    run = tmp_path / "run" if channels == 2 else None
    model.fit(image, alpha="train", checkpoint_dir=run, verbose=0)
    assert model.pyramid_.channels == channels
    assert np.array_equal(model.training_image(), image)
    images = model.sample(2, seed=1, size=(25, 40))
    assert images.shape == (2, 25, 40, channels)
    assert model.reconstruct().shape == image.shape
    loaded = SinGAN.load(run or model.save(tmp_path / "model.keras"))
    assert_same_weights(loaded, model)
    assert np.array_equal(loaded.sample(2, seed=1, size=(25, 40)), images)
    if run:
        assert np.array_equal(np.load(run / "scale_01" / "real.npy"), image)
