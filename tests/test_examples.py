"""The scripts in examples/, at tiny settings, and what README promises."""

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.photos import beyond

from keras_singan import SinGAN
from keras_singan.models.generation.masked_generation import RADIUS_AT_250

# The models are tiny, the pictures are not.
pytestmark = pytest.mark.filterwarnings("ignore:The composite is:UserWarning")

ROOT = Path(__file__).parents[1]

EXAMPLES = ROOT / "examples"
IMAGES = EXAMPLES / "images"
# Scales of 25x33 and 30x40 for the landscape. All scripts train alike, so that
# each model is trained once, then loaded.
SHORT = (
    "--preset",
    "draft",
    "--dtype-policy",
    "float32",
    "--steps",
    2,
    "--max-size",
    40,
)
# A sheet puts each picture over a label, in cells with 4 px around them.
MARGIN = 2 * 4


@pytest.fixture(autouse=True)
def beside_the_scripts(monkeypatch):
    # As `python examples/NAME.py` does, for what the scripts share.
    monkeypatch.syspath_prepend(EXAMPLES)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return tmp_path_factory.mktemp("runs") / "landscape"


def run_example(name, *arguments):
    module = runpy.run_path(str(EXAMPLES / name))
    return module["main"](list(map(str, arguments)))


def opened(path):
    with Image.open(path) as image:
        return image.convert("RGB")


def read_sheet(path, rows, columns, size=(250, 188)):
    """Gives the pictures of a sheet, row by row: all of one (width, height)."""
    sheet = np.asarray(opened(path))
    cell_height, cell_width = sheet.shape[0] // rows, sheet.shape[1] // columns
    assert 10 < cell_height - size[1] - MARGIN < 24
    assert cell_width >= size[0] + MARGIN
    tops = [row * cell_height + 4 for row in range(rows)]
    lefts = [
        column * cell_width + (cell_width - size[0]) // 2 for column in range(columns)
    ]
    return [sheet[y : y + size[1], x : x + size[0]] for y in tops for x in lefts]


def test_random_samples_writes_a_row_for_each_scale(run, tmp_path):
    sheet = tmp_path / "sheet.png"
    run_example(
        *("random_samples.py", *SHORT, "--run", run, "--output", sheet),
        *("-n", 2, "--scales", 2),
    )
    assert opened(run / "scale_01" / "real.png").size == (40, 30)
    # The photo and 2 samples a row, 2 rows, 2 px between them.
    assert opened(sheet).size == (3 * 40 + 2 * 2, 2 * 30 + 2)


def test_variation_goes_from_the_photo_to_samples(run, tmp_path):
    sheet = tmp_path / "sheet.png"
    options = ["-n", 3, "--rows", 2, "--around", "4,1"]
    run_example("variation.py", *SHORT, "--run", run, "--output", sheet, *options)
    image = np.asarray(opened(sheet))
    assert image.shape[:2] == (3 * 30 + 2 * 2, 3 * 40 + 2 * 2)
    model = SinGAN.load(run)
    for row in (0, 32):
        assert (image[row : row + 30, :40] == model.reconstruct()).all()
    wanted = model.sample(2, seed=4)[1]
    assert (image[64:94, :40] == wanted).all()


def test_animate_writes_a_loop_of_the_photo(run, tmp_path):
    film = tmp_path / "film.webp"
    run_example(
        "animate.py",
        *SHORT,
        "--run",
        run,
        "--frames",
        5,
        "--fps",
        8,
        "--output",
        film,
    )
    with Image.open(film) as image:
        assert image.size == (40, 30)
        assert image.n_frames == 5
        assert image.info["loop"] == 0


def test_harmonize_shows_the_composite_and_what_comes_of_it(run, tmp_path):
    path = tmp_path / "sheet.png"
    run_example("harmonize.py", *SHORT, "--run", run, "--output", path)
    # Scale 1 alone: it is this model's finest.
    composite, result = read_sheet(path, rows=1, columns=2)
    assert np.array_equal(composite, opened(IMAGES / "composite.png"))
    changed = np.any(composite != result, -1)
    inside = np.asarray(opened(IMAGES / "composite_mask.png"))[..., 0] > 127
    assert changed[inside].mean() > 0.9
    assert not changed[:60].any()


def test_edit_shows_the_photo_the_naive_edit_and_the_result(run, tmp_path):
    path = tmp_path / "sheet.png"
    run_example(
        *("edit.py", *SHORT, "--run", run, "--output", path),
        *("--move", "20,40,10,20:50,60", "--resize", 1.5, "--scales", 1),
    )
    photo, naive, result, _ = read_sheet(path, rows=2, columns=2, size=(40, 30))
    assert np.array_equal(photo, opened(run / "scale_01" / "real.png"))
    # The rectangle is 4x6 px at (8, 12), and comes as 6x9 px to (20, 18).
    changed = np.any(naive != photo, -1)
    hole, new = np.zeros((2, 30, 40), bool)
    hole[12:18, 8:14] = new[18:27, 20:26] = True
    assert changed[hole].any() and changed[new].mean() > 0.9
    assert not changed[beyond(hole, RADIUS_AT_250) & ~new].any()
    assert np.any(result != naive, -1)[18:27, 20:26].mean() > 0.9
    assert np.array_equal(result[:, 38:], photo[:, 38:])


