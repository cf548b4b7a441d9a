"""`paint_to_image`: a clip-art becomes a photo."""

from keras import ops

from keras_singan.ops.opacity import resize_picture
from keras_singan.ops.quantize import repaint
from keras_singan.task_specs import PAINT_TO_IMAGE
from keras_singan.tasks.shared.checks import check_injection_scale
from keras_singan.tasks.shared.checks import check_no_masks
from keras_singan.tasks.shared.checks import check_refine
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.inputs import read_for
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.scale_sweep import over_scales
from keras_singan.tasks.super_resolution import enlarge_generated


def paint_to_image(
    pyramid, paint, *, start_scale=None, seed=None, refine=None, retrained=None
):
    """Turns a painting into a picture like the photo that was trained on.

    The painting, shrunk to the scale below `start_scale`, enters there, and the
    scales from there on add what details the photo has (Shaham et al. 2019,
    section 4). It is generated at about as many pixels as the photo, whatever
    its own size; where it is larger, the finest generator makes what detail that
    leaves out, as in super-resolution.

    Args:
        pyramid: A trained `SinGANPyramid`.
        paint: What `keras_singan.tasks.shared.inputs.read_for` takes, of any
            size.
        start_scale: First scale that runs, from 1 up to the finest. The lower
            it is, the more is changed. Several scales give a stack, a result
            each. `None` is the middle of the pyramid. Defaults to `None`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        refine: Whether the photo's own patches refine what the generators made:
            crisper, and with nothing foreign in it. `None` is what the model's
            config says. Defaults to `None`.
        retrained: Function from a start scale to its `QuantizedScale`, through
            which the painting then goes (see `paint_quantized`). Defaults to
            `None`: no scale is retrained.

    Returns:
        uint8 array of shape `(height, width, channels)`, of the painting's size.

    Raises:
        ImageError: If the painting cannot be read, or its channels cannot be
            made those of the model.
        TaskError: If an argument is out of range.
    """
    if start_scale is None:
        start_scale = PAINT_TO_IMAGE.start_scale(pyramid.num_scales)
    start_scale = check_injection_scale(pyramid, start_scale)
    check_no_masks(pyramid, PAINT_TO_IMAGE.name)
    seed = check_seed(seed)
    pixels = read_for(pyramid, paint)
    sizes = generation_sizes(pyramid, pixels.shape[:2])
    refine = check_refine(refine)

    def run(scale):
        if retrained is None:
            given = pyramid, pixels[None], scale, seed, sizes
            result = paint_to_image_graph(*given, refine)
        else:
            given = retrained(scale), pixels[None], seed, sizes
            result = paint_quantized_graph(*given, refine)
        return to_pixels(pyramid, result)[0]

    return over_scales(start_scale, run)


def paint_to_image_graph(pyramid, image, start_scale, seed, sizes, refine=None):
    """Does the work of `paint_to_image`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        start_scale: int, from 1 up to the finest scale.
        seed: int or scalar int64 tensor.
        sizes: Sequence of (height, width), ints or scalar tensors: what
            `generation_sizes` gives.
        refine: See `pyramid.refined_from`. Defaults to `None`.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1].
    """
    generated = pyramid.inject(image, start_scale, seed, sizes, refine=refine)
    return enlarge_generated(pyramid, generated, ops.shape(image)[1:3])


def paint_quantized(quantized, paint, *, seed=None, refine=None):
    """Does what `paint_to_image` does, through a scale that knows few colours.

    The painting enters that scale in the colours of its palette alone, which is
    what the scale was retrained on (Shaham et al. 2019, supplement). Flat areas
    so get the texture that the photo has where it has that colour.

    Args:
        quantized: A `QuantizedScale`.
        paint: The painting, of any size: what `read_for` takes.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        refine: Whether the photo's own patches refine the result; `None` is what
            the model's config says. Defaults to `None`.

    Returns:
        uint8 array of shape `(height, width, channels)`, of the painting's size.

    Raises:
        ImageError: If the painting cannot be read, or its channels cannot be
            made those of the model.
        TaskError: If an argument is out of range.
    """
    return paint_to_image(
        quantized.pyramid,
        paint,
        start_scale=quantized.scale,
        seed=seed,
        refine=refine,
        retrained=lambda _: quantized,
    )


def paint_quantized_graph(quantized, image, seed, sizes, refine=None):
    """Does the work of `paint_quantized`: tensors in, a tensor out, in any graph.

    Args:
        quantized: A `QuantizedScale`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1].
        seed: int or scalar int64 tensor.
        sizes: Sequence of (height, width), what `generation_sizes` returns.
        refine: See `pyramid.refined_from`. Defaults to `None`.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1].
    """
    pyramid, scale = quantized.pyramid, quantized.scale
    entering = quantized_input(quantized, image, sizes[scale])
    zs = pyramid.draw_noise(seed, ops.zeros(1, "int64"), scale, sizes)
    refined_from, generated = pyramid.refined_from(refine), entering
    for above, z in enumerate(zs, scale):
        generated = pyramid.generate_function([z], generated, stop_scale=above + 1)
        generated = pyramid.refine_scale(above, generated, scale, refined_from)
    return enlarge_generated(pyramid, generated, ops.shape(image)[1:3])


def quantized_input(quantized, image, size):
    """What enters the retrained scale: a painting of few colours.

    Args:
        quantized: A `QuantizedScale`.
        image: float tensor `(batch, height, width, channels)`, values in [-1, 1].
        size: Pair (height, width) of that scale, ints or scalar tensors.

    Returns:
        float32 tensor `(batch, *size, channels)` with no other colours than those
        of the palette.
    """
    return repaint(resize_picture(image, size), quantized.palette)
