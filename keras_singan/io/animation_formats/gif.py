"""GIF, put together from the frames that Pillow encodes.

Pillow's own writer keeps all frames until the last, and gives each a palette of
its own, which flickers. The blocks are those of
https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
"""

import itertools
import struct
from typing import NamedTuple

import numpy as np
from PIL import GifImagePlugin
from PIL import Image
from scipy.spatial import KDTree

from keras_singan.io.save import on_white

# As many frames are looked at together for a palette, within as many bytes.
_TOGETHER, _TOGETHER_BYTES = 32, 64 * 2**20
# About as many of their pixels count.
_COUNTED = 2**16
# How much further its colours may be from another block's than from the first
# one's: a new palette shows as a jump, so it is for scenes that have changed.
_WORSE = 2.0


class _Palette(NamedTuple):
    colours: np.ndarray
    # Which of them is the nearest, for every 4 levels of red, green and blue; for
    # grey, for every level.
    nearest: np.ndarray
    # How far, in levels, the colours were from the pixels they were chosen for.
    error: float


def write_gif(path, frames, fps):
    """Writes frames as they come, in 256 colours, played for ever.

    One palette serves as long as it fits, so that nothing flickers, and pixels
    take its nearest colour, without dithering, which would crawl.

    Args:
        path: Path of the file.
        frames: Iterator of uint8 arrays `(H, W, C)`, C in 1, 3, 4.
        fps: Frames a second, at most 50.
    """
    common = palette = None
    done = 0
    with open(path, "wb") as file:
        for block in _blocks(on_white(frame) for frame in frames):
            palette = _fitting_palette(block, palette)
            if common is None:
                common = palette
                file.write(_header(block[0], common))
            for number, frame in enumerate(block, done):
                hundredths = round(100 * (number + 1) / fps) - round(100 * number / fps)
                file.writelines(
                    _image_blocks(frame, palette, hundredths, palette is not common)
                )
            done += len(block)
        file.write(b";")


def _blocks(frames):
    for first in frames:
        more = max(0, min(_TOGETHER, _TOGETHER_BYTES // first.nbytes) - 1)
        yield [first, *itertools.islice(frames, more)]


def _fitting_palette(block, earlier):
    """Returns the palette for the frames of a block, the earlier one if it fits."""
    if block[0].shape[-1] == 1:
        return earlier or _grey_palette()
    pixels = np.concatenate([frame.reshape(-1, 3) for frame in block])
    pixels = pixels[:: max(1, len(pixels) // _COUNTED)]
    # A level more or less nobody sees.
    if earlier and _error(pixels, earlier.colours) <= _WORSE * earlier.error + 1:
        return earlier
    colours = _best_colours(pixels)
    return _Palette(colours, _nearest(colours), _error(pixels, colours))


def _grey_palette():
    levels = np.arange(256, dtype=np.uint8)
    return _Palette(np.stack([levels] * 3, axis=-1), levels, 0.0)


def _best_colours(pixels):
    colours = np.unique(pixels, axis=0)
    if len(colours) > 256:
        image = Image.fromarray(pixels[None]).quantize(256, kmeans=1)
        colours = np.array(image.getpalette(), np.uint8).reshape(-1, 3)
    return np.pad(colours, ((0, 256 - len(colours)), (0, 0)), mode="edge")


def _error(pixels, colours):
    return KDTree(colours).query(pixels)[0].mean()


def _nearest(colours):
    cells = np.stack(np.meshgrid(*[np.arange(64)] * 3, indexing="ij"), axis=-1)
    nearest = KDTree(colours).query(4 * cells + 1.5)[1].astype(np.uint8)
    # What is in the palette itself comes out as it is.
    nearest[tuple((colours // 4).T)] = np.arange(256)
    return nearest


def _header(frame, palette):
    height, width = frame.shape[:2]
    # A table of 256 colours follows; then the block that makes it play for ever.
    screen = struct.pack("<HHBBB", width, height, 0xF7, 0, 0)
    forever = b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    return b"GIF89a" + screen + palette.colours.tobytes() + forever


def _image_blocks(frame, palette, hundredths, own_table):
    levels = frame if frame.shape[-1] == 1 else frame // 4
    indices = palette.nearest[tuple(np.moveaxis(levels, -1, 0))]
    image = Image.fromarray(indices)
    image.putpalette(palette.colours.tobytes())
    return GifImagePlugin.getdata(
        image, duration=10 * hundredths, include_color_table=own_table
    )
