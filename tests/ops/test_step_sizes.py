"""The sizes on the way to an enlargement, against exact arithmetic."""

import math
from decimal import Decimal
from decimal import localcontext

import numpy as np
import pytest
import tensorflow as tf

from keras_singan.geometry import scaled
from keras_singan.geometry import super_resolution_steps
from keras_singan.ops.step_sizes import MAX_FACTOR
from keras_singan.ops.step_sizes import step_sizes

# Where the number of steps changes: the last bit of a logarithm decides.
EDGES = [2 ** ((2 * k + 1) / 6) for k in range(18)]
FACTORS = [
    *(1.0001, 1.01, 1.1, 1.15, 1.25, 1.3, 1.5, 2, 2.25, 2.5, 3, 3.375, 4, 5, 6.25),
    *(7.7, 8, 10.05, 15.625, 16, 31.4, 63.9, MAX_FACTOR),
    *EDGES,
    *(math.nextafter(edge, 0) for edge in EDGES),
]


@tf.function(
    input_signature=[tf.TensorSpec([2], tf.int32), tf.TensorSpec([], tf.float64)]
)
def in_graph(size, factor):
    return step_sizes(size, factor)


def exact(side, factor, step, steps):
    """`side * factor ** (step / steps)`, rounded, halves up, of 50 digits."""
    with localcontext(prec=50):
        power = Decimal(factor) ** (Decimal(step) / Decimal(steps))
        # 3.375 ** (2/6) is 1.5, but for the last digits.
        return math.floor(side * power + Decimal("0.5") + Decimal("1e-20"))


@pytest.mark.parametrize("factor", FACTORS)
def test_the_last_size_and_the_steps_are_those_of_geometry(factor):
    for height in range(1, 200, 7):
        size = (height, 2 * height + 1)
        sizes = in_graph(size, factor).numpy()
        assert sizes.shape == (super_resolution_steps(factor)[0], 2)
        assert tuple(sizes[-1]) == scaled(size, factor)
        assert np.array_equal(step_sizes(size, factor), sizes)


def test_random_factors_too():
    rng = np.random.default_rng(0)
    for _ in range(1000):
        size = tuple(int(side) for side in rng.integers(1, 3000, 2))
        # Few decimals, as people type them: they meet halves often.
        factor = round(float(64 ** rng.uniform(0.001, 1)), int(rng.integers(1, 4)))
        factor = max(factor, 1.01)
        sizes = in_graph(size, factor).numpy()
        assert len(sizes) == super_resolution_steps(factor)[0]
        assert tuple(sizes[-1]) == scaled(size, factor)


@pytest.mark.parametrize("factor", FACTORS)
def test_the_sizes_between_are_exact_powers_rounded(factor):
    for side in (1, 2, 7, 25, 81, 120, 333, 99_991):
        sizes = in_graph((side, side + 1), factor).numpy()
        steps = len(sizes)
        for step in range(1, steps):
            wanted = [exact(n, factor, step, steps) for n in (side, side + 1)]
            assert list(sizes[step - 1]) == wanted
        assert (np.diff(sizes, axis=0) >= 0).all()


def test_the_published_example():
    sizes = step_sizes((80, 120), 4)
    assert sizes.dtype == tf.int32
    assert sizes.numpy().tolist() == [
        *([101, 151], [127, 190], [160, 240], [202, 302], [254, 381], [320, 480]),
    ]


def test_a_factor_of_python_is_not_rounded_to_float32():
    assert float(np.float32(1.3)) < 1.3 and scaled((5, 15), 1.3) == (7, 20)
    for factor in (1.3, np.float64(1.3), tf.constant(1.3, tf.float64)):
        assert step_sizes((5, 15), factor).numpy()[-1].tolist() == [7, 20]


def test_a_float32_means_what_was_typed():
    assert float(np.float32(1.15)) < 1.15 and scaled((10, 30), 1.15) == (12, 35)
    rng = np.random.default_rng(1)
    typed = [1.15, 1.3, 2.00001, 63.99999]
    typed += [round(64 ** rng.uniform(0.001, 1), i % 5 + 1) for i in range(200)]
    for factor in typed:
        factor = max(factor, 1.1)
        size = tuple(int(side) for side in 5 * rng.integers(1, 600, 2))
        sizes = step_sizes(size, tf.constant(factor, tf.float32))
        assert np.array_equal(sizes, step_sizes(size, factor))


def test_a_float32_means_what_was_typed_in_a_graph_too():
    def last(size, factor):
        return step_sizes(size, factor)[-1]

    size, factor = tf.TensorSpec((2,), tf.int32), tf.TensorSpec((), tf.float32)
    # A graph is optimised, as it is on a server.
    graph = tf.function(last, input_signature=[size, factor], autograph=False)
    for side, factor in ((50, 1.15), (10, 1.15), (30, 1.15), (25, 1.3)):
        result = graph(tf.constant([side, side]), tf.constant(factor))
        assert tuple(result.numpy()) == scaled((side, side), factor)
