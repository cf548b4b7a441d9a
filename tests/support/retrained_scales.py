"""What the tests of the retrained scale share."""

import functools

from keras_singan.tasks.retrained_scale import quantized_scale
from support.tiny_models import trained


@functools.cache
def retrained(scale=1, colors=4):
    model = trained()[0]
    return quantized_scale(model.pyramid_, model.config_, scale, colors)


def asked(path=None, scale=1, colors=4, singan=None, **kwargs):
    singan = singan or trained()[0]
    return quantized_scale(
        singan.pyramid_, singan.config_, scale, colors, path=path, **kwargs
    )


def numbers(model):
    return [weight.numpy().tobytes() for weight in model.weights]
