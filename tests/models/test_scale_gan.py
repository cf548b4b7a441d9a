"""The training step: what it updates, how often, with which loss."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models import losses
from keras_singan.models.scale_gan import ScaleGAN

LOSSES = {
    *("discriminator_loss", "gradient_penalty"),
    *("adversarial_loss", "reconstruction_loss"),
}


def sgd(rate):
    return lambda: keras.optimizers.SGD(rate)


def weights(network):
    return [v.numpy() for v in network.trainable_variables]


def assert_equal(a, b):
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


def moved(before, after):
    """Which variables moved, and none that should is left out."""
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def without_detail(scale_gan):
    """Makes the generator give back its image from below."""
    kernel = scale_gan.generator.tail.kernel
    kernel.assign(tf.zeros_like(kernel))
    return scale_gan


@pytest.mark.parametrize(("d_steps", "g_steps"), [(1, 1), (3, 2), (2, 3)])
def test_an_iteration_has_as_many_updates_as_asked(
    make_scale_gan, make_data, d_steps, g_steps
):
    scale_gan = make_scale_gan(discriminator_steps=d_steps, generator_steps=g_steps)
    assert scale_gan.iteration == 0
    for i in (1, 2):
        logs = scale_gan.train_step(make_data(i, draws=d_steps))
        assert int(scale_gan.discriminator_optimizer.iterations) == i * d_steps
        assert int(scale_gan.generator_optimizer.iterations) == i * g_steps
        assert scale_gan.iteration == i and type(scale_gan.iteration) is int
    assert set(logs) == LOSSES
    assert all(np.isfinite(value) and value.shape == () for value in logs.values())


def test_each_update_moves_its_own_network_alone(make_scale_gan, make_data):
    scale_gan, data = make_scale_gan(), make_data()
    generator, discriminator = scale_gan.generator, scale_gan.discriminator
    g_before, d_before = weights(generator), weights(discriminator)
    everything = generator.get_weights()
    scale_gan._update_discriminator(data["real"], data["previous_rec"], 0.5)
    assert_equal(generator.get_weights(), everything)  # nor its averages
    d_after = weights(discriminator)
    # A bias of the scores is the same for real and fake: nothing moves it.
    assert moved(d_before, d_after) == [True] * (len(d_after) - 1) + [False]
    scale_gan.discriminator_optimizer = sgd(0.0)()
    scale_gan.train_step(data)
    assert_equal(weights(discriminator), d_after)
    assert all(moved(g_before, weights(generator)))


def test_the_images_from_below_are_zeros_or_what_is_drawn(make_scale_gan, make_data):
    data, seen = make_data(draws=3), []

    def draw_previous(lower):
        seen.append(lower)
        return 2.0 * lower

    kwargs = {"optimizer": sgd(0.0), "discriminator_steps": 3, "generator_steps": 1}
    for draw in (None, draw_previous):
        scale_gan = without_detail(make_scale_gan(draw_previous=draw, **kwargs))
        scores = scale_gan.discriminator
        logs = scale_gan.train_step(data)
        below = 2.0 * data["lower"] if draw else tf.zeros((3, *data["real"].shape[1:]))
        # The last of the draws is the last fake, and the generator's too.
        fake, real, u = below[2:], data["real"], data["u"][2]
        fake_scores = scores(fake, training=True)
        wanted = {
            "discriminator_loss": losses.critic_loss(
                scores(real, training=True), fake_scores
            ),
            "gradient_penalty": scale_gan.gradient_penalty(real, fake, u),
            "adversarial_loss": losses.adversarial_loss(fake_scores),
            "reconstruction_loss": losses.reconstruction_loss(
                data["previous_rec"], real
            ),
        }
        for name, value in wanted.items():
            np.testing.assert_allclose(logs[name], value, rtol=1e-4, atol=1e-7)
    assert len(seen) == 1
    np.testing.assert_array_equal(seen[0], data["lower"])


def test_every_discriminator_update_takes_the_next_image_and_the_next_u(
    make_scale_gan, make_data
):
    data, calls = make_data(draws=3), []
    scale_gan = without_detail(
        make_scale_gan(
            draw_previous=lambda lower: lower, discriminator_steps=3, generator_steps=1
        )
    )

    def spy(real, fake, u):
        calls.append((real, fake, u))
        return {}

    scale_gan._update_discriminator = spy
    scale_gan.train_step(data)
    assert_equal([c[0] for c in calls], [data["real"]] * 3)
    assert_equal([c[1] for c in calls], [data["lower"][i : i + 1] for i in range(3)])
    assert_equal([c[2] for c in calls], list(data["u"]))


def test_each_network_goes_down_its_own_loss(make_scale_gan, make_data):
    data = make_data(draws=1)
    steps = {"discriminator_steps": 1, "generator_steps": 1}
    scale_gan = make_scale_gan(optimizer=sgd(0.01), **steps)
    first, second = (scale_gan.train_step(data) for _ in range(2))

    def critic(logs):
        return logs["discriminator_loss"] + 0.1 * logs["gradient_penalty"]

    def total(logs):
        return logs["adversarial_loss"] + 10.0 * logs["reconstruction_loss"]

    assert critic(second) < critic(first)
    assert total(second) < total(first)


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("reconstruction_weight", "generator"),
        ("gradient_penalty_weight", "discriminator"),
    ],
)
def test_a_step_is_linear_in_the_weight_of_a_loss(
    make_scale_gan, make_data, name, network
):
    data, steps = make_data(draws=1), []
    for weight in (0.0, 1.0, 10.0):
        one = {"discriminator_steps": 1, "generator_steps": 1, name: weight}
        scale_gan = make_scale_gan(optimizer=sgd(1.0), **one)
        # The discriminator rests, so that the generator meets the same one.
        if network == "generator":
            scale_gan.discriminator_optimizer = sgd(0.0)()
        before = weights(getattr(scale_gan, network))
        scale_gan.train_step(data)
        after = weights(getattr(scale_gan, network))
        steps.append([b - a for a, b in zip(before, after, strict=True)])
    for none, one, ten in zip(*steps, strict=True):
        scale = np.abs(ten - none).max()
        np.testing.assert_allclose(ten - none, 10 * (one - none), atol=1e-4 * scale)
    assert np.abs(steps[1][0] - steps[0][0]).max() > 0


def test_the_reconstruction_starts_from_its_own_noise_and_image(
    make_scale_gan, make_data
):
    still = {"optimizer": sgd(0.0), "generator_steps": 1}
    scale_gan, data = make_scale_gan(**still), make_data()
    logs = scale_gan.train_step(data)
    image = scale_gan(data["z_rec"], data["previous_rec"], training=True)
    wanted = losses.reconstruction_loss(image, data["real"])
    np.testing.assert_allclose(logs["reconstruction_loss"], wanted, rtol=1e-5)
    other = make_data(1)
    changed = data | {"z_rec": other["z_rec"]}
    again = scale_gan.train_step(changed)
    assert again["adversarial_loss"] == logs["adversarial_loss"]
    assert abs(again["reconstruction_loss"] - wanted) > 1e-4


def test_the_step_is_a_pure_function_of_weights_and_data(make_scale_gan, make_data):
    a, b = make_scale_gan(), make_scale_gan()
    for i in range(3):
        assert a.train_step(make_data(i)) == b.train_step(make_data(i))
    assert_equal(a.get_weights(), b.get_weights())
    # No hidden state: averages are all that is kept besides the weights.
    names = {v.path.split("/")[-1] for v in a.non_trainable_variables}
    assert names == {"moving_mean", "moving_variance"}


def test_there_is_no_third_optimizer(make_scale_gan):
    scale_gan = make_scale_gan()
    assert scale_gan.optimizer is None
    own = [scale_gan.discriminator_optimizer, scale_gan.generator_optimizer]
    optimizers = [
        layer
        for layer in vars(scale_gan).values()
        if isinstance(layer, keras.optimizers.Optimizer)
    ]
    assert {id(o) for o in optimizers} == {id(o) for o in own}
    for optimizer, network in zip(
        own, (scale_gan.discriminator, scale_gan.generator), strict=True
    ):
        # Built when compiled: the counter, the rate if no schedule, two moments.
        assert optimizer.built
        moments = 2 * len(network.trainable_variables)
        assert len(optimizer.variables) == 1 + moments


def test_calling_it_generates(make_scale_gan, make_data):
    scale_gan, data = make_scale_gan(), make_data()
    image = scale_gan(data["z"], data["previous_rec"])
    wanted = scale_gan.generator(data["z"], data["previous_rec"])
    np.testing.assert_array_equal(image, wanted)


def test_it_has_the_published_defaults(make_scale_gan):
    made = make_scale_gan()
    default = ScaleGAN(made.generator, made.discriminator)
    assert default.discriminator_steps == default.generator_steps == 3
    assert default.reconstruction_weight == 10
    assert default.gradient_penalty_weight == 0.1
