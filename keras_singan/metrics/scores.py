"""Numbers that say how good and how varied random samples are.

All functions take uint8 arrays, `samples` as `(n, h, w, C)` and the training
`image` as `(H, W, C)`; the two sizes may differ. Values count as [0, 1] inside.
Report `diversity` next to every other number: copies of the photo win all of them.
"""

import numpy as np

from keras_singan.errors import ImageError
from keras_singan.errors import TaskError
from keras_singan.metrics import frechet as _sifid
from keras_singan.metrics import patches
from keras_singan.metrics.frechet import inception_features
from keras_singan.metrics.patches import PATCH

__all__ = [
    "coherence",
    "completeness",
    "diversity",
    "evaluate",
    "inception_features",
    "patch_distances",
    "psnr",
    "sifid",
    "sliced_wasserstein",
    "ssim",
]

SSIM_WINDOW = 11


def sliced_wasserstein(samples: np.ndarray, image: np.ndarray) -> float:
    """Sliced Wasserstein distance of the 7x7 patches, over two octaves.

    Patches are projected on 256 fixed random directions (unit length, order row,
    column, channel); per direction, the mean absolute difference of the sorted
    projections. The second octave is the 2x2 block average. The patch SWD of Elnekave
    and Weiss (GPDM, ECCV 2022).

    Args:
        samples: uint8 `(n, h, w, C)`, `h` and `w` at least 14.
        image: uint8 `(H, W, C)`, likewise.

    Returns:
        The mean over directions, octaves and samples: 0 for equal patches.

    Raises:
        ImageError: A shape or dtype does not fit.
        TaskError: `samples` is empty.
    """
    samples, image = _compared(samples, image, 2 * PATCH)
    directions = patches.directions(image.shape[-1])
    real = patches.sorted_projections(image, directions)

    def distance(sample):
        fake = patches.sorted_projections(sample, directions)
        return patches.octave_mean(fake, real)

    return float(np.mean(patches.in_turns(distance, samples)))


def coherence(samples: np.ndarray, image: np.ndarray) -> float:
    """Mean over samples of the first value of `patch_distances`.

    High when the samples hold patches that the photo does not have.

    Args:
        samples: uint8 `(n, h, w, C)`, `h` and `w` at least 7.
        image: uint8 `(H, W, C)`, likewise.

    Returns:
        RMS distance in [0, 1].

    Raises:
        ImageError: A shape or dtype does not fit.
        TaskError: `samples` is empty.
    """
    return _mean_patch_distances(samples, image)[0]


def completeness(samples: np.ndarray, image: np.ndarray) -> float:
    """Mean over samples of the second value of `patch_distances`.

    High when the photo holds patches that the samples do not have. Arguments,
    result and errors are those of `coherence`.
    """
    return _mean_patch_distances(samples, image)[1]


def patch_distances(sample: np.ndarray, image: np.ndarray) -> tuple[float, float]:
    """How far the 7x7 patches of two images are from each other.

    The two terms of the bidirectional similarity of Simakov et al. (CVPR 2008), with
    the RMS over the `49 * C` values as distance.

    Args:
        sample: uint8 `(h, w, C)`, `h` and `w` at least 7.
        image: uint8 `(H, W, C)`, likewise.

    Returns:
        Coherence (each patch of the sample to its nearest one in the image) and
        completeness (each patch of the image to its nearest one in the sample): the
        means over the patches, in [0, 1].

    Raises:
        ImageError: A shape or dtype does not fit.
    """
    sample, image = _compared(sample, image, PATCH, name="sample", ndim=3)
    return tuple(patches.nearest_distances(sample[None], image)[0].tolist())


def diversity(samples: np.ndarray, image: np.ndarray) -> float:
    """Diversity score of the SinGAN paper (Shaham et al. 2019, section 3.1).

    The standard deviation over the samples at each pixel (divisor n), averaged over
    the pixels, divided by that of the image; on grey values (channel mean). The paper
    has 50 to 100 samples, 0.5 from the coarsest scale and 0.35 from the next.

    Args:
        samples: uint8 `(n, h, w, C)`, `n >= 2`.
        image: uint8 `(H, W, C)`, not constant.

    Returns:
        The score, 0 for equal samples.

    Raises:
        ImageError: A shape or dtype does not fit.
        TaskError: `n < 2` or the image is constant.
    """
    samples, image = _compared(samples, image)
    if len(samples) < 2:
        raise TaskError(f"Expected at least 2 samples. Received: n={len(samples)}")
    contrast = _contrast(image)
    if contrast == 0:
        raise TaskError(
            "Expected an image with more than one grey value. "
            f"Received: image={image[0, 0].tolist()} everywhere"
        )
    return float(samples.mean(axis=-1).std(axis=0).mean() / contrast)


def _contrast(image) -> float:
    """The standard deviation of the grey values, which are channel means."""
    return float(np.asarray(image).mean(axis=-1).std())


