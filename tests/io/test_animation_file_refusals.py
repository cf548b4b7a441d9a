"""What breaks an animation leaves no file; what cannot be one is refused."""

import errno
import importlib.util
import os
import re
import signal
import sys

import numpy as np
import pytest
from PIL import Image
from support.photos import noise

from keras_singan.errors import ImageError
from keras_singan.errors import OutputError
from keras_singan.errors import needs_extra
from keras_singan.io.animation_file import encode_animation
from keras_singan.io.animation_file import save_animation
from keras_singan.io.animation_formats import webp
from keras_singan.io.save import save_image

PILLOW = [".gif", ".webp", ".png", ".apng"]
with_ffmpeg = pytest.mark.skipif(
    importlib.util.find_spec("imageio_ffmpeg") is None, reason="needs the extra video"
)
ALL = [*PILLOW, pytest.param(".mp4", marks=with_ffmpeg)]


PILLOW = [".gif", ".webp", ".png", ".apng"]
with_ffmpeg = pytest.mark.skipif(
    importlib.util.find_spec("imageio_ffmpeg") is None, reason="needs the extra video"
)
ALL = [*PILLOW, pytest.param(".mp4", marks=with_ffmpeg)]


def smooth(count, height=24, width=30, channels=3):
    """Frames of a slow wave, as an animation has them."""
    t, y, x, c = np.mgrid[:count, :height, :width, :channels]
    waves = np.sin(x / 7 + t / 9 + c) * np.cos(y / 6 - t / 11)
    return (127.5 + 120 * waves).astype(np.uint8)


def broken(error):
    yield smooth(2)
    raise error


@pytest.mark.parametrize("suffix", ALL)
@pytest.mark.parametrize("error", [ZeroDivisionError("oh"), KeyboardInterrupt()])
def test_an_interruption_leaves_no_file_and_keeps_an_old_one(tmp_path, suffix, error):
    path = tmp_path / f"x{suffix}"
    with pytest.raises(type(error)):
        save_animation(path, broken(error))
    assert not list(tmp_path.iterdir())
    path.write_text("old")
    with pytest.raises(type(error)):
        save_animation(path, broken(error), overwrite=True)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ALL)
def test_a_full_disk_keeps_an_old_file(tmp_path, suffix, monkeypatch):
    def full_disk(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / f"x{suffix}"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OutputError, match="No space left"):
        save_animation(path, smooth(2), overwrite=True)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", ALL)
def test_an_existing_file_stays_unless_told_otherwise(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_text("old")
    drawn = []
    with pytest.raises(OutputError) as error:
        save_animation(path, (drawn.append(1) for _ in range(2)))
    assert path.read_text() == "old" and not drawn
    (tmp_path / "x.bmp").touch()
    with pytest.raises(OutputError) as same:
        save_image(tmp_path / "x.bmp", smooth(1)[0])
    assert str(error.value) == str(same.value).replace(".bmp", suffix)
    assert save_animation(path, smooth(2), overwrite=True) == path
    assert path.read_bytes() != b"old"


@pytest.mark.parametrize("name", ["x", "x.jpg", "x.tif", "x.mov", "x.gif.gz", ""])
def test_another_suffix_is_refused(tmp_path, name):
    with pytest.raises(ImageError, match=r"\.gif, \.webp, .*\.mp4\. Received: path="):
        save_animation(tmp_path / name if name else name, smooth(2))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", [".gif", "GIF", "jpg", "", None])
def test_encoding_another_format_is_refused(name):
    with pytest.raises(ImageError, match="gif, webp, png, apng, mp4. Received: format"):
        encode_animation(smooth(2), name)


@pytest.mark.parametrize(
    "frames, words",
    [
        ([], "frames=.*list, empty"),
        (iter([]), "empty"),
        (5, "frames=object of type int"),
        (None, "Received: frames="),
        ("abc", "Received: frames="),
        (noise(3, 4, 3), r"\(n, H, W, C\)"),
        (list(noise(3, 4, 3)), r"\(n, H, W, C\)"),
        (noise(0, 4, 4, 3), "non-empty"),
        (noise(2, 4, 0, 3), "non-empty"),
        (np.zeros((2, 4, 4, 3)), "uint8"),
        ([noise(1, 4, 4, 3), noise(1, 4, 5, 3)], "one shape"),
        ([noise(1, 4, 4, 3), noise(1, 4, 4, 1)], "one shape"),
        ([noise(1, 4, 4, 3), "no"], "uint8"),
    ],
)
def test_frames_that_are_none_are_refused(tmp_path, frames, words):
    with pytest.raises(ImageError, match=words) as error:
        save_animation(tmp_path / "x.png", frames)
    assert "\n" not in str(error.value) and "Received: frames=" in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [0, 0.9, 121, -5, float("nan"), "10", None, True])
