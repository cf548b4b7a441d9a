"""A picture of the losses, drawn with Pillow."""

import io

import numpy as np
from PIL import Image
from PIL import ImageDraw

from keras_singan.io.files import write_bytes

_COLOURS = ("#4363d8", "#f58231", "#3cb44b", "#e6194b")
# A panel, the strip above all panels, and the margins of the box in a panel.
_PANEL, _HEAD = (240, 150), 24
_LEFT, _TOP, _RIGHT, _BOTTOM = 58, 20, 8, 32


def plot_losses(scales, path):
    """Draws a panel for each loss of each scale.

    Scales stand side by side, coarsest first, losses below each other. A panel has
    its own axes: iterations from left to right, and the 1st to the 99th percentile
    of the loss upwards. Curves are means over about a pixel's width of iterations;
    what is not a finite number leaves a gap that the curve bridges.

    Args:
        scales: List with a dictionary for each scale: loss name to list of
            floats.
        path: Where the PNG goes.

    Raises:
        OutputError: If the file cannot be written.
    """
    names = list(scales[0]) if scales else []
    width, height = _PANEL
    size = max(1, width * len(scales)), _HEAD + max(1, height * len(names))
    sheet = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(sheet)
    for column, scale in enumerate(scales):
        draw.text((column * width + _LEFT, 8), f"scale {column}", fill="black")
        for row, name in enumerate(names):
            corner = column * width, _HEAD + row * height
            _draw_panel(draw, corner, name, scale[name], _COLOURS[row % 4])
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


def _draw_panel(draw, corner, name, values, colour):
    (left, top), values = corner, np.asarray(values, "float64")
    draw.text((left + _LEFT, top + 5), name.replace("_", " "), fill="black")
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return
    box = (
        left + _LEFT,
        top + _TOP,
        left + _PANEL[0] - _RIGHT,
        top + _PANEL[1] - _BOTTOM,
    )
    low, high = np.percentile(finite, [1, 99])
    draw.rectangle(box, outline="#bbbbbb")
    draw.text((box[0] - 6, box[1] - 5), f"{high:.3g}", fill="black", anchor="ra")
    draw.text((box[0] - 6, box[3] - 7), f"{low:.3g}", fill="black", anchor="ra")
    draw.text((box[0], box[3] + 4), "0", fill="black")
    draw.text((box[2], box[3] + 4), f"{len(values)}", fill="black", anchor="ra")
    middle = (box[0] + box[2]) / 2
    draw.text((middle, box[3] + 4), "iterations", fill="black", anchor="ma")
    draw.line(_points(values, low, high, box), fill=colour, width=1)


def _points(values, low, high, box):
    """Where the curve goes: the mean of each bin at the bin's middle."""
    span = box[2] - box[0]
    edges = np.linspace(0, len(values), min(len(values), span) + 1).round().astype(int)
    sums = np.add.reduceat(values, edges[:-1])
    means = sums / np.diff(edges)
    means[~np.isfinite(means)] = np.nan
    share = np.clip((means - low) / max(high - low, 1e-12), 0, 1)
    xs = box[0] + (edges[:-1] + edges[1:]) / 2 / len(values) * span
    ys = box[3] - share * (box[3] - box[1])
    points = zip(xs.tolist(), ys.tolist(), strict=True)
    return [point for point in points if np.isfinite(point[1])]
