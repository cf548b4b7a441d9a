import dataclasses
import re
from types import SimpleNamespace

import pytest
from rich.console import Console

from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.geometry import Scale
from keras_singan.performance.estimate import Estimate
from keras_singan.performance.estimate import planned
from keras_singan.performance.flops import iteration_flops
from keras_singan.training.progress import Clock
from keras_singan.training.progress import duration
from keras_singan.training.progress import new_progress
from keras_singan.training.progress import print_plan

CONFIG = SinGANConfig(steps=10, min_size=8, filters=4, num_layers=2)
PYRAMID = SimpleNamespace(
    sizes=[(8, 10), (16, 20), (32, 40)], filters=[4, 8, 8], channels=3, num_scales=3
)
# How much work each scale is, in units of the first.
FLOPS = iteration_flops(planned(PYRAMID), 3, CONFIG)
WORK = [flops / FLOPS[0] for flops in FLOPS]
LOGS = {
    "discriminator_loss": -0.5,
    "adversarial_loss": 0.25,
    "reconstruction_loss": 0.125,
    "gradient_penalty": 1.0,
}


@pytest.fixture
def time(monkeypatch):
    """Stands in for the time module: `time.now` is set by the test."""
    time = SimpleNamespace(now=1000.0)
    time.monotonic = lambda: time.now
    monkeypatch.setattr("keras_singan.training.progress.time", time)
    return time


def trainer(scale, iteration=0):
    return SimpleNamespace(
        scale=scale,
        size=PYRAMID.sizes[scale],
        pyramid=PYRAMID,
        scale_gan=SimpleNamespace(iteration=iteration),
    )


def train(callbacks, scales=range(3), time=None, first=0):
    """Tells callbacks of a training; yields after each event."""
    for scale in scales:
        at = trainer(scale, first if scale == scales[0] else 0)
        for callback in callbacks:
            callback.on_scale_begin(at)
        yield
        for batch in range(at.scale_gan.iteration, CONFIG.steps):
            if time is not None:
                time.now += WORK[scale] / 10
            for callback in callbacks:
                callback.on_train_batch_end(batch, LOGS)
            yield
        for callback in callbacks:
            callback.on_scale_end(at)
        yield


def test_the_share_goes_from_0_to_1_and_never_back():
    clock = Clock(PYRAMID, CONFIG)
    shares = [clock.done for _ in train([clock])]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_a_scale_counts_by_its_operations():
    clock = Clock(PYRAMID, CONFIG)
    clock.on_scale_begin(trainer(2))
    assert clock.done == pytest.approx((1 + WORK[1]) / sum(WORK))
    assert WORK[2] > WORK[1] > 4


def test_a_scale_counts_by_its_iterations():
    clock = Clock(PYRAMID, dataclasses.replace(CONFIG, warm_fraction=0.2))
    work, steps = [1, WORK[1], WORK[2] / 5], []
    for scale in range(3):
        clock.on_scale_begin(trainer(scale))
        steps.append(clock.steps)
        assert clock.done == pytest.approx(sum(work[:scale]) / sum(work))
    assert steps == [10, 10, 2]


def test_after_a_resume_the_share_counts_what_was_done_before():
    clock = Clock(PYRAMID, CONFIG)
    shares = [clock.done for _ in train([clock], scales=[1, 2], first=4)]
    assert shares[0] == pytest.approx((1 + 0.4 * WORK[1]) / sum(WORK))
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_the_time_left_is_unknown_until_four_iterations_are_timed(time):
    clock = Clock(PYRAMID, CONFIG)
    left = [clock.seconds_left for _ in train([clock], [0], time)]
    assert left[:4] == [None] * 4
    assert None not in left[4:]


@pytest.mark.parametrize("first", [0, 3])
def test_the_time_left_is_that_of_all_the_work_left(time, first):
    clock = Clock(PYRAMID, CONFIG)
    start = time.now
    total = sum(WORK) - WORK[0] * first / 10
    for _ in train([clock], time=time, first=first):
        if clock.seconds_left is not None:
            left = total - (time.now - start)
            assert clock.seconds_left == pytest.approx(left, abs=1e-6)


def test_the_first_iteration_which_compiles_is_not_timed(time):
    clock = Clock(PYRAMID, CONFIG)
    clock.on_scale_begin(trainer(2))
    for seconds in (3600, 1, 1, 1):
        time.now += seconds
        clock.on_train_batch_end(0)
    assert clock.seconds_left == pytest.approx(6)


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


def shown(verbose, capsys, **options):
    """Runs a training of stand-ins; gives what it wrote to standard error."""
    with new_progress(verbose, PYRAMID, CONFIG) as callbacks:
        for _ in train(callbacks, **options):
            pass
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_verbose_0_is_silent(capsys):
    assert shown(0, capsys) == ""


def test_verbose_1_shows_the_plan_and_a_bar_that_ends_at_the_last_iteration(
    capsys, monkeypatch
):
    # What rich takes for a terminal; its codes for colours and the cursor go.
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown(1, capsys))
    assert "32 x 40" in text
    last = re.split(r"[\r\n]+", text.rstrip())[-1]
    assert "scale 3 of 3, 32x40" in last
    assert "100 %" in last
    assert "10/10 D -0.50 G +0.25 rec 0.125" in " ".join(last.split())


def test_a_pipe_gets_lines_instead_of_a_bar(capsys, time):
    assert shown(1, capsys, time=time) == shown(2, capsys, time=time)


def test_verbose_2_writes_a_line_for_each_scale(capsys, time):
    lines = [x for x in shown(2, capsys, time=time).splitlines() if x[:5] == "scale"]
    assert lines == [
        f"scale {k} of 3, {size}: {duration(work)}, D -0.50 G +0.25 rec 0.125"
        for k, size, work in zip(
            (1, 2, 3), ("8x10", "16x20", "32x40"), WORK, strict=True
        )
    ]


def test_a_scale_of_which_nothing_was_left_shows_no_losses(capsys, time):
    text = shown(2, capsys, scales=[2], first=10)
    assert re.search(r"^scale 3 of 3, 32x40: 0 s$", text, re.MULTILINE)


@pytest.mark.parametrize("verbose", [3, -1, "1", None])
def test_any_other_verbose_is_refused(verbose):
    with pytest.raises(ConfigError, match=re.escape(f"verbose={verbose!r}")):
        with new_progress(verbose, PYRAMID, CONFIG):
            pass
