"""`edit`: parts of the photo that were moved about fit in."""

import tensorflow as tf
from keras import ops

from keras_singan.ops import masks
from keras_singan.task_specs import EDIT
from keras_singan.tasks.naive_edit import naive_edit
from keras_singan.tasks.shared.blending import blend
from keras_singan.tasks.shared.blending import change_softly
from keras_singan.tasks.shared.checks import check_refine
from keras_singan.tasks.super_resolution import enlarge_generated

__all__ = ["RADIUS_AT_250", "edit", "edit_graph", "naive_edit"]

# By how much the mask grows, in pixels, where the long side has 250: the
# published code's radius, and the size of its pictures.
RADIUS_AT_250 = 20


def edit(pyramid, image, mask=None, *, start_scale=None, seed=None, refine=None):
    """Makes a crude edit of the photo look real (Shaham et al. 2019, section 4).

    It works as `harmonize` does, with a mask that grows further, and keeps no
    fine detail of the user's under it: there are the seams. Where the image is
    larger than the photo as trained, the finest generator makes that detail, as
    in super-resolution. `naive_edit` makes a crude edit.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: The edited photo, of any size: what
            `keras_singan.tasks.shared.inputs.read_for` takes.
        mask: Where it was edited: an image or array of the image's size, white
            (true) inside. What is transparent in it is outside. `None` finds it
            by comparing with the photo. Defaults to `None`.
        start_scale: First scale that runs, from 1 up to the finest. The lower
            it is, the more is changed. `None` is the middle of the pyramid.
            Several scales give a stack, a result each. Defaults to `None`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        refine: Whether the photo's own patches refine what the generators made:
            crisper texture, of rock or leaves; but small objects that were moved
            may be lost. `None` is `False`. Defaults to `None`.

    Returns:
        uint8 array `(height, width, channels)`, of the image's size.

    Raises:
        ImageError: If image or mask cannot be read, or the image's channels
            cannot be made those of the model.
        TaskError: If the mask is empty or of another size, none can be
            found, or another argument is out of range.
    """
    given = image, mask, start_scale, seed, edit_graph
    return blend(pyramid, EDIT, *given, refine=check_refine(refine))


def edit_graph(pyramid, image, region, start_scale, seed, sizes, refine=None):
    """Does the work of `edit`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        region: bool tensor `(height, width)`, where it was edited.
        start_scale: int, from 1 up to the finest scale.
        seed: int or scalar int64 tensor.
        sizes: Sequence of (height, width), ints or scalar tensors: what
            `generation_sizes` gives.
        refine: See `pyramid.refined_from`; here `None`, or a tensor below 0, is
            `False`. Defaults to `None`.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1].
    """
    # The nearest patches of a small object that was moved are often those around it.
    refine = tf.maximum(refine, 0) if tf.is_tensor(refine) else bool(refine)
    generated = pyramid.inject(image, start_scale, seed, sizes, refine=refine)
    change = enlarge_generated(pyramid, generated, ops.shape(image)[1:3]) - image
    return change_softly(image, change, masks.soften(region, RADIUS_AT_250))
