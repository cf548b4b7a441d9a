"""What a person sees of a training."""

import re
from types import SimpleNamespace

import pytest
from rich.console import Console
from support.played_trainings import CONFIG
from support.played_trainings import PYRAMID
from support.played_trainings import PlayedTime
from support.played_trainings import train

from keras_singan.errors import ConfigError
from keras_singan.geometry import Scale
from keras_singan.performance.estimate import Estimate
from keras_singan.training.clock import Clock
from keras_singan.training.progress import ProgressDisplay
from keras_singan.training.progress import duration
from keras_singan.training.progress import new_progress
from keras_singan.training.progress import print_plan


@pytest.fixture
def time(monkeypatch):
    time = PlayedTime()
    monkeypatch.setattr("keras_singan.training.progress.time", time)
    return time


DURATIONS = {
    0: "0 s",
    59.6: "1 min 00 s",
    200: "3 min 20 s",
    3599.6: "1 h 00 min",
    7500: "2 h 05 min",
}


@pytest.mark.parametrize("seconds", DURATIONS)
def test_a_duration_has_the_units_a_person_would_use(seconds):
    assert duration(seconds) == DURATIONS[seconds]


def test_the_plan_names_every_scale_and_the_sums(capsys):
    scales = (Scale(0, (25, 31), 32), Scale(1, (33, 41), 64))
    plan = Estimate(scales, (0.5, 2.0), 3 * 2**30, (100, 50), 6.0, 3, CONFIG)
    print_plan(plan, Console(width=80))
    text = capsys.readouterr().out
    rows = [[x.strip() for x in row.split("│")[1:-1]] for row in text.splitlines()]
    assert [row for row in rows if row] == [
        ["0", "25 x 31", "32", "100", "50 s"],
        ["1", "33 x 41", "64", "50", "1 min 40 s"],
    ]
    # 150 s of iterations, and twice 6 s to compile.
    assert "In all about 2 min 42 s and 3.0 GiB of memory" in text


@pytest.fixture(autouse=True)
def measured(monkeypatch):
    """Stands in for the measurement: two of one machine differ, and take time."""

    def estimate(scales, channels, config):
        count = len(scales)
        return Estimate(
            scales, (0.5,) * count, 2**30, (10,) * count, 6.0, channels, config
        )

    monkeypatch.setattr("keras_singan.training.progress.estimate", estimate)


def shown(verbose, capsys, folder=None, **options):
    """Runs a training of stand-ins; gives what it wrote to standard error."""
    clock = Clock(PYRAMID, CONFIG)
    with new_progress(verbose, PYRAMID, CONFIG, clock, folder) as callbacks:
        for _ in train([clock, *callbacks], **options):
            pass
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_verbose_0_is_silent(capsys):
    assert shown(0, capsys) == ""


@pytest.fixture
def terminal(monkeypatch):
    """What rich takes for a terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")


def plain(text):
    """Drops the codes for colours and the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_verbose_1_shows_the_plan_and_a_bar_that_ends_at_the_last_iteration(
    capsys, terminal
):
    text = plain(shown(1, capsys))
    assert "32 x 40" in text
    last = re.split(r"[\r\n]+", text.rstrip())[-1]
    assert "scale 2 of 0-2, 32x40" in last
    assert "100 %" in last
    assert "10/10 D -0.50 G +0.25 rec 0.125, saving" in " ".join(last.split())


def test_above_the_bar_stands_a_line_for_each_scale(capsys, terminal):
    folder = SimpleNamespace(
        is_begun=False, path="run", pictures_path=lambda scale: f"run/scale_{scale:02d}"
    )
    text = plain(shown(1, capsys, folder))
    for scale in range(3):
        assert f"rec 0.125, pictures in run/scale_{scale:02d}" in text


class Bar:
    """Keeps what a display draws."""

    def __init__(self):
        self.drawn = []

    def add_task(self, *args, **fields):
        """Gives the number of a new bar."""
        return 0

    def update(self, task, **fields):
        """Draws."""
        self.drawn.append(fields)


def test_the_bar_says_what_is_done_between_two_scales():
    clock, bar = Clock(PYRAMID, CONFIG), Bar()
    display = ProgressDisplay(clock, bar)
    for _ in train([clock, display]):
        pass
    doing = [fields["doing"] for fields in bar.drawn]
    between = [text for text in doing if not text.endswith("rec 0.125")]
    step = "10/10 D -0.50 G +0.25 rec 0.125"
    following = ["preparing", f"{step}, completing", f"{step}, preparing the next"]
    assert between == [*following, *following, *following[:2], f"{step}, saving"]


def test_the_bar_learns_the_seconds_that_were_measured(capsys):
    clock = Clock(PYRAMID, CONFIG)
    with new_progress(1, PYRAMID, CONFIG, clock):
        assert clock.work == [5.0, 5.0, 5.0]


def test_a_notebook_shows_a_bar_where_its_widgets_are_installed(monkeypatch):
    from keras_singan.training import progress

    console = Console(force_jupyter=True)
    for spec, shows in ((None, False), (object(), True)):
        monkeypatch.setattr(progress.importlib.util, "find_spec", lambda _, s=spec: s)
        assert progress._shows_bars(console) == shows


def test_a_pipe_gets_lines_instead_of_a_bar(capsys, time):
    assert shown(1, capsys, time=time) == shown(2, capsys, time=time)


def test_verbose_2_writes_a_line_for_each_scale(capsys, time):
    lines = [x for x in shown(2, capsys, time=time).splitlines() if x[:5] == "scale"]
    assert lines == [
        "scale 0 of 0-2, 8x10: 1 s, D -0.50 G +0.25 rec 0.125",
        "scale 1 of 0-2, 16x20: 5 s, D -0.50 G +0.25 rec 0.125",
        "scale 2 of 0-2, 32x40: 20 s, D -0.50 G +0.25 rec 0.125",
    ]


def test_a_scale_of_which_nothing_was_left_shows_no_losses(capsys, time):
    text = shown(2, capsys, scales=[2], first=10)
    assert re.search(r"^scale 2 of 0-2, 32x40: 0 s$", text, re.MULTILINE)


@pytest.mark.parametrize("verbose", [3, -1, "1", None])
def test_any_other_verbose_is_refused(verbose):
    with pytest.raises(ConfigError, match=re.escape(f"verbose={verbose!r}")):
        with new_progress(verbose, PYRAMID, CONFIG, Clock(PYRAMID, CONFIG)):
            pass
