"""Signs, closed forms and gradients of the losses."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models import losses
from keras_singan.models.networks import Generator
from keras_singan.models.scale_gan import ScaleGAN


def values(*shape, seed=0):
    return tf.random.stateless_normal(shape, (seed, 1))


class Critic(keras.Model):
    """A stand-in for the discriminator, so that its gradient is known."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def call(self, image, training=False):
        return self.function(image)


def penalty_of(function, real, fake, u=0.3):
    scale_gan = ScaleGAN(Generator(filters=1, num_layers=2), Critic(function))
    return scale_gan.gradient_penalty(real, fake, u)


def test_the_critic_wants_high_scores_for_the_real_image_and_low_for_the_fake():
    low, high = tf.constant([-3.0, 1.0]), tf.constant([2.0, 6.0])
    assert losses.critic_loss(real_scores=high, fake_scores=low) == -1 - 4
    assert losses.critic_loss(real_scores=low, fake_scores=high) == 4 + 1


def test_the_generator_wants_high_scores_for_the_fake_image():
    assert losses.adversarial_loss(tf.constant([2.0, 6.0])) == -4
    scores = values(1, 4, 5, 1)
    against = losses.critic_loss(tf.zeros_like(scores), scores)
    assert against == -losses.adversarial_loss(scores)


def test_no_loss_depends_on_the_size_of_the_image():
    def tiled(image):
        return tf.tile(image, (1, 3, 2, 1))

    a, b = values(1, 4, 5, 3), values(1, 4, 5, 3, seed=1)
    for loss in (losses.critic_loss, losses.reconstruction_loss):
        np.testing.assert_allclose(loss(tiled(a), tiled(b)), loss(a, b), rtol=1e-5)
    for loss in (losses.adversarial_loss, losses.gradient_penalty):
        np.testing.assert_allclose(loss(tiled(a)), loss(a), rtol=1e-5)


def test_the_reconstruction_loss_is_the_mean_squared_error():
    real = values(1, 4, 5, 3)
    assert losses.reconstruction_loss(real, real) == 0
    np.testing.assert_allclose(losses.reconstruction_loss(real + 3, real), 9, rtol=1e-6)
    other = values(1, 4, 5, 3, seed=1)
    np.testing.assert_allclose(
        losses.reconstruction_loss(other, real),
        np.mean((other.numpy() - real.numpy()) ** 2),
        rtol=1e-6,
    )


def test_interpolation_ends_at_the_real_image_for_one_and_at_the_fake_for_zero():
    real, fake = values(1, 4, 5, 3), values(1, 4, 5, 3, seed=1)
    np.testing.assert_array_equal(losses.interpolate(real, fake, 1.0), real)
    np.testing.assert_array_equal(losses.interpolate(real, fake, 0.0), fake)
    np.testing.assert_allclose(
        losses.interpolate(real, fake, 0.25), fake + (real - fake) / 4, atol=1e-6
    )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_the_norm_is_taken_over_the_channels_of_each_pixel(channels):
    gradient = np.zeros((1, 2, 2, channels), "float32")
    gradient[0, 0, 0] = 3 / np.sqrt(channels)  # norm 3
    gradient[0, 0, 1, 0] = 1
    gradient[0, 1, 0, -1] = -1
    gradient[0, 1, 1, 0] = 0.5
    # (3 - 1)^2, twice 0, (0.5 - 1)^2: the mean of four pixels.
    np.testing.assert_allclose(
        losses.gradient_penalty(gradient), (4 + 0.25) / 4, rtol=1e-5
    )


@pytest.mark.parametrize(
    ("slope", "penalty"),
    [([1.0, 0.0, 0.0], 0), ([3.0, 4.0, 0.0], 16), ([0.0, 0.6, 0.8], 0), ([0, 0, 0], 1)],
)
def test_the_penalty_of_a_linear_critic_is_that_of_its_slope(slope, penalty):
    slope = tf.constant(slope, tf.float32)

    def critic(image):
        return tf.reduce_sum(image * slope, axis=-1, keepdims=True)

    real, fake = values(1, 6, 7, 3), values(1, 6, 7, 3, seed=1)
    got = penalty_of(critic, real, fake)
    np.testing.assert_allclose(got, penalty, rtol=1e-5, atol=1e-5)


def test_the_penalty_is_taken_at_the_interpolated_image():
    def critic(image):
        return tf.reduce_sum(image**2, axis=-1) / 2  # its gradient is the image

    real, fake = values(1, 6, 7, 3), values(1, 6, 7, 3, seed=1)
    for u in (0.0, 0.3, 1.0):
        middle = u * real.numpy() + (1 - u) * fake.numpy()
        wanted = np.mean((np.linalg.norm(middle, axis=-1) - 1) ** 2)
        got = penalty_of(critic, real, fake, u)
        np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_the_scores_of_all_patches_add_up_in_the_gradient():
    kernel = tf.fill((3, 3, 1, 1), 0.25)

    def critic(image):
        return tf.nn.conv2d(image, kernel, 1, "VALID")

    # A pixel's slope is 1/4 for each of the 3x3 patches that hold it.
    patches = np.convolve(np.ones(4), np.ones(3))
    slope = np.outer(patches, patches) / 4
    image = values(1, 6, 6, 1)
    np.testing.assert_allclose(
        penalty_of(critic, image, image), np.mean((slope - 1) ** 2), rtol=1e-5
    )


@pytest.mark.parametrize("size", [0.0, 1e-30, 1e-12])
def test_the_penalty_and_its_derivative_are_finite_where_the_gradient_vanishes(size):
    gradient = tf.fill((1, 3, 3, 2), size)
    with tf.GradientTape() as tape:
        tape.watch(gradient)
        penalty = losses.gradient_penalty(gradient)
    np.testing.assert_allclose(penalty, 1, rtol=1e-4)
    slope = tape.gradient(penalty, gradient)
    assert np.isfinite(slope).all()
    if size == 0:
        assert not np.any(slope)


def test_the_penalty_pulls_the_slope_of_a_critic_towards_one():
    for start, sign in ((0.2, -1), (3.0, 1)):
        slope = tf.constant(start)
        with tf.GradientTape() as tape:
            tape.watch(slope)
            penalty = penalty_of(
                lambda x, slope=slope: slope * x,
                values(1, 3, 3, 1),
                values(1, 3, 3, 1, seed=1),
            )
        # d (s - 1)^2 / ds = 2 (s - 1): the second derivative of the critic.
        got = tape.gradient(penalty, slope)
        np.testing.assert_allclose(got, 2 * (start - 1), rtol=1e-4)
        assert np.sign(got) == sign


def test_every_loss_is_a_float32_scalar():
    a, b = values(1, 4, 5, 3), values(1, 4, 5, 3, seed=1)
    for loss in (
        losses.critic_loss(a, b),
        losses.adversarial_loss(a),
        losses.gradient_penalty(a),
        losses.reconstruction_loss(a, b),
    ):
        assert loss.shape == () and loss.dtype == tf.float32
