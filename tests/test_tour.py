"""The notebook: it is what its script says, and it runs, at tiny settings."""

import json
import os
import runpy
from pathlib import Path

import pytest
from support.photos import photo_file
from support.tiny_models import TINY

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_the_notebook_is_made_from_its_script(tmp_path):
    pytest.importorskip("jupytext", reason="needs jupytext")
    made = tmp_path / "tour.ipynb"
    runpy.run_path(str(EXAMPLES / "make_notebook.py"))["main"](["--output", str(made)])
    shipped = json.loads((EXAMPLES / "tour.ipynb").read_text("utf-8"))
    assert json.loads(made.read_text("utf-8")) == shipped
    assert not any(cell.get("outputs") for cell in shipped["cells"])


def test_the_notebook_runs(tmp_path, monkeypatch):
    nbclient = pytest.importorskip("nbclient", reason="needs nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel", reason="needs ipykernel")
    root = str(EXAMPLES.parent)
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    )
    photo_file(tmp_path / "photo.png")
    notebook = nbformat.read(EXAMPLES / "tour.ipynb", as_version=4)
    (place,) = [
        index
        for index, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    tiny = f"PHOTO, SAMPLES, FRAMES = 'photo.png', 3, 3\nSETTINGS = {TINY!r}"
    notebook.cells.insert(place + 1, nbformat.v4.new_code_cell(tiny))
    client = nbclient.NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": tmp_path}},
    )
    client.execute()
    pictures = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if {"image/png", "image/gif"} & set(output.get("data", {}))
    ]
    # The photo; samples, a wide one, animations; enlarged; edited.
    assert len(pictures) == 1 + 3 + 1 + 3 + 1 + 1
    names = {path.name for path in (tmp_path / "runs").iterdir()}
    assert {"tour.keras", "tour_scale0.gif", "tour_scale2.gif"} <= names
