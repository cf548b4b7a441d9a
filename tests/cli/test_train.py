import importlib.util
import json
import shutil
from pathlib import Path

import pytest
from support.checks import snapshot
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import refuse
from support.cli_runner import stop_training
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.cli_runner import type_next
from support.photos import photo_file

from keras_singan.errors import needs_extra


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def config_of(run):
    return json.loads((Path(run) / "config.json").read_text("utf-8"))["config"]


def test_a_run_leaves_model_losses_and_pictures():
    run = trained_run()
    names = {path.relative_to(run).as_posix() for path in run.rglob("*.*")}
    pictures = ("real.png", "sample.png", "reconstruction.png")
    assert names == {
        *("config.json", "history.json", "losses.png", "singan.keras", "progress.json"),
        ".lock",
        *(f"scale_0{k}/{name}" for k in (0, 1) for name in pictures),
        *(f"checkpoints/scale_0{k}.weights.h5" for k in (0, 1)),
    }
    scales = json.loads((run / "history.json").read_text("utf-8"))["scales"]
    assert [len(losses["reconstruction_loss"]) for losses in scales] == [3, 3]


def test_options_reach_the_run():
    config = config_of(trained_run())
    expected = {"max_size": 40, "min_size": 24, "filters": 4, "num_layers": 2}
    assert config.items() >= (expected | {"steps": 3, "generator_steps": 1}).items()


def test_a_finished_run_says_so_and_stays_as_it_is(monkeypatch):
    before = snapshot(trained_run())
    monkeypatch.setattr("keras_singan.training.fit.ScaleTrainer.train", pytest.fail)
    result = succeed("train", trained_photo(), *TINY_OPTIONS, "--output", trained_run())
    assert f"Trained already: {trained_run() / 'singan.keras'}\n" in result.stdout
    assert snapshot(trained_run()) == before


def test_the_next_command_works_when_typed():
    shutil.copytree(trained_run(), "my run's copy")
    result = succeed(
        "train", trained_photo(), *TINY_OPTIONS, "--output", "my run's copy"
    )
    type_next(result)
    assert len(list(Path("samples/my run's copy").glob("*.png"))) == 8


def test_a_dry_run_shows_scales_time_and_memory_and_writes_nothing():
    image = trained_photo()
    result = succeed("train", image, *TINY_OPTIONS, "--log-dir", "logs", "--dry-run")
    for word in ("24 x 30", "32 x 40", "about", " s and ", "GiB"):
        assert word in result.stdout
    assert list(Path().iterdir()) == []


def test_no_resume_takes_a_fresh_folder_each_time(monkeypatch):
    stop_training(monkeypatch)
    for _ in range(3):
        succeed("train", trained_photo(), *TINY_OPTIONS, "--no-resume")
    assert sorted(p.name for p in Path("runs").iterdir()) == [
        "photo",
        "photo-2",
        "photo-3",
    ]
    assert len(list(Path("runs").glob("*/singan.keras"))) == 3


def test_set_takes_any_hyper_parameter(monkeypatch):
    stop_training(monkeypatch)
    more = ["noise-amp=.5", "normalization=none", "jit_compile=false", "seed=7"]
    options = [text for value in more for text in ("--set", value)]
    succeed("train", trained_photo(), *TINY_OPTIONS, "--seed", 3, *options)
    expected = {"noise_amp": 0.5, "normalization": None, "jit_compile": False}
    assert config_of("runs/photo").items() >= (expected | {"seed": 7}).items()


def test_max_size_none_keeps_the_size_of_the_photo(monkeypatch):
    stop_training(monkeypatch)
    image = photo_file("wide.png", 25, 300)
    succeed("train", image, *TINY_OPTIONS, "--min-size", 25, "--max-size", "none")
    info = json.loads(succeed("info", "--json").stdout)
    assert info["scales"][-1]["size"] == [25, 300]
    assert info["config"]["max_size"] is None


def test_super_resolution_trains_scales_of_the_inverse_step(monkeypatch):
    stop_training(monkeypatch)
    task = ["--task", "super-resolution", "--factor", 2]
    succeed("train", trained_photo(), *TINY_OPTIONS, *task)
    info = json.loads(succeed("info", "--json").stdout)
    expected = {"task": "super_resolution", "factor": 2, "reconstruction_weight": 100}
    assert info["config"].items() >= expected.items()
    # 2 ** (1 / 3) is a step: 32 / 1.26 = 25.4, and a further one is under 24.
    assert [scale["size"] for scale in info["scales"]] == [[25, 32], [32, 40]]


@pytest.mark.parametrize(
    "options, following",
    [
        ("", "sample --scale 0 --model 'runs/my photo'"),
        ("--task animation", "animate --model 'runs/my photo'"),
        (
            "--task super-resolution --factor 2",
            "super-resolve --factor 2 --model 'runs/my photo'",
        ),
    ],
)
def test_the_next_command_is_of_the_task(monkeypatch, options, following):
    stop_training(monkeypatch)
    result = succeed(
        "train", photo_file("my photo.png"), *TINY_OPTIONS, *options.split()
    )
    assert f"Next: keras-singan {following}\n" in result.stdout


def test_a_home_folder_is_understood(monkeypatch, tmp_path):
    stop_training(monkeypatch)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    succeed("train", trained_photo(), *TINY_OPTIONS, "--output=~/x/run")
    assert (tmp_path / "home/x/run/singan.keras").is_file()
    assert not Path("~").exists()
    succeed("info", "~/x/run")


def test_animation_fills_the_borders_with_noise(monkeypatch):
    stop_training(monkeypatch)
    succeed("train", trained_photo(), *TINY_OPTIONS, "--task", "animation")
    config = config_of("runs/photo")
    assert (config["task"], config["padding"]) == ("animation", "noise")


@pytest.mark.parametrize(("verbose", "lines"), [(0, 0), (2, 2)])
def test_verbose_sets_how_much_standard_error_holds(monkeypatch, verbose, lines):
    stop_training(monkeypatch)
    result = succeed("train", trained_photo(), *TINY_OPTIONS, "--verbose", verbose)
    found = [x for x in result.stderr.splitlines() if x.startswith("scale ")]
    assert len(found) == lines
    assert bool(result.stderr) is bool(verbose)


def test_a_log_folder_without_tensorboard_names_the_pip_command(monkeypatch):
    if importlib.util.find_spec("tensorboard"):
        kind = type("TBNotInstalledError", (ImportError,), {})

        def writer(path):
            raise kind("tensorboard")

        monkeypatch.setattr("tensorflow.summary.create_file_writer", writer)
    line = refuse(1, "train", trained_photo(), *TINY_OPTIONS, "--log-dir", "logs")
    assert needs_extra("A log folder for TensorBoard", "tensorboard") in line
    assert not Path("runs").exists()
