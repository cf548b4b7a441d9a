import io
import os
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from support.cli_runner import invoke
from support.cli_runner import read
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.fake_serving import Answer
from support.fake_serving import fake_server
from support.photos import photo_file
from support.photos import png
from support.query_runner import query
from support.query_runner import rows

from keras_singan.cli.command_group import cli

FOLDER = Path("samples/singan")


@pytest.fixture(autouse=True)
def in_a_folder_with_a_photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(png())


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


def test_super_resolve_writes_what_it_is_told(server):
    (line,) = query(server, "super-resolve", "photo.png", "--factor", 3)
    assert line == str(FOLDER / "super_resolution_x3.png")
    assert read(line).shape == (12, 18, 3)
    signature, (row,) = rows(server)
    assert (signature, row["factor"], row["seed"]) == ("super_resolution", 3, -1)
    assert row["image_bytes"] == png()


def test_super_resolve_leaves_the_factor_to_the_server(server):
    (line,) = query(server, "super-resolve", "photo.png", "--seed", 12)
    assert line == str(FOLDER / "super_resolution_seed0012.png")
    row = rows(server)[1][0]
    assert (row["factor"], row["seed"]) == (0, 12)


def test_sample_writes_an_image_a_file(server):
    options = ["-n", 3, "--scale", 1, "--seed", 12, "--size", "8x12"]
    lines = query(server, "sample", *options)
    stem = "sample_scale1_8x12_seed0012"
    assert lines == [str(FOLDER / f"{stem}_{k:03d}.png") for k in range(3)]
    assert all(read(line).shape == (8, 12, 3) for line in lines)
    signature, sent = rows(server)
    assert signature == "sample_size"
    assert [row["index"] for row in sent] == [0, 1, 2]
    expected = {"seed": 12, "start_scale": 1, "height": 8, "width": 12}
    assert all(row == expected | {"index": row["index"]} for row in sent)


def test_without_a_seed_a_random_one_is_sent_and_stands_in_the_name(server):
    (line,) = query(server, "sample")
    seed = int(re.search(r"sample_seed(\d+)_000.png", line)[1])
    assert rows(server) == ("sample", [{"seed": seed, "index": 0, "start_scale": -1}])


def test_progress_of_many_requests_is_shown_beside_the_paths(server):
    result = succeed("query", server.url, "sample", "-n", 20)
    assert result.stderr.splitlines() == ["8 of 20", "16 of 20", "20 of 20"]
    assert len(result.stdout.splitlines()) == 20
    assert succeed("query", server.url, "sample", "-n", 8).stderr == ""


def test_reconstruct(server):
    assert query(server, "reconstruct") == [str(FOLDER / "reconstruct.png")]
    assert rows(server) == ("reconstruct", [{"index": 0}])


def test_a_tile_has_a_signature_of_its_own(server):
    lines = query(server, "sample", "--tile", "x", "--seed", 5, "--size", "8x12")
    assert lines == [str(FOLDER / "sample_tile_x_8x12_seed0005_000.png")]
    row = {"seed": 5, "index": 0, "height": 8, "width": 12, "tile": 1}
    assert rows(server) == ("sample_tile", [row])


@pytest.mark.parametrize("option, number", [("--refine", 1), ("--no-refine", 0)])
def test_refine_and_no_refine(server, option, number):
    pads = ["--left", 2]
    box = ["--region", "1,2,3,1", "-n", 1]
    asked = {
        "sample": [],
        "edit": ["photo.png", "photo.png"],
        "paint-to-image": ["photo.png"],
        "vary": ["photo.png", *box],
        "extend": ["photo.png", *pads],
    }
    for task, words in asked.items():
        query(server, task, *words, option)
        signature, (row,) = server.requests[-1]
        assert signature == f"{task.replace('-', '_')}_options"
        assert row["refine"] == number


def test_variation_of_the_photo_and_of_a_sample(server):
    words = ["--variation", 0.25, "--around", "-3,2", "--seed", 5]
    (line,) = query(server, "sample", *words)
    stem = "sample_variation0.25_around-3-2_seed0005_000.png"
    assert line == str(FOLDER / stem)
    signature, (row,) = rows(server)
    assert signature == "sample_options"
    sent = row["variation"], row["around_seed"], row["around_index"]
    assert sent == (0.25, -3, 2)


