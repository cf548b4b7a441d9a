"""What a request's inputs go through before a task sees them."""

import tensorflow as tf

from keras_singan.export import encoded_images
from keras_singan.export.guards import bounded_total
from keras_singan.export.guards import finite_image
from keras_singan.export.guards import require
from keras_singan.export.guards import same_rows
from keras_singan.export.guards import within
from keras_singan.export.task_graphs import Rows
from keras_singan.ops import masks

_INT, _LONG = tf.int32, tf.int64
_FLOAT, _STRING = tf.float32, tf.string


class RequestGuards:
    """Judges the inputs of all signatures, and fills in what sentinels stand for.

    Args:
        rows: The model's `Rows`.
    """

    def __init__(self, rows: Rows):
        self.rows = rows
        self.pyramid = rows.pyramid
        self.limits = rows.limits

    def _image_shape(self):
        return (None, None, self.pyramid.channels)

    def _image_rows(self, encoded, image, **inputs):
        """Guards the images of a request, and what else it holds.

        Returns:
            The images, their sides as an int64 tensor `(rows, 2)`, the rest.
        """
        if encoded:
            image, *rest = same_rows(self.limits, image_bytes=image, **inputs)
            return *self._guarded_files(image), *rest
        image = tf.ensure_shape(image, [None, *self._image_shape()])
        shape = tf.shape(image, _LONG)
        numbers = tf.fill(shape[:1], 0)
        _, *rest = same_rows(self.limits, images=numbers, **inputs)
        with tf.control_dependencies(rest):
            sides = within(shape[1:3], 1, self.limits.max_side, "height, width")
        pixels = within(
            tf.reduce_prod(sides), 1, self.limits.max_pixels, "height * width"
        )
        image = bounded_total(image, pixels * shape[0], self.limits)
        sides = tf.tile(sides[None], [shape[0], 1])
        return finite_image(image, "images"), sides, *rest

    def _guarded_files(self, data):
        """Judges all files by their headers before the first is decoded."""

        def row(data):
            data, size = encoded_images.guarded(data, self.limits, "image_bytes")
            return data, tf.cast(tf.stack(size), _LONG)

        specs = (tf.TensorSpec((), _STRING), tf.TensorSpec((2,), _LONG))
        data, sides = tf.map_fn(row, data, fn_output_signature=specs)
        pixels = tf.reduce_sum(tf.reduce_prod(sides, -1))
        return bounded_total(data, pixels, self.limits), sides

    def _decoded(self, image, encoded):
        return encoded_images.decode(image, self.pyramid.channels) if encoded else image

    def _region(self, image, mask, encoded):
        """The mask of a row, or what differs from the photo where there is none."""

        def given():
            return self._given_region(image, mask, encoded)

        absent = tf.equal(mask, "") if encoded else tf.reduce_all(mask < 0)
        return tf.cond(absent, lambda: self.rows.region(image), given)

    def _given_region(self, image, mask, encoded):
        if encoded:
            mask, size = encoded_images.guarded(mask, self.limits, "mask_bytes")
            mask = _same_size(mask, tf.stack(size), image)
            region = masks.from_image(encoded_images.decode_mask(mask))
        else:
            mask = _same_size(mask, tf.shape(mask), image)
            region = masks.threshold(mask)
        some, full = tf.reduce_any(region), tf.reduce_all(region)
        return require(
            region,
            some & ~full,
            "The mask must be white where the image may change, and black elsewhere.",
            tf.stack([some, full]),
        )

    def _start_scale(self, start, default, least):
        start = tf.where(tf.equal(start, -1), default, start)
        return within(start, least, self.pyramid.num_scales - 1, "start_scale")

    def _side(self, side, axis, name):
        side = tf.where(tf.equal(side, 0), self.pyramid.sizes[-1][axis], side)
        return within(side, 1, self.limits.max_side, name)

    def _trained_pixels(self, rows):
        height, width = self.pyramid.sizes[-1]
        return tf.size(rows, _LONG) * (height * width)


def share_or_default(value, default, name):
    """Gives a vector back, -1 replaced, once it lies in [0, 1]."""
    return within(tf.where(tf.equal(value, -1.0), default, value), 0.0, 1.0, name)


def all_same(values, name):
    """Gives a vector back once all is equal: images of several sizes do not stack."""
    equal = tf.reduce_all(tf.equal(values, values[0]))
    return require(values, equal, f"All rows must have the same `{name}`.", values)


def _same_size(mask, size, image):
    wanted = tf.shape(image)[:2]
    same = tf.reduce_all(tf.equal(size, wanted))
    return require(mask, same, "The mask must be of the size of the image.", size)
