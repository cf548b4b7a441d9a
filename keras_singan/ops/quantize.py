"""Few colours: a palette of an image, and images repainted in it."""

import warnings

import numpy as np
from keras import ops
from scipy.cluster.vq import kmeans2
from scipy.cluster.vq import vq

# Pixels that are looked at: more of them hardly move the centres.
_MAX_PIXELS = 100_000
# The first centres take pixels times colours squared; the product stays bounded.
_MAX_WORK = 1_000_000
_STARTS = 16


def palette(image, colors, seed=0):
    """Finds the colours that stand best for all pixels (k-means).

    Every pixel is one point with its channels for coordinates. The best of 16
    runs of Lloyd's algorithm from k-means++ centres (Arthur and Vassilvitskii
    2007) counts. Large images are looked at in a random sample of their pixels.

    Args:
        image: float array `(height, width, channels)`.
        colors: int, at most how many colours.
        seed: int that decides the random choices. Defaults to `0`.

    Returns:
        float32 array `(k, channels)` of different colours, in ascending order:
        `colors` of them, or all that the image has where these are fewer.
    """
    pixels = np.reshape(image, (-1, image.shape[-1]))
    rng = np.random.default_rng(seed)
    limit = min(_MAX_PIXELS, _MAX_WORK // colors)
    if len(pixels) > limit:
        pixels = pixels[rng.choice(len(pixels), limit, replace=False, shuffle=False)]
    pixels = pixels.astype("float64")
    distinct = np.unique(pixels, axis=0)
    if len(distinct) > colors:
        distinct = _centres(pixels, colors, rng)
    return np.unique(distinct.astype("float32"), axis=0)


def _centres(pixels, colors, rng):
    """The centres of the best of several runs, all of them with pixels."""
    least, best = np.inf, None
    for _ in range(_STARTS):
        with warnings.catch_warnings():
            # An empty cluster is left out below.
            warnings.simplefilter("ignore", UserWarning)
            centres, _ = kmeans2(pixels, colors, iter=40, minit="++", rng=rng)
        labels, distances = vq(pixels, centres)
        error = np.square(distances).sum()
        if error < least:
            least, best = error, centres[np.unique(labels)]
    return best


def repaint(image, palette):
    """Paints every pixel in the nearest colour of a palette.

    Args:
        image: float tensor of shape `(..., channels)`; only `channels` must be
            known in a graph.
        palette: float array or tensor of shape `(k, channels)`.

    Returns:
        float32 tensor of the image's shape, with at most `k` different colours:
        exactly those of the palette. Of equally near ones the first is taken.
    """
    image = ops.cast(image, "float32")
    palette = ops.cast(palette, "float32")
    # Differences: with |x|^2 - 2 x c + |c|^2 near colours would cancel out.
    distance = sum(
        ops.square(image[..., channel, None] - palette[:, channel])
        for channel in range(palette.shape[1])
    )
    return ops.take(palette, ops.argmin(distance, axis=-1), axis=0)
