"""Signatures that make an image of an image: super-resolution and the family."""

import tensorflow as tf

from keras_singan.export.guards import bounded_size
from keras_singan.export.guards import bounded_total
from keras_singan.export.guards import finite_image
from keras_singan.export.guards import require
from keras_singan.export.request_checks import RequestGuards
from keras_singan.export.request_checks import all_same
from keras_singan.export.request_checks import map_rows
from keras_singan.task_specs import IMAGE
from keras_singan.task_specs import MASK
from keras_singan.task_specs import QUANTIZE
from keras_singan.tasks.extension import SIDES
from keras_singan.tasks.extension import inner_pads
from keras_singan.tasks.extension import pads_in_pixels
from keras_singan.tasks.extension import wider_size

_LONG = tf.int64


class ImageSignatures(RequestGuards):
    """Builds these signatures: each method gives a function of the inputs' tensors.

    Args:
        rows: The model's `Rows`.
        factor: float, the default enlargement.
    """

    def __init__(self, rows, factor):
        super().__init__(rows)
        self.factor = factor

    def image_task(self, task, encoded):
        """The signature of a task of the family: see `keras_singan.task_specs`.

        Args:
            task: The `Task`.
            encoded: Whether images are encoded, not float tensors.
        """
        work = self.rows.image_task(task)

        def run(*tensors):
            names = [each.name for each in task.inputs]
            image, given = self._guarded(
                task, dict(zip(names, tensors, strict=True)), encoded
            )

            def row(image, *values):
                image = self._decoded(image, encoded, task.takes_photo)
                values = dict(zip(given, values, strict=True))
                if MASK.name in values:
                    mask = values[MASK.name]
                    values[MASK.name] = self._region(image, mask, encoded)
                return work(image, *values.values())

            return self._images(row, (image, *given.values()), encoded)

        return run

    def _guarded(self, task, given, encoded):
        """Judges a request; gives its images, and what else it holds by name."""
        names = [name for name in given if name != IMAGE.name]
        # Masks as floats have axes of their own.
        floats = (
            {} if encoded or MASK.name not in task else {MASK.name: given[MASK.name]}
        )
        vectors = {name: given[name] for name in names if name not in floats}
        image, sides, *rest = self._image_rows(
            encoded, given[IMAGE.name], task.takes_photo, **vectors
        )
        given = dict(zip(vectors, rest, strict=True))
        for name, masks in floats.items():
            given[name] = _float_masks(masks, image)
        given["start_scale"] = self._start_scale(task, given["start_scale"])
        for each in task.options:
            value = given[each.name]
            if each == QUANTIZE:
                given[each.name] = self._retrained(value, given["start_scale"])
            else:
                given[each.name] = self._judged(task, each.name, value)
        if "left" in task:
            image = self._wide_enough(image, sides, given, encoded)
        return image, {name: given[name] for name in names}

    def _wide_enough(self, image, sides, given, encoded):
        """Returns the images once the limits allow what is wider than them."""
        for name in () if encoded else SIDES:
            given[name] = all_same(given[name], name)

        def row(size, *pads):
            size = tf.unstack(tf.cast(size, tf.int32))
            pads = pads_in_pixels(pads, size)
            wide = wider_size(size, pads)
            # What is generated may be larger than a small image made wider.
            inner = inner_pads(pads, size, self.pyramid.sizes[-1])
            canvas = wider_size(self.pyramid.sizes[-1], inner)
            canvas = bounded_size(*canvas, self.limits, "The canvas")
            with tf.control_dependencies(canvas):
                return tf.stack(bounded_size(*wide, self.limits, "The wider image"))

        pads = (given[name] for name in SIDES)
        wide = map_rows(row, (sides, *pads), tf.TensorSpec((2,), tf.int32))
        pixels = tf.reduce_sum(tf.reduce_prod(tf.cast(wide, _LONG), -1))
        return bounded_total(image, pixels, self.limits)

    def _retrained(self, value, start):
        """Judges `quantize`: the scale must be one that was retrained."""
        kept = tf.constant([*self.rows.quantized] or [-1], tf.int32)
        retrained = tf.reduce_any(tf.equal(start[:, None], kept), -1)
        return require(
            value,
            tf.reduce_all(tf.equal(value, 0) | (tf.equal(value, 1) & retrained)),
            "`quantize` must be 0, or 1 at a scale that was retrained before the "
            f"export: {sorted(self.rows.quantized) or 'none was'}.",
            value,
        )

    def super_resolution(self, task, encoded):
        """The signature of super-resolution."""

        def run(image, factor, seed):
            image, sides, factor, seed = self._image_rows(
                encoded, image, factor=factor, seed=seed
            )
            factor = self._enlargement(task, factor)
            if not encoded:
                factor = all_same(factor, "factor")
            enlarged = tf.cast(sides, tf.float64) * tf.cast(factor, tf.float64)[:, None]
            pixels = tf.cast(tf.reduce_sum(tf.reduce_prod(enlarged, -1)), _LONG)
            image = bounded_total(image, pixels, self.limits)

            def row(image, factor, seed):
                image = self._decoded(image, encoded)
                return self.rows.super_resolution(image, factor, seed)

            return self._images(row, (image, factor, seed), encoded)

        return run

    def _enlargement(self, task, factor):
        sentinel, most = task["factor"].sentinel, self.limits.max_factor
        factor = tf.where(tf.equal(factor, sentinel), self.factor, factor)
        return require(
            factor,
            tf.reduce_all((factor > 1) & (factor <= most)),
            f"`factor` must be greater than 1 and at most {most} "
            f"({sentinel:g}: {self.factor:g}).",
            factor,
        )


def _float_masks(masks, image):
    masks = tf.ensure_shape(masks, [None, None, None])
    same = tf.equal(tf.shape(masks)[0], tf.shape(image)[0])
    masks = require(
        masks, same, "`masks` must have a row for each image.", tf.shape(masks)
    )
    return finite_image(masks, "masks")
