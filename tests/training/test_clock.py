"""How far a training is, and how long it still takes."""

import dataclasses

import pytest
from support.played_trainings import CONFIG
from support.played_trainings import PYRAMID
from support.played_trainings import SCALES
from support.played_trainings import SECONDS
from support.played_trainings import PlayedTime
from support.played_trainings import train
from support.played_trainings import trainer

from keras_singan.performance.flops import iteration_flops
from keras_singan.training.clock import Clock

WORK = [10 * seconds for seconds in SECONDS]


@pytest.fixture
def time(monkeypatch):
    time = PlayedTime()
    monkeypatch.setattr("keras_singan.training.clock.time", time)
    return time


def new_clock(**overrides):
    return Clock(PYRAMID, dataclasses.replace(CONFIG, **overrides), SECONDS)


def test_the_share_goes_from_0_to_1_and_never_back():
    clock = new_clock()
    shares = [clock.done for _ in train([clock])]
    assert shares[0] == 0
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_a_scale_counts_by_its_seconds():
    clock = new_clock()
    clock.on_scale_begin(trainer(2))
    assert clock.done == pytest.approx((WORK[0] + WORK[1]) / sum(WORK))


def test_where_no_seconds_are_known_operations_count_and_what_starts_them():
    work = Clock(PYRAMID, CONFIG).work
    flops = iteration_flops(SCALES, 3, CONFIG)
    assert [b - a for a, b in zip(work, work[1:], strict=False)] == pytest.approx(
        [10 * (b - a) for a, b in zip(flops, flops[1:], strict=False)]
    )
    # Tiny images: starting their operations is nearly all.
    assert 1 < work[2] / work[0] < 2 < flops[2] / flops[0]


def test_a_scale_counts_by_its_iterations():
    clock = new_clock(warm_fraction=0.2)
    work, steps = [WORK[0], WORK[1], WORK[2] / 5], []
    for scale in range(3):
        clock.on_scale_begin(trainer(scale))
        steps.append(clock.steps)
        assert clock.done == pytest.approx(sum(work[:scale]) / sum(work))
    assert steps == [10, 10, 2]


def test_after_a_resume_the_share_counts_what_was_done_before():
    clock = new_clock()
    shares = [clock.done for _ in train([clock], scales=[1, 2], first=4)]
    assert shares[0] == pytest.approx((WORK[0] + 0.4 * WORK[1]) / sum(WORK))
    assert shares[-1] == 1
    assert shares == sorted(shares)


def test_scales_that_were_finished_before_are_done():
    clock = new_clock()
    shares = []
    for scales in range(4):
        clock.skip(scales)
        shares.append(clock.done * sum(WORK))
    assert shares == pytest.approx([0, WORK[0], WORK[0] + WORK[1], sum(WORK)])


def test_the_time_left_is_unknown_until_four_iterations_are_timed(time):
    clock = new_clock()
    left = [clock.seconds_left for _ in train([clock], [0], time)]
    assert left[:4] == [None] * 4
    assert None not in left[4:]


@pytest.mark.parametrize("first", [0, 3])
def test_the_time_left_is_that_of_all_the_work_left(time, first):
    clock = new_clock()
    start = time.now
    total = sum(WORK) - first * SECONDS[0]
    for _ in train([clock], time=time, first=first):
        if clock.seconds_left is not None:
            left = total - (time.now - start)
            assert clock.seconds_left == pytest.approx(left, abs=1e-6)


def test_the_time_left_does_not_jump_where_a_scale_begins(time):
    clock, left = new_clock(), []
    for _ in train([clock], time=time):
        left.append(clock.seconds_left)
    known = [seconds for seconds in left if seconds is not None]
    assert left.index(known[0]) == 4 and left[4:] == known
    steps = [a - b for a, b in zip(known, known[1:], strict=False)]
    assert max(map(abs, steps)) == pytest.approx(max(SECONDS))


def test_one_slow_iteration_hardly_moves_the_time_left(time):
    clock = Clock(PYRAMID, dataclasses.replace(CONFIG, steps=1000), (1.0, 1.0, 1.0))
    clock.on_scale_begin(trainer(0))
    for _ in range(200):
        time.now += 1
        clock.on_train_batch_end(0)
    before = clock.seconds_left
    time.now += 6
    clock.on_train_batch_end(0)
    assert before == pytest.approx(2800)
    assert before < clock.seconds_left < 1.1 * before


def test_the_pace_follows_the_machine(time):
    clock = Clock(PYRAMID, dataclasses.replace(CONFIG, steps=1000), (1.0, 1.0, 1.0))
    clock.on_scale_begin(trainer(0))
    for seconds in [1] * 200 + [2] * 150:
        time.now += seconds
        clock.on_train_batch_end(0)
    assert clock.seconds_left == pytest.approx(2 * (3000 - 350), rel=0.02)


def test_the_first_iteration_which_compiles_is_not_timed(time):
    clock = new_clock()
    clock.on_scale_begin(trainer(2))
    for seconds in (3600, 1, 1, 1):
        time.now += seconds
        clock.on_train_batch_end(0)
    assert clock.seconds_left == pytest.approx(6)


def test_what_lies_between_two_scales_counts_for_those_to_come(time):
    clock = new_clock()
    list(train([clock], [0], time, pause=7.0))
    clock.on_scale_begin(trainer(1))
    time.now += SECONDS[1]
    clock.on_train_batch_end(0)
    assert clock.seconds_left == pytest.approx(9 * 0.5 + WORK[2] + 7)
