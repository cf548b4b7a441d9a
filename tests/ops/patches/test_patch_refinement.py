"""Patches are replaced by the photo's: exactly where small, nearly where large."""

import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo

from keras_singan.io.image import to_float
from keras_singan.ops.patches import patch_matching
from keras_singan.ops.patches import patch_refinement
from keras_singan.ops.patches.patch_matching import PATCH
from keras_singan.ops.patches.patch_refinement import average_patches
from keras_singan.ops.patches.patch_refinement import refine


def real_image(height=40, width=52, channels=3):
    return to_float(photo(height, width, channels))[None]


def noisy(image, deviation=0.1, seed=0):
    noise = np.random.default_rng(seed).normal(0, deviation, image.shape)
    return np.clip(image + noise, -1, 1).astype("float32")


def patches(image):
    """All patches of `(1, height, width, channels)` as rows, values in [0, 1]."""
    view = np.lib.stride_tricks.sliding_window_view(
        image[0] / 2, (PATCH, PATCH), (0, 1)
    )
    return view.reshape(*view.shape[:2], -1)


def exact_matches(image, real, alpha):
    """The nearest real patch of each patch, by the formula, among all."""
    queries, keys = (
        patches(x).reshape(-1, PATCH**2 * x.shape[-1]) for x in (image, real)
    )
    apart = np.square(queries[:, None] - keys[None]).mean(-1)
    return (apart / (alpha + apart.min(0))).argmin(1)


def features(image, real):
    basis = patch_matching.patch_basis(tf.constant(real))
    return [patch_matching.match_features(tf.constant(x), basis) for x in (image, real)]


def test_a_copy_of_the_photo_stays_as_it_is():
    real = real_image()
    np.testing.assert_allclose(refine(real, real), real, atol=1e-5)


def test_a_part_of_the_photo_is_found_wherever_it_comes_from():
    real = real_image()
    part = np.ascontiguousarray(real[:, 9:30, 17:45])
    np.testing.assert_allclose(refine(part, real), part, atol=1e-5)


def test_what_was_added_to_the_photo_is_taken_away():
    real = real_image()
    image = noisy(real)
    before, after = (np.mean(np.square(x - real)) for x in (image, refine(image, real)))
    assert after < 0.2 * before


@pytest.mark.parametrize("alpha", [1e-4, 1e-2])
def test_the_exact_search_follows_the_formula(alpha, monkeypatch):
    # All dimensions and all patches, so that nothing is near only.
    monkeypatch.setattr(patch_matching, "_DIMENSIONS", PATCH**2 * 3)
    monkeypatch.setattr(patch_matching, "_STRIDE", 1)
    real = real_image(20, 24)
    image = noisy(real[:, ::-1], 0.3)
    queries, keys = (patch_matching._flat(x) for x in features(image, real))
    found = patch_matching._nearest(queries, keys, tf.constant(alpha))
    wanted = exact_matches(image, real, alpha)
    assert np.mean(found.numpy() == wanted) > 0.99


def test_blocks_of_distances_make_no_difference(monkeypatch):
    real = real_image()
    image = noisy(real[:, ::-1], 0.3)
    whole = refine(image, real)
    monkeypatch.setattr(patch_matching, "_BLOCK_BYTES", 1)
    np.testing.assert_allclose(refine(image, real), whole, atol=1e-5)


def test_distances_are_means_of_squares_of_values_in_0_to_1(monkeypatch):
    monkeypatch.setattr(patch_matching, "_DIMENSIONS", PATCH**2 * 3)
    real = real_image(20, 24)
    queries, keys = features(noisy(real), real)
    apart = tf.reduce_sum(tf.square(queries - keys), -1)
    wanted = np.square(patches(noisy(real)) - patches(real)).mean(-1)
    np.testing.assert_allclose(apart, wanted, rtol=1e-3)


def test_a_small_alpha_uses_more_of_the_photo():
    real = real_image()
    image = noisy(np.full_like(real, real.mean()), 0.05)
    queries, keys = features(image, real)
    used = [
        len(
            np.unique(
                patch_matching._nearest(
                    patch_matching._flat(queries),
                    patch_matching._flat(keys),
                    tf.constant(alpha),
                )
            )
        )
        for alpha in (1e-4, 10.0)
    ]
    assert used[0] > 2 * used[1]


def test_a_large_image_is_matched_by_way_of_small_ones(monkeypatch):
    real = real_image(96, 120)
    image = noisy(real, 0.05)
    monkeypatch.setattr(patch_refinement, "_SEARCHED_PIXELS", 30 * 30)
    octaves = patch_refinement._octaves(tf.shape(image)[1:3], tf.shape(real)[1:3])
    assert octaves == 2
    after = refine(image, real)
    before, after = (np.mean(np.square(x - real)) for x in (image, after))
    assert after < 0.2 * before


