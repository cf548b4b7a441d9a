"""A model trained with masks draws pairs; all else shows the picture alone."""

import numpy as np
import pytest
from support.checks import refused
from support.masked_models import SIZE
from support.masked_models import masked
from support.masked_models import stripe
from support.photos import box
from support.photos import pasted
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import assert_same_weights
from support.tiny_models import trained

from keras_singan import RunFolderError
from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.io.image import to_float
from keras_singan.tasks.sampling import iterate_samples


@pytest.mark.parametrize("channels, masks", [(3, 1), (3, 2), (1, 2), (4, 1)])
def test_samples_come_with_their_masks(channels, masks):
    model = masked(channels, masks)
    images, labels = model.sample(3, seed=1, return_masks=True)
    assert images.shape == (3, *SIZE, channels) and images.dtype == np.uint8
    assert labels.shape == (3, *SIZE, masks) and labels.dtype == np.uint8
    assert set(np.unique(labels)) <= {0, 255}
    assert np.array_equal(model.sample(3, seed=1), images)


def test_a_mask_is_the_generated_channel_cut_at_half():
    model = masked()
    drawn = next(iter(model.pyramid_.draw_chunks(1, 2))).numpy()
    _, labels = model.sample(2, seed=1, return_masks=True)
    assert np.array_equal(labels == 255, drawn[..., 3:] > 0)
    assert 0 < (labels == 255).mean() < 1


@pytest.mark.parametrize(
    "options",
    [{"size": (30, 50)}, {"tile": "both"}, {"start_scale": 1}, {"refine": True}],
    ids=str,
)
def test_every_kind_of_sample_has_masks(options):
    images, labels = masked().sample(2, seed=0, return_masks=True, **options)
    assert images.shape[:-1] == labels.shape[:-1] and labels.shape[-1] == 1


def test_several_start_scales_give_stacks_of_pairs():
    images, labels = masked().sample(2, start_scale=(0, 1), return_masks=True)
    assert images.shape == (2, 2, *SIZE, 3) and labels.shape == (2, 2, *SIZE, 1)


def test_masks_are_asked_of_a_model_that_has_some():
    text = refused(lambda: trained()[0].sample(return_masks=True), TaskError)
    assert "fit(image, masks=...)" in text
    assert trained()[0].training_masks().shape[-1] == 0


def test_what_it_was_trained_on_is_there_again():
    model = masked(3, 2)
    assert np.array_equal(model.training_image(), photo(*SIZE))
    there = model.training_masks()
    assert np.array_equal(there[..., 0] == 255, box(SIZE))
    assert np.array_equal(there[..., 1] == 255, stripe())


def test_other_results_hold_no_mask():
    model, part = masked(), (5, 5, 9, 9)
    results = [
        model.reconstruct()[None],
        model.animate(2, seed=0),
        model.vary(1, region=part, seed=0),
        model.vary(1, region=part, image=photo(48, 60), seed=0),
        model.extend(left="50%", seed=0),
        model.extend(right=3, image=photo(48, 60), seed=0),
        next(next(iterate_samples(model.pyramid_, 1))),
    ]
    for result in results:
        assert result.ndim == 4 and result.shape[-1] == 3
    with pytest.warns(UserWarning, match="not trained for super-resolution"):
        assert model.super_resolve(factor=2).shape == (48, 60, 3)


def test_outside_a_varied_part_the_photo_stays():
    image = masked().vary(1, region=(0, 0, 6, 6), seed=0)[0]
    assert np.array_equal(image[:, 24:], photo(*SIZE)[:, 24:])
    assert not np.array_equal(image, photo(*SIZE))


@pytest.mark.parametrize(
    "name, arguments",
    [
        ("harmonize", pasted(SIZE)),
        ("edit", pasted(SIZE)),
        ("paint_to_image", (photo(*SIZE),)),
        ("super_resolve", (photo(*SIZE), 2)),
    ],
)
def test_another_picture_is_refused_because_its_masks_are_unknown(name, arguments):
    text = refused(lambda: getattr(masked(), name)(*arguments), TaskError)
    assert name in text and "without masks" in text and "with 1 mask." in text


