"""The training step in a graph, under XLA and in mixed precision."""

import numpy as np
import pytest
import tensorflow as tf

from keras_singan.ops.resize import resize

LOSSES = {
    *("discriminator_loss", "gradient_penalty"),
    *("adversarial_loss", "reconstruction_loss"),
}


@pytest.mark.parametrize("normalization", ["batch", "instance", None])
def test_a_graph_takes_the_same_step_as_eager(make_scale_gan, make_data, normalization):
    network = {"normalization": normalization}
    eager, graph = (make_scale_gan(network=network) for _ in range(2))
    step = tf.function(graph.train_step)
    for i in range(2):
        wanted, logs = eager.train_step(make_data(i)), step(make_data(i))
        for name in LOSSES:
            np.testing.assert_allclose(logs[name], wanted[name], rtol=1e-3, atol=1e-5)


def test_mixed_precision_trains_in_float32_weights(make_scale_gan, make_data):
    network = {"dtype": "mixed_bfloat16"}
    mixed, exact = make_scale_gan(network=network), make_scale_gan()
    logs, wanted = (gan.train_step(make_data()) for gan in (mixed, exact))
    assert all(v.dtype == "float32" for v in mixed.weights)
    for name in LOSSES:
        assert logs[name].dtype == tf.float32
        np.testing.assert_allclose(logs[name], wanted[name], rtol=0.05, atol=0.02)


def test_xla_takes_a_step_near_the_uncompiled_one(make_scale_gan, make_data):
    def draw_previous(lower):
        return resize(lower[:, ::2, ::2], (9, 8))  # as all scales but the first do

    data, histories = make_data(draws=1), []
    steps = {"discriminator_steps": 1, "generator_steps": 1}
    dataset = tf.data.Dataset.from_tensors(data).repeat(2)
    for jit_compile in (False, True):
        scale_gan = make_scale_gan(
            draw_previous=draw_previous, jit_compile=jit_compile, **steps
        )
        assert scale_gan.jit_compile is jit_compile
        fitted = scale_gan.fit(dataset, epochs=1, shuffle=False, verbose=0)
        histories.append(fitted.history)
    plain, compiled = histories
    for name in LOSSES:
        np.testing.assert_allclose(compiled[name], plain[name], rtol=0.02, atol=1e-3)
