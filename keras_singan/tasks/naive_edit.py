"""`naive_edit`: moves or resizes a part of a photo, with no care for seams."""

import numpy as np

from keras_singan.errors import TaskError
from keras_singan.geometry import scaled
from keras_singan.io.image import to_float
from keras_singan.io.image import to_uint8
from keras_singan.io.save import check_pixels
from keras_singan.ops.opacity import resize_picture
from keras_singan.tasks.shared.checks import check_number
from keras_singan.tasks.shared.checks import is_whole

# Pixels around the rectangle that its filling starts from.
_RING = 2
# Averages of neighbours at each resolution.
_ROUNDS = 32


def naive_edit(image, move, resize=1.0, copy=False, fill=None):
    """Moves what is in a rectangle and fills the hole it leaves, or copies it.

    The hole is filled smoothly from its surroundings: generators can make a texture
    out of that, while they would keep any other content.

    Args:
        image: uint8 array `(height, width, channels)`.
        move: Six ints `(x, y, w, h, to_x, to_y)`: the rectangle's top-left
            pixel, width and height, and where its top-left pixel goes. What
            then lies beyond the image's border is cut off.
        resize: Factor by which the rectangle grows, its new top-left pixel held.
            Defaults to `1.0`.
        copy: Whether what is in the rectangle also stays. Defaults to `False`.
        fill: Function of the image, the hole filled smoothly, and of a bool array
            `(height, width)`, the hole: it gives the image with a better filling,
            as `keras_singan.tasks.hole_filling.fill_hole` does. Defaults to none.

    Returns:
        The edited uint8 array, and a bool array `(height, width)` that is true
        in the new rectangle, and in the old one unless it was copied.

    Raises:
        ImageError: If the image is no such array.
        TaskError: If `move` or `resize` is out of range.
    """
    image = check_pixels(image, "image")
    x, y, w, h, to_x, to_y = _check_move(move, image.shape)
    size = _check_resize(resize, (x, y, w, h, to_x, to_y), image.shape)
    part = image[y : y + h, x : x + w]
    if size != (h, w):
        part = to_uint8(resize_picture(to_float(part)[None], size)[0])
    part = part[: image.shape[0] - to_y, : image.shape[1] - to_x]
    new = slice(to_y, to_y + part.shape[0]), slice(to_x, to_x + part.shape[1])
    old = slice(y, y + h), slice(x, x + w)
    mask = np.zeros(image.shape[:2], bool)
    mask[old] = not copy
    edited = image.copy() if copy else _without(image, mask)
    if fill is not None and not copy:
        edited = fill(edited, mask)
    edited[new] = part
    mask[new] = True
    return edited, mask


def smooth_fill(image, hole):
    """Fills a hole as smoothly as its surroundings allow (Laplace's equation).

    It is solved coarse to fine: a copy of half the size is filled first, and
    gives the start for averaging each pixel's neighbours.

    Args:
        image: float array `(height, width, channels)`.
        hole: bool array `(height, width)`, not all true.

    Returns:
        float array like `image`, which it is outside the hole.
    """
    if not hole.any():
        return image
    height, width = hole.shape
    start = smooth_fill(*_halved(image, hole))
    start = start.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
    image = np.where(hole[..., None], start, image)
    for _ in range(_ROUNDS):
        around = np.pad(image, ((1, 1), (1, 1), (0, 0)), "edge")
        mean = around[:-2, 1:-1] + around[2:, 1:-1]
        mean = (mean + around[1:-1, :-2] + around[1:-1, 2:]) / 4
        image = np.where(hole[..., None], mean, image)
    return image


def _halved(image, hole):
    """Mean of what is known in each 2 x 2 pixels, and where none is."""
    pads = [(0, side % 2) for side in hole.shape]
    known = np.pad(~hole, pads)[..., None]
    image = np.pad(image, [*pads, (0, 0)]) * known
    shape = known.shape[0] // 2, 2, known.shape[1] // 2, 2, -1
    count = known.reshape(shape).sum((1, 3))
    mean = image.reshape(shape).sum((1, 3)) / np.maximum(count, 1)
    return mean.astype(image.dtype), count[..., 0] == 0


def _without(image, hole):
    """Copies an image, with a rectangular hole filled from what is around it."""
    window = tuple(
        slice(max(at.min() - _RING, 0), at.max() + 1 + _RING) for at in hole.nonzero()
    )
    copy = image.copy()
    filled = smooth_fill(image[window].astype("float32"), hole[window])
    copy[window] = np.rint(filled).astype("uint8")
    return copy


def _check_move(move, shape):
    try:
        numbers = tuple(move)
    except TypeError:
        numbers = ()
    if len(numbers) != 6 or not all(is_whole(number) for number in numbers):
        raise TaskError(
            "`move` must be six whole numbers (x, y, w, h, to_x, to_y). "
            f"Received: move={move!r}."
        )
    x, y, w, h, to_x, to_y = (int(number) for number in numbers)
    height, width = shape[:2]
    inside = min(x, y) >= 0 and min(w, h) >= 1 and x + w <= width and y + h <= height
    landing = 0 <= to_x < width and 0 <= to_y < height
    if not inside or not landing or (w, h) == (width, height):
        raise TaskError(
            "`move` must be a rectangle x, y, w, h inside the image, smaller than it, "
            f"and to_x, to_y a pixel of the image, {height}x{width} (height x width). "
            f"Received: move={numbers!r}."
        )
    return x, y, w, h, to_x, to_y


def _check_resize(resize, move, shape):
    """Returns the rectangle's new (height, width)."""
    x, y, w, h, to_x, to_y = move
    factor = check_number("resize", resize, 0.01, 100)
    size = scaled((int(h), int(w)), factor)
    if size[0] > shape[0] or size[1] > shape[1]:
        raise TaskError(
            "`resize` must leave the rectangle no larger than the image, "
            f"{shape[0]}x{shape[1]} (height x width). Received: resize={resize!r}, "
            f"which makes {h}x{w} {size[0]}x{size[1]}."
        )
    if size == (h, w) and (x, y) == (to_x, to_y):
        raise TaskError(
            "`move` must go elsewhere, or `resize` change the size. "
            f"Received: move={tuple(move)!r}, resize={resize!r}."
        )
    return size
