"""All 7x7 patches of an image: nearest neighbours and random projections.

`keras_singan.metrics.scores` checks the images and makes metrics of these.
"""

import numpy as np

PATCH = 7
DIRECTIONS = 256
OCTAVES = 2
CHUNK = 1 << 24
# Principal components in which the many patches of a larger image are compared. In a
# photo the nearest patch in 64 of 147 is so near the nearest of all that the figures
# agree to 0.0001.
COMPONENTS, MANY = 64, 10_000


def nearest_distances(sample: np.ndarray, image: np.ndarray) -> tuple[float, float]:
    """Mean RMS distance of the patches to the nearest ones of the other image.

    Args:
        sample: uint8 `(h, w, C)`, `h` and `w` at least 7.
        image: uint8 `(H, W, C)`, likewise.

    Returns:
        From the sample to the image, and from the image to the sample, in [0, 1].
    """
    # Centred whole numbers stay below 2^24 in all sums (up to 5 channels), so that
    # float32 is exact and a copied patch has distance 0.
    left, right = (_patches(x.astype(np.float32) - 128.0) for x in (sample, image))
    to_image, to_sample = _nearest(*_components(left, right))
    pairs = (left, right[to_image]), (right, left[to_sample])
    return tuple(float(_rms(*pair).mean(dtype=float)) / 255.0 for pair in pairs)


def directions(channels: int) -> np.ndarray:
    """The fixed random unit vectors, as columns `(49 * channels, 256)`."""
    shape = (PATCH * PATCH * channels, DIRECTIONS)
    normal = np.random.default_rng(0).normal(size=shape)
    return (normal / np.linalg.norm(normal, axis=0)).astype(np.float32)


def sorted_projections(image: np.ndarray, directions: np.ndarray) -> list[np.ndarray]:
    """Per octave, `(directions, patches)`, sorted along the patches."""
    pixels = image.astype(np.float32) / 255.0
    octaves = []
    for _ in range(OCTAVES):
        projected = _project(pixels, directions)
        projected.sort(axis=1)
        octaves.append(projected)
        pixels = _halve(pixels)
    return octaves


def octave_mean(fake: list[np.ndarray], real: list[np.ndarray]) -> float:
    """Mean over the octaves of the difference of two `sorted_projections`."""
    pairs = zip(fake, real, strict=True)
    return float(np.mean([_sorted_difference(a, b) for a, b in pairs]))


def _components(left, right) -> tuple[np.ndarray, np.ndarray]:
    """Both sets of patches in the principal components of the second, if many."""
    if left.shape[1] <= COMPONENTS or min(len(left), len(right)) < MANY:
        return left, right
    mean = right.mean(axis=0)
    centred = right - mean
    vectors = np.linalg.eigh(centred.T @ centred)[1][:, -COMPONENTS:]
    return (left - mean) @ vectors, centred @ vectors


def _nearest(left, right) -> tuple[np.ndarray, np.ndarray]:
    """Index of the nearest row of the other matrix, for each row of both."""
    import tensorflow as tf  # its products take half the time of NumPy's

    # |a|^2 + |b|^2 - 2ab as one product saves two passes over the big block.
    ones = (np.ones((len(x), 1), np.float32) for x in (left, right))
    norms = (np.sum(x * x, axis=1, keepdims=True) for x in (left, right))
    (one_l, one_r), (norm_l, norm_r) = ones, norms
    left = np.hstack([left, norm_l, one_l])
    right = tf.constant(np.hstack([-2.0 * right, one_r, norm_r]))
    by_left = np.empty(len(left), np.int64)
    by_right = np.zeros(len(right), np.int64)
    least = np.full(len(right), np.inf, np.float32)
    rows = max(64, CHUNK // len(right))
    for start in range(0, len(left), rows):
        part = tf.constant(left[start : start + rows])
        block = tf.linalg.matmul(part, right, transpose_b=True).numpy()
        by_left[start : start + rows] = block.argmin(axis=1)
        # Few columns have their least value in any one block.
        (nearer,) = np.nonzero(block.min(axis=0) < least)
        by_right[nearer] = start + block[:, nearer].argmin(axis=0)
        least[nearer] = block[by_right[nearer] - start, nearer]
    return by_left, by_right


def _rms(a, b) -> np.ndarray:
    """Root mean square of the difference of each pair of rows."""
    result = np.empty(len(a), np.float32)
    rows = max(1, CHUNK // a.shape[1])
    for start in range(0, len(a), rows):
        part = slice(start, start + rows)
        result[part] = np.sqrt(np.mean(np.square(a[part] - b[part]), axis=1))
    return result


def _patches(pixels: np.ndarray) -> np.ndarray:
    """All 7x7 patches as rows, each in the order row, column, channel."""
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (PATCH, PATCH), (0, 1))
    size = PATCH * PATCH * pixels.shape[-1]
    return windows.transpose(0, 1, 3, 4, 2).reshape(-1, size)


def _project(pixels: np.ndarray, directions: np.ndarray) -> np.ndarray:
    height, width = (side - PATCH + 1 for side in pixels.shape[:2])
    out = np.empty((directions.shape[1], height * width), np.float32)
    rows = max(1, CHUNK // (width * len(directions)))
    for top in range(0, height, rows):
        patches = _patches(pixels[top : top + rows + PATCH - 1])
        start = top * width
        out[:, start : start + len(patches)] = directions.T @ patches.T
    return out


def _halve(pixels: np.ndarray) -> np.ndarray:
    height, width = (side // 2 for side in pixels.shape[:2])
    blocks = pixels[: 2 * height, : 2 * width].reshape(height, 2, width, 2, -1)
    return blocks.mean(axis=(1, 3))


def _sorted_difference(a: np.ndarray, b: np.ndarray) -> float:
    longer = max(a.shape[1], b.shape[1])
    difference = _stretch(a, longer) - _stretch(b, longer)
    return float(np.abs(difference).mean(dtype=float))


def _stretch(values: np.ndarray, count: int) -> np.ndarray:
    """Linear interpolation of a quantile function at `count` mid-points."""
    if values.shape[1] == count:
        return values
    last = values.shape[1] - 1
    at = np.clip((np.arange(count) + 0.5) * (last + 1) / count - 0.5, 0, last)
    low = at.astype(int)
    weight = (at - low).astype(np.float32)
    high = np.minimum(low + 1, last)
    return values[:, low] * (1 - weight) + values[:, high] * weight
