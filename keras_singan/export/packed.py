"""`PackedPyramid`: a pyramid all of whose numbers are one variable.

Every function of a graph that reaches a variable has it among its inputs, so a
graph with hundreds of them is mostly lists of inputs. Here each function has one,
and cuts out what it needs where it needs it; the numbers stay the same.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_singan.blocks import PACKAGE
from keras_singan.pyramid import SinGANPyramid


@keras.saving.register_keras_serializable(package=PACKAGE)
class PackedPyramid(SinGANPyramid):
    """A copy of a trained pyramid for export: see `packed`."""

    def graph(self, function, input_signature):
        """Makes the graph of a function, in which weights are cut-outs."""

        @functools.wraps(function, assigned=("__name__",), updated=())
        def with_cut_outs(*inputs):
            with _CutOuts(self.variable, self.places):
                return function(*inputs)

        return super().graph(with_cut_outs, input_signature)


def packed(pyramid) -> PackedPyramid:
    """Copies a pyramid into one whose weights lie in `variable`, one after another.

    Args:
        pyramid: A trained `SinGANPyramid`.

    Returns:
        A `PackedPyramid`. Its `variable` is a float32 `tf.Variable` of one axis.
    """
    copy = PackedPyramid.from_config(pyramid.get_config())
    weights = [np.asarray(w.numpy(), "float32") for w in pyramid.weights]
    ends = np.cumsum([w.size for w in weights]).tolist()
    # Kept from Keras, which would take the variable for a weight of its own.
    object.__setattr__(
        copy,
        "places",
        {
            weight.path: (end - value.size, value.shape)
            for weight, value, end in zip(copy.weights, weights, ends, strict=True)
        },
    )
    flat = np.concatenate([w.ravel() for w in weights])
    object.__setattr__(copy, "variable", tf.Variable(flat, trainable=False))
    return copy


class _CutOuts(keras.StatelessScope):
    """Within it, a weight's value is cut out of the one variable."""

    def __init__(self, variable, places):
        super().__init__()
        self.variable = variable
        self.places = places

    def get_current_value(self, variable):
        """Gives the value of a weight, made in the graph at work."""
        start, shape = self.places[variable.path]
        size = int(np.prod(shape))
        return tf.reshape(tf.slice(self.variable, [start], [size]), shape)