def test_vary_sends_a_box_as_a_mask(server):
    args = ["photo.png", "--region", "1,2,3,1", "-n", 2, "--seed", 5, "--scale", 1]
    lines = query(server, "vary", *args)
    assert lines == [str(FOLDER / f"vary_scale1_seed0005_00{k}.png") for k in (0, 1)]
    signature, sent = rows(server)
    assert (signature, [row["index"] for row in sent]) == ("vary", [0, 1])
    assert (sent[0]["image_bytes"], sent[0]["start_scale"]) == (png(), 1)
    Path("sent.png").write_bytes(sent[0]["mask_bytes"])
    expected = np.zeros((4, 6), "uint8")
    expected[2:3, 1:4] = 255
    assert (read("sent.png") == expected).all()


def test_vary_of_the_photo_as_trained_asks_for_its_size_first(server):
    query(server, "vary", "--region", "0,0,2,2", "-n", 1)
    assert [signature for signature, _ in server.requests] == ["reconstruct", "vary"]
    assert server.requests[1][1][0]["image_bytes"] == b""


def test_vary_takes_a_mask(server):
    photo_file("mask.png", 4, 6, channels=1)
    query(server, "vary", "--mask", "mask.png", "-n", 1)
    signature, (row,) = rows(server)
    assert row["mask_bytes"] == Path("mask.png").read_bytes()


def test_extend_sends_pixels_and_shares(server):
    args = ["photo.png", "--left", "50%", "--top", 3, "--seed", 5]
    (line,) = query(server, "extend", *args)
    assert line == str(FOLDER / "extend_seed0005_000.png")
    assert read(line).shape == (7, 9, 3)
    signature, (row,) = rows(server)
    assert (signature, row["left"], row["top"], row["right"]) == ("extend", -0.5, 3, 0)


@pytest.mark.parametrize("task", ["harmonize", "edit"])
def test_harmonize_and_edit(server, task):
    photo_file("mask.png", 4, 6, channels=1)
    (line,) = query(server, task, "photo.png", "mask.png", "--scale", 2, "--seed", 5)
    assert line == str(FOLDER / f"{task}_scale2_seed0005.png")
    signature, (row,) = rows(server)
    assert (signature, row["start_scale"], row["seed"]) == (task, 2, 5)
    assert row["mask_bytes"] == Path("mask.png").read_bytes()


@pytest.mark.parametrize("task", ["harmonize", "edit"])
def test_harmonize_and_edit_without_a_mask(server, task):
    query(server, task, "photo.png")
    assert rows(server)[1][0]["mask_bytes"] == b""


@pytest.mark.parametrize(
    "options, name",
    [([], "paint_to_image"), (["--quantize"], "paint_to_image_quantized")],
)
def test_paint_to_image(server, options, name):
    (line,) = query(server, "paint-to-image", "photo.png", "--seed", 1, *options)
    assert line == str(FOLDER / f"{name}_seed0001.png")
    assert rows(server)[1][0]["quantize"] == len(options)


@pytest.mark.parametrize(
    "options, name",
    [
        ([], "animation_scale1_seed0001.gif"),
        (["--format", "webp"], "animation_scale1_seed0001.webp"),
        (["--format", "apng"], "animation_scale1_seed0001.png"),
    ],
)
def test_animate(server, options, name):
    sent = ["--frames", 4, "--scale", 1, "--alpha", 0.25, "--beta", 0.5, "--loop"]
    (line,) = query(server, "animate", *sent, "--seed", 1, "--fps", 20, *options)
    assert line == str(FOLDER / name)
    row = {"seed": 1, "start_scale": 1, "frames": 4, "alpha": 0.25, "beta": 0.5}
    assert rows(server) == ("animate", [row | {"loop": 1}])
    with Image.open(line) as image:
        assert (image.n_frames, image.info["loop"]) == (4, 0)
        image.load()
        assert image.info["duration"] == 50


def test_animate_leaves_what_is_not_given_to_the_server(server):
    query(server, "animate", "--seed", 1)
    row = {"start_scale": -1, "frames": 0, "alpha": -1, "beta": -1, "loop": 0}
    assert rows(server) == ("animate", [row | {"seed": 1}])


@pytest.mark.parametrize("name", ["x.gif", "new/x.webp", "x.png", "x.apng"])
def test_an_animations_file_decides_its_format(server, name):
    assert query(server, "animate", "--output", name) == [str(Path(name))]
    formats = {".gif": "GIF", ".webp": "WEBP"}
    with Image.open(name) as image:
        assert image.format == formats.get(Path(name).suffix, "PNG")
        assert image.n_frames == 5


def test_status_tells_versions_and_signatures(server):
    lines = query(server, "status")
    assert lines[0] == "singan version 1 AVAILABLE"
    assert "super_resolution: factor, image_bytes, seed" in lines