@pytest.mark.parametrize("suffix", ALL)
def test_another_speed_is_refused(tmp_path, suffix, fps):
    with pytest.raises(ImageError, match=f"for {suffix}. Received: fps={fps!r}"):
        save_animation(tmp_path / f"x{suffix}", smooth(2), fps)
    assert not list(tmp_path.iterdir())


def test_a_gif_is_refused_above_50_frames_a_second(tmp_path):
    with pytest.raises(ImageError, match="from 1 to 50 .*gif. Received: fps=50.5"):
        save_animation(tmp_path / "x.gif", smooth(2), 50.5)


@pytest.mark.parametrize("suffix, side", [(".gif", 2**16), (".webp", 2**14)])
def test_a_side_too_long_for_the_format_is_refused(tmp_path, suffix, side):
    for shape in ((1, side, 1, 3), (1, 1, side, 1)):
        with pytest.raises(ImageError, match=f"{side - 1} px for {suffix}. Received"):
            save_animation(tmp_path / f"x{suffix}", np.zeros(shape, np.uint8))
    longest = np.zeros((2, 1, side - 1, 1), np.uint8)
    with Image.open(save_animation(tmp_path / f"x{suffix}", longest)) as image:
        assert (image.n_frames, image.size) == (2, (side - 1, 1))
        assert image.convert("L").getextrema() == (0, 0)


def test_a_webp_that_its_format_cannot_hold_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(webp, "_MAX_BYTES", 1000)
    with pytest.raises(ImageError, match="4 GiB. Received: 1 frames") as error:
        save_animation(tmp_path / "x.webp", noise(5, 19, 31, 3))
    assert "\n" not in str(error.value) and not list(tmp_path.iterdir())


def test_without_the_extra_video_its_install_line_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    drawn = []
    with pytest.raises(OutputError, match=re.escape(needs_extra("MP4", "video"))):
        save_animation(tmp_path / "x.mp4", (drawn.append(1) for _ in range(2)))
    assert not drawn and not list(tmp_path.iterdir())


@with_ffmpeg
def test_a_missing_ffmpeg_is_named(tmp_path, monkeypatch):
    import imageio_ffmpeg

    def missing():
        raise RuntimeError("No ffmpeg exe could be found.\nInstall ffmpeg")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    with pytest.raises(OutputError, match="IMAGEIO_FFMPEG_EXE. Received: 'No ff") as e:
        save_animation(tmp_path / "x.mp4", smooth(2))
    assert "\n" not in str(e.value) and not list(tmp_path.iterdir())


@with_ffmpeg
@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
@pytest.mark.parametrize("reads", [0, 10**9])
def test_what_ffmpeg_dies_of_is_said(tmp_path, monkeypatch, reads):
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text(
        f"#!/bin/sh\nhead -c {reads} >/dev/null\necho 'no\nh264' >&2\nexit 3\n"
    )
    ffmpeg.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(ffmpeg))
    with pytest.raises(OutputError, match="'no h264'. Received: 3 from ffmpeg.") as e:
        save_animation(tmp_path / "x.mp4", smooth(300))
    assert "\n" not in str(e.value) and list(tmp_path.iterdir()) == [ffmpeg]


@with_ffmpeg
@pytest.mark.skipif(os.name == "nt", reason="needs a shell script")
def test_the_signal_that_ends_ffmpeg_is_named(tmp_path, monkeypatch):
    ffmpeg = tmp_path / "ffmpeg"
    ffmpeg.write_text("#!/bin/sh\nkill -XFSZ $$\n")
    ffmpeg.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(ffmpeg))
    reason = signal.strsignal(signal.SIGXFSZ)
    with pytest.raises(OutputError, match=f"answered {reason!r}"):
        save_animation(tmp_path / "x.mp4", smooth(3))
