"""The signatures: one per task, row-wise, and their float forms.

Every input has one axis, the rows of a request, so that TensorFlow Serving's row
and column formats, gRPC and batching all work. Sentinels stand for defaults,
because REST cannot leave an input out. `NAME_float` takes and gives float images
`(rows, height, width, channels)` instead of encoded ones.
"""

import tensorflow as tf

from keras_singan.export import encoded_images
from keras_singan.export.guards import bounded_total
from keras_singan.export.guards import finite_image
from keras_singan.export.guards import require
from keras_singan.export.guards import same_rows
from keras_singan.export.guards import within
from keras_singan.export.request_checks import RequestGuards
from keras_singan.export.request_checks import all_same
from keras_singan.export.request_checks import share_or_default
from keras_singan.export.task_graphs import Rows
from keras_singan.tasks.blending import middle_scale

_INT, _LONG = tf.int32, tf.int64
_FLOAT, _STRING = tf.float32, tf.string

# What a sentinel stands for, in `animate`.
DEFAULT_FRAMES, DEFAULT_ALPHA, DEFAULT_BETA = 40, 0.1, 0.9
DEFAULT_FACTOR = 4.0


class Signatures(RequestGuards):
    """Builds the signatures of one model.

    Args:
        rows: The model's `Rows`.
        factor: Default enlargement. Defaults to `DEFAULT_FACTOR`.
    """

    def __init__(self, rows: Rows, factor=DEFAULT_FACTOR):
        super().__init__(rows)
        self.factor = factor
        self.encodes = self.pyramid.channels in (1, 3, 4)

    def all(self):
        """Returns a dictionary of name to `tf.function`, `sample` first."""
        forms = [("_float", False)]
        if self.encodes:
            forms.insert(0, ("", True))
        result = {}
        for suffix, encoded in forms:
            for name, (build, inputs) in self._table(encoded).items():
                result[name + suffix] = self._graph(build(encoded), inputs)
        return result

    def _table(self, encoded):
        image = {"image_bytes": _STRING} if encoded else {"images": _FLOAT}
        mask = {"mask_bytes": _STRING} if encoded else {"masks": _FLOAT}
        start, seed = {"start_scale": _INT}, {"seed": _LONG}
        sample = seed | {"index": _INT} | start
        table = {
            "sample": (self._sample, sample),
            "sample_size": (
                self._sample_size,
                sample | {"height": _INT, "width": _INT},
            ),
            "reconstruct": (self._reconstruct, {"index": _INT}),
            "super_resolution": (
                self._super_resolution,
                image | {"factor": _FLOAT} | seed,
            ),
        }
        if self.pyramid.num_scales > 1:
            blend = image | mask | start | seed
            table["harmonize"] = (self._blend(self.rows.harmonize), blend)
            table["edit"] = (self._blend(self.rows.edit), blend)
            paint = image | start | seed | {"quantize": _INT}
            table["paint_to_image"] = (self._paint, paint)
        table["animate"] = (
            self._animate,
            seed
            | start
            | {"frames": _INT, "alpha": _FLOAT, "beta": _FLOAT, "loop": _INT},
        )
        return table

    def _sample(self, encoded):
        def sample(seed, index, start_scale):
            seed, index, start = same_rows(
                self.limits, seed=seed, index=index, start_scale=start_scale
            )
            index = within(index, 0, 2**31 - 1, "index")
            start = self._start_scale(start, 0, 0)
            seed = bounded_total(seed, self._trained_pixels(seed), self.limits)
            return self._images(self.rows.sample, (seed, index, start), encoded)

        return sample

    def _sample_size(self, encoded):
        def sample_size(seed, index, start_scale, height, width):
            seed, index, start, height, width = same_rows(
                self.limits,
                seed=seed,
                index=index,
                start_scale=start_scale,
                height=height,
                width=width,
            )
            index = within(index, 0, 2**31 - 1, "index")
            start = self._start_scale(start, 0, 0)
            height = self._side(height, 0, "height")
            width = self._side(width, 1, "width")
            if not encoded:
                height = all_same(height, "height")
                width = all_same(width, "width")
            pixels = tf.cast(height, _LONG) * tf.cast(width, _LONG)
            pixels = within(pixels, 1, self.limits.max_pixels, "height * width")
            seed = bounded_total(seed, tf.reduce_sum(pixels), self.limits)
            rows = (seed, index, start, height, width)
            return self._images(self.rows.sample_size, rows, encoded)

        return sample_size

    def _reconstruct(self, encoded):
        def reconstruct(index):
            (index,) = same_rows(self.limits, index=index)
            index = bounded_total(index, self._trained_pixels(index), self.limits)
            return self._images(
                lambda _: self.pyramid.reconstruct()[0], (index,), encoded
            )

        return reconstruct

    def _super_resolution(self, encoded):
        def super_resolution(image, factor, seed):
            image, sides, factor, seed = self._image_rows(
                encoded, image, factor=factor, seed=seed
            )
            factor = tf.where(tf.equal(factor, 0.0), self.factor, factor)
            good = tf.reduce_all((factor > 1) & (factor <= self.limits.max_factor))
            factor = require(
                factor,
                good,
                "`factor` must be greater than 1 and at most "
                f"{self.limits.max_factor} (0: {self.factor:g}).",
                factor,
            )
            if not encoded:
                factor = all_same(factor, "factor")
            enlarged = tf.cast(sides, tf.float64) * tf.cast(factor, tf.float64)[:, None]
            pixels = tf.cast(tf.reduce_sum(tf.reduce_prod(enlarged, -1)), _LONG)
            image = bounded_total(image, pixels, self.limits)

            def row(image, factor, seed):
                image = self._decoded(image, encoded)
                return self.rows.super_resolution(image, factor, seed)

            return self._images(row, (image, factor, seed), encoded)

        return super_resolution

    def _blend(self, work):
        def build(encoded):
            def blend(image, mask, start_scale, seed):
                if encoded:
                    image, _, mask, start, seed = self._image_rows(
                        encoded, image, mask_bytes=mask, start_scale=start_scale,
                        seed=seed,
                    )  # fmt: skip
                else:
                    image, _, start, seed = self._image_rows(
                        encoded, image, start_scale=start_scale, seed=seed
                    )
                    mask = tf.ensure_shape(mask, [None, None, None])
                    same = tf.equal(tf.shape(mask)[0], tf.shape(image)[0])
                    mask = require(
                        mask, same, "`masks` must have a row for each image.",
                        tf.shape(mask),
                    )  # fmt: skip
                    mask = finite_image(mask, "masks")
                start = self._start_scale(start, middle_scale(self.pyramid), 1)

                def row(image, mask, start, seed):
                    image = self._decoded(image, encoded)
                    region = self._region(image, mask, encoded)
                    return work(image, region, start, seed)

                return self._images(row, (image, mask, start, seed), encoded)

            return blend

        return build

    def _paint(self, encoded):
        def paint_to_image(image, start_scale, seed, quantize):
            image, _, start, seed, quantize = self._image_rows(
                encoded, image, start_scale=start_scale, seed=seed, quantize=quantize
            )
            start = self._start_scale(start, 1, 1)
            kept = tf.constant([*self.rows.quantized] or [-1], _INT)
            retrained = tf.reduce_any(tf.equal(start[:, None], kept), -1)
            quantize = require(
                quantize,
                tf.reduce_all(
                    tf.equal(quantize, 0) | (tf.equal(quantize, 1) & retrained)
                ),
                "`quantize` must be 0, or 1 at a scale that was retrained before the "
                f"export: {sorted(self.rows.quantized) or 'none was'}.",
                quantize,
            )

            def row(image, start, seed, quantize):
                image = self._decoded(image, encoded)
                return self.rows.paint_to_image(image, start, seed, quantize)

            return self._images(row, (image, start, seed, quantize), encoded)

        return paint_to_image

    def _animate(self, encoded):
        def animate(seed, start_scale, frames, alpha, beta, loop):
            seed, start, frames, alpha, beta, loop = same_rows(
                self.limits,
                seed=seed,
                start_scale=start_scale,
                frames=frames,
                alpha=alpha,
                beta=beta,
                loop=loop,
            )
            start = self._start_scale(start, min(1, self.pyramid.num_scales - 1), 0)
            loop = within(loop, 0, 1, "loop")
            frames = tf.where(tf.equal(frames, 0), DEFAULT_FRAMES, frames)
            frames = within(frames, 1, self.limits.max_frames, "frames")
            alpha = share_or_default(alpha, DEFAULT_ALPHA, "alpha")
            beta = share_or_default(beta, DEFAULT_BETA, "beta")
            closed = (alpha > 0) & (frames > 1)
            loop = require(
                loop,
                tf.reduce_all(closed | tf.equal(loop, 0)),
                "A loop must have `alpha` above 0 and at least 2 `frames`.",
                alpha,
            )
            pixels = self._trained_pixels(seed) // tf.size(seed, _LONG)
            pixels *= tf.cast(tf.reduce_sum(frames), _LONG)
            seed = bounded_total(seed, pixels, self.limits)
            most = tf.reduce_max(frames)
            if not encoded:
                frames = all_same(frames, "frames")
            rows = (seed, start, frames, alpha, beta, loop)
            return self._animations(rows, most, encoded)

        return animate

    def _animations(self, rows, most, encoded):
        finish = encoded_images.encode if encoded else tf.identity

        def row(seed, start, frames, alpha, beta, loop):
            loop = tf.equal(loop, 1)
            kept = self.rows.animation(seed, start, frames, alpha, beta, loop, finish)
            if not encoded:
                return kept
            # Shorter rows end in empty strings.
            return tf.concat([kept, tf.fill([most - frames], "")], 0)

        shape = (None,) if encoded else (None, *self._image_shape())
        spec = tf.TensorSpec(shape, _STRING if encoded else _FLOAT)
        name = "frames_bytes" if encoded else "frames"
        return {name: _map(row, rows, spec)}

    def _images(self, row, rows, encoded):
        """Runs a row's function over all rows."""
        if encoded:
            spec = tf.TensorSpec((), _STRING)
            found = _map(lambda *row_: encoded_images.encode(row(*row_)), rows, spec)
            return {"image_bytes": found}
        spec = tf.TensorSpec(self._image_shape(), _FLOAT)
        return {"images": _map(row, rows, spec)}

    def _graph(self, function, inputs):
        """Makes a signature; its inputs are named as the contract names them."""
        shapes = {"images": (None, *self._image_shape()), "masks": (None,) * 3}
        specs = [
            tf.TensorSpec(shapes.get(name, (None,)), dtype, name)
            for name, dtype in inputs.items()
        ]
        return self.pyramid.graph(function, specs)


def _map(row, rows, spec):
    # One row at a time: memory is that of one image.
    return tf.map_fn(
        lambda row_: row(*row_), rows, fn_output_signature=spec, parallel_iterations=1
    )
