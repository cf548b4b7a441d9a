import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import invoke
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.photos import photo_file

from keras_singan.errors import needs_extra
from keras_singan.fleet import PhotoReport
from keras_singan.fleet import fleet_run

TINY_FLEET = [*TINY_OPTIONS, "--cpus-per-photo", "1"]


@pytest.fixture(autouse=True)
def in_a_folder_of_photos(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    photo_file("photos/a.png")
    photo_file("photos/b.png", channels=1)


@pytest.mark.parametrize("args", [["--help"], ["fleet", "--help"], ["push", "--help"]])
def test_help_and_the_package_load_neither_ray_nor_fsspec(args):
    code = f"""
import sys
import keras_singan, keras_singan.fleet
sys.argv = ["keras-singan", *{args!r}]
from keras_singan.cli.main import main
try:
    main()
finally:
    others = {{"ray", "fsspec", "huggingface_hub", "tensorflow"}}
    print("loaded:", others & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("loaded: set()\n")


def test_help_shows_the_options_and_the_other_commands():
    text = succeed("fleet", "--help").stdout
    for word in ("INPUT... --output PLACE", "--cpus-per-photo", "--preset", "retry"):
        assert word in text
    assert "PLACE" in succeed("fleet", "status", "--help").stdout


@pytest.mark.slow
def test_two_photos_are_trained_and_told_of(ray):
    manifest = "photo,name,steps\nphotos/a.png,first,2\nphotos/b.png,second,\n"
    Path("m.csv").write_text(manifest, "utf-8")
    command = ["fleet", "m.csv", "--output", "out", *TINY_FLEET, "--samples", 1]
    result = succeed(*command, "--verbose", 2)
    assert "Trained: 2 of 2 photos in" in result.stdout
    assert result.stderr.count("done in") == 2
    with open("out/report.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == ["first", "second"]
    assert [row["state"] for row in rows] == ["done", "done"]
    steps = [
        json.loads(Path(f"out/{name}/config.json").read_text())["config"]["steps"]
        for name in ("first", "second")
    ]
    assert steps == [2, 3]
    assert len(list(Path("out").glob("*/samples/*.png"))) == 2
    assert Path("out/sheets/001.png").is_file()
    text = succeed("fleet", "status", "out").stdout
    assert "2 of 2 photos done, 0 running, 0 waiting, 0 failed" in text
    again = succeed(*command)
    assert again.stderr == ""


@pytest.mark.slow
def test_a_failed_photo_is_exit_code_1_and_retry_trains_it(ray):
    good = Path("photos/a.png").read_bytes()
    Path("photos/a.png").write_bytes(b"broken")
    Path("photos/b.png").unlink()
    result = invoke("fleet", "photos", "--output", "out", *TINY_FLEET)
    assert result.exit_code == 1
    assert "a: failed: `image` must be readable" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("Error: 1 photo failed.")
    assert "Traceback" not in result.output
    found = json.loads(succeed("fleet", "status", "out", "--json").stdout)
    assert found["failed"] == 1 and "readable" in found["failures"][0]["error"]
    Path("photos/a.png").write_bytes(good)
    assert "Trained: 1 of 1 photos" in succeed("fleet", "retry", "out").stdout


@pytest.mark.slow
def test_a_dry_run_shows_photos_time_and_memory_and_writes_nothing(ray):
    result = succeed("fleet", "photos", "--output", "out", *TINY_FLEET, "--dry-run")
    for word in ("2 photos to train", "1 machine", "2 photos at once", "GiB", "In all"):
        assert word in result.stdout
    assert not Path("out").exists()


def test_masks_and_how_photos_are_read_are_in_the_plan(monkeypatch):
    Path("masks").mkdir()
    for name in ("a", "b"):
        photo_file(f"masks/{name}.png", channels=1)
    plans = []

    def run(place, plan, address, watch):
        plans.append(plan)
        return [PhotoReport("a", "a", "done")]

    monkeypatch.setattr(fleet_run, "run_fleet", run)
    options = ["--masks", "masks", "--range", "0,4095", "--max-pixels", "1M"]
    succeed("fleet", "photos", "--output", "out", *TINY_FLEET, *options)
    (plan,) = plans
    assert plan.options["value_range"] == [0, 4095]
    assert plan.options["max_pixels"] == 10**6
    masks = [Path(photo.options["masks"][0]) for photo in plan.photos]
    assert masks == [Path(f"masks/{name}.png").absolute() for name in ("a", "b")]


@pytest.mark.parametrize(
    ("code", "args", "words"),
    [
        (1, ["photos", "--output", "out", "--masks", "photos/a.png"], "one for each"),
        (2, ["photos", "--output", "out", "--range", "5,1"], "lower number first"),
        (2, ["photos"], "Missing option '--output'"),
        (1, ["missing", "--output", "out"], "An input must be"),
        (1, ["photos", "--output", "photos"], "A place must be empty"),
        (2, ["photos", "--output", "out", "--attempts", "0"], "`attempts` must be"),
        (2, ["photos", "--output", "out", "--steps", "0"], "`steps` must be"),
        (2, ["photos", "--output", "out", "--set", "x"], "NAME=VALUE"),
        (1, ["photos", "--output", "odd://x"], "A place must be"),
        (1, ["photos", "--output", "memory://x"], "several processes"),
        (1, ["status", "photos"], "must hold a fleet"),
        (1, ["status", "missing"], "must hold a fleet"),
        (1, ["retry", "photos"], "must hold a fleet"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line(code, args, words):
    assert words in refuse(code, "fleet", *args)


def test_a_cluster_that_does_not_answer_is_one_line():
    # In a process of its own: Ray runs in this one.
    command = ["fleet", "photos", "--output", "out", "--address", "127.0.0.1:1"]
    done = subprocess.run(
        [sys.executable, "-m", "keras_singan", *command], capture_output=True, text=True
    )
    assert done.returncode == 1
    lines = [x for x in done.stderr.splitlines() if x.startswith("Error: ")]
    assert "A Ray cluster must answer" in lines[-1]
    assert "Traceback" not in done.stderr


def test_a_missing_ray_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    line = refuse(1, "fleet", "photos", "--output", "out")
    assert needs_extra("A fleet", "fleet") in line
