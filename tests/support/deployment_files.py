"""The files of `serving/`, read for tests."""

import re
from pathlib import Path

import pytest

SERVING = Path(__file__).parents[2] / "serving"


def text(name):
    """Returns the text of a file."""
    return (SERVING / name).read_text("utf-8")


def documents(name):
    """Returns the documents of a YAML file."""
    yaml = pytest.importorskip("yaml")
    return list(yaml.safe_load_all(text(name)))


def compose():
    """Returns what compose.yaml holds."""
    return documents("compose.yaml")[0]


def kubernetes():
    """Returns the objects of kubernetes.yaml by their kind."""
    return {document["kind"]: document for document in documents("kubernetes.yaml")}


def container():
    """Returns the only container of the pods."""
    (result,) = kubernetes()["Deployment"]["spec"]["template"]["spec"]["containers"]
    return result


def flags(arguments):
    """Returns `--name=value` as a dict."""
    return dict(x.removeprefix("--").split("=", 1) for x in arguments)


def number(pattern, name):
    """Returns the number that a pattern finds in a file."""
    return int(re.search(pattern, text(name))[1])
