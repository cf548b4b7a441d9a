"""`refine`: which scales the photo's own patches refine, and in which tasks."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf
from support.photos import photo
from support.tiny_models import trained

from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.config import resolve_config
from keras_singan.models.pyramid import SinGANPyramid
from keras_singan.ops.patches.patch_refinement import refine as refine_patches


def model():
    return trained()[0]


def with_refinement(first):
    """A copy of the trained pyramid that refines from a scale on."""
    pyramid = model().pyramid_
    copy = SinGANPyramid.from_config(pyramid.get_config() | {"refine_from": first})
    copy.set_weights(pyramid.get_weights())
    return copy


def foreign(image):
    """How far the patches of a uint8 image are from the photo's, on average."""
    real = model().training_image()

    def patches(x):
        x = x.astype("float32")
        view = np.lib.stride_tricks.sliding_window_view(x, (7, 7), (0, 1))
        return view.reshape(-1, 147)

    queries, keys = patches(image), patches(real)
    apart = np.square(queries[:, None] - keys[None]).mean(-1).min(1)
    return np.sqrt(apart).mean()


def test_presets_refine_but_the_published_method_does_not():
    wanted = {"fast": 1, "draft": 1, "standard": None}
    assert {p: resolve_config(p).refine_from for p in wanted} == wanted


@pytest.mark.parametrize("start_scale", [0, 1, 2])
def test_refined_samples_have_the_photos_patches(start_scale):
    plain, refined = (
        model().sample(2, start_scale=start_scale, seed=1, refine=refine)
        for refine in (False, True)
    )
    for one, other in zip(refined, plain, strict=True):
        assert foreign(one) < 0.9 * foreign(other)


def test_by_default_the_models_own_choice_counts():
    plain = model().sample(1, seed=1, refine=False)
    assert model().pyramid_.refine_from is None
    assert np.array_equal(model().sample(1, seed=1), plain)
    draw = with_refinement(1).draw
    assert np.array_equal(draw(1, [0]), draw(1, [0], refine=True))
    assert not np.array_equal(draw(1, [0]), draw(1, [0], refine=False))


@pytest.mark.parametrize(
    "own, refine, first",
    [
        (None, None, 3),
        (None, True, 1),
        (None, False, 3),
        (1, None, 1),
        (1, True, 1),
        (1, False, 3),
        (0, None, 0),
        (9, None, 2),
    ],
)
def test_where_refinement_begins(own, refine, first):
    pyramid = with_refinement(own)
    assert pyramid.refined_from(refine) == first
    number = tf.constant({None: -1, True: 1, False: 0}[refine])
    assert pyramid.refined_from(number) == first


def test_samples_that_keep_the_layout_are_refined_on_demand_only():
    pyramid = with_refinement(1)
    for start, numbers in ((1, (3, 1)), (tf.constant(1), (3, 1)), (0, (1, 1))):
        assert pyramid.refined_from(None, start) == numbers[0]
        assert pyramid.refined_from(True, start) == numbers[1]
    plain = pyramid.draw(1, [0], 1, refine=False)
    assert np.array_equal(pyramid.draw(1, [0], 1), plain)
    assert not np.array_equal(pyramid.draw(1, [0], 1, refine=True), plain)


@pytest.mark.parametrize("scales, first", [(6, 6), (7, 4)])
def test_large_models_refine_from_a_later_scale_what_keeps_the_layout(scales, first):
    sizes = [(7 + k, 7 + k) for k in range(scales)]
    pyramid = SinGANPyramid(sizes, [2] * scales, num_layers=2, refine_from=1)
    for start in (1, tf.constant(1)):
        assert pyramid.refined_from(None, start) == first
        assert pyramid.refined_from(False, start) == scales
    assert pyramid.refined_from(None, 0) == 1


def test_every_scale_from_there_on_is_refined():
    pyramid, calls = with_refinement(1), []
    pyramid.refine_scale = lambda scale, images, start_scale, refined_from, alpha: (
        calls.append((scale, start_scale <= scale and refined_from <= scale)) or images
    )
    pyramid.draw(1, [0])
    assert calls == [(0, False), (1, True), (2, True)]


def test_scales_that_keep_the_reconstruction_are_not_refined():
    pyramid = with_refinement(0)
    below = pyramid.reconstruct(2)
    z = pyramid.fresh_noise(2, 1, [0], pyramid.sizes[2])
    image = pyramid.generate_function([z], below)
    wanted = pyramid.refine_scale(2, image, 2, 0, pyramid.refine_alpha)
    drawn = pyramid.draw(1, [0], 2, refine=True)
    np.testing.assert_allclose(drawn, wanted, atol=1e-5)


