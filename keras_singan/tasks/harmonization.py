"""`harmonize`: an object pasted into the photo takes on its style."""

from keras import ops

from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.resize import resize_unclipped
from keras_singan.task_specs import HARMONIZE
from keras_singan.tasks.shared.blending import blend
from keras_singan.tasks.shared.blending import change_softly

# By how much the mask grows, in pixels, where the long side has 250: the
# published code's radius, and the size of its pictures.
RADIUS_AT_250 = 7


def harmonize(pyramid, composite, mask=None, *, start_scale=None, seed=None):
    """Makes a pasted object look at home (Shaham et al. 2019, section 4).

    The composite enters the pyramid at `start_scale`, and the scales from there
    on give it the photo's texture and colours. What that changes is added to the
    composite under the mask, grown and feathered by lengths that belong to the
    composite's size. So detail finer than the photo was trained on is kept, and
    beyond the feathered mask every pixel is the user's own.

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

    Returns:
        uint8 array `(height, width, channels)`, of the composite's size.

    Raises:
        ImageError: If composite or mask cannot be read, or the composite's
            channels cannot be made those of the model.
        TaskError: If the mask is empty or of another size, none can be
            found, or another argument is out of range.
    """
    return blend(
        pyramid, HARMONIZE, composite, mask, start_scale, seed, harmonize_graph
    )


def harmonize_graph(pyramid, image, region, start_scale, seed, sizes):
    """Does the work of `harmonize`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        region: bool tensor `(height, width)`, where the object is.
        start_scale: int, from 1 up to the finest scale.
        seed: int or scalar int64 tensor.
        sizes: Sequence of (height, width), ints or scalar tensors: what
            `generation_sizes` gives.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1].
    """
    # Refined, the object would vanish among the photo's own patches.
    generated = pyramid.inject(image, start_scale, seed, sizes, refine=False)
    change = generated - resize_picture(image, sizes[-1])
    change = resize_unclipped(change, ops.shape(image)[1:3])
    return change_softly(image, change, region, RADIUS_AT_250)
