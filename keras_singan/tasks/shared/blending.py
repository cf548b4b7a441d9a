"""What `harmonize` and `edit` share: generated pixels blended into the user's."""

from keras import ops

from keras_singan.tasks.shared.checks import check_injection_scale
from keras_singan.tasks.shared.checks import check_no_masks
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.inputs import read_for
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.regions import find_region
from keras_singan.tasks.shared.regions import read_mask
from keras_singan.tasks.shared.scale_sweep import over_scales


def blend(pyramid, task, image, mask, start_scale, seed, graph_half, **options):
    """Changes what lies under a mask, and around it; all else stays.

    Args:
        pyramid: A trained `SinGANPyramid`.
        task: The `keras_singan.task_specs.Task`, for its default start scale.
        image: What `keras_singan.tasks.shared.inputs.read_for` takes, of any
            size.
        mask: What `read_mask` takes; `None` compares with the photo.
        start_scale: First scale that runs, or several; `None` is the default.
        seed: Whole number, or `None` for a random one.
        graph_half: The task's work, of `(pyramid, image, region, start_scale,
            seed, sizes)`.
        **options: What else it takes.

    Returns:
        uint8 array `(height, width, channels)`, of the image's size; for several
        start scales a stack of them.

    Raises:
        ImageError: If image or mask cannot be read.
        TaskError: If the mask or an argument cannot be used.
    """
    if start_scale is None:
        start_scale = task.start_scale(pyramid.num_scales)
    start_scale = check_injection_scale(pyramid, start_scale)
    check_no_masks(pyramid, task.name)
    seed = check_seed(seed)
    pixels = read_for(pyramid, image)
    sizes = generation_sizes(pyramid, pixels.shape[:2])
    if mask is None:
        region = find_region(pyramid, pixels)
    else:
        region = read_mask(mask, pixels.shape[:2])

    def run(scale):
        given = pyramid, pixels[None], region, scale, seed, sizes
        result = graph_half(*given, **options)
        return to_pixels(pyramid, result)[0]

    return over_scales(start_scale, run)


def change_softly(image, change, soft):
    """Adds a change to an image where a softened mask is.

    Args:
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        change: float tensor of that shape: what is to be added.
        soft: float tensor `(height, width)`, values in [0, 1]: what `soften` of
            `keras_singan.ops.masks` gives.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1]; bit by bit the
        image's own where `soft` is 0.
    """
    return ops.clip(image + soft[None, :, :, None] * change, -1.0, 1.0)
