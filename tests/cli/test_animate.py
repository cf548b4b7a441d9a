from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL import ImageSequence
from support.checks import snapshot
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next

from keras_singan import SinGAN
from keras_singan.io.animation_file import encode_animation
from keras_singan.io.sheet import contact_sheet
from keras_singan.models.pyramid import SinGANPyramid

FOLDER = Path("samples/run")


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def animate(*options):
    """Animates the shared run, 3 frames; gives click's result."""
    args = ["--model", trained_run(), "--seed", 4, "--frames", 3]
    return succeed("animate", *args, *options)


def frames_of(path):
    """Reads the frames of an animation: uint8 `(n, H, W, 3)`."""
    with Image.open(path) as image:
        frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
    return np.stack([np.asarray(frame) for frame in frames])


def names(folder=FOLDER):
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_gif_is_written_named_by_scale_and_seed():
    result = animate()
    path = FOLDER / "animation_scale1_seed0004.gif"
    assert result.stdout.startswith(f"{path}\nNext: keras-singan animate --model ")
    expected = SinGAN.load(trained_run()).animate(3, start_scale=1, seed=4)
    assert path.read_bytes() == encode_animation(expected, "gif", 10)
    before = snapshot("samples")
    args = ["--model", trained_run(), "--seed", 4]
    assert str(path) in refuse(1, "animate", *args)
    assert snapshot("samples") == before
    animate("--overwrite", "--fps", 20)
    assert path.read_bytes() == encode_animation(expected, "gif", 20)


def test_all_options_reach_the_walk():
    walk = {"alpha": 0.3, "beta": 0.6, "loop": True}
    options = ["--scale", 0, "--alpha", 0.3, "--beta", 0.6, "--loop"]
    result = animate(*options, "--frames", 5, "--output", "x.png", "--fps", 2.5)
    model = SinGAN.load(trained_run())
    assert (frames_of("x.png") == model.animate(5, start_scale=0, seed=4, **walk)).all()
    with Image.open("x.png") as image:
        assert image.info["duration"] == 400
    assert result.stderr == "Used: scale 0, seed 4\n"
    assert "--loop --scale 1\n" in result.stdout


FORMATS = {
    "--format webp": ("animation_scale1_seed0004.webp", "WEBP"),
    "--format apng": ("animation_scale1_seed0004.png", "PNG"),
    "--output out/x.apng": ("x.apng", "PNG"),
    "--output out/x.apng --format apng": ("x.apng", "PNG"),
    "--output out/x.PNG --format apng": ("x.PNG", "PNG"),
}


@pytest.mark.parametrize("options", FORMATS)
def test_the_format_is_asked_for_or_as_the_output_ends(options):
    name, kind = FORMATS[options]
    to = [] if "--output" in options else ["--output", "out"]
    animate(*options.split(), *to)
    assert names("out") == [name]
    with Image.open(Path("out", name)) as image:
        assert (image.format, image.n_frames) == (kind, 3)


@pytest.mark.parametrize("options", [[], ["--scale", "0-1", "--grid"]])
def test_standard_output_gets_one_animation_and_nothing_else(options):
    result = animate(*options, "--output", "-", "--format", "webp")
    animate(*options, "--output", "x.webp")
    assert result.stdout_bytes == Path("x.webp").read_bytes()
    assert "seed 4\nNext: keras-singan animate " in result.stderr


def test_what_to_type_next_works():
    args = ["--model", trained_run(), "--frames", 2]
    type_next(succeed("animate", *args))
    assert [name[:16] for name in names()] == ["animation_scale0", "animation_scale1"]


def test_the_sweep_is_each_animation_and_one_sheet_that_moves_in_step():
    result = animate("--scale", "0-1", "--beta", "0.8,0.95", "--format", "apng")
    cells = [(scale, beta) for scale in (0, 1) for beta in (0.8, 0.95)]
    stems = [f"animation_scale{scale}_beta{beta}" for scale, beta in cells]
    stems.append("animation_scale0-1_beta0.8-0.95")
    ends = ["_seed0004.png"] * 4 + ["_seed0004_sheet.png"]
    paths = [FOLDER / f"{a}{b}" for a, b in zip(stems, ends, strict=True)]
    assert result.stdout.splitlines()[:-1] == [str(path) for path in paths]
    model = SinGAN.load(trained_run())
    walks = [
        model.animate(3, start_scale=scale, beta=beta, seed=4) for scale, beta in cells
    ]
    for walk, path in zip(walks, paths, strict=False):
        assert (frames_of(path) == walk).all()
    labels = [f"scale {scale}, beta {beta}" for scale, beta in cells]
    sheets = [
        contact_sheet(cells, labels, 2, factor=7) for cells in zip(*walks, strict=True)
    ]
    assert (frames_of(paths[-1]) == np.stack(sheets)).all()