@pytest.mark.parametrize("options", [(), ("--quantize", "--colors", 4)])
def test_paint_to_image_shows_the_clip_art_and_what_comes_of_it(run, tmp_path, options):
    path = tmp_path / "sheet.png"
    run_example("paint_to_image.py", *SHORT, "--run", run, "--output", path, *options)
    clip_art, result = read_sheet(path, rows=1, columns=2)
    assert np.array_equal(clip_art, opened(IMAGES / "clip_art.png"))
    assert np.any(clip_art != result, -1).mean() > 0.9


def test_super_resolve_enlarges_a_small_copy(run, tmp_path):
    path = tmp_path / "sheet.png"
    small = run.with_name("small")
    run_example("super_resolve.py", *SHORT, "--run", small, "--output", path)
    # 250x188 makes a copy of 62x47, and that 4 times as large is 248x188.
    blocks, _, made, photo = read_sheet(path, rows=2, columns=2, size=(248, 188))
    wanted = opened(IMAGES / "landscape.png").resize(
        (248, 188), Image.Resampling.BICUBIC
    )
    assert np.abs(photo - np.asarray(wanted, float)).mean() < 2
    blocks = blocks.reshape(47, 4, 62, 4, 3).astype(int)
    assert np.ptp(blocks, axis=(1, 3)).max() == 0
    # Shrunk again, what was made is the small copy.
    again = np.asarray(Image.fromarray(made).resize((62, 47)), int)
    assert np.abs(again - blocks[:, 0, :, 0]).mean() < 8


def test_make_gallery_writes_a_sheet_for_each_task(run, tmp_path):
    run_example(
        *(
            "make_gallery.py",
            *SHORT,
            "--output",
            tmp_path,
            "--runs",
            run.parent,
        ),
    )
    made = [path.name for path in tmp_path.iterdir()]
    shipped = list((EXAMPLES / "gallery").iterdir())
    # Pictures of the page are taken by hand.
    sheets = [path.name for path in shipped if not path.name.startswith("studio_")]
    assert {*made, "random_samples.png"} == set(sheets)
    for path in shipped:
        # A film of 30 frames, and the sheet at the top, without loss.
        large = path.name in ("animate.webp", "random_samples.png")
        most = 700_000 if large else 150_000
        assert path.stat().st_size < most


def test_the_shipped_inputs_are_what_their_script_draws(tmp_path):
    run_example("draw_inputs.py", "--output", tmp_path)
    names = ["composite.png", "composite_mask.png", "mountains_mask.png"]
    for name in (*names, "clip_art.png"):
        drawn, shipped = opened(tmp_path / name), opened(IMAGES / name)
        assert drawn.size == (250, 188)
        # Versions of Pillow may differ at edges.
        difference = np.asarray(drawn, "float32") - np.asarray(shipped)
        assert np.abs(difference).mean() < 1
    photo = np.asarray(opened(IMAGES / "landscape.png"))
    composite = np.asarray(opened(IMAGES / "composite.png"))
    mask = np.asarray(opened(IMAGES / "composite_mask.png"))[..., 0]
    assert set(np.unique(mask)) == {0, 255}
    changed = np.any(photo != composite, -1)
    assert not changed[mask == 0].any()
    assert changed[mask > 0].mean() > 0.95


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


def test_vary_keeps_what_is_outside_the_part(run, tmp_path):
    sheet = tmp_path / "sheet.png"
    run_example("vary.py", *SHORT, "--run", run, "--output", sheet, "-n", 2)
    photo, one, other, _ = read_sheet(sheet, rows=2, columns=2, size=(40, 30))
    assert (one[:3] == photo[:3]).all() and (other[:3] == photo[:3]).all()
    assert (one != other).any()


def test_extend_keeps_the_photo_in_its_place(run, tmp_path):
    path = tmp_path / "wide.png"
    options = ("--left", "50%", "--right", 10, "-n", 1)
    run_example("extend.py", *SHORT, "--run", run, "--output", path, *options)
    assert opened(path).size == (20 + 40 + 10, 30)


def test_a_tile_is_written_alone_and_repeated(run, tmp_path):
    path = tmp_path / "tile.png"
    run_example("tile.py", *SHORT, "--run", run, "--output", path)
    image = np.asarray(opened(path))
    copies = np.asarray(opened(tmp_path / "tile_copies.png"))
    assert (copies == np.tile(image, (2, 3, 1))).all()


def test_image_and_mask_shows_pairs(run, tmp_path):
    path, folder = tmp_path / "sheet.png", run.with_name("mountains")
    options = ("--run", folder, "--output", path, "-n", 2)
    run_example("image_and_mask.py", *SHORT, *options)
    photo, *_, mask, one, other = read_sheet(path, 2, 3, size=(40, 30))
    assert np.array_equal(photo, opened(folder / "scale_01" / "real.png"))
    wanted = opened(IMAGES / "mountains_mask.png").resize((40, 30))
    assert np.abs(mask - np.asarray(wanted, float)).mean() < 20
    assert {*np.unique(one), *np.unique(other)} <= {0, 255}
