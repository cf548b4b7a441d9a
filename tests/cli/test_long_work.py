"""What takes long: it is written as it comes, and shows how far it is."""

import re
from pathlib import Path

import numpy as np
import pytest
from support.cli_runner import invoke
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next

from keras_singan.models.pyramid import SinGANPyramid


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def sample(*options):
    return ["sample", "--model", trained_run(), "--seed", 1, *options]


def one_a_time(monkeypatch):
    monkeypatch.setattr(SinGANPyramid, "chunk_size", lambda *args: 1)


def interrupt_after(monkeypatch, count):
    """Makes Ctrl-C come when so many batches were drawn."""
    draw, calls = SinGANPyramid.draw, []

    def interrupted(*args, **kwargs):
        calls.append(1)
        if len(calls) > count:
            raise KeyboardInterrupt
        return draw(*args, **kwargs)

    monkeypatch.setattr(SinGANPyramid, "draw", interrupted)


def test_an_interruption_keeps_what_is_drawn(monkeypatch):
    one_a_time(monkeypatch)
    interrupt_after(monkeypatch, 2)

    result = invoke(*sample("-n", 50))
    assert result.exit_code == 1
    assert result.stderr == (
        "Error: Interrupted; the images made so far are kept. Received: Ctrl-C after "
        "2 of 50.\n"
    )
    names = sorted(path.name for path in Path("samples/run").iterdir())
    assert names == [f"sample_scale0_seed0001_{k:03d}.png" for k in range(2)]
    assert [line.split("/")[-1] for line in result.stdout.splitlines()] == names
    assert read(f"samples/run/{names[1]}").shape == (32, 40, 3)


@pytest.mark.parametrize("options", [["--grid"], ["--output", "-", "-n", 1]])
def test_an_interruption_before_anything_is_written_is_a_plain_end(
    monkeypatch, options
):
    interrupt_after(monkeypatch, 0)

    result = invoke(*sample(*options))
    assert result.exit_code == 1
    assert result.stderr.strip() == "Aborted!"
    assert not Path("samples").exists()


def test_samples_are_written_as_they_come(monkeypatch):
    one_a_time(monkeypatch)
    seen, draw = [], SinGANPyramid.draw

    def counted(*args, **kwargs):
        seen.append(len(list(Path().rglob("*.png"))))
        return draw(*args, **kwargs)

    monkeypatch.setattr(SinGANPyramid, "draw", counted)
    succeed(*sample("-n", 4))
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "args, last",
    [
        (["sample", "-n", 3], "3/3"),
        (["sample", "-n", 3, "--grid"], "3/3"),
        (["animate", "--frames", 4], "4/4"),
        (["animate", "--frames", 2, "--scale", "0-1"], "4/4"),
    ],
)
def test_a_terminal_shows_how_far_it_is(monkeypatch, args, last):
    one_a_time(monkeypatch)
    command = [*args, "--model", trained_run(), "--seed", 1]
    assert succeed(*command, "--output", "quiet").stderr == ""
    monkeypatch.setattr(
        "keras_singan.cli.process.progress_bar.is_terminal", lambda: True
    )
    shown = succeed(*command, "--output", "shown").stderr
    assert args[0] in shown and last in shown
    quiet, loud = (sorted(Path(name).iterdir()) for name in ("quiet", "shown"))
    assert [path.name for path in quiet] == [path.name for path in loud]


def test_a_size_is_part_of_the_name_so_that_no_two_collide():
    succeed(*sample("-n", 1))
    result = succeed(*sample("-n", 1, "--size", "40x50"))
    succeed(*sample("-n", 1, "--height-factor", 2))
    names = {path.name for path in Path("samples/run").iterdir()}
    assert names == {
        "sample_scale0_seed0001_000.png",
        "sample_scale0_40x50_seed0001_000.png",
        "sample_scale0_64x40_seed0001_000.png",
    }
    assert "--size 40x50 --scale 1" in result.stdout


def test_an_animation_of_another_size():
    args = ["animate", "--model", trained_run(), "--seed", 1, "--frames", 2]
    result = succeed(*args, "--size", "40x60", "--format", "apng")
    (path,) = Path("samples/run").iterdir()
    assert path.name == "animation_scale1_40x60_seed0001.png"
    assert read(path).shape == (40, 60, 3)
    type_next(result)
    assert len(list(Path("samples/run").iterdir())) == 2


def test_a_model_of_one_scale_animates_by_default():
    saved_model("one.keras")
    result = succeed("animate", "--model", "one.keras", "--frames", 2)
    assert re.search("animation_scale0_seed", result.stdout)


def test_the_size_is_explained_where_it_is_wrong():
    assert "(height x width, px)" in refuse(2, *sample("--size", "50"))


def test_scale_0_is_no_entry_and_the_help_says_so():
    for name in ("harmonize", "edit", "paint-to-image"):
        assert "From 1 on" in " ".join(succeed(name, "--help").stdout.split())
    text = " ".join(succeed("sample", "--help").stdout.split())
    assert "From 1 on" not in text and "Height x width, px" in text


def test_a_sheet_magnifies_small_pictures():
    succeed(*sample("-n", 1, "--scale", "0-1"))
    single = read("samples/run/sample_scale0_seed0001_000.png")
    sheet = read("samples/run/sample_scale0-1_seed0001_sheet.png")
    rows = np.repeat(np.repeat(single, 7, 0), 7, 1)
    found = any(
        np.array_equal(sheet[y : y + 224, x : x + 280], rows)
        for y in range(0, sheet.shape[0] - 223)
        for x in (4, 288 + 4, 288 * 2 + 4)
    )
    assert found
