"""SIFID: the distance of Gaussians, features, and its refusals."""

import numpy as np
import pytest

from keras_singan.errors import TaskError
from keras_singan.metrics import frechet
from keras_singan.metrics import scores


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def pooled(x):
    """A stand-in for Inception: means of 4x4 blocks, d = 3."""
    n, h, w, c = x.shape
    x = x[:, : h // 4 * 4, : w // 4 * 4]
    return x.reshape(n, h // 4, 4, w // 4, 4, c).mean(axis=(2, 4))


def gaussian(mean, cov):
    return np.array(mean, float), np.array(cov, float)


def test_frechet_distance_of_commuting_gaussians():
    first = gaussian([1, 2], np.diag([4, 9]))
    second = gaussian([4, 6], np.diag([1, 25]))
    # |m|^2 + sum of (standard deviation differences)^2.
    expected = 25 + (2 - 1) ** 2 + (3 - 5) ** 2
    assert frechet.frechet_distance(first, second) == pytest.approx(expected)
    assert frechet.frechet_distance(second, first) == pytest.approx(expected)


def test_frechet_distance_of_general_gaussians():
    factors = np.random.default_rng(0).normal(size=(2, 5, 5))
    first, second = (gaussian(np.zeros(5), f @ f.T) for f in factors)
    # Tr sqrtm(S1 S2) is the sum of the singular values of the factors' product.
    cross = np.linalg.norm(factors[0].T @ factors[1], "nuc")
    expected = (factors**2).sum() - 2 * cross
    assert frechet.frechet_distance(first, second) == pytest.approx(expected)


def test_frechet_distance_of_singular_gaussians():
    first = gaussian([0, 0, 0], np.diag([1, 0, 0]))
    second = gaussian([0, 3, 0], np.diag([0, 4, 0]))
    assert frechet.frechet_distance(first, second) == pytest.approx(9 + 1 + 4, abs=1e-2)
    assert frechet.frechet_distance(first, first) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_adds_a_ridge_to_a_failed_root(monkeypatch):
    root, calls = frechet.sqrtm, []

    def fails_once(matrix):
        calls.append(matrix)
        return root(matrix) if len(calls) > 1 else matrix * np.nan

    monkeypatch.setattr(frechet, "sqrtm", fails_once)
    pair = gaussian([0], [[1]]), gaussian([0], [[9]])
    assert frechet.frechet_distance(*pair) == pytest.approx(4, abs=1e-4)
    np.testing.assert_allclose(calls[1], (1 + 1e-6) * (9 + 1e-6))


def test_feature_statistics():
    image = noise(12, 16, 3)
    mean, cov = frechet.feature_statistics(image, pooled)
    blocks = (image / 127.5 - 1).reshape(3, 4, 4, 4, 3).mean(axis=(1, 3)).reshape(12, 3)
    np.testing.assert_allclose(mean, blocks.mean(axis=0), atol=1e-6)
    centred = blocks - blocks.mean(axis=0)
    np.testing.assert_allclose(cov, centred.T @ centred / 11, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_sifid_of_copies_is_zero(channels):
    image = noise(24, 20, channels)
    copies = np.stack([image, image])
    assert scores.sifid(copies, image, features=pooled) == pytest.approx(0, abs=1e-5)


def test_sifid_of_a_shift_is_the_squared_shift_of_the_means():
    image = noise(24, 20, 3) // 2
    samples = np.stack([image, image + 51])
    # 0 for the copy and 3 * (51 / 127.5)^2 for the other, averaged.
    score = scores.sifid(samples, image, features=pooled)
    assert score == pytest.approx(3 * 0.4**2 / 2, 1e-4)


def test_sifid_uses_three_channels():
    image, sample = noise(24, 24, 7), noise(1, 24, 24, 7, seed=1)
    first = scores.sifid(sample[..., :3], image[..., :3], features=pooled)
    assert scores.sifid(sample, image, features=pooled) == first
    grey = scores.sifid(sample[..., :1], image[..., :1], features=pooled)
    repeated = [np.repeat(x[..., :1], 3, axis=-1) for x in (sample, image)]
    assert grey == pytest.approx(scores.sifid(*repeated, features=pooled), abs=1e-6)


def test_inception_features_end_at_the_64_channels_of_the_third_convolution():
    features = scores.inception_features(weights=None)
    kinds = [layer.__class__.__name__ for layer in features.layers]
    assert kinds == ["InputLayer", *["Conv2D", "BatchNormalization", "Activation"] * 3]
    assert features.count_params() == 28_512 + 384  # Kernels; batch norms
    assert features(np.zeros((1, 188, 250, 3), np.float32)).shape == (1, 91, 122, 64)
    assert features(np.zeros((1, 9, 9, 3), np.float32)).shape == (1, 2, 2, 64)
    image, other = noise(40, 32, 3), noise(1, 32, 40, 3, seed=1) // 2
    score = scores.sifid(image[None], image, features=features)
    assert score == pytest.approx(0, abs=1e-4)
    assert scores.sifid(other, image, features=features) > 10 * score


def test_inception_features_without_network(monkeypatch):
    import keras

    def no_network(**_):
        raise Exception("URL fetch failure on https://example:\nNone -- no host")

    monkeypatch.setattr(keras.applications, "InceptionV3", no_network)
    with pytest.raises(TaskError) as caught:
        scores.sifid(noise(1, 9, 9, 3), noise(9, 9, 3))
    message = str(caught.value)
    assert "(URL fetch failure on https://example: None -- no host)" in message
    assert "weights=PATH" in message and "\n" not in message
    assert message.endswith("Received: weights='imagenet'")


def test_inception_features_of_a_missing_file(tmp_path):
    with pytest.raises(TaskError, match=r"Received: weights='.*none\.weights\.h5'$"):
        scores.inception_features(tmp_path / "none.weights.h5")


def test_inception_features_of_a_damaged_file(tmp_path):
    path = tmp_path / "bad.weights.h5"
    path.write_bytes(b"not hdf5")
    with pytest.raises(TaskError, match="cannot be loaded"):
        scores.inception_features(path)
