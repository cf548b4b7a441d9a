"""The scripts in examples/, at tiny settings, and what README promises."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]


def run_example(name, *arguments):
    module = runpy.run_path(str(ROOT / "examples" / name))
    return module["main"](list(map(str, arguments)))


def opened(path):
    with Image.open(path) as image:
        return image.convert("RGB")


@pytest.fixture
def photo(tmp_path):
    y, x = np.mgrid[:32, :40]
    bands = 128 + 90 * np.sin(x / 4) * np.cos(y / 5)
    image = np.stack([bands, bands.T[:32, :32].repeat(2, 1)[:, :40], 255 - bands], -1)
    path = tmp_path / "photo.png"
    Image.fromarray(image.astype("uint8")).save(path)
    return path


def test_random_samples_writes_a_row_for_each_scale(photo, tmp_path):
    sheet = tmp_path / "sheet.png"
    run = tmp_path / "run"
    run_example(
        "random_samples.py",
        *("--image", photo, "--steps", 2, "--run", run, "--output", sheet),
        *("-n", 2, "--scales", 2),
    )
    height, width = np.asarray(opened(run / "scale_01" / "real.png")).shape[:2]
    # The photo and 2 samples a row, 2 rows, 2 px between them.
    expected = 32, 40
    assert (height, width) == expected
    assert opened(sheet).size == (3 * 40 + 2 * 2, 2 * 32 + 2)


def test_the_shipped_picture_is_what_its_script_draws(tmp_path):
    drawn = tmp_path / "landscape.png"
    script = str(ROOT / "examples" / "draw_landscape.py")
    kept = sys.argv
    sys.argv = [script, "--output", str(drawn), "--size", "60x80"]
    try:
        runpy.run_path(script, run_name="__main__")
    finally:
        sys.argv = kept
    assert opened(drawn).size == (80, 60)
    shipped = opened(ROOT / "examples" / "images" / "landscape.png")
    assert shipped.size == (250, 188)
    # The same scene: alike when both are shrunk to its large shapes.
    small = [
        np.asarray(image.resize((8, 6)), "float32")
        for image in (opened(drawn), shipped)
    ]
    assert np.abs(small[0] - small[1]).mean() < 25


def test_ci_runs_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    commands = [line for line in readme.splitlines() if "-m pytest -n" in line]
    assert len(commands) == 1
    assert commands[0] in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()


def test_the_pictures_of_the_readme_are_there():
    readme = (ROOT / "README.md").read_text("utf-8")
    targets = re.findall(r'src="([^"]+)"', readme) + re.findall(
        r"\]\(([^)]+)\)", readme
    )
    local = [target for target in targets if not target.startswith("http")]
    assert local
    for target in local:
        assert (ROOT / target).is_file(), target