def test_a_scale_is_refined_by_the_photo_at_its_size():
    pyramid = with_refinement(1)
    images = pyramid.draw(1, [0, 1], refine=False)
    for alpha, used in ((0.02, 0.02), (None, 0.005)):
        wanted = refine_patches(images, pyramid.real.value, used, rounds=4)
        refined = pyramid.refine_scale(2, images, 0, 1, alpha)
        np.testing.assert_allclose(refined, wanted, atol=1e-5)


@pytest.mark.parametrize("start_scale", [0, 1])
def test_tensors_choose_as_numbers_do(start_scale):
    pyramid = with_refinement(1)
    graph = tf.function(
        lambda refine, start: pyramid.draw(1, [0], start, refine=refine)
    )
    for number, refine in ((-1, None), (0, False), (1, True)):
        np.testing.assert_allclose(
            graph(tf.constant(number), tf.constant(start_scale)),
            pyramid.draw(1, [0], start_scale, refine=refine),
            atol=2e-3,
        )


def test_a_sample_depends_on_its_number_alone_and_has_any_size():
    one, many = (model().sample(n, seed=3, refine=True) for n in (1, 3))
    assert np.array_equal(one[0], many[0])
    assert model().sample(1, size=(50, 33), refine=True).shape == (1, 50, 33, 3)


def test_edits_and_paintings_may_be_refined():
    real = model().training_image()
    crude = np.roll(real, 9, axis=1)
    mask = np.zeros(real.shape[:2], bool)
    mask[10:20, 12:22] = True
    options = {"start_scale": 1, "seed": 1}
    plain, refined = (
        model().edit(crude, mask, refine=refine, **options) for refine in (False, True)
    )
    assert not np.array_equal(plain, refined)
    # Not by itself, whatever the model was made for.
    own = SinGAN()
    own._take(with_refinement(1), None)
    assert np.array_equal(own.edit(crude, mask, **options), plain)
    plain, refined = (
        model().paint_to_image(crude, refine=refine, **options)
        for refine in (False, True)
    )
    assert foreign(refined) < 0.9 * foreign(plain)


@pytest.mark.parametrize("start_scale", [0, 1])
def test_parts_drawn_anew_and_what_is_added_may_be_refined(start_scale):
    options = {"start_scale": start_scale, "seed": 1}
    for draw in (
        lambda refine: model().vary(1, region=(5, 5, 20, 20), refine=refine, **options),
        lambda refine: model().extend(right=30, refine=refine, **options),
    ):
        plain, refined = draw(False)[0], draw(True)[0]
        assert foreign(refined) < 0.95 * foreign(plain)
        assert np.array_equal(draw(None)[0], plain)


def test_harmonize_reconstruct_and_super_resolve_are_never_refined():
    plain, refining = SinGAN(), SinGAN()
    plain._take(with_refinement(None), None)
    refining._take(with_refinement(0), None)
    composite = np.roll(plain.training_image(), 9, axis=1)
    mask = np.zeros(composite.shape[:2], bool)
    mask[10:20, 12:22] = True
    for run in (
        lambda m: m.harmonize(composite, mask, start_scale=1, seed=1),
        lambda m: m.reconstruct(),
        lambda m: m.animate(2, seed=1),
    ):
        assert np.array_equal(run(plain), run(refining))


@pytest.mark.parametrize("refine", [1, "yes", 0.5])
def test_another_value_is_refused(refine):
    with pytest.raises(
        TaskError, match="`refine` must be True, False or None.*refine="
    ):
        model().sample(1, refine=refine)


def test_tiles_are_refined_as_samples_are():
    plain, refined = (
        model().sample(1, tile="both", seed=1, refine=refine)
        for refine in (False, True)
    )
    assert foreign(refined[0]) < 0.95 * foreign(plain[0])
    assert np.array_equal(model().sample(1, tile="both", seed=1), plain)


def test_the_choice_is_kept_in_the_models_file(tmp_path):
    options = {"min_size": 18, "num_layers": 2, "filters": 2, "steps": 1}
    singan = SinGAN(**options, refine_from=1, refine_alpha=0.002)
    singan.fit(photo(24, 30), verbose=0).save(tmp_path / "m.keras")
    again = SinGAN.load(tmp_path / "m.keras")
    assert again.pyramid_.refine_from == again.config_.refine_from == 1
    assert again.pyramid_.refine_alpha == 0.002
    images = [m.sample(1, seed=1) for m in (singan, again)]
    assert np.array_equal(*images)
    assert dataclasses.replace(again.config_, refine_from=None) != again.config_
