"""Writes tour.ipynb from tour.py, which is where to change it."""

import argparse
from pathlib import Path

import jupytext

HERE = Path(__file__).parent


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE / "tour.ipynb")
    options = parser.parse_args(arguments)
    notebook = jupytext.read(HERE / "tour.py")
    for index, cell in enumerate(notebook.cells):
        # Otherwise each is new every time.
        cell.id = f"cell-{index}"
    notebook.metadata.pop("jupytext", None)
    options.output.write_text(jupytext.writes(notebook, fmt="ipynb"), "utf-8")


if __name__ == "__main__":
    main()
