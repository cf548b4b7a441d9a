"""The two halves of SIFID: Inception features and the Frechet distance.

`keras_singan.metrics.scores.sifid` puts them together.
"""

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.linalg import LinAlgWarning
from scipy.linalg import sqrtm

from keras_singan.errors import TaskError

FEATURE_LAYER = 9
MIN_SIDE = 9
RIDGE = 1e-6

Features = Callable[[np.ndarray], Any]
Gaussian = tuple[np.ndarray, np.ndarray]


def inception_features(weights: str | os.PathLike[str] | None = "imagenet"):
    """Build the feature model of SIFID from Keras' InceptionV3.

    The model ends at layer 9 (the activation of the third convolution, 64
    channels, stride 2), the block that the official SIFID script uses, although the
    paper speaks of the layer before the second pooling (192 channels). It takes images
    of any size from 9 px per side on: the limit of 75 px of the whole InceptionV3 is
    that of deeper layers.

    The weights of Keras are another port than the one of the official script, so
    the numbers are **not comparable to those printed in the paper**. Compare only
    numbers that come from the same weights.

    Args:
        weights: `"imagenet"` (the default) downloads the weights of
            `keras.applications.InceptionV3(include_top=False)` once; a path loads
            such a file; `None` gives random weights.

    Returns:
        A Keras model from `(n, h, w, 3)` in [-1, 1] to
        `(n, (h - 3) // 2 - 1, (w - 3) // 2 - 1, 64)`.

    Raises:
        TaskError: The weights cannot be downloaded or read.
    """
    import keras

    weights = weights if weights is None else os.fspath(weights)
    try:
        full = keras.applications.InceptionV3(
            include_top=False, weights=weights, input_shape=(None, None, 3)
        )
    # Keras raises a bare Exception for a failed download, and h5py, Keras and the
    # operating system each have their own for a bad file.
    except Exception as error:
        raise TaskError(_unloadable(weights, error)) from error
    return keras.Model(full.input, full.layers[FEATURE_LAYER].output)


def _unloadable(weights: str | None, error: Exception) -> str:
    reason = " ".join(str(error).split()) or type(error).__name__
    return (
        f"The InceptionV3 weights cannot be loaded ({reason}). Expected a network, or "
        "`weights=PATH` with a copy of "
        "inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5. "
        f"Received: weights={weights!r}"
    )


def feature_statistics(image: np.ndarray, features: Features) -> Gaussian:
    """Fit a Gaussian to the features of one image.

    Args:
        image: uint8 `(h, w, C)`. One or two channels: the first is repeated; more
            than three: the first three are used. It is not resized.
        features: Maps float32 `(1, h, w, 3)` in [-1, 1] to `(1, h', w', d)`.

    Returns:
        The mean `(d,)` and the unbiased covariance `(d, d)` over the `h' * w'`
        positions, float64.
    """
    rgb = image[..., :3] if image.shape[-1] >= 3 else image[..., [0, 0, 0]]
    inputs = rgb[None].astype(np.float32) / 127.5 - 1.0
    maps = np.asarray(features(inputs), np.float64)
    vectors = maps.reshape(-1, maps.shape[-1])
    return vectors.mean(axis=0), np.atleast_2d(np.cov(vectors, rowvar=False))


def frechet_distance(first: Gaussian, second: Gaussian) -> float:
    """Squared Frechet distance of two Gaussians.

    `|m1 - m2|^2 + Tr(S1 + S2 - 2 sqrtm(S1 S2))` (Heusel et al. 2017, eq. 6).

    Args:
        first: Mean `(d,)` and covariance `(d, d)`.
        second: The same of the other Gaussian.

    Returns:
        The distance, at least 0.
    """
    (mean1, cov1), (mean2, cov2) = first, second
    root = _sqrtm(cov1 @ cov2)
    if not np.isfinite(root).all():
        ridge = RIDGE * np.eye(len(cov1))
        root = _sqrtm((cov1 + ridge) @ (cov2 + ridge))
    trace = np.trace(cov1) + np.trace(cov2) - 2.0 * np.trace(root).real
    # Rounding can leave the distance of equal Gaussians just below zero.
    return max(float(np.sum((mean1 - mean2) ** 2) + trace), 0.0)


def _sqrtm(matrix: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        # Covariances of small or flat images are singular; that is handled above.
        warnings.simplefilter("ignore", LinAlgWarning)
        return sqrtm(matrix)
