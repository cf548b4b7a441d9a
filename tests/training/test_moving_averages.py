"""The averages taken anew: means over the inputs, and nothing else moves."""

import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models.networks import Generator
from keras_singan.training.moving_averages import estimate_averages


def generator(normalization="batch", **kwargs):
    return Generator(
        filters=4, num_layers=3, normalization=normalization, seed=1, **kwargs
    )


def inputs(count=3, spread=1.0, weights=(1.0,)):
    """Noise, image and weight, each noise brighter than the one before."""
    shape = (1, 9, 8, 3)
    return [
        (
            tf.random.stateless_normal(shape, (i, 1)) * spread + i,
            tf.random.stateless_normal(shape, (i, 2)),
            weights[i % len(weights)],
        )
        for i in range(count)
    ]


def averages(net):
    kept = [block.norm for block in net.blocks]
    return [a.numpy() for n in kept for a in (n.moving_mean, n.moving_variance)]


def statistics_of(net, z, previous):
    """What one pass in training sees in each block."""
    x, result = tf.pad(z + previous, [[0, 0], [3, 3], [3, 3], [0, 0]]), []
    for block in net.blocks:
        seen = block.conv(x).numpy()
        result += [seen.mean(axis=(0, 1, 2)), seen.var(axis=(0, 1, 2))]
        x = block(x, training=True)
    return result


def assert_all_close(got, wanted, **tolerance):
    assert len(got) == len(wanted)
    for a, b in zip(got, wanted, strict=True):
        np.testing.assert_allclose(a, b, **tolerance)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("weights", [(1.0,), (1.0, 3.0)])
def test_each_average_is_the_weighted_mean_over_the_inputs(count, weights):
    net, reference = generator(), generator()
    given = inputs(count, weights=weights)
    estimate_averages(net, given)
    seen = [statistics_of(reference, z, previous) for z, previous, _ in given]
    weights = [weight for *_, weight in given]
    wanted = [
        np.average(values, axis=0, weights=weights)
        for values in zip(*seen, strict=True)
    ]
    assert_all_close(averages(net), wanted, rtol=1e-4, atol=1e-6)


def test_what_was_gathered_before_does_not_count():
    net, fresh = generator(), generator()
    for z, previous, _ in inputs(4, spread=50.0):
        net(z, previous, training=True)
    assert np.abs(averages(net)[1] - averages(fresh)[1]).max() > 0.1
    estimate_averages(net, inputs())
    estimate_averages(fresh, iter(inputs()))
    assert_all_close(averages(net), averages(fresh), rtol=0)


def test_the_order_of_the_inputs_does_not_count():
    net, reverse = generator(), generator()
    estimate_averages(net, inputs())
    estimate_averages(reverse, inputs()[::-1])
    assert_all_close(averages(net), averages(reverse), rtol=1e-4, atol=1e-6)


def test_a_single_image_is_then_generated_alike_in_training_and_in_sampling():
    net = generator()
    (pair,) = inputs(1)
    estimate_averages(net, [pair])
    once = net(*pair[:2], training=True)
    np.testing.assert_allclose(net(*pair[:2]), once, atol=1e-4)


def test_no_weight_moves_and_the_momentum_comes_back():
    net = generator()
    before = [v.numpy() for v in net.trainable_variables]
    estimate_averages(net, inputs())
    assert_all_close([v.numpy() for v in net.trainable_variables], before, rtol=0)
    assert [block.norm.momentum for block in net.blocks] == [0.9, 0.9]


def test_the_momentum_comes_back_after_an_error_too():
    def broken():
        yield from inputs(2)
        raise RuntimeError("out of data")

    net = generator()
    with pytest.raises(RuntimeError, match="out of data"):
        estimate_averages(net, broken())
    assert [block.norm.momentum for block in net.blocks] == [0.9, 0.9]


def test_without_inputs_nothing_changes():
    net = generator()
    before = net.get_weights()
    estimate_averages(net, [])
    assert_all_close(net.get_weights(), before, rtol=0)


@pytest.mark.parametrize("normalization", ["instance", None])
def test_a_generator_without_averages_is_left_alone(normalization):
    def untouched():
        raise AssertionError("the inputs are not needed")
        yield

    net = generator(normalization)
    before = net.get_weights()
    estimate_averages(net, untouched())
    assert_all_close(net.get_weights(), before, rtol=0)


def test_noise_in_the_margin_is_seen_too():
    net = generator(padding="noise")
    z = tf.random.stateless_normal((1, 15, 14, 3), (0, 1)) + 5
    estimate_averages(net, [(z, tf.zeros((1, 9, 8, 3)), 1.0)])
    seen = net.blocks[0].conv(z).numpy()
    wanted = [seen.mean(axis=(0, 1, 2)), seen.var(axis=(0, 1, 2))]
    assert_all_close(averages(net)[:2], wanted, rtol=1e-4, atol=1e-6)
