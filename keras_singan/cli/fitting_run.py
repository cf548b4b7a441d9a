"""Which run a picture belongs to: where no `--model` says it."""

import click
import numpy as np
from PIL import Image

from keras_singan.cli.options import RUNS
from keras_singan.errors import ImageError
from keras_singan.io.image import read_image
from keras_singan.io.image import to_uint8

# Pictures are compared at this size, by the median difference of their pixels, 0
# to 1: an object that covers less than half does not matter.
_SIDE = 24
_OTHER, _SAME = 0.1, 0.05


def warn_of_another_photo(run, photo, image, mask=None):
    """Warns if a picture is plainly no edit of the photo that a run was trained on.

    Args:
        run: The run folder that was taken because none was named.
        photo: What it was trained on, uint8 `(H, W, C)`.
        image: The user's picture, uint8 `(H, W, C)`.
        mask: Where it was edited, as tasks take it, or `None`.
    """
    outside = _outside(mask)
    if not outside.any():
        return
    image = _small(image)
    if _distance(image, _small(photo), outside) < _OTHER:
        return
    others = [path for path in RUNS.glob("*/singan.keras") if path.parent != run]
    near = [(_distance(image, _photo_of(p.parent), outside), p.parent) for p in others]
    best, folder = min(near, default=(1.0, None), key=lambda pair: pair[0])
    advice = "--model names another."
    if best < _SAME:
        advice = f"It looks like that of {folder}: --model {folder}."
    text = f"The picture does not look like the photo of {run}. {advice}"
    click.echo(f"Warning: {text}", err=True)


def _outside(mask):
    if mask is None:
        return np.ones((_SIDE, _SIDE), bool)
    try:
        return _small(to_uint8(read_image(mask)))[..., 0] < 0.5
    except ImageError:
        # The task says what is wrong with it.
        return np.zeros((_SIDE, _SIDE), bool)


def _small(pixels):
    """Shrinks uint8 `(H, W, C)` to colours from 0 to 1, `(side, side, 3)`."""
    pixels = pixels[..., :3] if pixels.shape[-1] >= 3 else pixels[..., :1]
    pixels = np.broadcast_to(pixels, (*pixels.shape[:2], 3))
    image = Image.fromarray(np.ascontiguousarray(pixels))
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BOX)) / 255


def _distance(one, other, outside):
    return 1.0 if other is None else float(np.median(np.abs(one - other)[outside]))


def _photo_of(run):
    """Reads the finest real image of a run, or gives `None` where there is none."""
    levels = sorted(run.glob("scale_*/real.*"))
    try:
        return _small(to_uint8(read_image(levels[-1]))) if levels else None
    except ImageError:
        return None
