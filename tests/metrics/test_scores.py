"""The metrics against closed forms and brute force."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_singan.errors import ImageError
from keras_singan.errors import TaskError
from keras_singan.metrics import scores
from keras_singan.metrics.patches import _looked_at
from keras_singan.metrics.patches import _sorted_difference
from keras_singan.metrics.patches import _stretch

LANDSCAPE = Path(__file__).parents[2] / "examples" / "images" / "landscape.png"


def noise(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def flat(value, *shape):
    return np.full(shape, value, np.uint8)


def patches(image):
    height, width = image.shape[0] - 6, image.shape[1] - 6
    corners = [(y, x) for y in range(height) for x in range(width)]
    return np.array([image[y : y + 7, x : x + 7].ravel() / 255 for y, x in corners])


def directions(channels):
    normal = np.random.default_rng(0).normal(size=(49 * channels, 256))
    return normal / np.sqrt((normal**2).sum(axis=0))


def pooled(x):
    """A stand-in for Inception: means of 4x4 blocks, d = 3."""
    n, h, w, c = x.shape
    x = x[:, : h // 4 * 4, : w // 4 * 4]
    return x.reshape(n, h // 4, 4, w // 4, 4, c).mean(axis=(2, 4))


# Sliced Wasserstein


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_swd_of_the_image_itself_is_zero(channels):
    image = noise(20, 17, channels)
    assert scores.sliced_wasserstein(image[None], image) == 0


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [(20, 17), (31, 14)])
def test_swd_of_a_constant_shift(channels, size):
    image = flat(100, 20, 17, channels)
    shifted = flat(151, 1, *size, channels)
    expected = 51 / 255 * np.abs(directions(channels).sum(axis=0)).mean()
    assert scores.sliced_wasserstein(shifted, image) == pytest.approx(expected, 1e-5)


def test_swd_by_brute_force():
    image, sample = noise(19, 14, 3), noise(19, 14, 3, seed=1) // 2
    halves = [x[:18].reshape(9, 2, 7, 2, 3).mean(axis=(1, 3)) for x in (sample, image)]
    octaves = []
    for pair in [(sample, image), halves]:
        a, b = (np.sort(patches(x) @ directions(3), axis=0) for x in pair)
        octaves.append(np.abs(a - b).mean())
    swd = scores.sliced_wasserstein(sample[None], image)
    assert swd == pytest.approx(np.mean(octaves), 1e-5)


def test_swd_is_the_mean_over_samples():
    image, samples = noise(16, 16, 3), noise(3, 16, 16, 3, seed=1)
    single = [scores.sliced_wasserstein(s[None], image) for s in samples]
    assert scores.sliced_wasserstein(samples, image) == pytest.approx(np.mean(single))


def test_swd_does_not_depend_on_chunks(monkeypatch):
    image, sample = noise(20, 20, 3), noise(1, 20, 20, 3, seed=1)
    whole = scores.sliced_wasserstein(sample, image)
    monkeypatch.setattr("keras_singan.metrics.patches.CHUNK", 1)
    assert scores.sliced_wasserstein(sample, image) == pytest.approx(whole, 1e-5)


def test_swd_falls_as_the_sample_nears_the_image():
    image, other = noise(20, 20, 3), flat(128, 20, 20, 3)
    mixes = [(image * (1 - t) + other * t).astype(np.uint8) for t in (0.1, 0.4, 0.8)]
    near, middle, far = (scores.sliced_wasserstein(m[None], image) for m in mixes)
    assert 0 < near < middle < far


def test_quantile_functions_of_different_lengths():
    short, long = np.array([[0.0, 1.0]], np.float32), np.zeros((1, 4), np.float32)
    # Mid-points 1/8, 3/8, 5/8, 7/8 between the knots 1/4 and 3/4.
    stretched = _stretch(short, 4)
    np.testing.assert_allclose(stretched, [[0, 0.25, 0.75, 1]], atol=1e-7)
    assert _sorted_difference(short, long) == pytest.approx(0.5)
    assert _sorted_difference(long, short) == pytest.approx(0.5)


# Coherence and completeness


@pytest.mark.parametrize("channels", [1, 3, 7])
@pytest.mark.parametrize("chunk", [1, 1 << 22])
def test_patch_distances_by_brute_force(channels, chunk, monkeypatch):
    monkeypatch.setattr("keras_singan.metrics.patches.CHUNK", chunk)
    sample, image = noise(18, 13, channels), noise(11, 17, channels, seed=1) // 3
    gaps = patches(sample)[:, None] - patches(image)[None]
    rms = np.sqrt((gaps**2).mean(axis=-1))
    expected = rms.min(axis=1).mean(), rms.min(axis=0).mean()
    assert scores.patch_distances(sample, image) == pytest.approx(expected, 1e-5)


def test_few_components_give_the_distances_of_all(monkeypatch):
    with Image.open(LANDSCAPE) as file:
        image = np.asarray(file.convert("RGB").resize((56, 42)))
    rows = (np.arange(42)[:, None] + 3 * np.sin(np.arange(56) / 5)).astype(int)
    sample = image[np.clip(rows, 0, 41), np.arange(56)[::-1]]
    whole = scores.patch_distances(sample, image)
    monkeypatch.setattr("keras_singan.metrics.patches.MANY", 0)
    few = scores.patch_distances(sample, image)
    assert few != whole and few == pytest.approx(whole, abs=1e-4)
    # What is copied is found, and has no distance at all.
    assert scores.patch_distances(image[3:], image)[0] == 0


@pytest.mark.parametrize("block", [1, 2, 3])
def test_together_the_turns_look_at_every_patch_once(block, monkeypatch):
    monkeypatch.setattr("keras_singan.metrics.patches.MANY", 0)
    image = noise(23, 31, 3)
    seen = [_looked_at(image, block, turn) for turn in range(block**2)]
    assert (np.sort(np.concatenate(seen)) == np.arange(17 * 25)).all()
    # No turn looks at even rows or columns more than at odd ones.
    if block > 1:
        rows, columns = np.divmod(seen[0], 25)
        assert 0.3 < (rows % 2).mean() < 0.7 and 0.3 < (columns % 2).mean() < 0.7


def test_many_samples_look_at_a_part_each_and_the_figures_stay(monkeypatch):
    with Image.open(LANDSCAPE) as file:
        image = np.asarray(file.convert("RGB").resize((56, 42)))
    samples = np.stack([np.roll(image, 3 * i, axis=1)[:, ::-1] for i in range(9)])
    whole = [scores.patch_distances(sample, image) for sample in samples]
    monkeypatch.setattr("keras_singan.metrics.patches.MANY", 0)
    some = scores.coherence(samples, image), scores.completeness(samples, image)
    assert some == pytest.approx(np.mean(whole, axis=0), rel=0.02)


def test_a_crop_is_coherent_but_not_complete():
    image = noise(20, 24, 3)
    crop = image[None, 3:15, 5:20]
    assert scores.coherence(crop, image) == 0
    assert scores.completeness(crop, image) > 0.1


def test_coherence_and_completeness_swap_roles():
    a, b = noise(12, 12, 3), noise(12, 15, 3, seed=1) // 2
    assert scores.patch_distances(a, b) == pytest.approx(
        scores.patch_distances(b, a)[::-1]
    )


def test_patch_distance_of_flat_images_is_their_difference():
    samples = np.stack([flat(0, 9, 9, 3), flat(204, 9, 9, 3)])
    white = flat(255, 8, 8, 3)
    assert scores.coherence(samples, white) == pytest.approx((1 + 0.2) / 2)
    assert scores.completeness(samples, white) == pytest.approx((1 + 0.2) / 2)


# Diversity


def test_diversity_closed_form():
    image = flat(10, 8, 8, 3)
    image[:4] = 50  # Standard deviation 20.
    samples = np.stack([flat(100, 5, 6, 3), flat(120, 5, 6, 3)])  # 10 at each pixel.
    assert scores.diversity(samples, image) == pytest.approx(0.5)


def test_diversity_uses_grey_values():
    image = noise(8, 8, 3)
    samples = flat(0, 2, 8, 8, 3)
    samples[0, ..., 0] = samples[1, ..., 2] = 90  # Other colours, same grey.
    assert scores.diversity(samples, image) == 0


def test_diversity_of_seven_channels_is_that_of_their_mean():
    image, samples = noise(8, 9, 7), noise(4, 8, 9, 7, seed=1)
    grey = samples.mean(axis=-1)
    expected = grey.std(axis=0).mean() / image.mean(axis=-1).std()
    assert scores.diversity(samples, image) == pytest.approx(expected)


def test_diversity_errors():
    with pytest.raises(TaskError, match="at least 2 samples. Received: n=1"):
        scores.diversity(noise(1, 8, 8, 3), noise(8, 8, 3))
    with pytest.raises(TaskError, match=r"Received: image=\[7, 7, 7\] everywhere"):
        scores.diversity(noise(2, 8, 8, 3), flat(7, 8, 8, 3))


# PSNR and SSIM


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_psnr_values(channels):
    black = flat(0, 8, 8, channels)
    assert scores.psnr(black, black + 255) == pytest.approx(0, abs=1e-5)
    grey = flat(51, 8, 8, channels)
    assert scores.psnr(black, grey) == pytest.approx(20 * np.log10(5), 1e-5)
    assert scores.psnr(grey, grey) == np.inf


@pytest.mark.parametrize("channels", [1, 3, 7])
def test_ssim_values(channels):
    image = noise(15, 12, channels)
    assert scores.ssim(image, image) == pytest.approx(1, abs=1e-5)
    a, b = flat(50, 11, 11, channels), flat(100, 11, 11, channels)
    c1 = (0.01 * 255) ** 2  # Only the luminance term is left of flat images.
    luminance = (2 * 50 * 100 + c1) / (50**2 + 100**2 + c1)
    assert scores.ssim(a, b) == pytest.approx(luminance, 1e-3)
    assert scores.ssim(image, noise(15, 12, channels, seed=1)) < 0.3


@pytest.mark.parametrize("metric", [scores.psnr, scores.ssim])
def test_pairs_must_have_one_shape(metric):
    with pytest.raises(ImageError, match=r"Received: a.shape=.*, b.shape="):
        metric(noise(12, 12, 3), noise(12, 13, 3))


def test_ssim_needs_its_window():
    with pytest.raises(ImageError, match="at least 11 px"):
        scores.ssim(noise(10, 12, 3), noise(10, 12, 3))


# All together


def test_evaluate_agrees_with_the_single_metrics():
    samples, image = noise(2, 18, 16, 3, seed=1), noise(16, 20, 3)
    figures = scores.evaluate(samples, image, features=pooled)
    assert figures == {
        "swd": scores.sliced_wasserstein(samples, image),
        "coherence": scores.coherence(samples, image),
        "completeness": scores.completeness(samples, image),
        "diversity": scores.diversity(samples, image),
        "sifid": scores.sifid(samples, image, features=pooled),
    }
    assert all(type(score) is float for score in figures.values())


@pytest.mark.parametrize("channels", [1, 7])
def test_evaluate_leaves_out_what_it_cannot_know(channels):
    figures = scores.evaluate(noise(1, 15, 15, channels), noise(14, 15, channels))
    assert set(figures) == {"swd", "coherence", "completeness"}


MESSAGES = [
    (noise(0, 16, 16, 3), TaskError, "at least 1 sample"),
    (noise(16, 16, 3), ImageError, r"uint8 \(n, h, w, C\). Received: samples=uint8"),
    (np.zeros((1, 16, 16, 3)), ImageError, "Received: samples=float64 with shape"),
    (noise(1, 16, 16, 1), ImageError, "as many channels as the image, 3. Received"),
    (noise(1, 6, 16, 3), ImageError, r"px per side. Received: samples.shape="),
]


@pytest.mark.parametrize("samples, error, message", MESSAGES)
@pytest.mark.parametrize(
    "metric",
    [
        scores.sliced_wasserstein,
        scores.coherence,
        scores.completeness,
        scores.sifid,
        scores.evaluate,
    ],
)
def test_errors(metric, samples, error, message):
    with pytest.raises(error, match=message) as caught:
        metric(samples, noise(16, 16, 3))
    assert "\n" not in str(caught.value)


def test_errors_of_a_pair_of_images():
    with pytest.raises(ImageError, match="Received: sample.shape="):
        scores.patch_distances(noise(9, 9, 1), noise(9, 9, 3))
    with pytest.raises(ImageError, match=r"uint8 \(h, w, C\). Received: image="):
        scores.patch_distances(noise(9, 9, 3), noise(9, 9))


def test_the_second_octave_needs_14_px():
    with pytest.raises(ImageError, match="at least 14 px"):
        scores.sliced_wasserstein(noise(1, 13, 20, 3), noise(20, 20, 3))


def test_import_is_free_of_tensorflow():
    code = (
        "import sys, keras_singan.metrics.scores; sys.exit('tensorflow' in sys.modules)"
    )
    path = os.pathsep.join(sys.path)
    env = {**os.environ, "PYTHONPATH": path}
    assert subprocess.run([sys.executable, "-c", code], env=env).returncode == 0
