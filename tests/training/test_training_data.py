"""What a training iteration gets: its random numbers, and its learning rate."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import new_trainer

from keras_singan import SinGAN
from keras_singan.config import SinGANConfig
from keras_singan.models.optimizer import new_optimizer


def flat(data):
    return [np.asarray(x) for x in tf.nest.flatten(data)]


def drawn(trainer, step):
    """What is random in the data of one iteration."""
    data = trainer.draw(step)
    return {name: data[name] for name in ("lower", "z", "u")}


class Rates(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.seen = []

    def on_train_batch_begin(self, batch, logs=None):
        both = self.model.discriminator_optimizer, self.model.generator_optimizer
        self.seen.append([float(optimizer.learning_rate) for optimizer in both])


@pytest.mark.parametrize("steps, milestone, updates", [(10, 8, 3), (7, 6, 2)])
def test_the_rate_falls_after_the_last_update_before_the_milestone(
    steps, milestone, updates
):
    optimizer = new_optimizer(SinGANConfig(steps=steps), updates)
    variable = keras.Variable(np.zeros(1, "float32"))
    optimizer.build([variable])
    rates = []
    for _ in range(steps * updates):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply([tf.ones(1)], [variable])
    wanted = [5e-4] * milestone * updates + [5e-5] * (steps - milestone) * updates
    np.testing.assert_allclose(rates, wanted, rtol=1e-6)


def test_both_rates_fall_at_the_milestone_of_a_real_fit():
    rates = Rates()
    options = {"discriminator_steps": 3, "generator_steps": 2, "steps": 5}
    model = SinGAN(**TINIER | options)
    model.fit(photo(18, 20), callbacks=[rates], verbose=0)
    np.testing.assert_allclose(rates.seen, [[5e-4] * 2] * 4 + [[5e-5] * 2], rtol=1e-6)


def test_data_from_a_later_start_are_the_same_data():
    trainer = new_trainer(2, steps=6)
    whole = [flat(x) for x in trainer.dataset()]
    assert len(whole) == 6
    late = [flat(x) for x in trainer.dataset(4)]
    assert len(late) == 2
    for one, other in zip(whole[4:], late, strict=True):
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def test_every_step_scale_and_seed_draws_other_numbers():
    trainers = [new_trainer(1), new_trainer(2), new_trainer(1, seed=1)]
    draws = [flat(drawn(t, step)) for t in trainers for step in range(3)]
    again = flat(drawn(trainers[0], 1))
    assert [x.tobytes() for x in again] == [x.tobytes() for x in draws[1]]
    for one, other in itertools.combinations(draws, 2):
        equal = [np.array_equal(a, b) for a in one for b in other]
        assert not any(equal)


def test_the_draws_of_one_step_differ_too():
    trainer = new_trainer(2, discriminator_steps=3)
    draw = trainer.draw(tf.constant(0, tf.int64))
    assert [x.shape for x in draw["lower"]] == [(3, 18, 23, 3), (3, 24, 30, 3)]
    for lower in draw["lower"]:
        assert not np.array_equal(lower[0], lower[1])
    assert draw["z"].shape == (1, 32, 40, 3)
    assert len(set(draw["u"].numpy().tolist())) == 3
    amp = trainer.pyramid.noise_amps.numpy()[2]
    np.testing.assert_allclose(np.std(draw["z"]), amp, rtol=0.1)
