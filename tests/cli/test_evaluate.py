import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.cli_runner import succeed
from support.cli_runner import trained_run
from support.cli_runner import type_next

from keras_singan.errors import TaskError

NAMES = ["swd", "coherence", "completeness", "diversity", "sifid", "rmse"]


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def features(monkeypatch):
    """Stands in for Inception: a list of the arguments it was made with."""
    made = []

    def inception_features(*args):
        made.append(args)
        if not args:
            print("Downloading data from https://...")
        return lambda image: image[:, ::2, ::2]

    monkeypatch.setattr(
        "keras_singan.metrics.scores.inception_features", inception_features
    )
    return made


def evaluate(*options):
    """Evaluates the shared run; gives click's result."""
    return succeed("evaluate", "--model", trained_run(), "-n", 2, *options)


def values(result):
    """Reads the lines `name value`."""
    lines = [line.split() for line in result.stdout.splitlines()]
    return {line[0]: float(line[1]) for line in lines if line[0] != "Next:"}


def test_every_metric_is_printed(features):
    found = values(evaluate())
    assert list(found) == NAMES
    assert all(value > 0 for value in found.values())
    assert features == [()]


def test_json_holds_the_same_numbers_and_nothing_else(features):
    found = json.loads(evaluate("--json").stdout)
    assert list(found) == NAMES
    shown = values(evaluate())
    assert found == pytest.approx(shown, abs=6e-5)


def test_no_sifid_leaves_it_out_and_loads_no_weights(features):
    assert list(values(evaluate("--no-sifid"))) == [x for x in NAMES if x != "sifid"]
    assert features == []


def test_seed_and_scale_choose_the_samples():
    first = evaluate("--no-sifid", "--seed", 1).stdout
    assert evaluate("--no-sifid", "--seed", 1).stdout == first
    assert evaluate("--no-sifid", "--seed", 2).stdout != first
    fine = values(evaluate("--no-sifid", "--seed", 1, "--scale", 1))
    assert fine["rmse"] == pytest.approx(float(first.split("rmse")[1].split()[0]))
    assert fine["diversity"] < float(first.split("diversity")[1].split()[0])


def test_the_next_command_works_when_typed(monkeypatch, features):
    # 50 samples, the default, are too slow for a test.
    monkeypatch.setenv("KERAS_SINGAN_EVALUATE_COUNT", "2")
    shutil.copytree(trained_run(), "runs/it's")
    result = succeed("evaluate", "--scale", 1)
    assert result.stderr.startswith("Model: runs/it's (the newest in runs/)\n")
    assert result.stdout.endswith(" --scale 0\n")
    assert list(values(type_next(result))) == NAMES


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_weights_that_cannot_be_fetched_skip_sifid_with_a_warning(monkeypatch, as_json):
    def offline():
        raise TaskError("The InceptionV3 weights cannot be loaded (no network).")

    monkeypatch.setattr("keras_singan.metrics.scores.inception_features", offline)
    result = evaluate(*as_json)
    assert result.stderr == (
        "Warning: no SIFID: The InceptionV3 weights cannot be loaded (no network).\n"
    )
    found = json.loads(result.stdout) if as_json else values(result)
    assert list(found) == [name for name in NAMES if name != "sifid"]


def test_inception_takes_a_weights_file(features):
    Path("weights.h5").write_bytes(b"")
    assert "sifid" in values(evaluate("--inception", "weights.h5"))
    assert features == [(Path("weights.h5"),)]


def test_a_file_that_holds_no_weights_is_refused():
    Path("weights.h5").write_bytes(b"no weights")
    model = ["--model", trained_run(), "--inception", "weights.h5"]
    line = refuse(2, "evaluate", *model)
    assert "The InceptionV3 weights cannot be loaded" in line
    assert "Received: weights='weights.h5'" in line


WRONG = {
    "-n 1": "1 is not in the range x>=2",
    "--scale 2": "from 0 to 1",
    "--inception missing.h5": "'missing.h5' does not exist",
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_usage_is_refused(options):
    model = ["--model", trained_run(), "--no-sifid"]
    assert WRONG[options] in refuse(2, "evaluate", *model, *options.split())


def test_an_image_under_the_patch_size_is_a_failed_run():
    saved_model("small.keras", size=(12, 15))
    line = refuse(1, "evaluate", "--model", "small.keras", "--no-sifid", "-n", 2)
    assert "Expected at least 14 px per side." in line


def test_a_flat_photo_is_measured_in_all_but_diversity():
    from keras_singan.config import SinGANConfig
    from keras_singan.models.model_file import save_model
    from keras_singan.models.pyramid import new_pyramid

    config = SinGANConfig(min_size=24, filters=2, num_layers=2)
    flat = np.zeros((24, 30, 3), "float32")
    save_model(new_pyramid(flat, config), config, Path("flat.keras"))
    result = succeed("evaluate", "--model", "flat.keras", "--no-sifid", "-n", 2)
    assert "swd" in result.stdout and "rmse" in result.stdout
    assert "diversity" not in result.stdout
