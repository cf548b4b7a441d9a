import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_singan.config import SinGANConfig
from keras_singan.geometry import plan_scales
from keras_singan.geometry import trained_part
from keras_singan.models.networks import Discriminator
from keras_singan.models.networks import Generator
from keras_singan.performance.flops import forward_flops
from keras_singan.performance.flops import iteration_flops
from keras_singan.performance.flops import layer_flops
from keras_singan.performance.flops import lower_flops
from keras_singan.performance.flops import own_flops
from keras_singan.performance.timed_step import _new_scale_gan
from keras_singan.performance.timed_step import _random_data

CONFIG = SinGANConfig(min_size=16, max_size=40, filters=4, num_layers=2)
SIZE = (21, 26)


def convolutions(network):
    """Gives the convolutions of a network, first to last."""
    layers = network._flatten_layers(include_self=False)
    return [layer for layer in layers if isinstance(layer, keras.layers.Conv2D)]


def brute_force(network, shape):
    """Counts what the network's own convolutions do, on what each of them gets."""
    total, x = 0, np.zeros(shape, "float32")
    for layer in [*(block.conv for block in network.blocks), network.tail]:
        x = layer(x)
        each = 2 * np.prod(layer.kernel.shape[:3])
        total += int(each * np.prod(x.shape))
    assert len(convolutions(network)) == network.num_layers
    return total


@pytest.mark.parametrize("num_layers", [2, 3, 5])
def test_a_forward_pass_is_counted_as_its_convolutions_are(num_layers):
    options = {"channels": 3, "filters": 6, "num_layers": num_layers}
    for network, outputs in ((Discriminator(**options), 1), (Generator(**options), 3)):
        found = forward_flops(SIZE, 6, 3, outputs, num_layers)
        assert found == brute_force(network, (1, *SIZE, 3))


def test_one_layer_of_one_pixel_can_be_counted_by_hand():
    # 9 products and 9 sums for each pair of channels.
    assert layer_flops((5, 5), 7, 3, 2, 2) == [3 * 7 * 9 * 18, 7 * 2 * 18]


def executed(graph):
    """Sums the convolutions of a traced graph that its results depend on."""
    seen, total = set(), 0
    found = [x.op for x in tf.nest.flatten(graph.structured_outputs)]
    found += graph.control_outputs
    while found:
        op = found.pop()
        if op in seen:
            continue
        seen.add(op)
        found += [*(x.op for x in op.inputs), *op.control_inputs]
        total += _convolution(op)
    return total


def _convolution(op):
    if op.type == "Conv2D":
        kernel, output = op.inputs[1].shape, op.outputs[0].shape
    elif op.type == "Conv2DBackpropInput":
        kernel, output = op.inputs[1].shape, op.inputs[2].shape
    elif op.type == "Conv2DBackpropFilter":
        kernel, output = op.outputs[0].shape, op.inputs[2].shape
    else:
        return 0
    return 2 * int(np.prod(kernel)) * int(np.prod(output[:3]))


CHANGES = [
    {"discriminator_steps": 1, "generator_steps": 1},
    {"discriminator_steps": 1, "generator_steps": 1, "num_layers": 5},
    {"discriminator_steps": 2, "generator_steps": 1, "padding": "noise"},
    {"discriminator_steps": 1, "generator_steps": 3, "normalization": None},
    {"discriminator_steps": 3, "generator_steps": 2, "crop_size": 17},
]


@pytest.mark.parametrize("changes", CHANGES)
def test_an_iteration_is_counted_as_tensorflow_would_do_it(changes):
    config = dataclasses.replace(CONFIG, **changes)
    part = trained_part(SIZE, config)
    scale_gan = _new_scale_gan(4, 3, config)
    data = _random_data(SIZE, 3, config)
    step = tf.function(scale_gan.train_step, autograph=False)
    graph = step.get_concrete_function(data).graph
    # Only the last update's losses are told: the scores of the others are not
    # needed, for their derivative is known without them.
    untold = 2 * (config.discriminator_steps - 1) + config.generator_steps - 1
    score = layer_flops(part, 4, 3, 1, config.num_layers)[-1]
    assert executed(graph) + untold * score == own_flops(part, 4, 3, config)


def test_the_scales_below_count_once_for_each_random_image():
    scales = plan_scales((32, 40), CONFIG)
    found = lower_flops(scales, 3, CONFIG)
    assert len(found) == len(scales) - 1 > 1
    for scale, flops in zip(scales, found, strict=False):
        size = [side + 4 for side in scale.size]
        assert flops == 3 * forward_flops(size, scale.filters, 3, 3, 2)
    own = own_flops(scales[-1].size, scales[-1].filters, 3, CONFIG)
    assert iteration_flops(scales, 3, CONFIG)[-1] == own + sum(found)


def test_an_iteration_on_crops_does_not_depend_on_the_size_of_the_image():
    config = SinGANConfig(max_size=None, filters=4, max_filters=4, crop_size=20)
    small, large = (plan_scales(size, config) for size in ((160, 160), (640, 640)))
    assert trained_part((640, 640), config) == (20, 20)
    assert trained_part((15, 640), config) == (15, 20)
    assert lower_flops(large, 3, config)[-1] <= 1.2 * lower_flops(small, 3, config)[-1]
    assert iteration_flops(large[:3], 3, config) == tuple(
        iteration_flops(large, 3, config)[:3]
    )


def test_without_crops_the_whole_is_trained_on():
    assert trained_part([15, 640], CONFIG) == (15, 640)
