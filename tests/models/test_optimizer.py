"""`FusedAdam` is Keras' Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models.optimizer import FusedAdam


def schedule():
    return keras.optimizers.schedules.PiecewiseConstantDecay([2], [0.1, 0.01])


def in_a_graph(optimizer, weights):
    return tf.function(lambda gradients: optimizer.apply(gradients, weights))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rate", [lambda: 0.05, schedule])
def test_updates_and_moments_are_those_of_keras(rate, dtype):
    runs = []
    for kind in (FusedAdam, keras.optimizers.Adam):
        optimizer = kind(rate(), 0.5, 0.999, epsilon=1e-8)
        weights = [
            keras.Variable(np.full(shape, 0.3, dtype)) for shape in ((2, 3), (4,))
        ]
        optimizer.build(weights)
        apply = in_a_graph(optimizer, weights)
        for i in range(5):
            key = [[i, k] for k in range(2)]
            gradients = [
                tf.random.stateless_normal(w.shape, k, dtype=dtype)
                for w, k in zip(weights, key, strict=True)
            ]
            apply(gradients)
        runs.append([v.numpy() for v in [*weights, *optimizer.variables]])
    for ours, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=5e-6)


def test_it_is_saved_as_itself():
    config = keras.saving.serialize_keras_object(FusedAdam(0.1, beta_1=0.3))
    again = keras.saving.deserialize_keras_object(config)
    assert type(again) is FusedAdam and again.beta_1 == 0.3
