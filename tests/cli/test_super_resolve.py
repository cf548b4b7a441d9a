from pathlib import Path

import numpy as np
import pytest
from support.cli_runner import invoke
from support.cli_runner import read
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import photo
from support.photos import photo_file

from keras_singan import SinGAN
from keras_singan.io.sheet import contact_sheet
from keras_singan.io.sheet import magnification

WARNING = (
    "Warning: This model was not trained for super-resolution. Better: "
    "one trained for the task super-resolution, factor {0} "
    "(keras-singan train IMAGE --task super-resolution --factor {0})\n"
)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def asked(monkeypatch):
    """What `SinGAN.super_resolve` was called with, in place of its work."""
    calls = []

    def super_resolve(self, *args, **kwargs):
        calls.append((args, kwargs))
        return np.zeros((9, 8, 3), "uint8")

    monkeypatch.setattr("keras_singan.SinGAN.super_resolve", super_resolve)
    return calls


def super_resolve(*args):
    """Enlarges with the shared run; gives click's result."""
    return succeed("super-resolve", *args, "--model", trained_run())


def test_without_an_image_the_photo_is_enlarged_four_times_without_noise():
    result = super_resolve()
    path = "samples/run/super_resolution_x4.png"
    assert result.stdout.startswith(f"{path}\nNext: ")
    assert result.stderr == WARNING.format(4)
    model = SinGAN.load(trained_run())
    with pytest.warns(UserWarning, match="not trained for"):
        expected = model.super_resolve()
    assert expected.shape == (128, 160, 3)
    assert (read(path) == expected).all()


def test_the_next_command_adds_noise_and_works():
    result = super_resolve("--factor", 1.5, "--no-back-projection")
    ending = "--factor 1.5 --seed 1 --no-back-projection\n"
    assert result.stdout.endswith(ending)
    following = type_next(result)
    noisy = Path("samples/run/super_resolution_x1.5_seed0001.png")
    assert following.stdout.startswith(f"{noisy}\n")
    assert (read(noisy) != read(noisy.with_name("super_resolution_x1.5.png"))).any()


def test_the_options_reach_the_task(asked):
    super_resolve()
    photo_file("small.png")
    super_resolve("small.png", "--factor", 2.5, "--seed", 3, "--no-back-projection")
    assert asked == [
        ((None,), {"factor": 4.0, "seed": None, "back_projection": True}),
        ((Path("small.png"),), {"factor": 2.5, "seed": 3, "back_projection": False}),
    ]


def test_the_sheet_of_the_photo_shows_the_photo(asked):
    super_resolve("--grid", "--output", "x.png")
    cells = [photo(), np.zeros((9, 8, 3), "uint8")]
    expected = contact_sheet(cells, ["input", "x4"], factor=magnification(*cells))
    assert (read("x.png") == expected).all()


@pytest.mark.parametrize("factor", ["1", "0.5", "-2", "65", "nan", "inf"])
def test_a_factor_out_of_range_is_wrong_usage(factor):
    result = invoke("super-resolve", "--factor", factor, "--model", trained_run())
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith("Error: `factor` must be a number greater than 1")
    assert result.stderr.count("\n") == 1
    assert list(Path().iterdir()) == []


def test_an_image_that_is_too_small_is_wrong_usage():
    photo_file("small.png", 3, 4)
    result = invoke("super-resolve", "small.png", "--model", trained_run())
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith(
        "Error: The image must have sides of at least"
    )
