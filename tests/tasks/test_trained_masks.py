"""Masks are read as those of tasks are, and become channels of the photo."""

import warnings

import numpy as np
import pytest
from PIL import Image
from support.checks import refused
from support.masked_models import SIZE
from support.masked_models import stripe
from support.photos import box
from support.photos import photo

from keras_singan import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.io.image import to_float
from keras_singan.tasks.shared.trained_masks import with_masks

PIXELS = to_float(photo(*SIZE))


def refusal(masks):
    return refused(lambda: with_masks(PIXELS, masks), ImageError)


@pytest.mark.parametrize("none", [None, [], ()])
def test_no_masks_leave_the_photo_as_it_is(none):
    pixels, names = with_masks(PIXELS, none)
    assert pixels is PIXELS and names == ()


def test_any_kind_of_mask_is_the_same_mask(tmp_path):
    mask = box(SIZE)
    shades = mask.astype(np.uint8) * 255
    Image.fromarray(shades).save(tmp_path / "dog.png")
    colour = np.repeat(shades[..., None], 3, -1)
    # What is bright but transparent is outside.
    clear = np.dstack([np.full((*SIZE, 3), 255, np.uint8), shades])
    kinds = [mask, mask.astype(int), shades, mask * 0.9, colour, clear]
    kinds += [tmp_path / "dog.png", str(tmp_path / "dog.png"), Image.fromarray(shades)]
    for kind in kinds:
        pixels, _ = with_masks(PIXELS, kind)
        assert pixels.dtype == np.float32
        assert np.array_equal(pixels[..., :3], PIXELS)
        assert np.array_equal(pixels[..., 3], np.where(mask, 1, -1))


def test_several_masks_follow_in_order():
    pixels, names = with_masks(PIXELS, [box(SIZE), stripe()])
    assert names == ("0", "1")
    assert np.array_equal(pixels[..., 3] > 0, box(SIZE))
    assert np.array_equal(pixels[..., 4] > 0, stripe())


@pytest.mark.parametrize(
    "files, names",
    [
        (["dog.png"], ("dog",)),
        (["a dog.png", "c.a-t.png"], ("a_dog", "c_a-t")),
        (["x/dog.png", "y/dog.png"], ("0", "1")),
        (["a b.png", "a_b.png"], ("0", "1")),
        (["d" * 60 + ".png"], ("d" * 40,)),
    ],
)
def test_names_are_those_of_the_files_if_they_tell_masks_apart(tmp_path, files, names):
    paths = [tmp_path / file for file in files]
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(stripe()).save(path)
    assert with_masks(PIXELS, paths)[1] == names


def test_a_mask_of_another_size_is_resized():
    large = np.kron(box(SIZE), np.ones((4, 4), bool))
    pixels, _ = with_masks(PIXELS, large)
    assert np.array_equal(pixels[..., 3] > 0, box(SIZE))
    # 31 x 25 are the proportions of 30 x 24, rounded.
    assert with_masks(PIXELS, np.ones((25, 31), bool) & (np.arange(31) > 9))


@pytest.mark.parametrize("size", [(30, 24), (24, 33), (240, 306)])
def test_another_shape_than_the_photos_is_refused(size):
    text = refusal(np.tri(*size, dtype=bool))
    assert "proportions of the photo, 24x30" in text and f"{size[0]}x{size[1]}" in text


def test_a_mask_with_nothing_inside_is_refused():
    text = refusal(np.full(SIZE, 100, np.uint8))
    assert "empty mask" in text and "100 of 255" in text


def test_a_mask_with_all_inside_is_warned_of():
    with pytest.warns(ImageWarning, match="white all over"):
        pixels, _ = with_masks(PIXELS, np.ones(SIZE, bool))
    assert (pixels[..., 3] == 1).all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with_masks(PIXELS, box(SIZE))


def test_what_is_no_mask_is_refused(tmp_path):
    (tmp_path / "mask.png").write_bytes(b"no image")
    assert "The mask cannot be used. " in refusal(tmp_path / "mask.png")
    assert "no such file" in refusal([box(SIZE), tmp_path / "none.png"])
    assert "The mask cannot be used. " in refusal(7)


def test_there_may_be_eight_masks():
    assert with_masks(PIXELS, [box(SIZE)] * 8)[0].shape == (*SIZE, 11)
    assert "at most 8" in refusal([box(SIZE)] * 9)
