"""What an error says that needs more packages can be typed as it stands."""

import shlex
from importlib import metadata

import pytest

from keras_singan.errors import needs_extra

LINES = [
    "numpy<3,>=2.0",
    'grpcio<2,>=1.65; extra == "serve"',
    "h11 >=0.14 ; extra == 'serve'",
    'keras-singan[serve]; extra == "test"',
]


def test_the_packages_of_an_extra_are_named_one_by_one(monkeypatch):
    monkeypatch.setattr(metadata, "requires", lambda name: LINES)
    text = needs_extra("gRPC", "serve")
    command = "pip install 'grpcio<2,>=1.65' 'h11 >=0.14'"
    assert text == f"gRPC needs the extra `serve`: {command}."


@pytest.mark.parametrize("lines", [None, [], LINES])
def test_what_the_metadata_lacks_is_installed_from_the_sources(monkeypatch, lines):
    monkeypatch.setattr(metadata, "requires", lambda name: lines)
    command = "pip install '.[hub]' in the folder of its pyproject.toml"
    assert needs_extra("A hub", "hub") == f"A hub needs the extra `hub`: {command}."


def test_sources_that_were_never_installed_are(monkeypatch):
    def requires(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert "'.[serve]'" in needs_extra("The server", "serve")


def test_no_package_of_this_name_is_asked_of_pip():
    for extra in ("serve", "studio", "fleet", "s3", "gs", "hub", "video"):
        words = shlex.split(needs_extra("It", extra).split(": ")[1])
        assert words[:2] == ["pip", "install"]
        assert not any(word.startswith("keras-singan") for word in words)
