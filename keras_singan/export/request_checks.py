"""What a request's inputs go through before a task sees them."""

import tensorflow as tf

from keras_singan.export import encoded_images
from keras_singan.export.guards import bounded_total
from keras_singan.export.guards import finite_image
from keras_singan.export.guards import obey
from keras_singan.export.guards import require
from keras_singan.export.guards import same_rows
from keras_singan.export.guards import within
from keras_singan.export.task_graphs import Rows
from keras_singan.ops import masks
from keras_singan.tasks.shared.rules import some_mask

_LONG, _STRING = tf.int64, tf.string


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

    def _image_rows(self, encoded, image, optional=False, **inputs):
        """Guards the images of a request, and what else it holds.

        Args:
            encoded: Whether images are encoded, not float tensors.
            image: The images.
            optional: Whether an empty file stands for the photo as trained.
                Defaults to `False`.
            **inputs: The rest, a value a row.

        Returns:
            The images, their sides as an int64 tensor `(rows, 2)`, the rest.
        """
        if encoded:
            image, *rest = same_rows(self.limits, image_bytes=image, **inputs)
            return *self._guarded_files(image, optional), *rest
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

    def _guarded_files(self, data, optional):
        """Judges all files by their headers before the first is decoded."""

        def given(data):
            data, size = encoded_images.guarded(data, self.limits, "image_bytes")
            return data, tf.cast(tf.stack(size), _LONG)

        def absent(data):
            return tf.identity(data), tf.constant(self.pyramid.sizes[-1], _LONG)

        def row(data):
            if not optional:
                return given(data)
            return tf.cond(
                tf.equal(data, ""), lambda: absent(data), lambda: given(data)
            )

        specs = (tf.TensorSpec((), _STRING), tf.TensorSpec((2,), _LONG))
        data, sides = tf.map_fn(row, data, fn_output_signature=specs)
        pixels = tf.reduce_sum(tf.reduce_prod(sides, -1))
        return bounded_total(data, pixels, self.limits), sides

    def _decoded(self, image, encoded, optional=False):
        if not encoded:
            return image

        def given():
            return encoded_images.decode(image, self.pyramid.channels)

        if not optional:
            return given()
        photo = self.pyramid.real.value[0]
        result = tf.cond(tf.equal(image, ""), lambda: tf.identity(photo), given)
        return tf.ensure_shape(result, self._image_shape())

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
        return obey(region, some_mask(region))

    def _judged(self, task, name, value, **changes):
        """Fills in what a sentinel stands for, and judges what a request says.

        Args:
            task: The `Task`.
            name: str, the input's.
            value: Its tensor, a value a row.
            **changes: Another `default` or another range for this model.

        Returns:
            The tensor without sentinels.
        """
        each = task[name].but(**changes)
        default = each.served_default
        if each.sentinel is None:
            return within(value, each.low, each.high, name)
        if default is None:
            # The task has a rule of its own for it.
            return within(value, min(each.low, each.sentinel), each.high, name)
        value = tf.where(tf.equal(value, each.sentinel), default, value)
        return within(value, each.low, each.high, name)

    def _start_scale(self, task, start):
        last = self.pyramid.num_scales - 1
        default = min(task.start_scale(self.pyramid.num_scales), last)
        return self._judged(task, "start_scale", start, default=default, high=last)

    def _side(self, task, name, side):
        default = self.pyramid.sizes[-1][("height", "width").index(name)]
        high = self.limits.max_side
        return self._judged(task, name, side, default=default, high=high)

    def _trained_pixels(self, rows):
        height, width = self.pyramid.sizes[-1]
        return tf.size(rows, _LONG) * (height * width)

    def _images(self, row, rows, encoded):
        """Runs a row's function over all rows."""
        if encoded:
            spec = tf.TensorSpec((), _STRING)
            images = map_rows(
                lambda *each: encoded_images.encode(row(*each)), rows, spec
            )
            return {"image_bytes": images}
        spec = tf.TensorSpec(self._image_shape(), tf.float32)
        return {"images": map_rows(row, rows, spec)}


def map_rows(row, rows, spec):
    """Runs a function over the rows of tensors, one at a time.

    So memory is that of one image.
    """
    return tf.map_fn(
        lambda each: row(*each), rows, fn_output_signature=spec, parallel_iterations=1
    )


def all_same(values, name):
    """Returns a vector once all is equal: images of several sizes do not stack."""
    equal = tf.reduce_all(tf.equal(values, values[0]))
    return require(values, equal, f"All rows must have the same `{name}`.", values)


def _same_size(mask, size, image):
    wanted = tf.shape(image)[:2]
    same = tf.reduce_all(tf.equal(size, wanted))
    return require(mask, same, "The mask must be of the size of the image.", size)
