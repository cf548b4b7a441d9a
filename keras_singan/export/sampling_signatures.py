"""Signatures that begin with noise: samples, reconstruction, animation."""

import tensorflow as tf

from keras_singan.export import encoded_images
from keras_singan.export.guards import bounded_total
from keras_singan.export.guards import require
from keras_singan.export.guards import same_rows
from keras_singan.export.guards import within
from keras_singan.export.request_checks import RequestGuards
from keras_singan.export.request_checks import all_same
from keras_singan.export.request_checks import map_rows

_LONG, _STRING = tf.int64, tf.string


class SamplingSignatures(RequestGuards):
    """Builds these signatures: each method gives a function of the inputs' tensors.

    Args:
        rows: The model's `Rows`.
    """

    def sample(self, task, encoded):
        """The signature of samples of the trained size."""

        def run(*tensors):
            given = self._rows(task, tensors)
            seed = given["seed"]
            pixels = self._trained_pixels(seed)
            given["seed"] = bounded_total(seed, pixels, self.limits)
            return self._images(self.rows.sample, tuple(given.values()), encoded)

        return run

    def sample_size(self, task, encoded):
        """The signature of samples of any size."""
        return self._sized(task, encoded, self.rows.sample_size)

    def sample_options(self, task, encoded):
        """The signature of samples of any size, with all that they can be told."""
        return self._sized(task, encoded, self.rows.sample_options)

    def sample_tile(self, task, encoded):
        """The signature of samples that repeat without a seam."""
        return self._sized(task, encoded, self.rows.sample_tile)

    def _sized(self, task, encoded, row):
        def run(*tensors):
            given = self._rows(task, tensors)
            for name in ("tile", "variation", "refine", "around_index"):
                if name in given:
                    given[name] = self._judged(task, name, given[name])
            for name in ("height", "width"):
                given[name] = self._side(task, name, given[name])
                if not encoded:
                    given[name] = all_same(given[name], name)
            pixels = tf.cast(given["height"], _LONG) * tf.cast(given["width"], _LONG)
            pixels = within(pixels, 1, self.limits.max_pixels, "height * width")
            total = tf.reduce_sum(pixels)
            given["seed"] = bounded_total(given["seed"], total, self.limits)
            return self._images(row, tuple(given.values()), encoded)

        return run

    def reconstruct(self, task, encoded):
        """The signature of the reconstruction."""

        def run(*tensors):
            (index,) = self._rows(task, tensors).values()
            index = bounded_total(index, self._trained_pixels(index), self.limits)

            def row(_):
                return self.pyramid.reconstruct()[0]

            return self._images(row, (index,), encoded)

        return run

    def animate(self, task, encoded):
        """The signature of animations."""

        def run(*tensors):
            given = self._rows(task, tensors)
            most = self.limits.max_frames
            given["frames"] = self._judged(task, "frames", given["frames"], high=most)
            for name in ("alpha", "beta", "loop"):
                given[name] = self._judged(task, name, given[name])
            given["loop"] = _closed(**given)
            pixels = self._trained_pixels(given["seed"][:1])
            pixels *= tf.cast(tf.reduce_sum(given["frames"]), _LONG)
            given["seed"] = bounded_total(given["seed"], pixels, self.limits)
            longest = tf.reduce_max(given["frames"])
            if not encoded:
                given["frames"] = all_same(given["frames"], "frames")
            return self._animations(tuple(given.values()), longest, encoded)

        return run

    def _rows(self, task, tensors):
        """Returns the inputs by name, index and start scale judged."""
        names = [each.name for each in task.inputs]
        tensors = same_rows(self.limits, **dict(zip(names, tensors, strict=True)))
        given = dict(zip(names, tensors, strict=True))
        if "index" in given:
            given["index"] = self._judged(task, "index", given["index"])
        if "start_scale" in given:
            given["start_scale"] = self._start_scale(task, given["start_scale"])
        return given

    def _animations(self, rows, longest, encoded):
        finish = encoded_images.encode if encoded else tf.identity

        def row(seed, start, frames, alpha, beta, loop):
            loop = tf.equal(loop, 1)
            kept = self.rows.animation(seed, start, frames, alpha, beta, loop, finish)
            if not encoded:
                return kept
            # Shorter rows end in empty strings.
            return tf.concat([kept, tf.fill([longest - frames], "")], 0)

        shape = (None,) if encoded else (None, *self._image_shape())
        spec = tf.TensorSpec(shape, _STRING if encoded else tf.float32)
        name = "frames_bytes" if encoded else "frames"
        return {name: map_rows(row, rows, spec)}


def _closed(loop, alpha, frames, **_):
    """Returns `loop` once every loop can be closed."""
    possible = (alpha > 0) & (frames > 1)
    return require(
        loop,
        tf.reduce_all(possible | tf.equal(loop, 0)),
        "A loop must have `alpha` above 0 and at least 2 `frames`.",
        alpha,
    )
