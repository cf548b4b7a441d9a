import json
import re
import sys

import pytest
import yaml
from support.checks import assert_one_line
from support.cli_runner import trained_run
from support.tiny_models import assert_same_weights

from keras_singan import SinGAN
from keras_singan.errors import HubError
from keras_singan.errors import ModelFileError
from keras_singan.errors import needs_extra
from keras_singan.hub.hub_push import push_model


def push(repository="ann/photo", **options):
    options = {"license": "cc-by-4.0"} | options
    return push_model(SinGAN.load(trained_run()), repository, **options)


def test_what_is_pushed_is_loaded(hub):
    address = push()
    assert re.fullmatch(r"hf://ann/photo@[0-9a-f]{40}", address)
    wanted = SinGAN.load(trained_run())
    for path in (address, "hf://ann/photo", "hf://ann/photo@main"):
        assert_same_weights(SinGAN.load(path), wanted)


def test_a_repository_holds_model_config_samples_gallery_and_card(hub):
    push(evaluate=True)
    _, files = hub.commits["ann/photo"][-1]
    assert set(files) == {
        *("README.md", "config.json", "figures.json", "gallery.png", "singan.keras"),
        *(f"samples/sample_{i}.png" for i in range(6)),
        ".gitattributes",
    }
    assert not any(b"pickle" in data for data in files.values())
    assert json.loads(files["config.json"])["config"]["filters"] == 4
    figures = json.loads(files["figures.json"])
    assert figures["swd"] > 0 and figures["diversity"] > 0
    _, front, text = files["README.md"].decode().split("---\n", 2)
    front = yaml.safe_load(front)
    assert front["library_name"] == "keras" and front["license"] == "cc-by-4.0"
    assert "singan" in front["tags"]
    assert "gallery.png" in text and f"{figures['swd']:.4f}" in text
    assert 'SinGAN.load("hf://ann/photo")' in text


def test_a_commit_stays_what_it_was_when_another_follows(hub):
    first = push()
    hub.commit("ann/photo", {"singan.keras": b"something else"})
    model = SinGAN.load(first)
    assert_same_weights(model, SinGAN.load(trained_run()))
    with pytest.raises(ModelFileError, match="damaged"):
        SinGAN.load("hf://ann/photo")


def test_only_the_model_is_read_and_at_the_commit_that_was_found(hub):
    push()
    commit = hub.commits["ann/photo"][-1][0]
    hub.requests.clear()
    SinGAN.load("hf://ann/photo")
    resolved = [path for _, path in hub.requests if "/resolve/" in path]
    assert set(resolved) == {f"/ann/photo/resolve/{commit}/singan.keras"}


def test_what_is_no_model_is_refused_as_any_file(hub):
    hub.commit("eve/evil", {"singan.keras": b"cos\nsystem\n(S'true'\ntR."})
    with pytest.raises(ModelFileError, match="damaged"):
        SinGAN.load("hf://eve/evil")


@pytest.mark.parametrize(
    "text",
    ["hf://", "hf://name", "hf://a/b/c", "hf://a/b@", "hf://a/b@x y", "hf://a/../b"],
)
def test_an_address_must_look_like_one(text):
    with pytest.raises(HubError, match="must look like") as error:
        SinGAN.load(text)
    assert_one_line(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hf://ann/none", "no such repository"),
        ("hf://ann/photo@none", "no such revision"),
        ("hf://ann/empty", "no singan.keras"),
    ],
)
def test_what_the_hub_does_not_have_is_one_line(hub, text, words):
    hub.commit("ann/photo", {"singan.keras": b"x"})
    hub.commit("ann/empty", {"README.md": b"x"})
    with pytest.raises(HubError, match=words) as error:
        SinGAN.load(text)
    assert_one_line(error)


def test_a_hub_that_fails_is_one_line(hub):
    hub.fail = 501
    with pytest.raises(HubError, match="501") as error:
        SinGAN.load("hf://ann/photo")
    assert_one_line(error)


def test_a_hub_that_does_not_answer_is_one_line(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match="does not answer") as error:
        SinGAN.load("hf://ann/photo")
    assert_one_line(error)


def test_who_is_not_logged_in_is_told(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "wrong")
    with pytest.raises(HubError) as error:
        push()
    assert_one_line(error)
    assert hub.commits == {}


@pytest.mark.parametrize("license", ["", None, "CC BY 4.0", "x\ny"])
def test_the_licence_must_be_given(hub, license):
    with pytest.raises(HubError, match="`license` must be"):
        push(license=license)
    assert hub.requests == []


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(HubError, match=re.escape(needs_extra("A hub", "hub"))):
        SinGAN.load("hf://ann/photo")
