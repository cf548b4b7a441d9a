"""A model and an unfinished run, written by version 0.1.0 before the packages moved."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from keras_singan import SinGAN

OLD = Path(__file__).parent / "data" / "old"
# What the run folder was begun with.
OPTIONS = {
    "max_size": 40,
    "min_size": 20,
    "num_layers": 2,
    "filters": 2,
    "steps": 6,
    "scale_factor": 0.6,
    "seed": 3,
    "dtype_policy": "float32",
}


@pytest.fixture(scope="module")
def straight():
    """Weights, samples and reconstruction of the undisturbed run, as it was then."""
    with np.load(OLD / "straight.npz") as file:
        return dict(file)


def assert_near(image, expected):
    """Other processors round otherwise."""
    assert np.abs(image.astype(int) - expected).max() <= 2


def test_an_old_model_has_the_weights_and_pictures_it_had(straight):
    model = SinGAN.load(OLD / "singan.keras")
    for index, weight in enumerate(model.pyramid_.weights):
        assert np.array_equal(weight.numpy(), straight[str(index)])
    assert_near(model.sample(2, seed=1), straight["sample"])
    assert_near(model.reconstruct(), straight["reconstruct"])
    assert model.config_.rec_noise == "fixed"


def test_an_old_run_goes_on_where_it_stopped(straight, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(OLD / "run", run)
    model = SinGAN(**OPTIONS).fit(OLD / "photo.png", checkpoint_dir=run, verbose=0)
    assert len(model.history_[0]["discriminator_loss"]) == 6
    assert model.config_.rec_noise == "fixed"
    for index, weight in enumerate(model.pyramid_.weights):
        assert np.abs(weight.numpy() - straight[str(index)]).max() < 1e-3
    assert_near(SinGAN.load(run).sample(2, seed=1), straight["sample"])
