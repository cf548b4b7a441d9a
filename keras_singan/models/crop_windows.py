"""`Windows`: of the scales below a crop, only what the crop depends on.

An output pixel of a frozen generator sees `num_layers` px to each side, and a
pixel of a bicubic resize 2 px of the coarser image. So a crop depends on one
window of each scale below, whose size the crop bounds, however large the photo
is. Generated alone, a window equals that part of the whole image.
"""

import tensorflow as tf
from keras import ops


def cut(image, origin, size, margin=0):
    """Cuts out a part of an image and what surrounds it, zeros outside.

    Args:
        image: float tensor `(batch, height, width, channels)`.
        origin: int32 tensor `(2,)`, the part's (top, left) in the image.
        size: Pair of ints, the part's (height, width).
        margin: int, pixels to add on each side. Defaults to `0`.

    Returns:
        Tensor `(batch, size[0] + 2 * margin, size[1] + 2 * margin, channels)`
        of the image's dtype.
    """
    for axis, places in enumerate(_places(origin, size, margin), 1):
        side = ops.shape(image)[axis]
        # XLA would compile a slice for every origin again.
        part = tf.gather(image, tf.clip_by_value(places, 0, side - 1), axis=axis)
        within = tf.reshape(_within(places, side), (-1, *[1] * (3 - axis)))
        image = tf.where(within, part, tf.zeros((), part.dtype))
    return image


def inside(whole, origin, size, margin=0):
    """Tells which pixels of a part and its surroundings lie in the image.

    Args:
        whole: Pair of ints, the image's (height, width).
        origin: int32 tensor `(2,)`, the part's (top, left) in the image.
        size: Pair of ints, the part's (height, width).
        margin: int, pixels on each side of it. Defaults to `0`.

    Returns:
        float32 tensor `(1, size[0] + 2 * margin, size[1] + 2 * margin, 1)`: ones,
        and zeros outside the image.
    """
    rows, columns = map(_within, _places(origin, size, margin), whole)
    return tf.cast(rows[:, None] & columns, tf.float32)[None, ..., None]


def _places(origin, size, margin):
    """The image's row of each row of a part, and the same of columns."""
    return [
        origin[axis] - margin + tf.range(side + 2 * margin)
        for axis, side in enumerate(size)
    ]


def _within(places, side):
    return (places >= 0) & (places < side)


