"""Arguments of a request, checked before anything is sent."""

import io
import math
import re
import secrets

from PIL import Image

from keras_singan.client.images import encode_image
from keras_singan.errors import TaskError
from keras_singan.task_specs import MAX_INT32
from keras_singan.task_specs import MAX_INT64
from keras_singan.task_specs import PAD
from keras_singan.task_specs import SAMPLE
from keras_singan.task_specs import SAMPLE_SIZE
from keras_singan.task_specs import SAMPLE_TILE
from keras_singan.task_specs import TILES


def whole(name, value, low, high=MAX_INT32):
    """Returns a whole number from `low` to `high`, or raises `TaskError`."""
    if not _is_whole(value) or not low <= value <= high:
        raise TaskError(
            f"`{name}` must be a whole number from {low} to {high}. "
            f"Received: {name}={value!r}."
        )
    return int(value)


def real(name, value, low, high=math.inf):
    """Returns a finite number from `low` to `high`, or raises `TaskError`."""
    try:
        number = math.nan if isinstance(value, str | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number) or not low <= number <= high:
        limits = f"of at least {low}" if high == math.inf else f"from {low} to {high}"
        raise TaskError(
            f"`{name}` must be a number {limits}. Received: {name}={value!r}."
        )
    return number


def request_value(each, value):
    """Returns what stands in a request for an argument, or raises `TaskError`.

    Args:
        each: The `keras_singan.task_specs.Input`.
        value: The argument; `None` for the default: of a seed without a default
            of its own a random one, else the server's.

    Raises:
        ImageError: If it is an image that cannot be read.
        TaskError: If it is out of range.
    """
    name = each.python_name
    if value is None and each.sentinel is not None:
        return each.sentinel
    if each.is_image or each.is_mask:
        return encode_image(value, name)
    if value is None and each.name == "seed":
        return secrets.randbelow(MAX_INT32)
    if each.is_switch and not isinstance(value, bool):
        raise TaskError(
            f"`{name}` must be True, False or None for the server's. "
            f"Received: {name}={value!r}."
        )
    if each.is_flag or each.is_switch:
        return int(bool(value))
    if each.dtype == "float32":
        return real(name, value, each.low, each.high)
    return whole(name, value, each.low, min(each.high, _greatest(each)))


def signature_for(task, values):
    """Returns the task as the signature that takes what is given.

    It is the one that earlier servers have, too, where that suffices.

    Args:
        task: The `keras_singan.task_specs.Task`.
        values: Dictionary of the arguments by name; `None` is none.
    """
    given = any(values.get(each.name) is not None for each in task.more)
    return task.with_options if given else task


def request_row(task, values):
    """Returns the row of a request: what it gives of the task's inputs.

    Args:
        task: The `keras_singan.task_specs.Task`.
        values: Dictionary of the arguments by the inputs' names.

    Raises:
        ImageError: If an image cannot be read.
        TaskError: If an argument is out of range.
    """
    given = [each for each in task.inputs if each.name in values]
    return {each.name: request_value(each, values[each.name]) for each in given}


def sample_request(size, tile, around, **values):
    """Returns the signature that draws such samples, and the row of a request.

    Args:
        size: (height, width), or `None` for the trained size.
        tile: Where the image repeats, or `None`.
        around: Pair (seed, number) of the sample to vary, or `None`.
        **values: The other arguments by the inputs' names.

    Raises:
        TaskError: If an argument is out of range.
    """
    if tile is not None:
        return SAMPLE_TILE.signature, _tile_row(tile, size, around=around, **values)
    values |= _around_values(around, values["variation"])
    task = signature_for(SAMPLE, values)
    if task is SAMPLE and size is not None:
        task = SAMPLE_SIZE
    # Without an image of it, no seed counts.
    photo = {"around_seed": 0, "around_index": None}
    return task.signature, request_row(task, photo | values | _sides(size))


def _sides(size):
    """Returns the sides of a request; 0 stands for the trained ones."""
    height, width = (0, 0) if size is None else pair(size)
    return {"height": height or None, "width": width or None}


