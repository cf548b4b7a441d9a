"""Pictures side by side, each with a label."""

import math

import numpy as np
from PIL import Image
from PIL import ImageDraw
from PIL import ImageFont

from keras_singan.errors import ImageError
from keras_singan.io.save import check_pixels
from keras_singan.io.save import on_white
from keras_singan.io.save import preview

_GAP = 4
# Least length of a picture's longer side on a sheet, in pixels.
_LEAST = 250


def contact_sheet(images, labels, columns=None, factor=1):
    """Puts pictures of any sizes on one white sheet, each over its label.

    A cell is as wide as the widest picture or label and as high as the highest
    picture; pictures stand in the middle of their cells. Grey becomes RGB,
    transparency is put on white, and of other numbers of channels the
    `keras_singan.io.save.preview` is shown.

    Args:
        images: Sequence of uint8 arrays `(H, W, C)`, any H, W and C.
        labels: A text of one line for each of them.
        columns: Pictures per row. Defaults to `None`: the square root of their
            number, rounded up.
        factor: By how much to `magnify` each picture. Defaults to `1`.

    Returns:
        uint8 array `(height, width, 3)`.

    Raises:
        ImageError: If the images are not as above, there are none, their number
            is not that of the labels, or `columns` is below 1.
    """
    images = [magnify(_rgb(check_pixels(i, "image")), factor) for i in images]
    if not images or len(images) != len(labels):
        raise ImageError(
            "`images` must hold an image, and `labels` a label for each. "
            f"Received: {len(images)} images, {len(labels)} labels."
        )
    columns = math.ceil(math.sqrt(len(images))) if columns is None else columns
    if columns < 1:
        raise ImageError(
            f"`columns` must be at least 1. Received: columns={columns!r}."
        )
    columns = min(columns, len(images))
    texts = [_label(str(label)) for label in labels]
    height = max(image.shape[0] for image in images)
    width = max(part.shape[1] for part in (*images, *texts))
    text_height = max(text.shape[0] for text in texts)
    cell_height = height + text_height + 3 * _GAP
    cell_width = width + 2 * _GAP
    rows = math.ceil(len(images) / columns)
    sheet = np.full((rows * cell_height, columns * cell_width, 3), 255, np.uint8)
    for index, (image, text) in enumerate(zip(images, texts, strict=True)):
        row, column = divmod(index, columns)
        top, left = row * cell_height + _GAP, column * cell_width + _GAP
        _paste(sheet, image, top + (height - image.shape[0]) // 2, left, width)
        _paste(sheet, text, top + height + _GAP, left, width)
    return sheet


def magnification(*images):
    """Returns by how much to magnify pictures for a sheet, one factor for all.

    Args:
        *images: Arrays `(..., H, W, C)`.

    Returns:
        int, at least 1: the largest picture's longer side becomes 250 px or more.
    """
    longest = max(max(image.shape[-3:-1]) for image in images)
    return -(-_LEAST // longest)


def magnify(images, factor):
    """Enlarges pictures by repeating their pixels, so that each can be seen.

    Args:
        images: Array `(..., H, W, C)`.
        factor: int, at least 1.

    Returns:
        Array `(..., factor * H, factor * W, C)`.
    """
    return images.repeat(factor, axis=-3).repeat(factor, axis=-2)


def _rgb(image):
    return np.broadcast_to(on_white(preview(image)), (*image.shape[:2], 3))


def _label(text):
    """Draws a line of text: its height depends on the font alone."""
    font = ImageFont.load_default()
    left, _, right, _ = font.getbbox(text)
    _, top, _, bottom = font.getbbox("Ag|")
    size = (max(1, math.ceil(right - left)), math.ceil(bottom - top))
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((-left, -top), text, fill="black", font=font)
    return np.asarray(image)


def _paste(sheet, image, top, left, width):
    left += (width - image.shape[1]) // 2
    sheet[top : top + image.shape[0], left : left + image.shape[1]] = image
