"""One row of each task, as graphs that several signatures share.

Each function takes scalars, a row of a request with its defaults filled in, and
gives one float image (or frames) of the batch shape `(height, width, channels)`.
They are traced once, whatever number of signatures uses them.
"""

import functools

import tensorflow as tf

from keras_singan.export.guards import bounded_size
from keras_singan.export.guards import require
from keras_singan.geometry import receptive_field
from keras_singan.ops import masks
from keras_singan.ops.plan_sizes import plan_sizes
from keras_singan.ops.step_sizes import step_sizes
from keras_singan.tasks.editing import edit_graph
from keras_singan.tasks.harmonization import harmonize_graph
from keras_singan.tasks.inputs import generation_sizes
from keras_singan.tasks.noise_walk import continue_walk
from keras_singan.tasks.noise_walk import start_walk
from keras_singan.tasks.painting import paint_quantized_graph
from keras_singan.tasks.painting import paint_to_image_graph
from keras_singan.tasks.regions import MOST_CHANGED
from keras_singan.tasks.super_resolution import super_resolve_graph

_INT, _LONG = tf.TensorSpec((), tf.int32), tf.TensorSpec((), tf.int64)
_FLOAT = tf.TensorSpec((), tf.float32)


class Rows:
    """The tasks' rows for one pyramid.

    Args:
        pyramid: A trained `SinGANPyramid`.
        limits: The `ExportLimits`.
        quantized: Dictionary of start scale to `QuantizedScale`. Defaults to
            none.
    """

    def __init__(self, pyramid, limits, quantized=None):
        self.pyramid = pyramid
        self.limits = limits
        self.quantized = quantized or {}
        image = tf.TensorSpec((None, None, pyramid.channels), tf.float32)
        region = tf.TensorSpec((None, None), tf.bool)
        graph, blend = pyramid.graph, [image, region, _INT, _LONG]
        self.sample = graph(self._sample, [_LONG, _INT, _INT])
        self.sample_size = graph(self._sample_size, [_LONG, _INT, _INT, _INT, _INT])
        self.super_resolution = graph(self._super_resolution, [image, _FLOAT, _LONG])
        self.harmonize = graph(self._blend(harmonize_graph), blend)
        self.edit = graph(self._blend(edit_graph), blend)
        self.paint_to_image = graph(self._paint, [image, _INT, _LONG, _INT])
        # In graphs of their own pyramids, whose weights these are.
        self._quantized_paints = {
            scale: there.pyramid.graph(self._quantized_paint(there), [image, _LONG])
            for scale, there in self.quantized.items()
        }
        self.region = graph(self._region, [image])
        self._start_walk = graph(
            self._walk_start, [_LONG, _INT, _FLOAT, _FLOAT, tf.TensorSpec((), tf.bool)]
        )
        self._next_frame = graph(
            self._frame, [_LONG, _INT, _INT, self._states_spec(), _FLOAT, _FLOAT]
        )

    def _sample(self, seed, index, start_scale):
        return self.pyramid.draw(seed, [index], start_scale)[0]

    def _sample_size(self, seed, index, start_scale, height, width):
        sizes = plan_sizes(self.pyramid.sizes, (height, width))
        sizes[0] = self._coarsest(sizes[0], (height, width))
        return self.pyramid.draw(seed, [index], start_scale, sizes)[0]

    def _super_resolution(self, image, factor, seed):
        sides = tf.unstack(step_sizes(tf.shape(image)[:2], factor)[-1])
        bounds = bounded_size(*sides, self.limits, "The enlarged image")
        with tf.control_dependencies([*bounds, self._least(image)]):
            image = tf.identity(image)
        return super_resolve_graph(self.pyramid, image[None], factor, seed)[0]

    def _blend(self, work):
        def blend(image, region, start_scale, seed):
            sizes, image = self._sizes(image), image[None]
            return work(self.pyramid, image, region, start_scale, seed, sizes)[0]

        return blend

    def _paint(self, image, start_scale, seed, quantize):
        def plain():
            sizes = self._sizes(image)
            return paint_to_image_graph(
                self.pyramid, image[None], start_scale, seed, sizes
            )[0]

        branches = [plain]
        choice = tf.constant(0)
        for number, (scale, paint) in enumerate(self._quantized_paints.items(), 1):
            branches.append(functools.partial(paint, image, seed))
            wanted = tf.equal(quantize, 1) & tf.equal(start_scale, scale)
            choice = tf.where(wanted, number, choice)
        return tf.switch_case(choice, branches)

    def _quantized_paint(self, there):
        def paint(image, seed):
            sizes = self._sizes(image)
            return paint_quantized_graph(there, image[None], seed, sizes)[0]

        return paint

    def _region(self, image):
        """Where an image differs from the photo: see `tasks.regions.find_region`."""
        sizes = self._sizes(image)
        trained = tf.constant(self.pyramid.sizes[-1])
        image = require(
            image,
            tf.reduce_all(tf.equal(tf.stack(sizes[-1]), trained)),
            "Without a mask the image must have the proportions of the photo.",
            tf.shape(image)[:2],
        )
        found = masks.changed(image, self.pyramid.real.value[0])
        part = tf.reduce_mean(tf.cast(found, tf.float32))
        return require(
            found,
            (part > 0) & (part <= MOST_CHANGED),
            "Without a mask the image must differ from the photo in some places only.",
            part,
        )

    def animation(self, seed, start_scale, frames, alpha, beta, loop, finish):
        """Walks through an animation, a frame at a time.

        Args:
            seed: Scalar int64 tensor.
            start_scale: Scalar int32 tensor.
            frames: Scalar int32 tensor.
            alpha: Scalar float32 tensor.
            beta: Scalar float32 tensor.
            loop: Scalar bool tensor.
            finish: Function of a float image `(height, width, channels)` that
                gives what is kept of a frame.

        Returns:
            Tensor with a row for each frame.
        """
        states = self._start_walk(seed, frames, alpha, beta, loop)

        def add(i, states, kept):
            frame, states = self._next_frame(
                seed, start_scale, i + 1, states, alpha, beta
            )
            return i + 1, states, kept.write(i, finish(frame))

        dtype = finish(self.pyramid.real.value[0]).dtype
        kept = tf.TensorArray(dtype, size=frames, infer_shape=False)
        _, _, kept = tf.while_loop(
            lambda i, *_: i < frames,
            add,
            (tf.constant(0), states, kept),
            parallel_iterations=1,
        )
        return kept.stack()

    def _walk_start(self, seed, frames, alpha, beta, loop):
        return start_walk(self.pyramid, 0, seed, frames, alpha, beta, loop)

    def _states_spec(self):
        sizes, channels = self.pyramid.noise_sizes(), self.pyramid.channels
        return [(tf.TensorSpec((*size, channels), tf.float32),) * 2 for size in sizes]

    def _frame(self, seed, start_scale, number, states, alpha, beta):
        """A frame, and the states after it."""
        zs, states = continue_walk(
            self.pyramid, 0, seed, number, 1, states, alpha, beta
        )
        # The scales below `start_scale` stay with the reconstruction's noise.
        zs = [
            tf.where(start_scale <= scale, z, self.pyramid.rec_noise(scale))
            for scale, z in enumerate(zs)
        ]
        return self.pyramid.generate_function(zs)[0], states

    def _sizes(self, image):
        size = tf.unstack(tf.shape(image)[:2])
        sizes = [*generation_sizes(self.pyramid, size)]
        sizes[0] = self._coarsest(sizes[0], size)
        return sizes

    def _coarsest(self, size, wanted):
        """Gives the coarsest size back, once it is no smaller than a patch."""
        smallest = receptive_field(self.pyramid.num_layers)
        size = require(
            tf.stack(size),
            tf.reduce_min(size) >= smallest,
            "The image is too small or too elongated for this model, whose coarsest "
            f"scale must have {smallest} px.",
            tf.stack(wanted),
        )
        return tuple(tf.unstack(size))

    def _least(self, image):
        smallest = receptive_field(self.pyramid.num_layers)
        return require(
            tf.shape(image),
            tf.reduce_min(tf.shape(image)[:2]) >= smallest,
            f"The image must have sides of at least {smallest} px.",
            tf.shape(image)[:2],
        )
