"""A generator in strips: the same image as from the whole."""

import numpy as np
import pytest
import tensorflow as tf
from support.tiny_models import randomize

from keras_singan.models import strip_tiling
from keras_singan.models.networks import Generator


def generator(seed=3, **kwargs):
    network = Generator(**{"filters": 4, "num_layers": 3, "seed": seed} | kwargs)
    rng = np.random.default_rng(seed)
    for block in network.blocks:
        if block.normalization == "batch":
            block.norm.moving_mean.assign(rng.normal(0, 0.1, 4))
            block.norm.moving_variance.assign(rng.uniform(0.5, 2, 4))
    randomize([network], seed=seed)
    return network


def inputs(network, size=(23, 17), batch=2):
    rng = np.random.default_rng(1)
    grown = 2 * network.margin if network.padding == "noise" else 0
    height, width = size
    z = rng.normal(size=(batch, height + grown, width + grown, network.channels))
    previous = rng.uniform(-1, 1, (batch, height, width, network.channels))
    return tf.constant(z, tf.float32), tf.constant(previous, tf.float32)


def limit(monkeypatch, network, rows, size=(23, 17), batch=2):
    """Leaves memory for so many output rows at once."""
    row_bytes = 12 * batch * size[1] * network.filters
    bound = row_bytes * (rows + 2 * network.margin)
    monkeypatch.setattr(strip_tiling, "STRIP_BYTES", bound)
    assert strip_tiling.strip_rows([batch, *size, 3], network) == rows


@pytest.mark.parametrize("rows", [1, 4, 22, 23])
@pytest.mark.parametrize(
    "kwargs",
    [{}, {"padding": "noise"}, {"normalization": None}, {"channels": 1}],
)
def test_strips_equal_the_whole(monkeypatch, rows, kwargs):
    network = generator(**kwargs)
    z, previous = inputs(network)
    whole = network(z, previous, training=False)
    limit(monkeypatch, network, rows)
    in_strips = strip_tiling.apply_in_strips(network, z, previous)
    assert in_strips.shape == whole.shape
    assert np.abs(in_strips - whole).max() < 1e-5


def test_strips_equal_the_whole_where_sizes_are_known_only_in_the_graph(monkeypatch):
    network = generator()
    limit(monkeypatch, network, 5)
    images = tf.TensorSpec((None, None, None, 3))
    graph = tf.function(
        lambda z, previous: strip_tiling.apply_in_strips(network, z, previous),
        input_signature=[images, images],
        autograph=False,
    )
    for size in [(23, 17), (5, 17), (1, 40)]:
        z, previous = inputs(network, size)
        whole = network(z, previous, training=False)
        assert np.abs(graph(z, previous) - whole).max() < 1e-5


def test_a_strip_never_holds_more_than_its_bytes(monkeypatch):
    network, heights = generator(), []
    limit(monkeypatch, network, 5)
    detail = network.detail

    def watched(padded, training=False):
        heights.append(padded.shape[1])
        return detail(padded, training)

    monkeypatch.setattr(network, "detail", watched)
    strip_tiling.apply_in_strips(network, *inputs(network))
    assert heights == [11, 11, 11, 11, 9]


def test_instance_normalization_sees_the_whole(monkeypatch):
    network = generator(normalization="instance")
    z, previous = inputs(network)
    whole = network(z, previous, training=False)
    limit(monkeypatch, network, 4)
    assert np.array_equal(strip_tiling.apply_in_strips(network, z, previous), whole)


def test_huge_images_do_not_overflow():
    network = Generator(filters=128)
    static = strip_tiling.strip_rows([1, 10**6, 10**6, 3], network)
    sides = [tf.constant(side) for side in (1, 10**6, 10**6, 3)]
    assert static == strip_tiling.strip_rows(sides, network) == 1