@pytest.mark.parametrize(
    "sides, octaves",
    [
        ((100, 75), 0),
        ((250, 188), 2),
        ((100, 101), 1),
        ((1500, 2000), 5),
        ((20, 9000), 0),
    ],
)
def test_images_are_halved_until_they_can_be_searched_and_no_further(sides, octaves):
    sides = tf.constant(sides)
    assert patch_refinement._octaves(sides, sides) == octaves
    # The smaller of two images must keep some patches to choose from.
    small = tf.constant([30, 30])
    assert patch_refinement._octaves(sides, small) == min(octaves, 1)
    assert patch_refinement._octaves(small, sides) == min(octaves, 1)


def test_matched_patches_are_put_where_they_belong():
    real = real_image(20, 24)
    rows, columns = np.mgrid[3:9, 5:13]
    matches = tf.constant(np.stack([rows, columns], -1), tf.int32)
    np.testing.assert_allclose(
        average_patches(tf.constant(real), matches), real[:, 3:15, 5:19], atol=1e-5
    )


def test_each_image_depends_on_itself_alone():
    real = real_image()
    images = np.concatenate([noisy(real, seed=seed) for seed in range(3)])
    together = refine(images, real)
    for image, refined in zip(images, together, strict=True):
        np.testing.assert_array_equal(refine(image[None], real)[0], refined)


@pytest.mark.parametrize("channels", [1, 2, 4, 6])
def test_any_channels(channels):
    real = real_image(24, 30, channels)
    refined = refine(noisy(real), real)
    assert refined.shape == real.shape
    assert np.mean(np.square(refined - real)) < np.mean(np.square(noisy(real) - real))


@pytest.mark.parametrize("size", [(7, 7), (8, 31), (90, 9), (33, 64)])
def test_any_size_beside_any_other(size):
    real, image = real_image(24, 30), noisy(real_image(*size))
    assert refine(image, real).shape == image.shape
    assert refine(real, image).shape == real.shape


@pytest.mark.parametrize("size", [(6, 30), (30, 6), (1, 1)])
def test_an_image_without_patches_stays(size):
    image = noisy(real_image(*size))
    np.testing.assert_array_equal(refine(image, real_image()), image)
    np.testing.assert_array_equal(refine(real_image(), image), real_image())


def test_a_flat_photo_gives_its_colour():
    real = np.full((1, 20, 20, 3), 0.25, "float32")
    np.testing.assert_allclose(refine(real_image(20, 20), real), real, atol=1e-5)


def test_more_rounds_leave_less_that_is_foreign():
    real = real_image()
    image = noisy(np.ascontiguousarray(real[:, :, ::-1]), 0.3)

    def foreign(refined):
        queries, keys = (
            patches(np.asarray(x)).reshape(-1, 147) for x in (refined, real)
        )
        return np.sqrt(np.square(queries[:, None] - keys[None]).mean(-1).min(1)).mean()

    assert foreign(refine(image, real, rounds=4)) < foreign(refine(image, real))


def test_a_graph_for_all_sizes_agrees_with_eager_calls():
    spec = tf.TensorSpec((None, None, None, 3), tf.float32)
    graph = tf.function(
        lambda images, real: refine(images, real, rounds=2),
        input_signature=[spec, spec],
    )
    for size in ((24, 30), (18, 40)):
        real = real_image(*size)
        eager = refine(noisy(real), real, rounds=2)
        np.testing.assert_allclose(graph(noisy(real), real), eager, atol=1e-5)


def test_channels_that_are_not_seen_come_along_with_the_patches():
    real = real_image(channels=4)
    part = np.ascontiguousarray(real[:, 9:30, 17:45])
    wrong = part.copy()
    wrong[..., 3] = np.random.default_rng(0).uniform(-1, 1, wrong.shape[:-1])
    np.testing.assert_allclose(refine(wrong, real, seen=3), part, atol=1e-5)
    # Pictures of the seen channels alone are refined alike.
    image = noisy(real)
    alone = refine(image[..., :3], real[..., :3], rounds=2)
    together = refine(image, real, rounds=2, seen=3)
    np.testing.assert_allclose(together[..., :3], alone, atol=1e-5)


@pytest.mark.parametrize("wraps", [(0, 1), (1, 0), (1, 1)])
def test_patches_across_a_border_that_wraps_are_of_the_photo(wraps):
    # A photo that repeats, and a part of it that does, begun elsewhere.
    real = np.tile(real_image(20, 24), (1, 2, 2, 1))
    shifts = [5 * wraps[0], 7 * wraps[1]]
    image = np.roll(real[:, :20, :24], shifts, (1, 2))
    refined = refine(noisy(image, 0.05), real, wraps=wraps, rounds=2)
    np.testing.assert_allclose(refined, image, atol=0.05)
    # A patch that ends at the border would not be found.
    plain = refine(noisy(image, 0.05), real, rounds=2)
    assert plain.shape == refined.shape == image.shape


def test_wraps_may_be_decided_in_the_graph():
    real = real_image()
    image = noisy(real)

    @tf.function
    def graph(wraps):
        return refine(image, real, wraps=tf.unstack(wraps))

    for wraps in ((0, 0), (1, 0)):
        whole = refine(image, real, wraps=wraps)
        np.testing.assert_allclose(graph(tf.constant(wraps)), whole, atol=1e-5)
