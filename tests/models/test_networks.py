"""What the networks see, how large they are, and how their weights start."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.models.networks import Discriminator
from keras_singan.models.networks import Generator

NORMALIZATIONS = ["batch", "instance", None]
NETWORKS = [Generator, Discriminator]


def values(*shape, seed=0):
    return tf.random.stateless_normal(shape, (seed, 1))


def run(network, image, **kwargs):
    """The network on an image, which is all the noise that a generator gets."""
    if isinstance(network, Discriminator):
        return network(image, **kwargs)
    return network(image, tf.zeros_like(image), **kwargs)


def assert_equal_weights(a, b):
    assert len(a.get_weights()) == len(b.get_weights())
    for x, y in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("normalization", ["batch", None])
@pytest.mark.parametrize(("num_layers", "field"), [(2, 5), (5, 11)])
@pytest.mark.parametrize("network", NETWORKS)
def test_one_pixel_sees_exactly_the_receptive_field(
    network, num_layers, field, normalization
):
    net = network(filters=8, num_layers=num_layers, normalization=normalization, seed=3)
    image = values(1, 31, 33, 3)
    with tf.GradientTape() as tape:
        tape.watch(image)
        output = run(net, image)
        middle = output[:, output.shape[1] // 2, output.shape[2] // 2]
    gradient = np.abs(tape.gradient(middle, image)[0]).sum(axis=-1)
    rows, columns = np.nonzero(gradient)
    # An odd field around the middle pixel, and no hole in it.
    assert (rows.min(), rows.max()) == (15 - field // 2, 15 + field // 2)
    assert (columns.min(), columns.max()) == (16 - field // 2, 16 + field // 2)
    assert np.count_nonzero(gradient) == field**2


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_a_generator_keeps_the_size_and_a_discriminator_drops_a_margin(
    channels, normalization
):
    kwargs = {"filters": 4, "channels": channels, "normalization": normalization}
    image = values(2, 11, 14, channels)
    for training in (True, False):
        made = Generator(**kwargs)(image, image, training=training)
        assert made.shape == image.shape
        scores = Discriminator(**kwargs)(image, training=training)
        assert scores.shape == (2, 1, 4, 1)
    wide = values(2, 21, 24, channels)
    made = Generator(padding="noise", **kwargs)(wide, image)
    assert made.shape == image.shape


@pytest.mark.parametrize("filters", [32, 64, 128])
def test_the_standard_sizes_are_the_published_ones_less_the_idle_biases(filters):
    published = {32: (29763, 29185), 64: (114819, 113665), 128: (450819, 448513)}
    idle = 4 * filters  # biases that the normalization would take away
    for network, total in zip(NETWORKS, published[filters], strict=True):
        assert keras_size(network(filters=filters)) == total - idle


def keras_size(net):
    return sum(int(np.prod(v.shape)) for v in net.trainable_variables)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize(("channels", "filters", "layers"), [(3, 4, 2), (1, 6, 4)])
def test_parameters_are_counted_in_closed_form(
    channels, filters, layers, normalization
):
    extra = filters * (1 if normalization is None else 2)
    body = 9 * channels * filters + extra
    body += (layers - 2) * (9 * filters**2 + extra)
    kwargs = {"channels": channels, "filters": filters, "num_layers": layers}
    for network, out in ((Generator, channels), (Discriminator, 1)):
        net = network(normalization=normalization, **kwargs)
        assert keras_size(net) == body + (9 * filters + 1) * out
        kept = 2 * (layers - 1) if normalization == "batch" else 0
        assert len(net.non_trainable_variables) == kept


@pytest.mark.parametrize("network", NETWORKS)
def test_equal_seeds_make_equal_weights_and_layers_differ(network):
    net = network(filters=4, num_layers=4, seed=5)
    assert_equal_weights(net, network(filters=4, num_layers=4, seed=5))
    other = network(filters=4, num_layers=4, seed=500)
    # Both blocks have kernels of the same shape.
    kernels = [net.blocks[1].conv.kernel, net.blocks[2].conv.kernel]
    unseeded = network(filters=4, num_layers=4)
    kernels += [other.blocks[1].conv.kernel, unseeded.blocks[1].conv.kernel]
    correlation = np.corrcoef([kernel.numpy().ravel() for kernel in kernels])
    assert np.abs(correlation - np.eye(4)).max() < 0.5


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_start_as_published(network):
    net = network(seed=0)
    for layer in [block.conv for block in net.blocks] + [net.tail]:
        kernel = layer.kernel.numpy()
        noise = 4 / np.sqrt(kernel.size)
        assert abs(kernel.mean()) < 0.02 * noise
        assert abs(kernel.std() / 0.02 - 1) < noise
    gammas = np.concatenate([block.norm.gamma.numpy() for block in net.blocks])
    assert abs(gammas.mean() - 1) < 0.01 and 0.015 < gammas.std() < 0.025
    assert all(block.conv.bias is None for block in net.blocks)
    assert not net.tail.bias.numpy().any()
    assert not any(block.norm.beta.numpy().any() for block in net.blocks)


@pytest.mark.parametrize("network", NETWORKS)
def test_weights_go_over_to_the_next_scale(network):
    below, above = network(filters=4, seed=1), network(filters=4, seed=2)
    run(below, values(1, 13, 12, 3), training=True)  # moves the averages
    above.set_weights(below.get_weights())
    image = values(1, 17, 15, 3)
    np.testing.assert_array_equal(run(above, image), run(below, image))


def test_a_generator_adds_to_the_image_below_and_is_not_clipped():
    net = Generator(filters=4, seed=1)
    z, previous = values(1, 13, 12, 3), 3 * values(1, 13, 12, 3, seed=1)
    detail = net(z, previous, training=True) - previous
    assert 0.01 < np.abs(detail).max() <= 1
    # Only the sum of both enters the convolutions.
    swapped = net(previous, z, training=True) - z
    np.testing.assert_allclose(swapped, detail, atol=1e-6)
    net.tail.kernel.assign(tf.zeros_like(net.tail.kernel))
    np.testing.assert_array_equal(net(z, previous), previous)
    net.tail.bias.assign([100.0, -100.0, 0.0])
    np.testing.assert_array_equal(net(z, previous), previous + [1.0, -1.0, 0.0])


def test_noise_in_the_margin_takes_the_place_of_zeros():
    zeros = Generator(filters=4, num_layers=3, seed=1)
    noise = Generator(filters=4, num_layers=3, seed=1, padding="noise")
    z, previous = values(1, 13, 12, 3), values(1, 13, 12, 3, seed=1)
    bordered = tf.pad(z, [[0, 0], [3, 3], [3, 3], [0, 0]])
    np.testing.assert_array_equal(noise(bordered, previous), zeros(z, previous))
    varied = bordered + tf.cast(bordered == 0, tf.float32)
    changed = np.abs(noise(varied, previous) - zeros(z, previous))[0].max(axis=-1)
    assert changed[0].all() and changed[:, 0].all() and not changed[3:-3, 3:-3].any()


@pytest.mark.parametrize("network", NETWORKS)
def test_mixed_precision_ends_in_float32_near_the_float32_result(network):
    mixed = network(filters=8, seed=1, dtype="mixed_bfloat16")
    exact = network(filters=8, seed=1)
    image = values(1, 17, 15, 3)
    assert all(w.dtype == "float32" for w in mixed.weights)
    assert mixed.blocks[0].conv.compute_dtype == "bfloat16"
    assert mixed.tail.compute_dtype == "float32"
    for training in (True, False):
        result = run(mixed, image, training=training)
        assert result.dtype == tf.float32
        wanted = run(exact, image, training=training)
        error = np.abs(result - wanted).max()
        assert 0 < error < 0.1 * np.abs(wanted).max()


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_a_generator_never_rounds_the_image_below(dtype):
    net = Generator(filters=4, num_layers=2, dtype=dtype)
    net.tail.kernel.assign(tf.zeros_like(net.tail.kernel))
    previous = values(1, 6, 7, 3)
    np.testing.assert_array_equal(net(previous, previous), previous)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("network", NETWORKS)
def test_a_network_comes_back_from_its_config_and_from_disk(
    network, normalization, tmp_path
):
    net = network(filters=4, num_layers=2, normalization=normalization, seed=1)
    config = net.get_config()
    params = {"channels", "filters", "num_layers", "normalization", "seed", "name"}
    params |= {"padding"} if network is Generator else set()
    assert set(config) >= params
    again = network.from_config(config)
    assert again.get_config() == config
    assert_equal_weights(again, net)  # the same seed
    run(net, values(1, 9, 9, 3), training=True)
    net.save(tmp_path / "net.keras")
    loaded = keras.saving.load_model(tmp_path / "net.keras")
    assert type(loaded) is network
    assert_equal_weights(loaded, net)


def test_kernel_and_gamma_are_drawn_apart():
    block = Generator(seed=1).blocks[0]
    gamma = block.norm.gamma.numpy() - 1
    kernel = block.conv.kernel.numpy().ravel()[: gamma.size]
    assert abs(np.corrcoef(gamma, kernel)[0, 1]) < 0.7