class Windows:
    """The parts of the scales below that a crop of one scale depends on.

    Sizes are ints, known beforehand; only origins are tensors. The generators
    must have fixed statistics: with instance normalization every pixel depends
    on the whole image, so that a window would differ from it.

    Args:
        pyramid: A `SinGANPyramid`, its scales below `scale` trained.
        scale: int, index of the crop's scale.
        size: Pair of ints, the crop's (height, width): at most the image's.

    Attributes:
        sizes: List of the windows' (height, width) at the scales below. A window
            lies inside its image.
        noise_sizes: List of the (height, width) of the windows' noise. It fills
            the margin around the window, too: all of it if `pyramid.padding` is
            `"noise"`, else what lies inside the image.
    """

    def __init__(self, pyramid, scale, size):
        self.pyramid = pyramid
        self.scale = scale
        self.margin = pyramid.num_layers
        self._sizes = {scale: tuple(size)}
        for upper in range(scale, 0, -1):
            self._sizes[upper - 1] = self._size_below(upper)
        self.sizes = [self._sizes[k] for k in range(scale)]
        self.noise_sizes = [self._noise_size(k) for k in range(scale)]

    def origins(self, origin):
        """Returns the (top, left) of each window: int32 tensors `(2,)`.

        Args:
            origin: int32 tensor `(2,)`, the crop's (top, left) in its image.
        """
        origins = [origin]
        for upper in range(self.scale, 0, -1):
            origins.insert(0, self._origin_below(upper, origins[0]))
        return origins[:-1]

    def noise_origins(self, origin):
        """Returns where each window's noise lies in the noise of a whole image.

        Args:
            origin: int32 tensor `(2,)`, the crop's (top, left) in its image.
        """
        origins = self.origins(origin)
        if self.pyramid.padding == "noise":
            return origins
        return [self._context_origin(k, o) for k, o in enumerate(origins)]

    def previous(self, zs, origin, entering=None):
        """Generates the image from below, upsampled, on the crop and its margin.

        Args:
            zs: Sequence of float32 tensors `(batch, *noise_size, channels)`, the
                windows' noise, not yet multiplied by the amplitude.
            origin: int32 tensor `(2,)`, the crop's (top, left) in its image.
            entering: Function of the upsampled image, pixel by pixel, whose result
                is taken in its place. Defaults to `None`.

        Returns:
            float32 tensor `(batch, height + 2 * num_layers, width + 2 * num_layers,
            channels)`, values in [-1, 1], zeros outside the image. Nothing lies
            below scale 0: there it is zeros, `batch` being 1.
        """
        origins = [*self.origins(origin), origin]
        grown = [side + 2 * self.margin for side in self._sizes[0]]
        previous = tf.zeros((1, *grown, self.pyramid.channels))
        for scale, z in enumerate(zs):
            image = self._generate(scale, z, previous, origins[scale])
            below, here = origins[scale : scale + 2]
            context = self._upsampled(scale + 1, image, below, here)
            if scale + 1 == self.scale and entering is not None:
                context = entering(context)
            previous = self._surrounded(scale + 1, context, here)
        return previous

    def _generate(self, scale, z, previous, origin):
        if self.pyramid.padding == "zeros":
            z = self._surrounded(scale, z, origin)
        amp = self.pyramid.noise_amps.value[scale]
        return self.pyramid.generators[scale].interior(amp * z, previous)

    def _upsampled(self, scale, image, below, origin):
        """Upsamples the window at `below` for the context of that at `origin`."""
        new, old = self._wholes(scale)
        place = tf.cast(self._context_origin(scale, origin), tf.int64)
        # Whole numbers: a difference of two large floats would be inexact.
        shift = tf.cast(below, tf.int64) * new - place * old
        old = tf.cast(old, tf.float32)
        # As `resize` does it, which takes nothing from outside the image either.
        upsampled = ops.image.scale_and_translate(
            image,
            (ops.shape(image)[0], *self._context_size(scale), image.shape[3]),
            tf.cast(new, tf.float32) / old,
            tf.cast(shift, tf.float32) / old,
            (1, 2),
            "cubic",
            antialias=True,
        )
        return ops.clip(upsampled, -1.0, 1.0)

    def _surrounded(self, scale, context, origin):
        """The window and its margin, of which `context` is what lies inside."""
        inner = origin - self._context_origin(scale, origin)
        return cut(context, inner, self._sizes[scale], self.margin)

    def _context_size(self, scale):
        sides = zip(self._sizes[scale], self.pyramid.sizes[scale], strict=True)
        return tuple(min(side + 2 * self.margin, whole) for side, whole in sides)

    def _context_origin(self, scale, origin):
        spare = tf.subtract(self.pyramid.sizes[scale], self._context_size(scale))
        return tf.clip_by_value(origin - self.margin, 0, spare)

    def _noise_size(self, scale):
        if self.pyramid.padding == "zeros":
            return self._context_size(scale)
        return tuple(side + 2 * self.margin for side in self._sizes[scale])

    # Pixel p of an image of `new` px takes those of the `old` px below it that
    # are nearer than 2 * max(old / new, 1) to (p + 1/2) * old / new - 1/2.

    def _size_below(self, scale):
        context, sizes = self._context_size(scale), self.pyramid.sizes
        return tuple(
            min(old, -(-((side - 1) * old + 4 * max(old, new)) // new))
            for side, new, old in zip(
                context, sizes[scale], sizes[scale - 1], strict=True
            )
        )

    def _origin_below(self, scale, origin):
        new, old = self._wholes(scale)
        place = tf.cast(self._context_origin(scale, origin), tf.int64)
        limit = (2 * place + 1) * old - new - 4 * tf.maximum(old, new)
        spare = old - tf.constant(self._sizes[scale - 1], tf.int64)
        first = tf.clip_by_value(limit // (2 * new) + 1, 0, spare)
        return tf.cast(first, tf.int32)

    def _wholes(self, scale):
        """Sizes of a scale's whole image and of the one below, int64."""
        sizes = self.pyramid.sizes
        return [tf.constant(sizes[k], tf.int64) for k in (scale, scale - 1)]
