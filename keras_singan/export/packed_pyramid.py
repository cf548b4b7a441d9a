"""`PackedPyramid`: a pyramid all of whose numbers are one variable.

Every function of a graph that reaches a variable has it among its inputs, so a
graph with hundreds of them is mostly lists of inputs. Here each function has one,
and cuts out what it needs where it needs it; the numbers stay the same.
"""

import functools

import keras
import numpy as np
import tensorflow as tf

from keras_singan.models.blocks import PACKAGE
from keras_singan.models.pyramid import SinGANPyramid


@keras.saving.register_keras_serializable(package=PACKAGE)
class PackedPyramid(SinGANPyramid):
    """A copy of a trained pyramid for export: see `pack`."""

    def make_graphs(self):
        super().make_graphs()
        # One for all who use a generator, be it in `grow` or in super-resolution.
        self._generator_graphs = [
            self.graph(
                functools.partial(super(PackedPyramid, self).apply_generator, scale),
                [self._images_spec()] * 2,
            )
            for scale in range(self.num_scales)
        ]

    def apply_generator(self, scale, z, previous):
        result = self._generator_graphs[scale](z, previous)
        result.set_shape(previous.shape)
        return result

    def climb(self, step, image, first, refinement, after=None):
        """Does what it does elsewhere, with refinement in the graph but once."""
        spec, scales = self._images_spec(), range(first, self.num_scales)

        def at(scale, function, image):
            branches = [functools.partial(function, k, image) for k in scales]
            return tf.switch_case(scale - first, branches)

        def body(scale, image):
            image = at(scale, step, image)
            image = self.refine_scale(scale, image, *refinement)
            image = image if after is None else at(scale, after, image)
            return scale + 1, image

        if image is None:
            image = tf.zeros((1, 1, 1, self.channels))
        _, image = tf.while_loop(
            lambda scale, _: scale < self.num_scales,
            body,
            (tf.constant(first), image),
            (tf.TensorShape(()), spec.shape),
            parallel_iterations=1,
        )
        return image

    def graph(self, function, input_signature):
        """Makes the graph of a function, in which weights are cut-outs."""

        @functools.wraps(function, assigned=("__name__",), updated=())
        def with_cut_outs(*inputs):
            with _CutOuts(self.variable, self.places):
                return function(*inputs)

        return super().graph(with_cut_outs, input_signature)


def pack(pyramid) -> PackedPyramid:
    """Copies a pyramid into one whose weights lie in `variable`, one after another.

    Args:
        pyramid: A trained `SinGANPyramid`.

    Returns:
        A `PackedPyramid`. Its `variable` is a float32 `tf.Variable` of one axis.
    """
    copy = PackedPyramid.from_config(pyramid.get_config())
    copy.set_weights(pyramid.get_weights())
    parts = [generator.weights for generator in copy.generators]
    owned = {weight.path for part in parts for weight in part}
    parts += [[weight] for weight in copy.weights if weight.path not in owned]
    flat = [np.asarray(w.numpy(), "float32").ravel() for part in parts for w in part]
    # Kept from Keras, which would take the variable for a weight of its own.
    object.__setattr__(copy, "places", _places(parts))
    variable = tf.Variable(np.concatenate(flat), trainable=False)
    object.__setattr__(copy, "variable", variable)
    return copy


def _places(parts):
    """Where each weight lies, if the parts, lists of weights, follow each other.

    Returns:
        Dictionary of a weight's path to the start and the sizes of its part, its
        number in it, and its shape.
    """
    places, start = {}, 0
    for part in parts:
        sizes = [int(np.prod(weight.shape)) for weight in part]
        for number, weight in enumerate(part):
            places[weight.path] = (start, sizes, number, tuple(weight.shape))
        start += sum(sizes)
    return places


class _CutOuts(keras.StatelessScope):
    """Within it, a weight's value is cut out of the one variable.

    The weights of a part are cut out together, at their first use in a graph.
    """

    def __init__(self, variable, places):
        super().__init__()
        self.variable = variable
        self.places = places
        self._parts = {}

    def get_current_value(self, variable):
        """Returns the value of a weight, made in the graph at work."""
        start, sizes, number, shape = self.places[variable.path]
        # Loops and branches are graphs of their own.
        key = (id(tf.compat.v1.get_default_graph()), start)
        if key not in self._parts:
            part = tf.slice(self.variable, [start], [sum(sizes)])
            self._parts[key] = tf.split(part, sizes) if sizes[1:] else [part]
        value = self._parts[key][number]
        return tf.reshape(value, shape) if len(shape) != 1 else value
