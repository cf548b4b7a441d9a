"""Animations come back as they were."""

import contextlib
import importlib.util
import subprocess
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from support.photos import noise

from keras_singan.io.animation_file import encode_animation
from keras_singan.io.animation_file import save_animation
from keras_singan.io.animation_formats import gif
from keras_singan.io.animation_formats.video import require_ffmpeg
from keras_singan.io.save import preview

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


def read(path, mode=None):
    """Gives the frames, their durations in ms, and how often they play."""
    frames, durations = [], []
    with Image.open(path) as image:
        for index in range(image.n_frames):
            image.seek(index)
            image.load()
            frames.append(np.asarray(image.convert(mode) if mode else image))
            durations.append(image.info["duration"])
        loop = image.info["loop"]
    return np.stack(frames), durations, loop


def read_mp4(path, height, width):
    """Gives the frames of a video, and what ffmpeg says of it."""
    ffmpeg = require_ffmpeg()
    done = subprocess.run([ffmpeg, "-i", path], capture_output=True, text=True)
    exact = "scale=flags=accurate_rnd+full_chroma_int"
    raw = ["-vf", exact, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    pixels = subprocess.run(
        [ffmpeg, "-v", "error", "-i", path, *raw], capture_output=True, check=True
    ).stdout
    frames = np.frombuffer(pixels, np.uint8).reshape(-1, height, width, 3)
    return frames, done.stderr


def difference(one, other):
    return np.abs(one.astype(float) - other).mean()


def on_white(frames):
    opacity = frames[..., 3:] / 255
    return frames[..., :3] * opacity + 255 * (1 - opacity)


@pytest.mark.parametrize("suffix", [".png", ".apng", ".PNG"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_apng_is_lossless(tmp_path, suffix, channels):
    frames = noise(5, 19, 31, channels)
    path = save_animation(str(tmp_path / "new" / f"x{suffix}"), frames)
    assert path == tmp_path / "new" / f"x{suffix}"
    back, durations, loop = read(path)
    assert np.array_equal(back.reshape(frames.shape), frames)
    assert durations == [100] * 5 and loop == 0


def test_apng_shows_its_first_frame_to_readers_of_png(tmp_path):
    frames = noise(3, 6, 5, 3)
    data = save_animation(tmp_path / "x.png", frames).read_bytes()
    still, at = data[:8], 8
    while at < len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] not in (b"acTL", b"fcTL", b"fdAT"):
            still += data[at:end]
        at = end
    (tmp_path / "still.png").write_bytes(still)
    with Image.open(tmp_path / "still.png") as image:
        assert getattr(image, "n_frames", 1) == 1
        assert np.array_equal(np.asarray(image), frames[0])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_webp_is_nearly_lossless(tmp_path, channels):
    frames = smooth(5, channels=channels)
    path = save_animation(tmp_path / "x.webp", frames)
    back, durations, loop = read(path)
    assert back.shape == (5, 24, 30, 4 if channels == 4 else 3)
    # Colour has half the resolution there.
    assert difference(back[..., :3], frames[..., :3]) < (2 if channels == 1 else 5)
    assert durations == [100] * 5 and loop == 0
    if channels == 4:
        assert np.array_equal(back[..., 3], frames[..., 3])


def test_gif_holds_grey_as_it_is(tmp_path):
    frames = noise(40, 19, 31, 1)
    back, durations, loop = read(save_animation(tmp_path / "x.gif", frames))
    assert np.array_equal(back, frames[..., 0])
    assert durations == [100] * 40 and loop == 0


def test_gif_holds_256_colours_as_they_are(tmp_path):
    colours = np.stack([np.arange(256), 255 - np.arange(256), [7] * 256], -1)
    frames = colours[noise(4, 16, 16)].astype(np.uint8)
    back, *_ = read(save_animation(tmp_path / "x.gif", frames), "RGB")
    # Neighbours of under 4 levels apart may be taken for each other.
    assert np.abs(back.astype(int) - frames).max() <= 3
    few = (frames // 64) * 64
    back, *_ = read(save_animation(tmp_path / "few.gif", few), "RGB")
    assert np.array_equal(back, few)


@pytest.mark.parametrize("channels", [3, 4])
def test_gif_is_near_and_without_tint(tmp_path, channels):
    frames = smooth(5, channels=channels)
    wanted = on_white(frames) if channels == 4 else frames
    back, *_ = read(save_animation(tmp_path / "x.gif", frames), "RGB")
    assert back.shape == (5, 24, 30, 3)
    assert difference(back, wanted) < 4
    assert np.abs((back - wanted.astype(float)).mean((0, 1, 2))).max() < 0.5


def tables(path):
    """Counts the images of a GIF that bring a table of their own."""
    data, at, found = path.read_bytes(), 13 + 768, 0
    while data[at : at + 1] != b";":
        if data[at : at + 1] == b",":
            own = data[at + 9] & 0x80
            found += bool(own)
            at += 10 + (768 if own else 0) + 1
        else:
            at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    return found


def test_gif_has_one_palette_for_one_scene_and_another_for_the_next(tmp_path):
    scene = smooth(80) // 2
    path = save_animation(tmp_path / "x.gif", scene)
    assert tables(path) == 0
    other = 255 - scene[:40, :, :, ::-1] // 3
    both = [scene[:40], other]
    back, *_ = read(save_animation(tmp_path / "both.gif", both), "RGB")
    assert 0 < tables(tmp_path / "both.gif") <= 48
    assert difference(back[-8:], other[-8:]) < 4
    still = np.repeat(smooth(1), 70, axis=0)
    back, *_ = read(save_animation(tmp_path / "still.gif", still), "RGB")
    assert (back == back[0]).all()


def test_gif_blocks_hold_less_of_larger_frames():
    for size, together in ((4, 32), (2**13, 1), (2**12, 1), (2**11, 5)):
        frame = np.broadcast_to(np.uint8(0), (size, size, 3))
        blocks = gif._blocks(iter([frame] * 40))
        assert len(next(blocks)) == together
    assert [len(b) for b in gif._blocks(iter(noise(70, 2, 2, 3)))] == [32, 32, 6]


@with_ffmpeg
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_mp4_is_near_and_without_tint(tmp_path, channels):
    frames = smooth(5, channels=channels)
    wanted = on_white(frames) if channels == 4 else frames
    path = save_animation(tmp_path / "x.mp4", frames)
    back, words = read_mp4(path, 24, 30)
    assert len(back) == 5 and "10 fps" in words and "Duration: 00:00:00.50" in words
    assert "yuv420p(tv, bt709" in words and "h264" in words
    assert difference(back, wanted) < 6
    assert np.abs((back - wanted.astype(float)).mean((0, 1, 2))).max() < 1


@with_ffmpeg
@pytest.mark.parametrize("height, width", [(23, 31), (23, 30), (24, 31), (1, 1)])
def test_mp4_repeats_the_last_row_and_column_of_odd_sides(tmp_path, height, width):
    # Grey, because colour, of half the resolution, runs over such edges.
    frames = np.full((3, height, width, 1), 50, np.uint8)
    frames[:, -1], frames[:, :, -1] = 200, 120
    even = (height + height % 2, width + width % 2)
    back, words = read_mp4(save_animation(tmp_path / "x.mp4", frames), *even)
    assert f"{even[1]}x{even[0]}" in words
    added = ((0, 0), (0, height % 2), (0, width % 2), (0, 0))
    assert difference(back, np.pad(frames, added, mode="edge")) < 3
    assert not height % 2 or difference(back[:, -1], back[:, -2]) < 3
    assert not width % 2 or difference(back[:, :, -1], back[:, :, -2]) < 3


@pytest.mark.parametrize("channels", [2, 5, 7])
def test_other_channel_counts_show_their_preview(tmp_path, channels):
    frames = noise(3, 6, 5, channels)
    back, *_ = read(save_animation(tmp_path / "x.png", frames))
    assert np.array_equal(back, preview(frames))


@pytest.mark.parametrize("suffix", ALL)
def test_batches_do_not_matter(tmp_path, suffix):
    frames = smooth(7)
    whole = save_animation(tmp_path / f"a{suffix}", frames).read_bytes()
    batches = (frames[i : i + 3] for i in (0, 3, 6))
    assert save_animation(tmp_path / f"b{suffix}", batches).read_bytes() == whole
    assert encode_animation(list(frames[:, None]), suffix[1:]) == whole


@pytest.mark.parametrize("suffix", ALL)
def test_identical_frames_and_a_single_one(tmp_path, suffix):
    for count in (1, 4):
        frames = np.repeat(smooth(1), count, axis=0)
        path = save_animation(tmp_path / f"{count}{suffix}", frames, 5)
        if suffix == ".mp4":
            back, _ = read_mp4(path, 24, 30)
            assert len(back) == count and difference(back, back[0]) < 1
        else:
            back, durations, _ = read(path, "RGB")
            assert (back == back[0]).all() and len(back) == count
            assert durations == [200] * count


@pytest.mark.parametrize("suffix", PILLOW)
@pytest.mark.parametrize("fps", [1, 7, 12.5, 24, 29.97, 30, 50, np.float32(10)])
def test_the_whole_lasts_as_long_as_asked(tmp_path, suffix, fps):
    path = save_animation(tmp_path / f"x{suffix}", noise(30, 2, 2, 3), fps)
    durations = read(path, "RGB")[1]
    step = {".gif": 10, ".webp": 1}.get(suffix, 0)
    assert len(durations) == 30
    assert abs(sum(durations) - 30_000 / fps) <= step / 2 + 1e-3
    assert max(durations) - min(durations) <= step + 1e-6
    assert not step or all(duration % step == 0 for duration in durations)


@pytest.mark.parametrize("suffix", [s for s in ALL if s != ".gif"])
def test_up_to_120_frames_a_second(tmp_path, suffix):
    assert save_animation(tmp_path / f"x{suffix}", smooth(3), 120).exists()


@pytest.mark.parametrize("suffix", ALL)
def test_memory_does_not_grow_with_the_frames(tmp_path, suffix):
    def peak(count):
        batches = (noise(2, 40, 50, 3) for _ in range(count // 2))
        tracemalloc.start()
        with contextlib.closing(batches):
            save_animation(tmp_path / f"{count}{suffix}", batches)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(2)
    # 160 more frames are 960 kB of pixels, and half as much compressed.
    assert peak(200) < peak(40) + 100_000