def test_an_export_is_refused(tmp_path):
    text = refused(lambda: masked(3, 2).export(tmp_path / "models"), TaskError)
    assert "export" in text and "with 2 masks." in text
    assert list(tmp_path.iterdir()) == []


def test_four_channels_of_which_one_is_a_mask_have_no_opacity():
    # Taken for opacity, the mask would blacken the photo outside it.
    image, mask = np.full((24, 30, 3), 200, np.uint8), box(SIZE)
    model = SinGAN(**TINIER | {"max_size": 28}).fit(image, masks=mask, verbose=0)
    for scale in range(2):
        level = model.pyramid_.real_level(scale).numpy()
        np.testing.assert_allclose(level[..., :3], to_float(image)[0, 0, 0], atol=1e-5)


def test_opacity_beside_a_mask_is_opacity_still():
    image = np.zeros((*SIZE, 4), np.uint8)
    image[:, 15:] = (255, 0, 0, 255)
    options = TINIER | {"max_size": 25, "min_size": 20}
    model = SinGAN(**options).fit(image, masks=stripe(), alpha="train", verbose=0)
    level = model.pyramid_.real_level(0).numpy()[0]
    seen = level[..., 3] > -0.9
    np.testing.assert_allclose(level[seen][:, 0], 1, atol=1e-3)
    assert set(np.unique(model.training_masks())) == {0, 255}


def test_noise_follows_what_the_picture_lacks_not_the_mask():
    amps = masked().pyramid_.noise_amps.numpy()
    pyramid = masked().pyramid_
    below = pyramid.reconstruct(1)
    from keras_singan.ops.resize import resize

    missing = (pyramid.real.value - resize(below, SIZE)).numpy()[..., :3]
    assert amps[1] == pytest.approx(0.1 * np.sqrt(np.square(missing).mean()), rel=1e-4)


def test_a_file_keeps_the_masks(tmp_path):
    model = masked(3, 2)
    loaded = SinGAN.load(model.save(tmp_path / "model.keras"))
    assert loaded.pyramid_.mask_names == ("0", "1")
    one, other = (m.sample(2, seed=3, return_masks=True) for m in (model, loaded))
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def fit(folder, masks, image=None):
    image = photo(*SIZE) if image is None else image
    return SinGAN(**TINIER).fit(image, masks=masks, checkpoint_dir=folder, verbose=0)


def test_a_run_folder_shows_the_masks_and_goes_on_with_them_alone(tmp_path):
    first = fit(tmp_path / "run", box(SIZE))
    made = {path.name for path in (tmp_path / "run" / "scale_01").iterdir()}
    names = ("real", "sample", "reconstruction")
    assert made == {f"{n}{e}.png" for n in names for e in ("", "_mask")}
    assert_same_weights(fit(tmp_path / "run", box(SIZE)), first)
    for others in (stripe(), [box(SIZE), stripe()], None):
        text = refused(
            lambda others=others: fit(tmp_path / "run", others), RunFolderError
        )
        assert "other masks" in text
    fit(tmp_path / "plain", None)
    text = refused(lambda: fit(tmp_path / "plain", box(SIZE)), RunFolderError)
    assert "other masks" in text


def test_an_image_of_four_channels_is_no_photo_with_a_mask(tmp_path):
    fit(tmp_path / "run", stripe())
    four = np.dstack([photo(*SIZE), stripe() * np.uint8(255)])
    model = SinGAN(**TINIER)
    with pytest.raises(RunFolderError, match="another image"):
        model.fit(four, alpha="train", checkpoint_dir=tmp_path / "run", verbose=0)


def test_an_estimate_counts_the_masks():
    model = SinGAN(**TINIER)
    assert model.estimate(photo(*SIZE), masks=[box(SIZE), stripe()]).channels == 5
