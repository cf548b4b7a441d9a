"""The loop over scales: what each scale starts from, sees and leaves behind."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import TINY
from support.tiny_models import new_trainer
from support.tiny_models import trained
from tensorflow.python.framework.func_graph import FuncGraph

from keras_singan import SinGAN
from keras_singan.config import SinGANConfig
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid
from keras_singan.training.scale_trainer import ScaleTrainer


def networks(trainer):
    return trainer.scale_gan.generator, trainer.scale_gan.discriminator


def test_the_pyramid_keeps_the_photo_at_the_finest_size():
    image = to_float(photo())
    pyramid = new_pyramid(image, SinGANConfig(**TINY))
    assert pyramid.sizes == ((18, 23), (24, 30), (32, 40))
    np.testing.assert_allclose(pyramid.real[0], image, atol=1e-6)
    small = new_pyramid(image, SinGANConfig(**TINY, max_size=30))
    assert small.real.shape == (1, *small.sizes[-1], 3) == (1, 24, 30, 3)


def test_the_noise_amplitude_is_a_share_of_the_reconstruction_error():
    trainer = new_trainer(2, noise_amp=0.3)
    pyramid = trainer.pyramid
    size = pyramid.sizes[2]
    below = pyramid.reconstruct(2)
    up = keras.ops.image.resize(below, size, "bicubic", antialias=True)
    error = pyramid.real.numpy().astype("float64") - np.clip(up, -1, 1)
    wanted = 0.3 * np.sqrt(np.mean(error**2))
    amps = pyramid.noise_amps.numpy()
    assert wanted > 0.05
    np.testing.assert_allclose(amps[2], wanted, rtol=1e-4)
    assert amps[0] == amps[1] == 1
    np.testing.assert_allclose(trainer.previous_rec, np.clip(up, -1, 1), atol=1e-5)


def test_every_fitted_scale_has_its_amplitude():
    amps = trained()[0].pyramid_.noise_amps.numpy()
    assert amps[0] == 1 and (amps[1:] < 0.1).all() and (amps[1:] > 0.001).all()


def test_equal_filters_start_from_both_networks_below():
    below = new_trainer(0)
    rng = np.random.default_rng(0)
    for network in networks(below):
        network.set_weights([rng.normal(1, 1, w.shape) for w in network.get_weights()])
    above = ScaleTrainer(below.pyramid, 1, below.config, below)
    for source, target in zip(networks(below), networks(above), strict=True):
        names = [w.path.rsplit("/", 1)[-1] for w in target.weights]
        assert "moving_mean" in names and "moving_variance" in names
        for one, other in zip(source.weights, target.weights, strict=True):
            assert one is not other
            assert np.array_equal(one, other)


@pytest.mark.parametrize("max_filters, equal", [(128, False), (2, True)])
def test_doubled_filters_start_afresh(max_filters, equal):
    options = {"min_size": 7, "filters": 2, "max_filters": max_filters}
    below = new_trainer(3, image=photo(24, 24), **options)
    assert below.pyramid.filters == (2, 2, 2, 2, 2 if equal else 4)
    for network in networks(below):
        network.set_weights([w + 1 for w in network.get_weights()])
    alone = ScaleTrainer(below.pyramid, 4, below.config)
    fresh = [[w.copy() for w in n.get_weights()] for n in networks(alone)]
    above = ScaleTrainer(below.pyramid, 4, below.config, below)
    wanted = [n.get_weights() for n in networks(below)] if equal else fresh
    for network, weights in zip(networks(above), wanted, strict=True):
        for one, other in zip(network.get_weights(), weights, strict=True):
            assert np.array_equal(one, other)


def test_training_a_scale_leaves_the_scales_below_alone():
    model, _, snapshots = trained()
    assert len(snapshots.generators) == 3
    for generator, then in zip(
        model.pyramid_.generators, snapshots.generators, strict=True
    ):
        for old, new in zip(then, generator.get_weights(), strict=True):
            assert old.tobytes() == new.tobytes()
    assert snapshots.amps == model.pyramid_.noise_amps.numpy().tolist()


def test_a_plain_colour_is_learnt():
    image = np.full((20, 24, 3), (30, 128, 220), np.uint8)
    options = {"min_size": 20, "normalization": "batch", "reconstruction_weight": 100}
    options |= {"steps": 60, "learning_rate": 1e-2}
    model = SinGAN(**TINIER | options).fit(image, verbose=0)
    losses = model.history_[0]["reconstruction_loss"]
    assert len(losses) == 60
    assert np.mean(losses[-5:]) < 0.02 * losses[0]
    error = np.mean((to_float(model.reconstruct()) - to_float(image)) ** 2)
    np.testing.assert_allclose(error, losses[-1], rtol=0.5)


def test_a_compiled_step_can_hold_the_scales_below():
    trainer = new_trainer(2)
    lower = trainer.draw(tf.constant(0, tf.int64))["lower"]
    compiled = tf.function(trainer.draw_previous, jit_compile=True)
    wanted = trainer.draw_previous(lower)
    assert wanted.shape == (2, 32, 40, 3)
    np.testing.assert_allclose(compiled(lower), wanted, atol=1e-5)


def test_bfloat16_trains_float32_weights():
    options = {"dtype_policy": "mixed_bfloat16", "normalization": "batch"}
    model = SinGAN(**TINIER | options | {"min_size": 20})
    model.fit(photo(20, 22), verbose=0)
    losses = np.array([*model.history_[0].values()])
    assert losses.shape == (4, 3) and np.isfinite(losses).all()
    # It is a way to train: what the model computes is float32.
    assert model.pyramid_.dtype_policy.name == "float32"
    assert model.config_.dtype_policy == "mixed_bfloat16"
    fresh = new_pyramid(to_float(photo(20, 22)), model.config_)
    for old, new in zip(fresh.weights, model.pyramid_.weights, strict=True):
        assert new.dtype == "float32"
        assert not new.trainable or not np.array_equal(old, new)


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_a_training_leaves_no_graph_behind(normalization):
    def fit():
        options = TINIER | {"normalization": normalization}
        SinGAN(**options).fit(photo(24, 30), verbose=0)
        gc.collect()
        return {id(each) for each in gc.get_objects() if isinstance(each, FuncGraph)}

    before = fit()
    assert len(fit()) <= len(before)
