"""One row of each task, as graphs that several signatures share.

Each function takes scalars, a row of a request with its defaults filled in, and
gives one float image (or frames) of the batch shape `(height, width, channels)`.
They are traced once, whatever number of signatures uses them.
"""

import functools
import importlib

import tensorflow as tf

from keras_singan.export.guards import bounded_size
from keras_singan.export.guards import obey
from keras_singan.models.generation.wrapped_generation import WRAPS
from keras_singan.models.generation.wrapped_generation import draw_wrapped
from keras_singan.ops import masks
from keras_singan.ops.plan_sizes import plan_sizes
from keras_singan.ops.step_sizes import step_sizes
from keras_singan.task_specs import AROUND_INDEX
from keras_singan.task_specs import QUANTIZE
from keras_singan.task_specs import REFINE
from keras_singan.task_specs import VARIATION
from keras_singan.tasks.noise_walk import continue_walk
from keras_singan.tasks.noise_walk import start_walk
from keras_singan.tasks.painting import paint_quantized_graph
from keras_singan.tasks.painting import paint_to_image_graph
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.rules import coarsest_fits
from keras_singan.tasks.shared.rules import least_size
from keras_singan.tasks.shared.rules import partly_changed
from keras_singan.tasks.shared.rules import photo_proportions
from keras_singan.tasks.shared.rules import refinement_of
from keras_singan.tasks.shared.rules import varies_at
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
        graph = pyramid.graph
        self.sample = graph(self._sample, [_LONG, _INT, _INT])
        self.sample_size = graph(self._sample_size, [_LONG, _INT, _INT, _INT, _INT])
        self.sample_options = graph(
            self._sample_options,
            [_LONG, _INT, _INT, _INT, _INT, _FLOAT, _INT, _LONG, _INT],
        )
        self.sample_tile = graph(self._sample_tile, [_LONG, _INT, _INT, _INT, _INT])
        self.super_resolution = graph(self._super_resolution, [image, _FLOAT, _LONG])
        # In graphs of their own pyramids, whose weights these are.
        self._quantized_paints = {
            scale: there.pyramid.graph(
                self._quantized_paint(there), [image, _LONG, _INT]
            )
            for scale, there in self.quantized.items()
        }
        self.region = graph(self._region, [image])
        self._image_tasks = {}
        self._start_walk = graph(
            self._walk_start, [_LONG, _INT, _FLOAT, _FLOAT, tf.TensorSpec((), tf.bool)]
        )
        self._next_frame = graph(
            self._frame, [_LONG, _INT, _INT, self._states_spec(), _FLOAT, _FLOAT]
        )

    def _sample(self, seed, index, start_scale):
        return self.pyramid.draw(seed, [index], start_scale)[0]

    def _sample_size(self, seed, index, start_scale, height, width):
        given = seed, index, start_scale, height, width
        plain = VARIATION.default, REFINE.sentinel, 0, AROUND_INDEX.sentinel
        dtypes = tf.float32, tf.int32, tf.int64, tf.int32
        return self.sample_options(*given, *map(tf.constant, plain, dtypes))

    def _sample_options(
        self,
        seed,
        index,
        start_scale,
        height,
        width,
        variation,
        refine,
        around_seed,
        around_index,
    ):
        size, around = (height, width), (around_seed, around_index)
        rule = varies_at(self.pyramid, size, start_scale, variation, around_index)
        sizes = plan_sizes(self.pyramid.sizes, tf.unstack(obey(tf.stack(size), rule)))
        sizes[0] = self._coarsest(sizes[0], size)
        options = {"variation": variation, "around": around}
        options["refine"] = refinement_of(refine, variation, around_index)
        return self.pyramid.draw(seed, [index], start_scale, sizes, **options)[0]

    def _sample_tile(self, seed, index, height, width, tile):
        sizes = plan_sizes(self.pyramid.sizes, (height, width))
        sizes[0] = self._coarsest(sizes[0], (height, width))
        wraps = tf.unstack(tf.gather(list(WRAPS.values()), tile - 1))
        return draw_wrapped(self.pyramid, seed, [index], wraps, sizes)[0]

    def _super_resolution(self, image, factor, seed):
        sides = tf.unstack(step_sizes(tf.shape(image)[:2], factor)[-1])
        bounds = bounded_size(*sides, self.limits, "The enlarged image")
        with tf.control_dependencies(bounds):
            size = tf.unstack(tf.shape(image)[:2])
            image = obey(image, least_size(self.pyramid, size))
        return super_resolve_graph(self.pyramid, image[None], factor, seed)[0]

    def image_task(self, task):
        """Returns the graph of a task of the family, made at its first use.

        Args:
            task: A `Task` with a graph half.

        Returns:
            Function of the image `(height, width, channels)` and of the task's
            other inputs in order, for the mask the region `(height, width)`.
        """
        if task.signature not in self._image_tasks:
            specs = [tf.TensorSpec((None, None, self.pyramid.channels), tf.float32)]
            others = [each for each in task.inputs if not each.is_image]
            specs += [_row_spec(each) for each in others]
            graph = self.pyramid.graph(self._work(task), specs)
            self._image_tasks[task.signature] = graph
        return self._image_tasks[task.signature]

    def _work(self, task):
        if task.more:
            # One graph for both signatures.
            whole = self.image_task(task.with_options)
            rest = [tf.constant(each.sentinel, each.dtype) for each in task.more]
            return lambda *inputs: whole(*inputs, *rest)
        return self._paint if QUANTIZE in task.inputs else self._image_work(task)

    def _image_work(self, task):
        module, name = task.graph.split(".")
        module = importlib.import_module(f"keras_singan.tasks.{module}")
        graph_half = getattr(module, name)
        names = [
            "region" if each.is_mask else each.name
            for each in task.inputs
            if not each.is_image
        ]

        def work(image, *values):
            given = dict(zip(names, values, strict=True))
            sizes = self._sizes(image)
            if task.takes_photo:
                size = tf.unstack(tf.shape(image)[:2])
                rule = photo_proportions(self.pyramid, sizes, size, "The image")
                image = obey(image, rule)
            return graph_half(self.pyramid, image[None], sizes=sizes, **given)[0]

        return work

    def _paint(self, image, start_scale, seed, quantize, refine):
        def plain():
            sizes = self._sizes(image)
            return paint_to_image_graph(
                self.pyramid, image[None], start_scale, seed, sizes, refine
            )[0]

        branches = [plain]
        choice = tf.constant(0)
        for number, (scale, paint) in enumerate(self._quantized_paints.items(), 1):
            branches.append(functools.partial(paint, image, seed, refine))
            wanted = tf.equal(quantize, 1) & tf.equal(start_scale, scale)
            choice = tf.where(wanted, number, choice)
        return tf.switch_case(choice, branches)

    def _quantized_paint(self, there):
        def paint(image, seed, refine):
            sizes = self._sizes(image)
            return paint_quantized_graph(there, image[None], seed, sizes, refine)[0]

        return paint

    def _region(self, image):
        """Where an image differs from the photo: see `tasks.regions.find_region`."""
        size = tf.unstack(tf.shape(image)[:2])
        rule = photo_proportions(self.pyramid, self._sizes(image), size)
        found = masks.changed(obey(image, rule), self.pyramid.real.value[0])
        return obey(found, partly_changed(found))

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

    def _coarsest(self, coarsest, size):
        """Returns the coarsest size once it is no smaller than a patch."""
        rule = coarsest_fits(self.pyramid, coarsest, size)
        return tuple(tf.unstack(obey(tf.stack(coarsest), rule)))


def _row_spec(each):
    """The spec of one row's value: of a mask, the region it stands for."""
    if each.is_mask:
        return tf.TensorSpec((None, None), tf.bool)
    return tf.TensorSpec((), each.dtype)
