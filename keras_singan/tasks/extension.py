"""`extend`: the photo stays in its place, and around it grows more of its kind."""

import re

import numpy as np
import tensorflow as tf
from keras import ops

from keras_singan.errors import TaskError
from keras_singan.models.generation.masked_generation import draw_on_canvases
from keras_singan.models.generation.masked_generation import feather_of
from keras_singan.models.generation.masked_generation import frame
from keras_singan.models.generation.masked_generation import wider_canvases
from keras_singan.ops.mirror import mirror_pad
from keras_singan.task_specs import EXTEND
from keras_singan.tasks.shared.checks import check_count
from keras_singan.tasks.shared.checks import check_refine
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.checks import check_start_scale
from keras_singan.tasks.shared.checks import is_whole
from keras_singan.tasks.shared.inputs import read_picture
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.scale_sweep import over_scales
from keras_singan.tasks.super_resolution import enlarge_generated

SIDES = ("left", "right", "top", "bottom")
# Which of (height, width) each of them adds to.
_AXES = (1, 1, 0, 0)
# How often the photo's side may be added, at most.
MOST = int(-EXTEND["left"].low)


def extend(
    pyramid,
    *,
    left=0,
    right=0,
    top=0,
    bottom=0,
    n=1,
    image=None,
    start_scale=0,
    seed=None,
    refine=None,
):
    """Widens the photo.

    The photo stays in its place, pixel by pixel but for a narrow seam inside its
    border. Around it every scale from `start_scale` on gets fresh noise; the
    scales below continue the photo as a mirror does.

    Args:
        pyramid: A trained `SinGANPyramid`.
        left: How much to add there: pixels of the image, or a share of its side
            as text, `"50%"`; at most ten times the side. Defaults to `0`.
        right: See `left`. Defaults to `0`.
        top: See `left`. Defaults to `0`.
        bottom: See `left`. Defaults to `0`.
        n: How many images. Image `i` depends on `seed` and `i` alone. Defaults
            to `1`.
        image: The photo itself at any size, such as the user's larger original;
            its proportions must be those of the photo as trained. `None` is the
            photo as trained. Defaults to `None`.
        start_scale: First scale that gets fresh noise, 0 (the coarsest) up to the
            finest. Several scales give a stack, `n` images each. Defaults to
            `0`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        refine: Whether the photo's own patches refine what the generators made:
            crisper. `None` is what `keras_singan.tasks.sampling.sample` does.
            Defaults to `None`.

    Returns:
        uint8 array of shape
        `(n, top + height + bottom, left + width + right, channels)`.

    Raises:
        ImageError: If the image cannot be read.
        TaskError: If nothing is to be added, or an argument is out of range.
    """
    n = check_count(n)
    start_scale = check_start_scale(pyramid, start_scale)
    seed, refine = check_seed(seed), check_refine(refine)
    pixels = read_picture(pyramid, image)
    given = dict(zip(SIDES, (left, right, top, bottom), strict=True))
    pads = check_pads(given, pixels.shape[1:3])

    def draw(scale, index):
        result = _extend(pyramid, pixels, pads, scale, seed, index, refine)
        return to_pixels(pyramid, result)[0]

    return over_scales(
        start_scale, lambda scale: np.stack([draw(scale, i) for i in range(n)])
    )


def extend_graph(
    pyramid,
    image,
    start_scale,
    seed,
    sizes,
    left,
    right,
    top,
    bottom,
    index,
    refine=None,
):
    """Does the work of `extend`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1], of
            the photo's proportions.
        start_scale: int or scalar int tensor, from 0 up to the finest scale.
        seed: int or scalar int64 tensor.
        sizes: Not used: they follow from the photo's.
        left: Scalar float tensor: pixels, or below 0 a share of the side.
        right: See `left`.
        top: See `left`.
        bottom: See `left`.
        index: int or scalar int tensor, which image of the seed.
        refine: See `pyramid.refined_from`. Defaults to `None`.

    Returns:
        float32 tensor of one axis of images, wider than `image`.
    """
    pads = pads_in_pixels((left, right, top, bottom), ops.shape(image)[1:3])
    return _extend(pyramid, image, pads, start_scale, seed, index, refine)


def pads_in_pixels(pads, size):
    """Returns pads as int32 tensors: what is below 0 is a share of the side."""
    result = []
    for pad, axis in zip(pads, _AXES, strict=True):
        side = tf.cast(size[axis], tf.float32)
        pad = tf.where(pad < 0, -pad * side, pad)
        result.append(tf.cast(tf.floor(pad + 0.5), tf.int32))
    return result


def _extend(pyramid, image, pads, start_scale, seed, index, refine):
    size, trained = ops.shape(image)[1:3], pyramid.sizes[-1]
    inner = inner_pads(pads, size, trained)
    canvases = wider_canvases(pyramid, image, inner)
    drawn = draw_on_canvases(pyramid, canvases, seed, [index], start_scale, refine)
    # One factor for both, so that the photo's pixels lie where they belong.
    wide = [
        _times(ops.shape(drawn)[1 + axis], size[axis], trained[axis]) for axis in (0, 1)
    ]
    drawn = enlarge_generated(pyramid, drawn, wide)
    left, right, top, bottom = pads
    x = _times(inner[0], size[1], trained[1]) - left
    y = _times(inner[2], size[0], trained[0]) - top
    drawn = drawn[:, y : y + top + size[0] + bottom, x : x + left + size[1] + right]
    soft = frame(size, pads, feather_of(size))[None, :, :, None]
    kept = mirror_pad(image, pads)
    return tf.clip_by_value(kept + soft * (drawn - kept), -1.0, 1.0)


def inner_pads(pads, size, trained):
    """Returns the pads at the trained size, rounded up to cover what is wanted."""
    return [
        (pad * trained[axis] + size[axis] - 1) // size[axis]
        for pad, axis in zip(pads, _AXES, strict=True)
    ]


def wider_size(size, pads):
    """Returns the (height, width) of an image with pads around it."""
    left, right, top, bottom = pads
    return size[0] + top + bottom, size[1] + left + right


def _times(side, new, old):
    return (2 * side * new + old) // (2 * old)


def check_pads(pads, size):
    """Returns the pads in pixels, or raises `TaskError`.

    Args:
        pads: Dictionary of a side's name to pixels or text such as `"50%"`.
        size: The image's (height, width).
    """
    result = [
        _check_pad(name, value, size[axis])
        for (name, value), axis in zip(pads.items(), _AXES, strict=True)
    ]
    if not any(result):
        raise TaskError(
            "`left`, `right`, `top` or `bottom` must add at least one pixel. "
            "Received: nothing to add."
        )
    return result


def _check_pad(name, value, side):
    match = (
        re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,6})?)\s*%\s*", value)
        if (isinstance(value, str))
        else None
    )
    pixels = value
    if match:
        pixels = int(float(match[1]) / 100 * side + 0.5)
    if not is_whole(pixels) or not 0 <= pixels <= MOST * side:
        raise TaskError(
            f"`{name}` must be a whole number of pixels from 0 to {MOST * side}, or a "
            f"share of the side such as '50%'. Received: {name}={value!r}."
        )
    return int(pixels)
