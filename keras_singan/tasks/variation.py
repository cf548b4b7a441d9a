"""`vary`: a part of the photo is drawn anew, the rest stays."""

from collections.abc import Iterable

import numpy as np
from keras import ops

from keras_singan.errors import TaskError
from keras_singan.models.generation.masked_generation import RADIUS_AT_250
from keras_singan.models.generation.masked_generation import draw_on_canvases
from keras_singan.models.generation.masked_generation import part_canvases
from keras_singan.ops import masks
from keras_singan.tasks.shared.blending import change_softly
from keras_singan.tasks.shared.checks import check_count
from keras_singan.tasks.shared.checks import check_refine
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.checks import check_start_scale
from keras_singan.tasks.shared.checks import is_whole
from keras_singan.tasks.shared.inputs import read_picture
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.regions import read_mask
from keras_singan.tasks.super_resolution import enlarge_generated


def vary(
    pyramid,
    n=8,
    *,
    region=None,
    mask=None,
    image=None,
    start_scale=0,
    seed=None,
    refine=None,
):
    """Draws one part of the photo anew, joined to what is around it.

    Under the mask every scale from `start_scale` on gets fresh noise, elsewhere
    that of the reconstruction. After each scale, what lies outside the softened
    mask is put back from the photo. Beyond the feathered mask every pixel of the
    result is the user's own. A mask over a whole object removes it, or puts
    another in its place.

    Args:
        pyramid: A trained `SinGANPyramid`.
        n: How many images. Image `i` depends on `seed` and `i` alone. Defaults
            to `8`.
        region: `(x, y, width, height)` of the part, in pixels of the image.
            Either it or `mask` must be given. Defaults to `None`.
        mask: Where the part is: an image or array of the image's size, white
            (true) inside. What is transparent in it is outside. Defaults to
            `None`.
        image: The photo itself at any size, such as the user's larger original;
            its proportions must be those of the photo as trained. `None` is the
            photo as trained. Defaults to `None`.
        start_scale: First scale that gets fresh noise, 0 (the coarsest: layout
            and detail vary) up to the finest (only detail varies). Several
            scales give a stack, `n` images each. Defaults to `0`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        refine: Whether the photo's own patches refine what the generators made:
            crisper. `None` is what `keras_singan.tasks.sampling.sample` does.
            Defaults to `None`.

    Returns:
        uint8 array of shape `(n, height, width, channels)`, of the image's size.

    Raises:
        ImageError: If image or mask cannot be read.
        TaskError: If the mask is empty or of another size, or an argument
            out of range.
    """
    given = {"region": region, "mask": mask, "image": image}
    how = {"start_scale": start_scale, "seed": seed, "refine": refine}
    images = np.stack(list(iterate_variations(pyramid, n, **given, **how)))
    several = isinstance(start_scale, Iterable)
    return images.reshape(-1, n, *images.shape[1:]) if several else images


def iterate_variations(
    pyramid,
    n=8,
    *,
    region=None,
    mask=None,
    image=None,
    start_scale=0,
    seed=None,
    refine=None,
):
    """Does what `vary` does, one image after the other.

    Args:
        pyramid: A trained `SinGANPyramid`.
        n: How many images of each start scale. Defaults to `8`.
        region: See `vary`. Defaults to `None`.
        mask: See `vary`. Defaults to `None`.
        image: See `vary`. Defaults to `None`.
        start_scale: See `vary`. Defaults to `0`.
        seed: See `vary`. Defaults to `None`.
        refine: See `vary`. Defaults to `None`.

    Returns:
        Iterator of uint8 arrays `(height, width, channels)`, drawn as they are
        asked for: all of one start scale, then of the next.

    Raises:
        ImageError: At once, as `vary` does.
        TaskError: At once, as `vary` does.
    """
    n = check_count(n)
    scales = check_start_scale(pyramid, start_scale)
    scales = scales if isinstance(scales, tuple) else (scales,)
    seed, refine = check_seed(seed), check_refine(refine)
    pixels = read_picture(pyramid, image)
    inside = _read_region(region, mask, pixels.shape[1:3])
    canvases = part_canvases(pyramid, pixels, inside)

    def draw(scale, index):
        result = _vary(pyramid, canvases, pixels, inside, scale, seed, index, refine)
        return to_pixels(pyramid, result)[0]

    return (draw(scale, index) for scale in scales for index in range(n))


def vary_graph(pyramid, image, region, start_scale, seed, sizes, index, refine=None):
    """Does the work of `vary`: tensors in, a tensor out, in any graph.

    Args:
        pyramid: A trained `SinGANPyramid`.
        image: float tensor `(1, height, width, channels)`, values in [-1, 1], of
            the photo's proportions.
        region: bool tensor `(height, width)`: the part to draw anew.
        start_scale: int or scalar int tensor, from 0 up to the finest scale.
        seed: int or scalar int64 tensor.
        sizes: Not used: they are the trained ones.
        index: int or scalar int tensor, which image of the seed.
        refine: See `pyramid.refined_from`. Defaults to `None`.

    Returns:
        float32 tensor of the image's shape, values in [-1, 1].
    """
    canvases = part_canvases(pyramid, image, region)
    return _vary(pyramid, canvases, image, region, start_scale, seed, index, refine)


def _vary(pyramid, canvases, image, region, start_scale, seed, index, refine=None):
    drawn = draw_on_canvases(pyramid, canvases, seed, [index], start_scale, refine)
    change = enlarge_generated(pyramid, drawn, ops.shape(image)[1:3]) - image
    return change_softly(image, change, masks.soften(region, RADIUS_AT_250))


def _read_region(region, mask, size):
    if (region is None) == (mask is None):
        given = "neither" if mask is None else "both"
        raise TaskError(f"Either `region` or `mask` must be given. Received: {given}.")
    if region is None:
        return read_mask(mask, size)
    x, y, width, height = check_region(region, size)
    inside = np.zeros(size, bool)
    inside[y : y + height, x : x + width] = True
    return read_mask(inside, size)


def check_region(region, size):
    """Returns `(x, y, width, height)` as ints, or raises `TaskError`.

    Args:
        region: The region.
        size: The image's (height, width).
    """
    try:
        numbers = tuple(region)
    except TypeError:
        numbers = ()
    good = len(numbers) == 4 and all(is_whole(number) for number in numbers)
    if good:
        x, y, width, height = (int(number) for number in numbers)
        good = min(x, y) >= 0 and min(width, height) >= 1
        good = good and x + width <= size[1] and y + height <= size[0]
    if not good:
        raise TaskError(
            "`region` must be four whole numbers (x, y, width, height) inside the "
            f"image, {size[0]}x{size[1]} (height x width). "
            f"Received: region={region!r}."
        )
    return x, y, width, height
