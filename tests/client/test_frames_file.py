"""Animations of frames that a server sent."""

import numpy as np
import pytest
from PIL import Image
from support.checks import refused
from support.fake_serving import fake_server

from keras_singan.client import Client
from keras_singan.client import save_frames
from keras_singan.errors import ImageError
from keras_singan.errors import OutputError


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


@pytest.fixture
def client(server):
    return Client(server.url)


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".apng"])
def test_frames_are_saved_with_their_time(client, tmp_path, suffix):
    frames = client.animate(6)
    path = save_frames(tmp_path / "new" / f"x{suffix}", frames, fps=15)
    with Image.open(path) as image:
        assert image.n_frames == 6
        assert image.info["loop"] == 0
        total = 0
        for k in range(6):
            image.seek(k)
            image.load()
            total += image.info["duration"]
        assert total == pytest.approx(400, abs=1)


@pytest.mark.parametrize("suffix", [".png", ".apng"])
def test_apng_keeps_every_pixel(tmp_path, suffix):
    noise = np.random.default_rng(0).integers(0, 256, (3, 8, 9, 3), np.uint8)
    path = save_frames(tmp_path / f"x{suffix}", map(Image.fromarray, noise))
    with Image.open(path) as image:
        for k in range(3):
            image.seek(k)
            assert np.array_equal(image.convert("RGB"), noise[k])


@pytest.mark.parametrize("mode", ["L", "RGBA"])
@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png"])
def test_grey_and_transparent_frames_are_saved(tmp_path, mode, suffix):
    frames = [
        Image.new(mode, (6, 4), k if mode == "L" else (k, 0, 0, 99)) for k in (9, 90)
    ]
    with Image.open(save_frames(tmp_path / f"x{suffix}", frames)) as image:
        assert image.n_frames == 2


@pytest.mark.parametrize(
    "name, frames, fps, text",
    [
        *(
            ("x.jpg", 2, 10, "x.jpg"),
            ("x", 2, 10, "end in one of"),
            ("x.gif", 0, 10, "frames=0"),
        ),
        *(
            ("x.gif", 2, 51, "fps=51"),
            ("x.webp", 2, 0, "fps=0"),
            ("x.png", 2, "9", "'9'"),
        ),
        *(("x.gif", 2, True, "fps=True"), ("x.gif", 2, float("nan"), "fps=nan")),
    ],
)
def test_an_animation_that_cannot_be_is_refused(tmp_path, name, frames, fps, text):
    frames = [Image.new("L", (6, 4), k) for k in range(frames)]
    assert text in refused(
        lambda: save_frames(tmp_path / name, frames, fps), ImageError
    )
    assert list(tmp_path.iterdir()) == []


def test_frames_of_two_sizes_are_refused(tmp_path):
    frames = [Image.new("L", (6, 4)), Image.new("L", (4, 6))]
    assert "(4, 6), (6, 4)" in refused(
        lambda: save_frames(tmp_path / "x.gif", frames), ImageError
    )


def test_a_file_is_replaced_only_on_demand(tmp_path):
    frames = [Image.new("L", (6, 4), k) for k in range(2)]
    path = tmp_path / "x.gif"
    path.write_text("mine")
    refused(lambda: save_frames(path, frames), OutputError)
    assert path.read_text() == "mine"
    save_frames(path, frames, overwrite=True)
    with Image.open(path) as image:
        assert image.n_frames == 2
