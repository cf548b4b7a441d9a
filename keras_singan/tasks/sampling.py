"""`sample` and `reconstruct`."""

from collections.abc import Iterable

import numpy as np

from keras_singan.errors import TaskError
from keras_singan.models.generation.wrapped_generation import WRAPS
from keras_singan.models.generation.wrapped_generation import wrapped_chunks
from keras_singan.task_specs import AROUND_INDEX
from keras_singan.task_specs import VARIATION
from keras_singan.tasks.shared.checks import check_around
from keras_singan.tasks.shared.checks import check_count
from keras_singan.tasks.shared.checks import check_number
from keras_singan.tasks.shared.checks import check_refine
from keras_singan.tasks.shared.checks import check_seed
from keras_singan.tasks.shared.checks import check_size
from keras_singan.tasks.shared.checks import check_start_scale
from keras_singan.tasks.shared.output_pixels import to_pixels
from keras_singan.tasks.shared.rules import varies_at


def sample(
    pyramid,
    n=1,
    *,
    start_scale=0,
    size=None,
    tile=None,
    seed=None,
    refine=None,
    variation=VARIATION.default,
    around=None,
    return_masks=False,
):
    """Draws new variations of the photo.

    Image `i` depends on `seed` and `i` alone, whatever `n` is. Scales below
    `start_scale` keep the layout of the photo: they give its reconstruction,
    which is resized where another `size` is wanted.

    Args:
        pyramid: A trained `SinGANPyramid`.
        n: How many images. Defaults to `1`.
        start_scale: First scale that gets fresh noise, 0 (the coarsest: layout
            and detail vary) up to the finest (only detail varies). Several
            scales give a stack, `n` images each. Defaults to `0`.
        size: (height, width) in pixels, or `None` for the trained size.
            Defaults to `None`.
        tile: `"x"` (the right border goes on at the left one), `"y"` or
            `"both"` for images that repeat without a seam; then `start_scale`
            must be 0. Defaults to `None`.
        seed: Whole number that fixes the noise, or `None` for a random one.
            Defaults to `None`.
        refine: Whether the photo's own patches refine what the generators made:
            crisper, and with nothing foreign in it. `None` is what the model's
            config says for `start_scale` 0, and no for later ones, from which
            refined samples would be the photo again.
            Defaults to `None`.
        variation: How far from the photo, in [0, 1]: the noise of every scale from
            `start_scale` on is `sqrt(1 - variation^2)` times that of the
            reconstruction plus `variation` times fresh noise. `0` is the
            reconstruction, which is refined on demand only. Below 1 and with
            `start_scale` 0 the size must be the trained one. Defaults to `1.0`:
            fresh noise alone.
        around: Pair (seed, number) of a sample that is varied instead of the photo,
            with `variation` below 1: `0` is that sample, drawn with the same
            `start_scale` and `size`. Defaults to `None`.
        return_masks: Whether a model trained with masks also gives the mask of
            each image. Defaults to `False`.

    Returns:
        uint8 array of shape `(n, height, width, channels)`. With `return_masks` a
        pair: that array, and the masks, uint8 `(n, height, width, masks)`, 255
        inside and 0 outside.

    Raises:
        TaskError: If an argument is out of range, or masks are asked of a model
            without them.
    """
    options = {"start_scale": start_scale, "size": size, "tile": tile, "seed": seed}
    options |= {"refine": refine, "variation": variation, "around": around}
    options["masks"] = return_masks
    drawn = iterate_samples(pyramid, n, **options)
    results = [np.concatenate(list(batches)) for batches in drawn]
    several = isinstance(start_scale, Iterable)
    result = np.stack(results) if several else results[0]
    if not return_masks:
        return result
    first = pyramid.image_channels
    return result[..., :first], result[..., first:]


