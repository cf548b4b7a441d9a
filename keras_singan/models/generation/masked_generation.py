"""Generation in which one part is drawn anew, and the rest stays the photo's.

At every scale the noise is fresh where the canvas is, and that of the
reconstruction elsewhere. After a scale, what lies outside the softened part is put
back from the real image of that scale: so the next one sees the photo itself, and
what is drawn joins it.
"""

import dataclasses

import tensorflow as tf

from keras_singan.ops import masks
from keras_singan.ops.mirror import mirror_pad
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.resize import resize

# By how much a part grows and fades out, in pixels, where the long side has 250.
RADIUS_AT_250, FEATHER_AT_250 = 7, 12
# Half of what a generator sees: a narrower seam at a coarse scale cuts objects.
_LEAST_FEATHER = 5


@dataclasses.dataclass(frozen=True)
class Canvas:
    """What one scale works on.

    Attributes:
        size: (height, width) of the image, ints or scalar tensors.
        real: float32 tensor `(1, height, width, channels)`: what stays.
        fresh: bool tensor `(height, width)`: where the noise is fresh.
        soft: float32 tensor `(height, width)` in [0, 1]: how much of what is
            generated shows; 0 where the real image stays.
        rec_noise: float32 tensor `(1, noise height, noise width, channels)`, or of
            ones in place of the three.
    """

    size: tuple
    real: tf.Tensor
    fresh: tf.Tensor
    soft: tf.Tensor
    rec_noise: tf.Tensor


def draw_on_canvases(
    pyramid, canvases, seed, indices, start_scale=0, refine=None, enter_at=0
):
    """Draws images that keep the real image outside the part drawn anew.

    Args:
        pyramid: A trained `SinGANPyramid`.
        canvases: A `Canvas` for every scale, coarsest first.
        seed: int or scalar int64 tensor.
        indices: Sequence or int64 tensor of shape `(n,)`, which images of the
            seed. Image `i` depends on the seed and `i` alone.
        start_scale: int or scalar int tensor, the first scale with fresh noise.
            Defaults to `0`.
        refine: See `pyramid.refined_from`. Defaults to `None`.
        enter_at: int, the first scale that runs: the one below shows its real
            image, in the part too. Defaults to `0`.

    Returns:
        float32 tensor `(n, height, width, channels)`.
    """
    image = canvases[enter_at - 1].real if enter_at else None

    def step(scale, image):
        canvas = canvases[scale]
        z = _mixed_noise(pyramid, scale, canvas, seed, indices, start_scale)
        image = pyramid.generate_function([z], image, stop_scale=scale + 1)
        # With the photo around it, so that patches over the seam join both.
        return canvas.real + _column(canvas.soft) * (image - canvas.real)

    def after(scale, image):
        return tf.where(_column(canvases[scale].soft) > 0, image, canvases[scale].real)

    refinement = start_scale, pyramid.refined_from(refine, start_scale)
    return pyramid.climb(step, image, enter_at, refinement, after)


def _column(soft):
    return soft[None, :, :, None]


def _mixed_noise(pyramid, scale, canvas, seed, indices, start_scale):
    fresh = pyramid.fresh_noise(scale, seed, indices, canvas.size)
    where = canvas.fresh & (start_scale <= scale)
    margins = [(tf.shape(fresh)[1 + axis] - canvas.size[axis]) // 2 for axis in (0, 1)]
    # Noise that reaches beyond the image is that of the nearest pixels.
    for axis, margin in enumerate(margins):
        at = tf.range(-margin, canvas.size[axis] + margin)
        at = tf.clip_by_value(at, 0, canvas.size[axis] - 1)
        where = tf.gather(where, at, axis=axis)
    return tf.where(where[None, :, :, None], fresh, canvas.rec_noise)


def part_canvases(pyramid, image, region, sizes=None):
    """Makes the canvases on which a part of a picture is drawn anew.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1], of
            the proportions of `sizes`.
        region: bool tensor `(height, width)`: the part.
        sizes: Sequence of the (height, width) of every scale. At other sizes than
            the trained ones there is no noise outside the part. Defaults to the
            trained ones.

    Returns:
        List of `Canvas`.
    """
    canvases, silence = [], tf.zeros((1, 1, 1, 1))
    trained = sizes is None or tuple(sizes) == tuple(pyramid.sizes)
    region = tf.cast(region, tf.float32)[None, :, :, None]
    for scale, size in enumerate(pyramid.sizes if trained else sizes):
        # A quarter of a pixel is enough, so that thin parts last.
        fresh = resize(region, size)[0, ..., 0] > 0.25
        canvases.append(
            Canvas(
                size=size,
                real=resize_picture(image, size, pyramid.mask_channels),
                fresh=fresh,
                soft=masks.soften(fresh, RADIUS_AT_250),
                rec_noise=pyramid.rec_noise(scale) if trained else silence,
            )
        )
    return canvases


def wider_canvases(pyramid, image, pads):
    """Makes the canvases on which the photo is surrounded by more of its kind.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1]: the
            photo at any size.
        pads: Four ints or scalar int tensors, at least 0: pixels to add at the
            left, right, top and bottom of the finest scale.

    Returns:
        List of `Canvas`; around the photo the reconstruction's noise is mirrored.
    """
    canvases = []
    for scale, size in enumerate(pyramid.sizes):
        here = scaled_pads(pads, size, pyramid.sizes[-1])
        left, right, top, bottom = here
        soft = frame(size, here, feather_of(size))
        real = resize_picture(image, size, pyramid.mask_channels)
        canvases.append(
            Canvas(
                size=(size[0] + top + bottom, size[1] + left + right),
                real=mirror_pad(real, here),
                fresh=soft > 0,
                soft=soft,
                rec_noise=mirror_pad(pyramid.rec_noise(scale), here),
            )
        )
    return canvases


def scaled_pads(pads, size, finest):
    """Returns the `pads` of the finest scale at the size of another, halves up."""
    sides = (1, 1, 0, 0)
    return [
        (2 * pad * size[side] + finest[side]) // (2 * finest[side])
        for pad, side in zip(pads, sides, strict=True)
    ]


def feather_of(size):
    """Returns the width of the seam inside a photo of `size`, in pixels."""
    wanted = 2 * FEATHER_AT_250 * tf.reduce_max(tf.stack(size))
    return tf.maximum(_LEAST_FEATHER, (wanted + 250) // 500)


def frame(size, pads, feather):
    """Returns how much of a frame shows: 1 around a photo, falling to 0 inside it.

    Args:
        size: (height, width) of the photo.
        pads: Pixels around it: left, right, top and bottom.
        feather: int or scalar int tensor, over how many pixels inside the photo
            it falls.

    Returns:
        float32 tensor `(height + top + bottom, width + left + right)`: exactly 0
        from `feather` pixels inside on, and along a side without a pad.
    """
    left, right, top, bottom = pads
    columns = _ramp(size[1], left, right, feather)
    rows = _ramp(size[0], top, bottom, feather)
    return tf.maximum(rows[:, None], columns[None, :])


def _ramp(side, before, after, feather):
    """A smooth step down at each end that has a pad."""
    at = tf.cast(tf.range(-before, side + after), tf.float32)

    def step(distance, pad):
        width = tf.cast(feather, tf.float32)
        t = tf.clip_by_value((distance + 1) / (width + 1), 0.0, 1.0)
        return tf.where(tf.cast(pad, tf.int32) > 0, 1 - t * t * (3 - 2 * t), 0.0)

    last = tf.cast(side - 1, tf.float32)
    return tf.maximum(step(at, before), step(last - at, after))
