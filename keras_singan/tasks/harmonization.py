"""`harmonize`: an object pasted into the photo takes on its style."""

import warnings

import tensorflow as tf
from keras import ops

from keras_singan.ops import masks
from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.patches.patch_detail import borrow_detail
from keras_singan.ops.photo_colors import match_colors as to_photo_colors
from keras_singan.task_specs import HARMONIZE
from keras_singan.tasks.shared.blending import blend
from keras_singan.tasks.shared.blending import change_softly

# From this enlargement on the trained size lacks detail.
_LEAST_DETAILED = 1.15
# From this enlargement on a larger model is worth its time.
_MOST_ENLARGED = 2
# What is advised then, for composites of at least that size: the published one.
_ADVISED_SIZE = 250


def harmonize(
    pyramid, composite, mask=None, *, start_scale=None, seed=None, match_colors=True
):
    """Makes a pasted object look at home (Shaham et al. 2019, section 4).

    The composite enters the pyramid at `start_scale`, and the scales from there
    on give it the photo's texture and colours. Where the composite is larger than
    the photo as trained, the composite itself, outside the mask, gives the finer
    detail. The result replaces what lies under the mask, grown and feathered by
    lengths that belong to the mask's size. Beyond it every pixel is the user's own.

    Args:
        pyramid: A trained `SinGANPyramid`.
        composite: The photo with the object in it, of any size: what
            `keras_singan.tasks.shared.inputs.read_for` takes.
        mask: Where the object is: an image or array of the composite's size,
            white (true) inside. What is transparent in it is outside. `None`
            finds it by comparing with the photo. Defaults to `None`.
        start_scale: First scale that runs, from 1 up to the finest. The lower
            it is, the more is changed. `None` is two thirds of the way up.
            Several scales give a stack, a result each. Defaults to `None`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        match_colors: Whether colours of the object that the photo has nowhere
            become the nearest that it has: in a grey photo it turns grey.
            Defaults to `True`.

    Returns:
        uint8 array `(height, width, channels)`, of the composite's size.

    Raises:
        ImageError: If composite or mask cannot be read, or the composite's
            channels cannot be made those of the model.
        TaskError: If the mask is empty or of another size, none can be
            found, or another argument is out of range.

    Warns:
        UserWarning: If the composite has 250 px or more, and is more than twice as
            large as the photo was trained.
    """
    given = composite, mask, start_scale, seed, _harmonize_and_advise
    return blend(pyramid, HARMONIZE, *given, match_colors=bool(match_colors))


def _harmonize_and_advise(pyramid, image, region, start_scale, seed, sizes, **options):
    long, trained = max(image.shape[1:3]), max(sizes[-1])
    if trained < _ADVISED_SIZE <= long and long > _MOST_ENLARGED * trained:
        text = (
            f"The composite is {long / trained:.1f} times as large as the photo was "
            f"trained: a model of max_size={_ADVISED_SIZE} (--max-size) gives the "
            "object finer shapes."
        )
        warnings.warn(text, UserWarning, stacklevel=2)
    given = pyramid, image, region, start_scale, seed, sizes
    return harmonize_graph(*given, **options)


def harmonize_graph(
    pyramid, image, region, start_scale, seed, sizes, match_colors=True
):
    """Does the work of `harmonize`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        region: bool tensor `(height, width)`, where the object is.
        start_scale: int, from 1 up to the finest scale.
        seed: int or scalar int64 tensor.
        sizes: Sequence of (height, width), ints or scalar tensors: what
            `generation_sizes` gives.
        match_colors: bool: see `harmonize`. Defaults to `True`.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1].
    """
    image = tf.convert_to_tensor(image)
    given = image
    if match_colors:
        matched = to_photo_colors(image, pyramid.real.value)
        given = tf.where(region[None, :, :, None], matched, image)
    # Refined, the object would vanish among the photo's own patches.
    generated = pyramid.inject(given, start_scale, seed, sizes, refine=False)
    generated = tf.clip_by_value(generated, -1.0, 1.0)
    factor = tf.reduce_max(tf.shape(image)[1:3]) / tf.reduce_max(sizes[-1])
    soft = masks.soften_by_area(region, tf.maximum(factor, 1))
    drawn = _at_full_size(generated, given, region, soft, factor)
    return change_softly(image, drawn - image, soft)


def _at_full_size(generated, image, region, soft, factor):
    """Resizes what was generated, with detail from the rest of the picture."""
    size = ops.shape(generated)[1:3]
    smooth = resize_picture(generated, ops.shape(image)[1:3])
    return tf.cond(
        factor < _LEAST_DETAILED,
        lambda: smooth,
        lambda: borrow_detail(smooth, image, region, soft, size),
    )
