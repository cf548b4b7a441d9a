"""Floating-point operations of a training, counted from its convolutions.

A multiplication and an addition count as two. Normalizations and activations,
some percent of the whole, are left out, as is usual.
"""

import types

from keras_singan.config import SinGANConfig
from keras_singan.geometry import margin
from keras_singan.geometry import trained_part
from keras_singan.models.crop_windows import Windows

_KERNEL = 9  # 3 x 3


def layer_flops(size, filters, channels_in, channels_out, num_layers):
    """Operations of each convolution of a network, forward, for one image.

    Args:
        size: (height, width) of the network's input, at least `2 * num_layers + 1`.
        filters: Filters of every layer but the last.
        channels_in: Channels of the input.
        channels_out: Channels of the output.
        num_layers: Convolutions in all.

    Returns:
        List of ints.
    """
    inner = [filters] * (num_layers - 1)
    pairs = zip([channels_in, *inner], [*inner, channels_out], strict=True)
    return [
        2 * _KERNEL * deep * wide * (size[0] - 2 * i) * (size[1] - 2 * i)
        for i, (deep, wide) in enumerate(pairs, 1)
    ]


def forward_flops(size, filters, channels_in, channels_out, num_layers):
    """Operations of a network's forward pass: the sum of `layer_flops`."""
    return sum(layer_flops(size, filters, channels_in, channels_out, num_layers))


def own_flops(size, filters, channels, config: SinGANConfig):
    """Operations of one training iteration of a scale, without the scales below.

    This is what `ScaleGAN.train_step` asks for. A backward pass has two
    convolutions for each one forward: by the weights, and by the input, which the
    first layer's weights do not need.

    Args:
        size: (height, width) that it is trained on: see `trained_part`.
        filters: The scale's filters.
        channels: Channels of the image.
        config: The hyper-parameters.

    Returns:
        A float.
    """
    layers = config.num_layers
    critic = layer_flops(size, filters, channels, 1, layers)
    generator = layer_flops(_grown(size, config), filters, channels, channels, layers)
    draws = config.discriminator_steps
    discriminator = draws * (2 * _learning(critic) + _penalty(critic))
    # A random image and the reconstruction; the former, through the critic, whose
    # weights rest. One of the discriminator's fakes is a generator's, too.
    update = 2 * _learning(generator) + 2 * sum(critic)
    fakes = (draws - 1) * sum(generator)
    return float(discriminator + config.generator_steps * update + fakes)


def frozen_flops(size, filters, channels, config: SinGANConfig):
    """Operations of a frozen generator that makes one image of (height, width) `size`.

    Args:
        size: (height, width) of the image.
        filters: The scale's filters.
        channels: Channels of the image.
        config: The hyper-parameters.

    Returns:
        A float.
    """
    grown, layers = _grown(size, config), config.num_layers
    return float(forward_flops(grown, filters, channels, channels, layers))


def lower_flops(scales, channels, config: SinGANConfig):
    """Operations that the frozen scales add to one iteration of the scale above.

    Of a scale that is trained on crops, they generate what a crop depends on.

    Args:
        scales: Sequence of `geometry.Scale`, the last one being trained.
        channels: Channels of the image.
        config: The hyper-parameters.

    Returns:
        List of floats, one for each scale but the last.
    """
    *below, _ = scales
    return [
        config.discriminator_steps * frozen_flops(size, scale.filters, channels, config)
        for scale, size in zip(below, _lower_sizes(scales, config), strict=True)
    ]


def iteration_flops(scales, channels, config: SinGANConfig):
    """Operations of one training iteration, with the scales below.

    Args:
        scales: Sequence of all `geometry.Scale`, coarsest first.
        channels: Channels of the image.
        config: The hyper-parameters.

    Returns:
        Tuple of floats, one a scale.
    """
    return tuple(
        own_flops(trained_part(scale.size, config), scale.filters, channels, config)
        + sum(lower_flops(scales[: k + 1], channels, config))
        for k, scale in enumerate(scales)
    )


def _learning(layers):
    """Forward, and backward by all weights."""
    return 3 * sum(layers) - layers[0]


def _penalty(layers):
    """Operations of the gradient penalty: `6 * sum(layers) - first - 4 * last`.

    A convolution of an inner layer is done six times: forward (1), backward by the
    input (2), the derivatives of (2) by the weights (3) and by the gradient that
    comes from above (4), and, since the normalization has a second derivative,
    backward by the weights (5) and by the input (6). The first layer needs no
    (6). The last one, which has no normalization, needs only (2) and (3).
    """
    return 6 * sum(layers) - layers[0] - 4 * layers[-1]


def _grown(size, config):
    return tuple(side + 2 * margin(config.num_layers) for side in size)


def _lower_sizes(scales, config):
    sizes = [scale.size for scale in scales]
    part = trained_part(sizes[-1], config)
    if part == tuple(sizes[-1]):
        return sizes[:-1]
    # What windows need of a pyramid, without its weights.
    plan = types.SimpleNamespace(
        sizes=sizes, num_layers=config.num_layers, padding=config.padding
    )
    return Windows(plan, len(sizes) - 1, part).sizes
