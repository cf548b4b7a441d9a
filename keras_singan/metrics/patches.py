"""All 7x7 patches of an image: nearest neighbours and random projections.

`keras_singan.metrics.scores` checks the images and makes metrics of these.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

PATCH = 7
DIRECTIONS = 256
OCTAVES = 2
CHUNK = 1 << 24
# Of larger images each of many samples looks at a part of the patches, all samples
# together at every one, in 64 principal components: the figures of photos agree to
# 0.0001 with those of all patches.
BLOCK, COMPONENTS, MANY = 3, 64, 10_000
# Samples that are compared at a time: each takes some 300 MB at 250 px.
AT_ONCE = 2


def nearest_distances(samples: np.ndarray, image: np.ndarray) -> np.ndarray:
    """Mean RMS distances of the patches to the nearest ones of the other image.

    Args:
        samples: uint8 `(n, h, w, C)`, `h` and `w` at least 7.
        image: uint8 `(H, W, C)`, likewise.

    Returns:
        `(n, 2)`, values in [0, 1]: of each sample to the image, and of the image to
        the sample.
    """
    block = min(int(len(samples) ** 0.5), BLOCK)
    right = _centred_patches(image)
    shorten = _components(right) if len(right) >= MANY else lambda rows: rows
    short_right = shorten(right)

    def distances(turn, sample):
        left = _centred_patches(sample)
        short_left = shorten(left)
        some = _looked_at(sample, block, turn)
        to_image = _rms(left[some], right[_nearest(short_left[some], short_right)])
        some = _looked_at(image, block, turn)
        to_sample = _rms(right[some], left[_nearest(short_right[some], short_left)])
        return [float(far.mean(dtype=float)) / 255.0 for far in (to_image, to_sample)]

    return np.array(in_turns(distances, range(len(samples)), samples))


def in_turns(function, *arguments) -> list:
    """Calls a function for each sample, two at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(function, *arguments))


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


def _centred_patches(image) -> np.ndarray:
    # Whole numbers stay below 2^24 in all sums (up to 5 channels), so that float32 is
    # exact and a copied patch has distance 0.
    return _patches(image.astype(np.float32) - 128.0)


def _looked_at(image, block: int, turn: int) -> np.ndarray:
    """Numbers of the patches that count: all, or of many one in each block of them.

    Which one changes from block to block, and with the turn: refined samples are
    nearer to the photo in even rows and columns, where their search is exact.
    """
    height, width = (side - PATCH + 1 for side in image.shape[:2])
    number = np.arange(height * width).reshape(height, width)
    if number.size < MANY:
        return number.ravel()
    row, column = np.indices((height, width))
    wanted = (column // block + block * (row // block) + turn) % block**2
    return number[block * (row % block) + column % block == wanted]


def _components(patches):
    """A function that gives patches in the principal components of these."""
    if patches.shape[1] <= COMPONENTS:
        return lambda rows: rows
    mean = patches.mean(axis=0)
    centred = patches - mean
    vectors = np.linalg.eigh(centred.T @ centred)[1][:, -COMPONENTS:]
    return lambda rows: (rows - mean) @ vectors


def _nearest(rows, others) -> np.ndarray:
    """Index of the nearest one of the other rows, for each row."""
    import tensorflow as tf  # its products take half the time of NumPy's

    # |a - b|^2 without |a|^2, which all distances of a row share, as one product.
    norms = np.sum(others * others, axis=1, keepdims=True)
    others = tf.constant(np.hstack([-2.0 * others, norms]).T)
    rows = np.hstack([rows, np.ones((len(rows), 1), np.float32)])
    nearest = np.empty(len(rows), np.int64)
    count = max(64, CHUNK // others.shape[1])
    for start in range(0, len(rows), count):
        part = slice(start, start + count)
        nearest[part] = tf.argmin(tf.linalg.matmul(rows[part], others), axis=1)
    return nearest


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
