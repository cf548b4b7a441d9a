import json
import shlex

import numpy as np
import pytest
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.cli_runner import type_next

from keras_singan import SinGAN
from keras_singan.hub.hub_push import push_model


@pytest.fixture
def pushed(hub, tmp_path, monkeypatch):
    """A model on the hub, and an empty folder; gives the address with the commit."""
    monkeypatch.chdir(tmp_path)
    return push_model(SinGAN.load(trained_run()), "ann/photo", license="cc-by-4.0")


def test_the_command_pushes(hub):
    result = succeed("push", trained_run(), "ann/photo", "--license", "cc0-1.0")
    commit = hub.commits["ann/photo"][-1][0]
    assert result.stdout.startswith(f"Pushed: hf://ann/photo@{commit}\n")
    model = SinGAN.load("hf://ann/photo")
    assert np.array_equal(
        model.training_image(), SinGAN.load(trained_run()).training_image()
    )


def test_the_command_asks_for_the_licence_and_does_not_guess(hub):
    assert "--license" in refuse(2, "push", trained_run(), "ann/photo")
    assert hub.requests == []


def test_what_a_user_gets_wrong_is_one_line(hub):
    assert "user/name" in refuse(1, "push", trained_run(), "photo", "--license", "x")
    assert "does not exist" in refuse(2, "push", "missing", "ann/photo")


def test_the_next_line_of_push_is_a_command_that_works(pushed, tmp_path):
    result = succeed("push", trained_run(), "ann/photo", "--license", "cc0-1.0")
    assert "samples/photo/sample_scale0" in type_next(result).stdout


def test_samples_of_a_hub_s_model_are_those_of_the_model(pushed):
    options = ["-n", 1, "--seed", 3]
    result = succeed("sample", "--model", "hf://ann/photo", *options)
    # The commit is told, and what is typed next is pinned to it.
    assert f"Model: {pushed}\n" in result.stderr
    assert f"--model {shlex.quote(pushed)}" in result.stdout
    (drawn,) = SinGAN.load(trained_run()).sample(1, seed=3)
    path = "samples/photo/sample_scale0_seed0003_000.png"
    assert np.array_equal(read(path), drawn)
    assert "scale1" in type_next(result).stdout


def test_a_commit_that_was_named_is_not_told_again(pushed):
    assert "Model: " not in succeed("info", pushed).stderr


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("animate", ["--frames", 2]),
        ("harmonize", ["PHOTO", "MASK"]),
        ("paint-to-image", ["PHOTO"]),
        ("super-resolve", ["PHOTO"]),
        ("extend", ["--left", "20%"]),
        ("evaluate", ["-n", 2, "--no-sifid"]),
        ("export", ["exported", "--no-warmup"]),
    ],
)
def test_other_commands_take_a_hub_s_model(pushed, command, arguments, tmp_path):
    named = {"PHOTO": trained_photo(), "MASK": trained_photo()}
    arguments = [named.get(word, word) for word in arguments]
    result = succeed(command, *arguments, "--model", "hf://ann/photo")
    assert f"Model: {pushed}\n" in result.stderr


def test_info_tells_the_commit(pushed):
    facts = json.loads(succeed("info", "hf://ann/photo", "--json").stdout)
    assert facts["path"] == pushed
    assert facts["channels"] == 3


def test_a_hub_s_model_can_be_pushed_elsewhere(pushed, hub):
    succeed("push", "hf://ann/photo", "bob/photo", "--license", "cc-by-4.0")
    assert "bob/photo" in hub.commits


@pytest.mark.parametrize(
    ("code", "address", "words"),
    [
        (2, "hf://photo", "must look like"),
        (2, "hf://a/../b", "must look like"),
        (1, "hf://ann/none", "no such repository"),
        (1, "hf://ann/photo@none", "no such revision"),
    ],
)
def test_a_hub_s_model_that_cannot_be_had_is_one_line(pushed, code, address, words):
    assert words in refuse(code, "sample", "--model", address)
