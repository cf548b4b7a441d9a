"""A picture of the losses, drawn with Pillow."""

import io

import numpy as np
from PIL import Image
from PIL import ImageDraw

from keras_singan.io.files import write_bytes

_COLOURS = ("#4363d8", "#f58231", "#3cb44b", "#e6194b")
_PANEL = (720, 150)
_LEFT, _TOP, _BOTTOM = 64, 22, 10


def plot_losses(scales, path):
    """Draws a panel for each loss, over the iterations of all scales.

    Curves are means over about a pixel's width of iterations; grey lines part
    the scales; the panel spans the 1st to the 99th percentile; what is not a
    finite number leaves a gap that the curve bridges.

    Args:
        scales: List with a dictionary for each scale: loss name to list of
            floats.
        path: Where the PNG goes.

    Raises:
        OutputError: If the file cannot be written.
    """
    names = list(scales[0]) if scales else []
    width, height = _PANEL
    sheet = Image.new("RGB", (width, max(1, height * len(names))), "white")
    for row, name in enumerate(names):
        curves = [scale[name] for scale in scales]
        _draw_panel(
            ImageDraw.Draw(sheet), row * height, name, curves, _COLOURS[row % 4]
        )
    buffer = io.BytesIO()
    sheet.save(buffer, "PNG")
    write_bytes(path, buffer.getvalue())


def _draw_panel(draw, top, name, curves, colour):
    width, height = _PANEL
    values = np.concatenate([np.asarray(c, "float64") for c in curves])
    draw.text((_LEFT, top + 6), name.replace("_", " "), fill="black")
    finite = values[np.isfinite(values)]
    if finite.size == 0:
        return
    low, high = np.percentile(finite, [1, 99])
    box = (_LEFT, top + _TOP, width - 10, top + height - _BOTTOM)
    draw.rectangle(box, outline="#bbbbbb")
    draw.text((6, box[1] - 5), f"{high:.3g}", fill="black")
    draw.text((6, box[3] - 7), f"{low:.3g}", fill="black")
    for x in _boundaries(curves, box):
        draw.line((x, box[1], x, box[3]), fill="#dddddd")
    draw.line(_points(values, low, high, box), fill=colour, width=1)


def _boundaries(curves, box):
    ends = np.cumsum([len(c) for c in curves])[:-1]
    return box[0] + ends / sum(len(c) for c in curves) * (box[2] - box[0])


def _points(values, low, high, box):
    count = min(len(values), box[2] - box[0])
    means = np.array([part.mean() for part in np.array_split(values, count)])
    means[~np.isfinite(means)] = np.nan
    share = np.clip((means - low) / max(high - low, 1e-12), 0, 1)
    xs = np.linspace(box[0], box[2], count)
    ys = box[3] - share * (box[3] - box[1])
    points = zip(xs.tolist(), ys.tolist(), strict=True)
    return [point for point in points if np.isfinite(point[1])]