def test_status_fails_while_no_version_is_ready(server):
    entry = {"version": "2", "state": "LOADING", "status": {"error_message": "wait"}}
    server.script = [Answer(200, {"model_version_status": [entry]})]
    result = invoke("query", server.url, "status")
    assert result.exit_code == 1
    assert result.stdout == "singan version 2 LOADING: wait\n"
    assert "none of them AVAILABLE" in result.stderr


# Where results go.


def test_output_may_be_a_folder_or_a_file(server):
    assert query(server, "reconstruct", "--output", "new/x.jpg") == ["new/x.jpg"]
    assert query(server, "reconstruct", "--output", "new") == ["new/reconstruct.png"]
    with Image.open("new/x.jpg") as image:
        assert image.format == "JPEG"


@pytest.mark.parametrize(
    "args, form",
    [
        *((["reconstruct"], "PNG"), (["sample"], "PNG"), (["animate"], "GIF")),
        *((["animate", "--format", "webp"], "WEBP"),),
    ],
)
def test_a_dash_is_standard_output(server, args, form):
    result = succeed("query", server.url, *args, "--output", "-")
    assert Image.open(io.BytesIO(result.stdout_bytes)).format == form
    assert os.listdir() == ["photo.png"]


def test_a_dash_is_standard_input(server):
    result = CliRunner().invoke(
        cli, ["query", server.url, "super-resolve", "-"], input=png((5, 5))
    )
    assert result.exit_code == 0, result.output
    assert rows(server)[1][0]["image_bytes"] == png((5, 5))


@pytest.mark.parametrize("output", ["-", "x.png"])
def test_several_images_do_not_fit_into_one_place(server, output):
    args = ["sample", "-n", 2, "--output", output]
    assert "for 2 results" in refuse(2, "query", server.url, *args)
    assert server.seen == []


def test_what_exists_is_replaced_only_on_demand(server):
    Path("x.png").write_text("mine")
    line = refuse(1, "query", server.url, "reconstruct", "--output", "x.png")
    assert "path='x.png'" in line
    assert server.seen == []
    assert Path("x.png").read_text() == "mine"
    query(server, "reconstruct", "--output", "x.png", "--overwrite")
    assert read("x.png").shape == (4, 6, 3)


@pytest.mark.parametrize(
    "args, text",
    [
        (["reconstruct", "--output", "x.gif"], "ends in .png"),
        (["reconstruct", "--output", "x.npy"], "ends in .png"),
        (["animate", "--output", "x.jpg"], "ends in .gif"),
        (["animate", "--output", "x.gif", "--format", "webp"], "--format must agree"),
        (["animate", "--fps", 60], "at most 50"),
        (["harmonize", "-", "-"], "Only one image"),
        (["sample", "--size", "8"], "188x250"),
        (["sample", "--scale", "-1"], "-1"),
        (["sample", "--seed", 2**63], f"seed={2**63}"),
        (["super-resolve", "photo.png", "--factor", 0], "factor=0"),
        (["vary"], "Either `region` or `mask`"),
        (["vary", "--region", "1,2,3"], "A region must look like 10,20,30,40"),
        (["vary", "photo.png", "--region", "5,0,2,2"], "must lie inside the image"),
        (["vary", "photo.png", "--region", "0,0,0,2"], "region width=0"),
        (["extend"], "must add at least one pixel"),
        (["extend", "--left", "-1"], "left=-1"),
        (["extend", "--left", "1001%"], "left='1001%'"),
        (["extend", "--left", "half"], "'half' is not"),
        (["sample", "--tile", "z"], "'z' is not one of"),
        (["sample", "--tile", "x", "--scale", 1], "`start_scale` must be 0"),
        (["super-resolve", "photo.png", "--seed", -1], "seed=-1"),
        (["super-resolve", "nowhere.png"], "nowhere.png"),
        (["super-resolve"], "IMAGE"),
        (["reconstruct", "--model-name", "a/b"], "model='a/b'"),
        (["reconstruct", "--token", "a b"], "visible"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_usage_is_one_line_and_asks_for_nothing(server, args, text):
    assert text in refuse(2, "query", server.url, *args)
    assert server.seen == []
    assert os.listdir() == ["photo.png"]


@pytest.mark.parametrize("url", ["ftp://host", "http://me:secret@host"])
def test_a_url_that_is_none_is_wrong_usage(url):
    assert "secret" not in refuse(2, "query", url, "reconstruct")