def test_a_grid_is_the_sheet_alone_and_the_same():
    options = ["--scale", "0,1", "--format", "apng"]
    animate(*options)
    animate(*options, "--grid", "--output", "out")
    (name,) = names("out")
    assert name == "animation_scale0-1_seed0004_sheet.png"
    assert Path("out", name).read_bytes() == (FOLDER / name).read_bytes()
    animate("--grid", "--output", "one")
    assert names("one") == ["animation_scale1_seed0004_sheet.gif"]


def test_the_sheet_is_made_batch_by_batch(monkeypatch):
    monkeypatch.setattr(SinGANPyramid, "chunk_size", lambda *args: 2)
    sizes = []

    def save_animation(path, frames, fps, overwrite):
        sizes.append([len(batch) for batch in frames])
        return path

    monkeypatch.setattr(
        "keras_singan.cli.commands.animate.save_animation", save_animation
    )
    animate("--scale", "0-1", "--frames", 5)
    assert sizes == [[2, 2, 1]] * 3


def test_two_channels_are_previewed():
    saved_model("field.keras", (32, 40), channels=2, scales=2)
    args = ["--model", "field.keras", "--frames", 2, "--output", "x.png"]
    succeed("animate", *args)
    assert frames_of("x.png").shape == (2, 32, 40, 3)


WRONG = {
    "--frames 0": "0 is not in the range x>=1",
    "--frames 1 --loop": "`frames` must be a whole number of at least 2",
    "--fps 0": "0.0 is not in the range 1<=x<=120",
    "--alpha 2": "Received: alpha=2.0",
    "--alpha 0 --loop": "`alpha` must be above 0 for a loop",
    "--beta 1.5": "Received: beta=1.5",
    "--beta 0.8,much": "'much' is not a valid float",
    "--beta 0.8,nan": "Received: beta=nan",
    "--scale 2": "Received: start_scale=2",
    "--scale 0-": "Scales must look like",
    "--format avi": "'avi' is not one of",
    "--format gif --output x.webp": "--format must agree with how --output ends",
    "--format gif --output x.png": "Received: --format gif --output x.png",
    "--output x.jpg": "ends in .gif, .webp",
    "--scale 0,1 --output x.gif": "Received: --output x.gif for 3 results",
    "--beta 0.8,0.9 --output -": "Received: --output - for 3 results",
    "--seed 99999999999999999999": "`seed` must be a whole number of 64 bits",
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage_is_refused_and_nothing_written(options):
    line = refuse(2, "animate", "--model", trained_run(), *options.split())
    assert WRONG[options] in line
    assert list(Path().iterdir()) == []


def test_more_frames_a_second_than_the_format_has_is_a_failed_run():
    line = refuse(1, "animate", "--model", trained_run(), "--fps", 60)
    assert "`fps` must be from 1 to 50 for .gif" in line
    assert list(Path().iterdir()) == []


def test_a_missing_sheet_place_is_refused_before_the_work(monkeypatch):
    def _frames(*args, **kwargs):
        raise AssertionError("worked before it refused")
        yield

    monkeypatch.setattr("keras_singan.tasks.animation._frames", _frames)
    Path("out").mkdir()
    Path("out/animation_scale0-1_seed0004_sheet.gif").touch()
    args = ["--model", trained_run(), "--seed", 4, "--scale", "0-1", "--output", "out"]
    assert "seed0004_sheet.gif" in refuse(1, "animate", *args)
    Path("blocked").touch()
    args = ["--model", trained_run(), "--output", "blocked/x.gif"]
    assert "of 'blocked' the system says 'Not a directory'" in refuse(
        1, "animate", *args
    )
