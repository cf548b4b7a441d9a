"""What `harmonize` and `edit` share: generated pixels blended into the user's."""

from keras import ops

from keras_singan.io.image import to_uint8
from keras_singan.ops import masks
from keras_singan.tasks.checks import check_injection_scale
from keras_singan.tasks.checks import check_seed
from keras_singan.tasks.inputs import generation_sizes
from keras_singan.tasks.inputs import read_for
from keras_singan.tasks.regions import find_region
from keras_singan.tasks.regions import read_mask


def blend(pyramid, image, mask, start_scale, seed, regenerate):
    """Changes what lies under a mask, and around it; all else stays.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: What `keras_singan.tasks.inputs.read_for` takes, of any size.
        mask: What `read_mask` takes; `None` compares with the photo.
        start_scale: First scale that runs; `None` is `middle_scale`.
        seed: Whole number, or `None` for a random one.
        regenerate: The task's work, of `(pyramid, image, region, start_scale,
            seed, sizes)`: `harmonize_graph` or `edit_graph`.

    Returns:
        uint8 array `(height, width, channels)`, of the image's size.

    Raises:
        ImageError: If image or mask cannot be read.
        TaskError: If the mask or an argument cannot be used.
    """
    start_scale = middle_scale(pyramid) if start_scale is None else start_scale
    start_scale = check_injection_scale(pyramid, start_scale)
    seed = check_seed(seed)
    pixels = read_for(pyramid, image)
    sizes = generation_sizes(pyramid, pixels.shape[:2])
    if mask is None:
        region = find_region(pyramid, pixels)
    else:
        region = read_mask(mask, pixels.shape[:2])
    result = regenerate(pyramid, pixels[None], region, start_scale, seed, sizes)
    return to_uint8(result.numpy()[0])


def change_softly(image, change, region, radius_at_250):
    """Adds a change to an image where a region is, fading out around it.

    Args:
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        change: float tensor of that shape: what is to be added.
        region: bool tensor `(height, width)`.
        radius_at_250: See `keras_singan.ops.masks.soften`.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1]; bit by bit the
        image's own beyond the softened region.
    """
    soft = masks.soften(region, radius_at_250)[None, :, :, None]
    return ops.clip(image + soft * change, -1.0, 1.0)


def middle_scale(pyramid):
    """The scale from which `harmonize` and `edit` start unless told otherwise."""
    return max(1, pyramid.num_scales // 2)