def _around_values(around, variation):
    """Returns the inputs that name the sample to vary, or raises `TaskError`."""
    if around is None:
        return {}
    try:
        seed, index = around
    except (TypeError, ValueError):
        raise TaskError(
            "`around` must be a pair (seed, number) of whole numbers that names a "
            f"sample, or None. Received: around={around!r}."
        ) from None
    if variation is None or variation == 1:
        raise TaskError(
            "`variation` must be below 1 with `around`. "
            f"Received: variation={variation!r}."
        )
    index = whole("around number", index, 0)
    seed = whole("around seed", seed, -MAX_INT64 - 1, MAX_INT64)
    return {"around_index": index, "around_seed": seed}


def _tile_row(tile, size, seed, start_scale, refine, variation, around):
    """Returns the row of a request for images that repeat, or raises `TaskError`."""
    if start_scale is not None and start_scale != 0:
        raise TaskError(
            "`start_scale` must be 0 with `tile`. "
            f"Received: start_scale={start_scale!r}."
        )
    if variation not in (None, 1) or around is not None:
        raise TaskError(
            "`variation` must be 1 and `around` None with `tile`. "
            f"Received: variation={variation!r}, around={around!r}."
        )
    if refine is not None:
        raise TaskError(
            "`refine` must be None with `tile`: a server refines tiles as the model is "
            f"made for it. Received: refine={refine!r}."
        )
    row = request_row(SAMPLE_TILE, {"seed": seed} | _sides(size))
    return row | {"tile": tile_number(tile)}


def _greatest(each):
    return MAX_INT64 if each.dtype == "int64" else MAX_INT32


def tile_number(tile):
    """Returns the number of a request for `"x"`, `"y"` or `"both"`."""
    if tile not in TILES:
        raise TaskError(
            f"`tile` must be 'x', 'y', 'both' or None. Received: tile={tile!r}."
        )
    return 1 + TILES.index(tile)


def pad_number(name, pad):
    """Returns the number of a request for pixels, or for text such as `"50%"`."""
    share = re.fullmatch(r"\s*(\d{1,4}(?:\.\d{1,6})?)\s*%\s*", str(pad))
    if share and float(share[1]) <= -100 * PAD.low:
        return -float(share[1]) / 100
    if not _is_whole(pad) or not 0 <= pad <= PAD.high:
        raise TaskError(
            f"`{name}` must be a whole number of pixels from 0 to {PAD.high:g}, or a "
            f"share of the side such as '50%'. Received: {name}={pad!r}."
        )
    return float(pad)


def image_size(image):
    """Returns the (width, height) of a PIL image, or of an encoded one."""
    if isinstance(image, bytes):
        with Image.open(io.BytesIO(image)) as opened:
            return opened.size
    return image.size


def region_mask(region, size):
    """Returns a mask, white in a box, or raises `TaskError`.

    Args:
        region: `(x, y, width, height)` in pixels.
        size: The image's (width, height).
    """
    try:
        x, y, width, height = region
    except (TypeError, ValueError):
        raise TaskError(
            "`region` must be four whole numbers (x, y, width, height). "
            f"Received: region={region!r}."
        ) from None
    x, y = whole("region x", x, 0), whole("region y", y, 0)
    width, height = whole("region width", width, 1), whole("region height", height, 1)
    if x + width > size[0] or y + height > size[1]:
        raise TaskError(
            f"`region` must lie inside the image, {size[1]}x{size[0]} (height x "
            f"width). Received: region={region!r}."
        )
    mask = Image.new("L", size)
    mask.paste(255, (x, y, x + width, y + height))
    return mask


def pair(size):
    """Returns (height, width) as whole numbers, or raises `TaskError`."""
    try:
        height, width = size
    except (TypeError, ValueError):
        height = width = None
    if not all(_is_whole(side) and 1 <= side <= MAX_INT32 for side in (height, width)):
        raise TaskError(
            "`size` must be a pair (height, width) of whole numbers. "
            f"Received: size={size!r}."
        )
    return int(height), int(width)


def _is_whole(value):
    # NumPy's integers have it too.
    return hasattr(value, "__index__") and not isinstance(value, bool)
