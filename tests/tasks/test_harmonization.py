"""Harmonization: masks of all kinds, what is kept, and every refusal."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from scipy import ndimage
from support.checks import refused
from support.photos import box
from support.photos import encoded
from support.photos import pasted
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import pyramid_of
from support.tiny_models import trained

from keras_singan import ImageError
from keras_singan import SinGAN
from keras_singan import TaskError
from keras_singan.ops import masks
from keras_singan.task_specs import HARMONIZE
from keras_singan.tasks.harmonization import harmonize
from keras_singan.tasks.harmonization import harmonize_graph
from keras_singan.tasks.shared.inputs import generation_sizes
from keras_singan.tasks.shared.regions import find_region
from keras_singan.tasks.shared.regions import read_mask


def pyramid():
    return trained()[0].pyramid_


def refusal(*args, error=TaskError, model=None, **kwargs):
    """Gives the line with which `harmonize` refuses the arguments."""
    return refused(lambda: harmonize(model or pyramid(), *args, **kwargs), error)


def untouched(mask, trained=40):
    """Where a mask grown by its area may not reach, by distance alone."""
    side, factor = mask.sum() ** 0.5, max(1, max(mask.shape) / trained)
    reach = int(4 * (0.03 * side + 0.4 * factor) + 0.5) * 2**0.5 + 1
    radius = 0.04 * side + 0.6 * factor + 1
    far = ndimage.distance_transform_edt(~mask) > radius + reach
    assert far.any()
    return far


@pytest.mark.parametrize("size", [(32, 40), (64, 80), (100, 61), (19, 24), (33, 90)])
def test_any_size_comes_back_and_what_is_outside_is_the_users(size):
    image, mask = pasted(size)
    result = harmonize(pyramid(), image, mask, seed=1)
    assert result.dtype == np.uint8 and result.shape == image.shape
    assert not np.array_equal(result[mask], image[mask])
    far = untouched(mask)
    assert np.array_equal(result[far], image[far])


def test_every_value_of_a_byte_is_kept_outside():
    image = np.arange(256 * 3, dtype="int64").reshape(16, 16, 3) * 7 % 256
    image = np.tile(image.astype("uint8"), (3, 4, 1))
    mask = box((48, 64), 12)
    far = untouched(mask)
    assert len(np.unique(image[far])) == 256
    assert np.array_equal(harmonize(pyramid(), image, mask, seed=1)[far], image[far])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_any_channels(channels):
    image, mask = pasted((24, 30), channels)
    result = harmonize(pyramid_of(channels), image, mask, seed=1)
    assert result.shape == image.shape
    assert np.array_equal(result[untouched(mask)], image[untouched(mask)])
    assert not np.array_equal(result, image)


def test_the_core_is_the_mathematics():
    image, mask = pasted((32, 40))
    pixels = tf.constant(image / np.float32(127.5) - 1)[None]
    soft = masks.soften_by_area(tf.constant(mask), 1).numpy()[None, ..., None]
    generated = np.clip(pyramid().inject(pixels, 2, 7), -1, 1)
    wanted = np.clip(pixels + soft * (generated - pixels), -1, 1)[0] * 127.5 + 127.5
    options = {"start_scale": 2, "seed": 7, "match_colors": False}
    result = harmonize(pyramid(), image, mask, **options)
    assert np.abs(result - wanted).max() <= 0.5 + 1e-2


def test_a_larger_composite_gives_the_object_its_own_detail():
    image, mask = pasted((64, 80))
    pixels = tf.constant(image / np.float32(127.5) - 1)[None]
    options = {"start_scale": 2, "seed": 7, "match_colors": False}
    result = harmonize(pyramid(), image, mask, **options)
    small = np.clip(pyramid().inject(pixels, 2, 7), -1, 1)
    smooth = keras.ops.image.resize(small, (64, 80), "bicubic", antialias=True)
    inside = ndimage.binary_erosion(mask, iterations=4)
    # What was generated, and besides what finer grain the rest of the picture has.
    grain = (result / 127.5 - 1 - np.clip(smooth[0], -1, 1))[inside]
    assert grain.std() > 0.02
    coarse = keras.ops.image.resize(pixels, (32, 40), "bicubic", antialias=True)
    coarse = keras.ops.image.resize(coarse, (64, 80), "bicubic", antialias=True)
    around = np.abs((pixels - coarse)[0])[~mask]
    assert np.abs(grain).mean() < 2 * around.mean()


def test_a_grey_photo_makes_the_object_grey():
    grey = np.repeat(photo(32, 40, 1), 3, -1)
    image, mask = grey.copy(), box((32, 40))
    image[mask] = (250, 20, 40)
    model = SinGAN(**TINIER).fit(grey, verbose=0).pyramid_
    kept, matched = (
        harmonize(model, image, mask, seed=1, match_colors=on)[mask].astype(int)
        for on in (False, True)
    )
    assert np.ptp(matched, axis=-1).mean() < np.ptp(kept, axis=-1).mean() / 3


def test_a_much_larger_composite_is_told_what_would_serve_it():
    image, mask = pasted((30, 250))
    with pytest.warns(UserWarning, match="times as large") as caught:
        harmonize(pyramid(), image, mask, start_scale=2, seed=1)
    assert "max_size=250 (--max-size)" in str(caught[0].message)


def test_the_graph_gives_what_python_gives():
    sizes = pyramid().sizes

    @tf.function(
        autograph=False,
        input_signature=[
            tf.TensorSpec((1, None, None, 3)),
            tf.TensorSpec((None, None), tf.bool),
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((len(sizes), 2), tf.int32),
        ],
    )
    def graph(image, region, seed, sizes):
        sizes = [tf.unstack(size) for size in tf.unstack(sizes)]
        return harmonize_graph(pyramid(), image, region, 1, seed, sizes)

    for size in ((32, 40), (50, 50)):
        image, mask = pasted(size)
        result = graph(
            image[None] / np.float32(127.5) - 1,
            mask,
            3,
            np.array(generation_sizes(pyramid(), size), "int32"),
        )
        result = np.clip(result[0] * 127.5 + 127.5, 0, 255)
        wanted = harmonize(pyramid(), image, mask, start_scale=1, seed=3)
        assert np.abs(result - wanted).max() <= 0.5 + 1e-2


def test_a_seed_decides_the_result():
    image, mask = pasted()
    one, same, other = (harmonize(pyramid(), image, mask, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)
    fresh = [harmonize(pyramid(), image, mask) for _ in range(2)]
    assert not np.array_equal(*fresh)


def test_the_start_scale_is_a_late_one_by_default_and_matters():
    image, mask = pasted()
    at = {s: harmonize(pyramid(), image, mask, start_scale=s, seed=1) for s in (1, 2)}
    assert np.array_equal(harmonize(pyramid(), image, mask, seed=1), at[2])
    assert not np.array_equal(at[1], at[2])
    assert [HARMONIZE.start_scale(count) for count in (2, 3, 5, 9)] == [1, 2, 3, 6]


def kinds_of(mask, folder):
    """The same mask in all the ways in which users give it."""
    white = mask.astype("uint8") * 255
    rgba = np.dstack([white, white, white, np.full_like(white, 225)])
    layer = np.dstack([np.full_like(white, 255)] * 3 + [white])
    rough = np.where(mask, 252, 3).astype("uint8")
    Image.fromarray(rgba).save(folder / "mask.png")
    np.save(folder / "mask.npy", white)
    return {
        "bool": mask,
        "float": mask.astype("float64"),
        "soft": mask * np.float32(0.7) + np.float32(0.1),
        "uint8": white,
        "deep": mask.astype("uint16") * 65535,
        "one channel": white[..., None],
        "bool, three channels": np.repeat(mask[..., None], 3, -1),
        "red": np.dstack([white, 0 * white, 0 * white]),
        "opaque": rgba,
        "transparent": layer,
        "rough": rough,
        "jpeg": encoded(np.dstack([white] * 3), "JPEG", quality=95),
        "bytes": encoded(white, "PNG"),
        "path": folder / "mask.png",
        "text": str(folder / "mask.png"),
        "npy": folder / "mask.npy",
        "PIL": Image.fromarray(white),
        "PIL, one bit": Image.fromarray(mask),
        "PIL, grey and alpha": Image.fromarray(layer).convert("LA"),
        "PIL, palette": Image.fromarray(rgba[..., :3]).convert("P"),
    }


def test_all_kinds_of_masks_are_the_same(tmp_path):
    image, mask = pasted()
    # On the grid of JPEG's blocks, so that it comes back sharp.
    mask[:] = False
    mask[8:24, 16:32] = True
    wanted = harmonize(pyramid(), image, mask, seed=1)
    for name, kind in kinds_of(mask, tmp_path).items():
        assert np.array_equal(read_mask(kind, mask.shape), mask), name
        assert np.array_equal(harmonize(pyramid(), image, kind, seed=1), wanted), name


def test_the_composite_may_be_a_file_of_other_channels(tmp_path):
    image, mask = pasted()
    Image.fromarray(image).save(tmp_path / "composite.png")
    wanted = harmonize(pyramid(), image, mask, seed=1)
    for composite in (tmp_path / "composite.png", encoded(image, "PNG")):
        assert np.array_equal(harmonize(pyramid(), composite, mask, seed=1), wanted)
    grey = harmonize(pyramid(), image[..., 0], mask, seed=1)
    far = untouched(mask)
    assert np.array_equal(grey[far], np.repeat(image[far][:, :1], 3, -1))


@pytest.mark.parametrize("size", [(32, 40), (64, 80), (96, 120), (24, 30)])
def test_without_a_mask_what_differs_is_found(size):
    image = trained()[0].training_image()
    image = np.asarray(Image.fromarray(image).resize(size[::-1], Image.BICUBIC)).copy()
    mask = box(size, 3)
    image[mask] = (250, 20, 240)
    found = find_region(pyramid(), image / np.float32(127.5) - 1).numpy()
    near = 3 * max(size) / 40
    assert not (found & ~(ndimage.distance_transform_edt(~mask) <= near)).any()
    assert not (mask & ~found).any()
    result = harmonize(pyramid(), image, seed=1)
    assert np.array_equal(result, harmonize(pyramid(), image, found, seed=1))


def test_without_a_mask_the_image_must_differ_in_part():
    real = trained()[0].training_image()
    assert "differs in 0% of" in refusal(real)
    assert "give a mask" in refusal(real)
    assert "differs in 100% of" in refusal(255 - (real > 127) * np.uint8(255))
    text = refusal(photo(40, 40))
    assert "32x40" in text and text.endswith("an image of 40x40.")


@pytest.mark.parametrize("shape", [(32, 39), (40, 32), (64, 80), (1, 1), (31, 40, 3)])
def test_a_mask_of_another_size_is_refused(shape):
    text = refusal(pasted()[0], np.ones(shape, "uint8"))
    assert "32x40" in text
    assert text.endswith(f"a mask of {shape[0]}x{shape[1]}.")


def test_an_empty_mask_is_refused():
    image = pasted()[0]
    for empty in (np.zeros((32, 40), bool), np.full((32, 40), 3, "uint8")):
        assert "an empty mask" in refusal(image, empty)
    dark = box((32, 40)) * np.uint8(100)
    assert "brightest pixel is 100 of 255." in refusal(image, dark)
    faint = np.full((32, 40, 4), 255, "uint8")
    for opacity, text in ((0, "0%"), (125, "49%")):
        faint[..., 3] = opacity
        received = refusal(image, faint)
        assert (
            f"an empty mask, whose brightest pixel is 255 of 255, and {text}"
            in received
        )


def test_a_full_mask_changes_all_of_the_image():
    image = pasted()[0]
    results = [
        harmonize(pyramid(), image, full, start_scale=1, seed=3)
        for full in (np.ones((32, 40), bool), np.full((32, 40), 252, "uint8"))
    ]
    assert np.array_equal(*results)
    assert (results[0] != image).any(-1).mean() > 0.9


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64", "float32"])
def test_a_mask_of_yes_and_no_can_be_of_any_type(dtype):
    image, mask = pasted()
    expected = harmonize(pyramid(), image, mask, start_scale=1, seed=3)
    for form in (mask.astype(dtype), tf.constant(mask.astype(dtype))):
        result = harmonize(pyramid(), image, form, start_scale=1, seed=3)
        assert np.array_equal(result, expected)


def test_a_mask_that_is_no_image_is_refused(tmp_path):
    image = pasted()[0]
    (tmp_path / "mask.png").write_bytes(b"no image")
    missing = tmp_path / "missing.png"
    wrong = [tmp_path / "mask.png", missing, b"", 5, [[True]], np.zeros(40, bool)]
    wrong += [np.zeros((32, 40), "complex64"), np.full((32, 40), np.nan)]
    for mask in wrong:
        assert refusal(image, mask, error=ImageError).startswith("The mask ")
    assert "missing.png" in refusal(image, missing, error=ImageError)


def test_a_composite_that_cannot_be_used_is_refused(tmp_path):
    mask = box((32, 40))
    refusal(tmp_path / "missing.png", mask, error=ImageError)
    refusal(np.zeros((32, 40, 5), "uint8"), mask, error=ImageError)
    assert "elongated" in refusal(photo(4, 400), box((4, 400)))


@pytest.mark.parametrize(
    "name, values",
    [("start_scale", [0, 3, -1, 1.0, True, "1"]), ("seed", [1.0, "a", True, 2**63])],
)
def test_an_argument_out_of_range_is_refused(name, values):
    image, mask = pasted()
    for value in values:
        text = refusal(image, mask, **{name: value})
        assert f"Received: {name}={value!r}." in text


def test_a_model_of_one_scale_is_refused():
    model = SinGAN(**TINIER | {"min_size": 24}).fit(photo(24, 30), verbose=0)
    assert "1 scale" in refusal(*pasted((24, 30)), model=model.pyramid_)