def rmse(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean squared difference, on values in [-1, 1].

    Args:
        a: uint8 `(h, w, C)`.
        b: uint8 of the same shape.

    Raises:
        ImageError: A shape or dtype does not fit.
    """
    a, b = _pair(a, b, 1)
    return float(np.sqrt(np.mean(np.square((a - b) / 127.5))))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB (`keras.ops.psnr`), infinite if equal.

    Args:
        a: uint8 `(h, w, C)`.
        b: uint8 of the same shape.

    Raises:
        ImageError: A shape or dtype does not fit.
    """
    import keras

    a, b = _pair(a, b, 1)
    return float(keras.ops.psnr(a, b, 255.0))


def ssim(a: np.ndarray, b: np.ndarray) -> float:
    """Structural similarity (`keras.ops.image.ssim`): 1 if equal.

    Gaussian window of 11x11 px with sigma 1.5, without border, mean over channels
    (Wang et al. 2004).

    Args:
        a: uint8 `(h, w, C)`, `h` and `w` at least 11.
        b: uint8 of the same shape.

    Raises:
        ImageError: A shape or dtype does not fit.
    """
    import keras

    a, b = _pair(a, b, SSIM_WINDOW)
    last = "channels_last"
    return float(keras.ops.image.ssim(a, b, max_val=255.0, data_format=last))


def sifid(
    samples: np.ndarray,
    image: np.ndarray,
    *,
    features: _sifid.Features | None = None,
) -> float:
    """Single Image FID (Shaham et al. 2019, section 3.1).

    The Frechet distance between Gaussians fitted to the features of a sample and of
    the image over their positions, averaged over the samples. As in the official
    script, 64 channels and no resizing. **Not comparable to the numbers of the paper**:
    the Inception weights of Keras are another port. Below about 21 px there are fewer
    than 65 positions, and the number is not reliable.

    Args:
        samples: uint8 `(n, h, w, C)`, `h` and `w` at least 9. Of more than three
            channels the first three are used, of fewer the first, repeated.
        image: uint8 `(H, W, C)`, likewise.
        features: Maps float32 `(1, h, w, 3)` in [-1, 1] to `(1, h', w', d)`. Defaults
            to `inception_features()`, which downloads weights.

    Returns:
        The mean distance, 0 for copies up to rounding.

    Raises:
        ImageError: A shape or dtype does not fit.
        TaskError: `samples` is empty, or the weights cannot be loaded.
    """
    samples, image = _compared(samples, image, _sifid.MIN_SIDE)
    features = inception_features() if features is None else features
    real = _sifid.feature_statistics(image, features)
    fakes = (_sifid.feature_statistics(sample, features) for sample in samples)
    return float(np.mean([_sifid.frechet_distance(fake, real) for fake in fakes]))


def evaluate(
    samples: np.ndarray,
    image: np.ndarray,
    *,
    features: _sifid.Features | None = None,
) -> dict[str, float]:
    """All metrics of a set of samples.

    Args:
        samples: uint8 `(n, h, w, C)`, `h` and `w` at least 14.
        image: uint8 `(H, W, C)`, likewise.
        features: What `sifid` takes. Defaults to `None`: "sifid" is left out.

    Returns:
        "swd", "coherence", "completeness"; "diversity" if `n >= 2` and the image
        has more than one grey value; "sifid" if `features` is given.

    Raises:
        ImageError: A shape or dtype does not fit.
        TaskError: `samples` is empty.
    """
    scores = {"swd": sliced_wasserstein(samples, image)}
    scores["coherence"], scores["completeness"] = _mean_patch_distances(samples, image)
    if len(samples) >= 2 and _contrast(image):
        scores["diversity"] = diversity(samples, image)
    if features is not None:
        scores["sifid"] = sifid(samples, image, features=features)
    return scores


def _mean_patch_distances(samples, image) -> tuple[float, float]:
    samples, image = _compared(samples, image, PATCH)
    first, second = np.mean(patches.nearest_distances(samples, image), axis=0)
    return float(first), float(second)


def _compared(
    array, image, side: int = 1, name: str = "samples", ndim: int = 4
) -> tuple[np.ndarray, np.ndarray]:
    image = _image("image", image, side)
    array = _image(name, array, side, ndim)
    if not len(array):
        raise TaskError("Expected at least 1 sample. Received: n=0")
    if array.shape[-1] != image.shape[-1]:
        raise ImageError(
            f"Expected as many channels as the image, {image.shape[-1]}. "
            f"Received: {name}.shape={array.shape}"
        )
    return array, image


def _pair(a, b, side: int) -> tuple[np.ndarray, np.ndarray]:
    a, b = _image("a", a, side), _image("b", b, side)
    if a.shape != b.shape:
        raise ImageError(
            "Expected two images of one shape. "
            f"Received: a.shape={a.shape}, b.shape={b.shape}"
        )
    return a.astype(np.float32), b.astype(np.float32)


def _image(name: str, value, side: int, ndim: int = 3) -> np.ndarray:
    array = np.asarray(value)
    if array.dtype != np.uint8 or array.ndim != ndim or 0 in array.shape[-3:]:
        axes = "(h, w, C)" if ndim == 3 else "(n, h, w, C)"
        raise ImageError(
            f"Expected uint8 {axes}. "
            f"Received: {name}={array.dtype} with shape {array.shape}"
        )
    if min(array.shape[-3:-1]) < side:
        raise ImageError(
            f"Expected at least {side} px per side. "
            f"Received: {name}.shape={array.shape}"
        )
    return array
