"""What images `SinGAN` takes, and what becomes of them."""

import io

import numpy as np
import pytest
from PIL import Image
from support.checks import assert_one_line
from support.photos import photo
from support.tiny_models import TINY

from keras_singan import ImageError
from keras_singan import SinGAN


@pytest.fixture
def no_training(monkeypatch):
    """Leaves everything of a fit but the training."""
    monkeypatch.setattr("keras_singan.estimator.fit_pyramid", lambda *args: None)


def test_any_kind_of_image_is_the_same_image(no_training, tmp_path):
    image = photo()
    Image.fromarray(image).save(tmp_path / "photo.png")
    data = (tmp_path / "photo.png").read_bytes()
    kinds = [
        tmp_path / "photo.png",
        str(tmp_path / "photo.png"),
        data,
        Image.open(io.BytesIO(data)),
        image,
        image.astype(np.uint16) * 257,
        image / 255,
        (image / 255).astype("float32"),
    ]
    for kind in kinds:
        model = SinGAN(**TINY).fit(kind, verbose=0)
        assert np.array_equal(model.training_image(), image)


@pytest.mark.parametrize(
    "image",
    [photo()[..., 0], photo()[..., :1], Image.fromarray(photo()[..., 0])],
    ids=["(H, W)", "(H, W, 1)", "PIL"],
)
def test_grey_stays_grey(no_training, image):
    model = SinGAN(**TINY).fit(image, verbose=0)
    assert model.sample(2).shape == (2, 32, 40, 1)
    assert np.array_equal(model.training_image()[..., 0], photo()[..., 0])


def test_transparency_is_trained_on_demand(no_training):
    image = Image.fromarray(photo(channels=4))
    model = SinGAN(**TINY).fit(image, alpha="train", verbose=0)
    assert model.sample().shape == (1, 32, 40, 4)
    with pytest.warns(UserWarning, match="white"):
        model = SinGAN(**TINY).fit(image, verbose=0)
    assert model.sample().shape == (1, 32, 40, 3)
    with pytest.raises(ImageError):
        model.fit(image, alpha="drop", verbose=0)


def test_a_large_photo_is_shrunk(no_training):
    model = SinGAN(**TINY | {"max_size": 30}).fit(photo(64, 80), verbose=0)
    assert model.training_image().shape == (24, 30, 3)
    assert model.pyramid_.sizes == ((18, 23), (24, 30))


@pytest.mark.parametrize("image", [photo(17, 40), photo(40, 17)], ids=["low", "narrow"])
def test_an_image_too_small_is_refused_before_anything_is_written(tmp_path, image):
    model = SinGAN(**TINY)
    with pytest.raises(ImageError) as error:
        model.fit(image, checkpoint_dir=tmp_path / "run", verbose=0)
    assert_one_line(error)
    assert "min_size=18" in str(error.value)
    with pytest.raises(ImageError):
        model.estimate(image)
    assert not list(tmp_path.iterdir())
