"""The signatures: one per task, row-wise, and their float forms.

Every input has one axis, the rows of a request, so that TensorFlow Serving's row
and column formats, gRPC and batching all work. Sentinels stand for defaults,
because REST cannot leave an input out. `NAME_options` takes what came later than
the requests of earlier clients, which name the inputs of `NAME`. `NAME_float`
takes and gives float images `(rows, height, width, channels)` instead of encoded
ones.
"""

import tensorflow as tf

from keras_singan import task_specs
from keras_singan.export.image_signatures import ImageSignatures
from keras_singan.export.sampling_signatures import SamplingSignatures
from keras_singan.export.task_graphs import Rows


class Signatures(ImageSignatures, SamplingSignatures):
    """Builds the signatures of one model.

    Args:
        rows: The model's `Rows`.
        factor: Default enlargement. Defaults to that of the specs.
    """

    def __init__(self, rows: Rows, factor=None):
        super().__init__(rows, factor or task_specs.FACTOR.default)
        self.encodes = self.pyramid.channels in (1, 3, 4)

    def all(self):
        """Returns a dictionary of name to `tf.function`, `sample` first."""
        tasks = [
            task
            for task in task_specs.SIGNATURES
            if task.least_scales <= self.pyramid.num_scales
        ]
        result = {}
        if self.encodes:
            result |= {task.signature: self._signature(task, True) for task in tasks}
        floats = {f"{task.signature}_float": (task, False) for task in tasks}
        return result | {name: self._signature(*how) for name, how in floats.items()}

    def _signature(self, task, encoded):
        """Makes a signature; its inputs are named as the contract names them."""
        build = self.image_task if task.graph else getattr(self, task.signature)
        specs = [self._spec(each, encoded) for each in task.inputs]
        return self.pyramid.graph(build(task, encoded), specs)

    def _spec(self, each, encoded):
        if each.is_image and not encoded:
            return tf.TensorSpec((None, *self._image_shape()), tf.float32, "images")
        if each.is_mask and not encoded:
            return tf.TensorSpec((None,) * 3, tf.float32, "masks")
        return tf.TensorSpec((None,), each.dtype, each.name)
