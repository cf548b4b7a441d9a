"""`fill_hole`: the texture of what surrounds it, for a place that became empty."""

import tensorflow as tf

from keras_singan.io.image import to_float
from keras_singan.io.image import to_uint8
from keras_singan.models.generation.masked_generation import RADIUS_AT_250
from keras_singan.models.generation.masked_generation import draw_on_canvases
from keras_singan.models.generation.masked_generation import part_canvases
from keras_singan.ops import masks
from keras_singan.tasks.shared.blending import change_softly
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.super_resolution import enlarge_generated


def fill_hole(pyramid, image, hole, seed=None):
    """Draws what may stand in a hole that was filled without any texture.

    The image enters a quarter of the way up the scales. There the smooth filling
    says what colours the place has, but not yet what is in it; lower down the
    generators would put an object of their own there.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: uint8 array `(height, width, channels)`, the hole filled smoothly.
        hole: bool array `(height, width)`, not all false.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.

    Returns:
        uint8 array like `image`, which it is beyond the softened hole.

    Raises:
        TaskError: If the image is too elongated, or the seed out of range.
    """
    count = pyramid.num_scales
    if count < 2:
        return image
    seed, enter_at = check_seed(seed), max(1, round(count / 4))
    pixels, hole = tf.constant(to_float(image)[None]), tf.constant(hole)
    sizes = generation_sizes(pyramid, image.shape[:2])
    canvases = part_canvases(pyramid, pixels, hole, sizes)
    drawn = draw_on_canvases(pyramid, canvases, seed, [0], enter_at=enter_at)
    change = enlarge_generated(pyramid, drawn, image.shape[:2]) - pixels
    soft = masks.soften(hole, RADIUS_AT_250)
    return to_uint8(change_softly(pixels, change, soft).numpy()[0])
