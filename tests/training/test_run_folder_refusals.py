"""A run folder serves its own run, and leaves whatever else it meets alone."""

import json

import pytest
from support.checks import assert_one_line
from support.checks import refused
from support.checks import snapshot
from support.photos import photo
from support.tiny_models import opened_run

from keras_singan import OutputError
from keras_singan import RunFolderError


@pytest.mark.parametrize(
    "options, image, text",
    [
        ({}, photo(24, 30, seed=1), "another image"),
        ({}, photo(30, 24).transpose(1, 0, 2), "another image"),
        ({"steps": 9, "seed": 5}, None, "seed=0 (now 5), steps=3 (now 9)"),
    ],
)
def test_another_run_is_refused(tmp_path, options, image, text):
    opened_run(tmp_path / "run")
    before = snapshot(tmp_path)
    with pytest.raises(RunFolderError) as error:
        opened_run(tmp_path / "run", image, **options)
    assert_one_line(error)
    assert text in str(error.value) and str(tmp_path / "run") in str(error.value)
    assert snapshot(tmp_path) == before
    opened_run(tmp_path / "run")


@pytest.mark.parametrize(
    "text",
    ["[" * 10**5, " " * 2**21, '{"config": ' * 10**4],
    ids=["deep", "long", "both"],
)
@pytest.mark.parametrize("name", ["config.json", "history.json"])
def test_json_from_a_stranger_is_read_with_suspicion(tmp_path, text, name):
    opened_run(tmp_path)
    (tmp_path / name).write_text(text)
    if name == "config.json":
        refused(lambda: opened_run(tmp_path), RunFolderError)
    else:
        assert opened_run(tmp_path).history.scales == []


def test_a_card_from_a_stranger_is_quoted_and_cut(tmp_path):
    opened_run(tmp_path)
    path = tmp_path / "config.json"
    card = json.loads(path.read_text("utf-8"))
    card["config"] |= {f"\x1b[2J\n{k}" + "x" * 99: "y" * 10**4 for k in range(50)}
    path.write_text(json.dumps(card), "utf-8")
    line = refused(lambda: opened_run(tmp_path), RunFolderError)
    assert line.isprintable() and "more" in line


HIDDEN = [
    ".0123456789abcdef0123456789abcdef.txt",
    ".cache/deep/.d41d8cd98f00b204e9800998ecf8427e",
    f".keras_singan-{'0a' * 16}-{'1b' * 16}.weights.h5",
]


def add_hidden(folder):
    """Adds hidden files of somebody else, named as temporary files may be."""
    for name in HIDDEN:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")


def test_a_run_leaves_hidden_files_of_somebody_else_alone(tmp_path):
    opened_run(tmp_path)
    add_hidden(tmp_path)
    before = {name: (tmp_path / name).stat() for name in HIDDEN}
    opened_run(tmp_path)
    with pytest.raises(RunFolderError):
        opened_run(tmp_path, steps=9)
    assert {name: (tmp_path / name).stat() for name in HIDDEN} == before


@pytest.mark.parametrize("name", ["holiday.txt", "singan.keras", "config.json/x"])
def test_a_folder_of_somebody_else_is_refused(tmp_path, name):
    file = tmp_path / "run" / name
    file.parent.mkdir(parents=True)
    file.write_text("mine")
    add_hidden(tmp_path / "run")
    before = snapshot(tmp_path)
    with pytest.raises(RunFolderError) as error:
        opened_run(tmp_path / "run")
    assert_one_line(error)
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize("where", ["run", "run/below"])
def test_a_file_where_the_folder_should_be_is_refused(tmp_path, where):
    (tmp_path / "run").write_text("mine")
    with pytest.raises((RunFolderError, OutputError)) as error:
        opened_run(tmp_path / where)
    assert_one_line(error)
    assert (tmp_path / "run").read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "{}", '{"config": {}}', '{"config": 3, "image": {}}', "\xff"],
)
def test_a_config_that_is_not_ours_is_refused(tmp_path, text):
    opened_run(tmp_path / "other")
    image = json.loads((tmp_path / "other" / "config.json").read_text())["image"]
    (tmp_path / "run").mkdir()
    text = text.replace('"image": {}', f'"image": {json.dumps(image)}')
    (tmp_path / "run" / "config.json").write_text(text, "latin-1")
    with pytest.raises(RunFolderError) as error:
        opened_run(tmp_path / "run")
    assert_one_line(error)
