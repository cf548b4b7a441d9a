"""A training that is saved, loaded and resumed goes on bit by bit."""

import inspect
import itertools
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models.scale_gan import ScaleGAN


def assert_equal(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


def state(scale_gan):
    """All that a resumed training needs: weights, averages, moments, counters."""
    optimizers = [scale_gan.discriminator_optimizer, scale_gan.generator_optimizer]
    kept = [v.numpy() for optimizer in optimizers for v in optimizer.variables]
    return scale_gan.get_weights() + kept


def names(scale_gan):
    """Which network, layer and weight each number of `state` belongs to."""
    optimizers = [scale_gan.discriminator_optimizer, scale_gan.generator_optimizer]
    kept = [v for optimizer in optimizers for v in optimizer.variables]
    return [v.path for v in [*scale_gan.weights, *kept]]


@pytest.fixture(scope="module")
def fit(make_data):
    def fit(scale_gan, start, stop):
        """Trains as the loop over scales does: in a graph, from a dataset."""
        steps = [make_data(i) for i in range(start, stop)]
        stacked = {name: tf.stack([step[name] for step in steps]) for name in steps[0]}
        dataset = tf.data.Dataset.from_tensor_slices(stacked)
        scale_gan.fit(dataset, epochs=1, shuffle=False, verbose=0)

    return fit


@pytest.fixture(scope="module")
def straight(make_scale_gan, fit, tmp_path_factory):
    """Six iterations in one go; what there was before, halfway and in the end."""
    scale_gan, folder = make_scale_gan(), tmp_path_factory.mktemp("scale")
    before = state(scale_gan)
    fit(scale_gan, 0, 3)
    scale_gan.save(folder / "scale.keras")
    scale_gan.save_weights(folder / "scale.weights.h5")
    halfway = state(scale_gan)
    fit(scale_gan, 3, 6)
    return SimpleNamespace(
        folder=folder,
        before=before,
        halfway=halfway,
        end=state(scale_gan),
        names=names(scale_gan),
    )


def test_a_loaded_model_goes_on_bit_by_bit(straight, fit):
    loaded = keras.saving.load_model(straight.folder / "scale.keras")
    assert type(loaded) is ScaleGAN
    assert loaded.iteration == 3 and loaded.optimizer is None
    assert_equal(state(loaded), straight.halfway)
    fit(loaded, 3, 6)
    assert loaded.iteration == 6
    assert_equal(state(loaded), straight.end)


def test_loaded_weights_go_on_bit_by_bit(straight, fit, make_scale_gan):
    fresh = make_scale_gan()
    assert fresh.iteration == 0
    fresh.load_weights(straight.folder / "scale.weights.h5")
    assert fresh.iteration == 3
    assert_equal(state(fresh), straight.halfway)
    fit(fresh, 3, 6)
    assert fresh.iteration == 6
    assert_equal(state(fresh), straight.end)


def test_training_moves_all_that_is_compared_here(straight):
    for one, other in itertools.pairwise(
        (straight.before, straight.halfway, straight.end)
    ):
        still = [
            name
            for name, a, b in zip(straight.names, one, other, strict=True)
            if np.array_equal(a, b)
        ]
        # The discriminator gathers no averages, and nothing moves a bias that real
        # and fake scores share: its value, and its two moments.
        kinds = [name.rsplit("_", 1)[-1].rsplit("/", 1)[-1] for name in still]
        assert kinds == ["mean", "variance", "bias", "momentum", "velocity"]


def test_a_file_holds_two_networks_and_two_optimizers(straight):
    with h5py.File(straight.folder / "scale.weights.h5") as file:
        groups = set(file) - {"vars"}
        assert len(file["vars"]) == 0
        sizes = {name: len(file[name]["vars"]) for name in groups if "opt" in name}
    networks = {"discriminator", "generator"}
    assert groups == networks | {f"{name}_optimizer" for name in networks}
    # The counter, and two moments of each of the 5 variables.
    assert set(sizes.values()) == {1 + 2 * 5}


def test_the_config_brings_back_the_same_model(make_scale_gan):
    options = {"discriminator_steps": 4, "generator_steps": 5}
    options |= {"reconstruction_weight": 6.0, "gradient_penalty_weight": 0.7}
    scale_gan = make_scale_gan(network={"normalization": "instance"}, **options)
    config = scale_gan.get_config()
    params = set(inspect.signature(ScaleGAN).parameters) - {"kwargs"}
    assert set(config) >= params | {"name"}
    again = ScaleGAN.from_config(config)
    assert again.get_config() == config
    assert {name: getattr(again, name) for name in options} == options
    assert_equal(again.get_weights(), scale_gan.get_weights())  # the same seeds
    assert set(config) == set(scale_gan.get_config())  # not consumed


def test_the_compile_config_brings_back_both_optimizers(make_scale_gan):
    scale_gan = make_scale_gan()
    config = scale_gan.get_compile_config()
    again = ScaleGAN.from_config(scale_gan.get_config())
    again.compile_from_config(config)
    for name in ("discriminator_optimizer", "generator_optimizer"):
        ours, theirs = getattr(scale_gan, name), getattr(again, name)
        assert theirs is not ours
        assert theirs.get_config() == ours.get_config()
    assert again.get_compile_config() == scale_gan.get_compile_config()
    assert again.discriminator_optimizer is not again.generator_optimizer


@pytest.mark.parametrize("normalization", ["instance", None])
def test_a_model_without_averages_is_saved_too(
    make_scale_gan, make_data, normalization, tmp_path
):
    scale_gan = make_scale_gan(network={"normalization": normalization})
    scale_gan.train_step(make_data())
    scale_gan.save(tmp_path / "scale.keras")
    loaded = keras.saving.load_model(tmp_path / "scale.keras")
    assert_equal(state(loaded), state(scale_gan))
