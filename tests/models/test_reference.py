"""One training iteration, number by number, as the published networks do it.

`data/networks.npz` was computed with PyTorch. Its convolutions have a bias before
each normalization, ours have not: in training the normalization takes it away,
otherwise it belongs to the moving mean. Its moving variance is the unbiased one.
"""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models.networks import Discriminator
from keras_singan.models.networks import Generator
from keras_singan.models.scale_gan import ScaleGAN

BLOCKS = ["head", "body.block1", "body.block2", "body.block3"]
TAILS = {"G": "tail.0", "D": "tail"}
RATE = 5e-4


@pytest.fixture(scope="module")
def npz():
    with np.load(Path(__file__).parents[1] / "data" / "networks.npz") as file:
        return dict(file)


def names(network):
    """The reference's names of our trainable variables, in our order."""
    parts = ["conv.weight", "norm.weight", "norm.bias"]
    inner = [f"{block}.{part}" for block in BLOCKS for part in parts]
    return inner + [f"{TAILS[network]}.{part}" for part in ("weight", "bias")]


def variables(net):
    result = []
    for block in net.blocks:
        result += [block.conv.kernel, block.norm.gamma, block.norm.beta]
    return [*result, net.tail.kernel, net.tail.bias]


def load(npz, network, state):
    net = Generator() if network == "G" else Discriminator()
    for variable, name in zip(variables(net), names(network), strict=True):
        variable.assign(npz[f"{state}.{name}"])
    for block, name in zip(net.blocks, BLOCKS, strict=True):
        stored = {
            key: npz[f"{state}.{name}.{key}"]
            for key in ("norm.running_mean", "norm.running_var", "conv.bias")
        }
        mean = stored["norm.running_mean"] - stored["conv.bias"]
        block.norm.moving_mean.assign(mean)
        block.norm.moving_variance.assign(stored["norm.running_var"])
    return net


def unpadded(image):
    """The image without the border of zeros that our generator adds itself."""
    inner = image[:, 5:-5, 5:-5]
    assert np.count_nonzero(image) == np.count_nonzero(inner)
    return tf.constant(inner)


def generator_input(npz):
    z = npz["noise_amp"] * unpadded(npz["z_padded"])
    return z, unpadded(npz["prev_padded"])


def assert_close(got, wanted, tolerance=1e-4):
    """Errors must be small against the largest number."""
    got, largest = np.asarray(got), np.abs(wanted).max()
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * largest)


def test_the_generator_in_training(npz):
    image = load(npz, "G", "G0")(*generator_input(npz), training=True)
    assert_close(image, npz["G_train_out"], 1e-5)


def test_the_moving_averages_after_one_pass(npz):
    net = load(npz, "G", "G0")
    net(*generator_input(npz), training=True)
    height, width = npz["z_padded"].shape[1:3]
    for i, (block, name) in enumerate(zip(net.blocks, BLOCKS, strict=True)):
        stored = f"G_after_one_train_forward.{name}"
        bias, running_mean, running_var = (
            npz[f"{stored}.{key}"]
            for key in ("conv.bias", "norm.running_mean", "norm.running_var")
        )
        # Before: -bias. After: 0.9 * -bias + 0.1 * (mean - bias).
        assert_close(block.norm.moving_mean + bias, running_mean, 1e-5)
        pixels = (height - 2 * i - 2) * (width - 2 * i - 2)
        new = (block.norm.moving_variance - 0.9) * pixels / (pixels - 1)
        assert_close(0.9 + new, running_var, 1e-6)


def test_the_generator_in_sampling(npz):
    net = load(npz, "G", "G_after_one_train_forward")
    assert_close(net(*generator_input(npz)), npz["G_eval_out"], 1e-5)


def test_the_discriminator_in_training(npz):
    scores = load(npz, "D", "D0")(npz["real"], training=True)
    assert scores.shape == (1, 10, 14, 1)
    assert_close(scores, npz["D_train_out_real"], 1e-5)


def test_the_gradient_penalty_and_all_its_gradients(npz):
    net = load(npz, "D", "D0")
    scale_gan = ScaleGAN(Generator(), net)
    real, fake = tf.constant(npz["real"]), tf.constant(npz["G_train_out"])
    with tf.GradientTape() as tape:
        penalty = 0.1 * scale_gan.gradient_penalty(real, fake, npz["gp_epsilon"])
    assert_close(penalty, npz["gp_value"], 1e-5)
    gradients = tape.gradient(penalty, variables(net))
    assert gradients.pop() is None  # the last bias shifts all scores alike
    assert npz["gp_grad.tail.bias"] == 0
    for gradient, name in zip(gradients, names("D")[:-1], strict=True):
        assert_close(gradient, npz[f"gp_grad.{name}"])


def test_the_gradient_of_the_scores_between_real_and_fake(npz):
    net, u = load(npz, "D", "D0"), npz["gp_epsilon"]
    middle = tf.constant(u * npz["real"] + (1 - u) * npz["G_train_out"])
    with tf.GradientTape() as tape:
        tape.watch(middle)
        total = tf.reduce_sum(net(middle, training=True))
    assert_close(tape.gradient(total, middle), npz["gp_input_gradient"])


def train_once(npz):
    generator, discriminator = load(npz, "G", "G0"), load(npz, "D", "D0")
    scale_gan = ScaleGAN(
        generator, discriminator, discriminator_steps=1, generator_steps=1
    )
    adams = [keras.optimizers.Adam(RATE, 0.5, 0.999, epsilon=1e-8) for _ in "DG"]
    scale_gan.compile(*adams, draw_previous=lambda lower: lower)
    z, previous = generator_input(npz)
    data = {
        "real": tf.constant(npz["real"]),
        "previous_rec": unpadded(npz["rec_prev_padded"]),
        "z": z,
        "z_rec": tf.zeros_like(z),
        "lower": previous,
        "u": tf.constant([npz["gp_epsilon"]]),
    }
    logs = scale_gan.train_step(data)
    return {"G": generator, "D": discriminator}, logs


def assert_same_step(net, npz, network):
    """Adam's first step is the rate times the sign of the gradient.

    It magnifies rounding where a gradient is nearly 0: of each variable a few
    weights in a thousand may be off by 2 % of a step, and none by half a step.
    """
    before, after = f"{network}0", f"{network}_after_step"
    for variable, name in zip(variables(net), names(network), strict=True):
        if f"{network}.{name}" == "D.tail.bias":
            continue  # Its gradient, of fake minus real, is truly 0.
        wanted = npz[f"{after}.{name}"]
        moved = np.abs(wanted - npz[f"{before}.{name}"])
        assert np.median(moved) > 0.99 * RATE
        error = np.abs(variable.numpy() - wanted)
        assert np.count_nonzero(error > 0.02 * RATE) <= max(1, 0.005 * error.size)
        assert error.max() < 0.5 * RATE


def test_one_iteration_takes_the_published_step(npz):
    nets, logs = train_once(npz)
    critic = npz["step_d_loss_real"] + npz["step_d_loss_fake"]
    # The difference of two losses of 0.3, so the error counts against them.
    np.testing.assert_allclose(logs["discriminator_loss"], critic, atol=1e-5)
    assert_close(0.1 * logs["gradient_penalty"], npz["step_gp"])
    assert_same_step(nets["D"], npz, "D")
    assert_close(logs["adversarial_loss"], npz["step_g_loss_adv"], 1e-3)
    assert_close(10 * logs["reconstruction_loss"], npz["step_g_loss_rec"])
    assert_same_step(nets["G"], npz, "G")