def iterate_samples(
    pyramid,
    n=1,
    *,
    start_scale=0,
    size=None,
    tile=None,
    seed=None,
    refine=None,
    variation=VARIATION.default,
    around=None,
    at_once=None,
    masks=False,
):
    """Does what `sample` does, one start scale after the other, in batches.

    Args:
        pyramid: A trained `SinGANPyramid`.
        n: How many images. Defaults to `1`.
        start_scale: See `sample`. Defaults to `0`.
        size: See `sample`. Defaults to `None`.
        tile: See `sample`. Defaults to `None`.
        seed: See `sample`. Defaults to `None`.
        refine: See `sample`. Defaults to `None`.
        variation: See `sample`. Defaults to `1.0`.
        around: See `sample`. Defaults to `None`.
        at_once: The most images of a batch; `None` is what memory allows, the
            fastest. Defaults to `None`.
        masks: Whether the channels of the masks follow those of the image, as
            `keras_singan.tasks.shared.output_pixels.to_pixels` has them. Defaults
            to `False`.

    Returns:
        Iterator with an iterator for each scale, of uint8 arrays
        `(some, height, width, channels)`: `n` images in all, drawn as they are
        asked for.

    Raises:
        TaskError: At once, if an argument is out of range.
    """
    n = check_count(n)
    scales = check_start_scale(pyramid, start_scale)
    sizes = check_size(pyramid, size)
    seed = check_seed(seed)
    options = _check_options(refine, variation, around)
    scales = scales if isinstance(scales, tuple) else (scales,)
    wraps = _check_tile(tile, scales)
    _check_masks(pyramid, masks)
    if wraps is not None:
        _check_unvaried(**options)
        given = seed, n, wraps, sizes, options["refine"], at_once
        drawn = (wrapped_chunks(pyramid, *given) for _ in scales)
    else:
        if around is None:
            given = sizes[-1], min(scales), options["variation"], AROUND_INDEX.sentinel
            varies_at(pyramid, *given).check()
        options |= {"sizes": sizes, "at_once": at_once}
        drawn = (pyramid.draw_chunks(seed, n, scale, **options) for scale in scales)
    return (
        (to_pixels(pyramid, images, masks) for images in batches) for batches in drawn
    )


def _check_masks(pyramid, masks):
    if masks and not pyramid.mask_channels:
        raise TaskError(
            "`return_masks` must be False for a model that was trained without masks: "
            f"fit(image, masks=...) takes them. Received: return_masks={masks!r}."
        )


def _check_options(refine, variation, around):
    """Returns what else `pyramid.draw` takes, or raises `TaskError`."""
    refine, around = check_refine(refine), check_around(around)
    variation = check_number("variation", variation, VARIATION.low, VARIATION.high)
    if around is not None and variation == 1:
        raise TaskError(
            "`variation` must be below 1 with `around`: at 1 nothing is left of that "
            f"sample. Received: variation={variation:g}."
        )
    if variation == 0 and around is None and refine is None:
        # The reconstruction itself, as `refinement_of` has it in a graph.
        refine = False
    return {"refine": refine, "variation": variation, "around": around}


def _check_unvaried(refine, variation, around):
    if variation != 1 or around is not None:
        raise TaskError(
            "`variation` must be 1 and `around` None with `tile`, because the photo's "
            "own noise does not repeat. "
            f"Received: variation={variation:g}, around={around!r}."
        )


def _check_tile(tile, scales):
    """Returns where a sample repeats, or raises `TaskError`."""
    if tile is None:
        return None
    if tile not in WRAPS:
        raise TaskError(
            f"`tile` must be 'x', 'y', 'both' or None. Received: tile={tile!r}."
        )
    if any(scales):
        raise TaskError(
            "`start_scale` must be 0 with `tile`, because the photo's own layout does "
            f"not repeat. Received: start_scale={max(scales)}."
        )
    return WRAPS[tile]


def reconstruct(pyramid):
    """Returns the training image as the generators remember it.

    Args:
        pyramid: A trained `SinGANPyramid`.

    Returns:
        uint8 array of shape `(height, width, channels)`.
    """
    return to_pixels(pyramid, pyramid.reconstruct())[0]
