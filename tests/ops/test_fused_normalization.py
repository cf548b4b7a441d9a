"""The block, and its fused batch normalization."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models.blocks import ConvBlock
from keras_singan.models.blocks import FusedBatchNormalization as OurBatchNorm
from keras_singan.ops.fused_normalization import normalize


def values(*shape, seed=0):
    return tf.random.stateless_normal(shape, (seed, 1))


def test_a_block_knows_its_shape_and_its_slope():
    block = ConvBlock(6, 3, normalization=None, seed=1)
    image = values(2, 9, 8, 3)
    shape = block.compute_output_shape(image.shape)
    assert shape == (2, 7, 6, 6) == block(image).shape
    assert block.compute_output_shape((None, None, 8, 3)) == (None, None, 6, 6)
    plain = block.conv(image)
    np.testing.assert_allclose(
        block(image), np.where(plain > 0, plain, 0.2 * plain), atol=1e-7
    )
    again = ConvBlock.from_config(block.get_config())
    assert set(again.get_config()) >= {"filters", "channels_in", "normalization"}
    np.testing.assert_array_equal(again(image), block(image))


def both_norms(channels=4):
    """Ours and Keras', with equal weights that are not the initial ones."""
    pair = [
        kind(momentum=0.9, epsilon=1e-5)
        for kind in (OurBatchNorm, keras.layers.BatchNormalization)
    ]
    rng = np.random.default_rng(0)
    weights = [rng.uniform(0.5, 1.5, channels) for _ in range(4)]
    for layer in pair:
        layer.build((None, None, None, channels))
        layer.set_weights(weights)
    return pair


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("training", [True, False, None])
def test_batch_normalization_is_that_of_keras(training, count):
    ours, keras_own = both_norms()
    image = 2 * values(count, 9, 8, 4) + 1
    np.testing.assert_allclose(
        ours(image, training=training),
        keras_own(image, training=training),
        rtol=1e-5,
        atol=1e-5,
    )
    for a, b in zip(ours.get_weights(), keras_own.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6)


def test_averages_need_not_be_gathered():
    ours, _ = both_norms()
    before = ours.get_weights()
    ours.gathers = False
    ours(values(1, 9, 8, 4), training=True)
    for a, b in zip(before, ours.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_samples_are_normalised_by_the_averages_alone():
    ours, keras_own = both_norms()
    images = values(3, 9, 8, 4) * 2 + 1
    np.testing.assert_allclose(ours(images), keras_own(images), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(ours(images)[1:2], ours(images[1:2]), atol=1e-6)


@pytest.mark.parametrize("training", [True, False])
def test_instance_normalization_takes_every_image_by_itself(training):
    block = ConvBlock(4, 3, normalization="instance", seed=1)
    images = values(2, 19, 18, 3)
    normal = block.norm(block.conv(images), training=training)
    np.testing.assert_allclose(
        np.mean(normal, axis=(1, 2)), np.zeros((2, 4)), atol=1e-5
    )
    spread = np.std(normal, axis=(1, 2)) / block.norm.gamma
    np.testing.assert_allclose(spread, np.ones((2, 4)), atol=0.01)
    np.testing.assert_allclose(
        block(images, training=training)[1:],
        block(images[1:], training=not training),
        atol=1e-6,
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_batch_norm_answers_in_the_compute_dtype_and_keeps_float32(dtype, training):
    layer = OurBatchNorm(momentum=0.9, dtype=dtype)
    layer.build((None, None, None, 4))
    image = tf.cast(values(1, 40, 40, 4) * 2 + 1, layer.compute_dtype)
    assert layer(image, training=training).dtype == layer.compute_dtype
    for average in (layer.moving_mean, layer.moving_variance):
        assert average.dtype == "float32"
    if training:
        mean = np.mean(np.float32(image), axis=(0, 1, 2))
        np.testing.assert_allclose(layer.moving_mean, 0.1 * mean, rtol=1e-4)


def test_a_constant_image_is_normalised_to_the_shift():
    layer, _ = both_norms()
    flat = tf.fill((1, 5, 5, 4), 7.0)
    result = layer(flat, training=True)
    np.testing.assert_allclose(result, flat * 0 + layer.beta, atol=1e-5)


def test_the_statistics_take_part_in_the_gradient():
    layer, _ = both_norms()
    image = values(1, 5, 5, 4)
    with tf.GradientTape() as tape:
        tape.watch(image)
        loss = tf.reduce_sum(layer(image, training=True) * values(1, 5, 5, 4, seed=1))
    gradient = tape.gradient(loss, image)
    # Neither brightness nor contrast of a channel can change the result.
    np.testing.assert_allclose(tf.reduce_sum(gradient, (1, 2)), [[0] * 4], atol=1e-4)
    along = tf.reduce_sum(gradient * image, (1, 2))
    np.testing.assert_allclose(along, [[0] * 4], atol=1e-3)
    assert np.abs(gradient).max() > 0.1


def textbook(x, scale, offset, epsilon):
    x = tf.cast(x, tf.float32)
    mean = tf.reduce_mean(x, (0, 1, 2))
    variance = tf.reduce_mean(tf.square(x - mean), (0, 1, 2))
    return (x - mean) * tf.math.rsqrt(variance + epsilon) * scale + offset


def penalised(norm, dtype, graph):
    """A penalty on a gradient through two norms, and all its derivatives."""
    x, kernel = 3.0 * values(1, 13, 17, 6) + 1.0, values(3, 3, 6, 6, seed=1) / 7
    scale, offset = values(6, seed=2) + 1.5, values(6, seed=3)

    def derivatives():
        with tf.GradientTape() as outer:
            outer.watch([x, kernel, scale, offset])
            with tf.GradientTape() as inner:
                inner.watch(x)
                y = tf.cast(x, dtype)
                for _ in range(2):
                    y = tf.nn.conv2d(y, tf.cast(kernel, dtype), 1, "VALID")
                    y = tf.nn.leaky_relu(norm(y, scale, offset, 1e-5), 0.2)
                    y = tf.cast(y, dtype)
                score = tf.reduce_sum(tf.sin(tf.cast(y, tf.float32)))
            slope = inner.gradient(score, x)
            loss = tf.reduce_mean(tf.square(tf.norm(slope, axis=-1) - 1.0)) + score
        return slope, *outer.gradient(loss, [x, kernel, scale, offset])

    if graph is None:
        return derivatives()
    return tf.function(derivatives, jit_compile=graph == "XLA")()


@pytest.mark.parametrize("graph", [None, "graph", "XLA"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [("float32", 1e-5), ("bfloat16", 0.05)]
)
def test_first_and_second_derivatives_are_those_of_the_formula(dtype, tolerance, graph):
    ours = penalised(lambda *args: normalize(*args)[0], dtype, graph)
    for got, wanted in zip(ours, penalised(textbook, dtype, graph), strict=True):
        error = np.abs(got - wanted).max() / np.abs(wanted).max()
        assert error < tolerance


def test_the_other_second_derivatives_are_refused_and_not_wrong():
    x, scale, offset = values(1, 5, 5, 2), tf.ones(2), tf.zeros(2)

    @tf.function(autograph=False)
    def derivative_of_the_scales_derivative():
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as inner:
                inner.watch(scale)
                y = tf.square(normalize(x, scale, offset, 1e-5)[0])
            slope = inner.gradient(y, scale)
        return outer.gradient(slope, x)

    with pytest.raises(LookupError, match="input can be differentiated again"):
        derivative_of_the_scales_derivative()
