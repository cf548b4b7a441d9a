"""The plan of scales, for any photo and any config that it accepts."""

import math
from itertools import pairwise

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support.tiny_models import TINY

from keras_singan import geometry
from keras_singan.config import SinGANConfig
from keras_singan.errors import ConfigError
from keras_singan.errors import ImageError
from keras_singan.errors import TaskError
from keras_singan.geometry import plan_scales
from keras_singan.geometry import resized_plan
from keras_singan.geometry import scale_steps
from keras_singan.geometry import super_resolution_steps

QUICK = settings(max_examples=200, deadline=None, database=None)

photos = st.tuples(st.integers(1, 1500), st.integers(1, 1500))


@st.composite
def configs(draw, super_resolution=False):
    num_layers = draw(st.integers(2, 6))
    min_size = draw(st.integers(2 * num_layers + 1, 60))
    values = {}
    if super_resolution:
        factor = draw(st.floats(1.1, 16))
        values = {"task": "super_resolution", "factor": factor}
    return SinGANConfig(
        num_layers=num_layers,
        min_size=min_size,
        max_size=draw(st.none() | st.integers(min_size, 600)),
        scale_factor=draw(st.floats(0.3, 0.9)),
        filters=draw(st.integers(1, 64)),
        max_filters=draw(st.integers(1, 256)),
        **values,
    )


def plan_or_refuse(photo, config):
    """A plan, or `None` if refused, which must be for the short side alone."""
    short = min(geometry.trained_size(photo, config.max_size))
    if short >= config.min_size:
        return plan_scales(photo, config)
    with pytest.raises(ImageError, match=f"min_size={config.min_size} px"):
        plan_scales(photo, config)


def accepted(photo, config):
    plan = plan_or_refuse(photo, config)
    assume(plan is not None)
    return plan


@QUICK
@given(photos, configs())
def test_both_ends_of_a_plan_are_exact(photo, config):
    plan = accepted(photo, config)
    assert min(plan[0].size) == config.min_size
    assert plan[-1].size == geometry.trained_size(photo, config.max_size)


@QUICK
@given(photos, configs() | configs(super_resolution=True))
def test_sizes_never_shrink_and_filters_double_every_four_scales(photo, config):
    plan = accepted(photo, config)
    for below, above in pairwise(plan):
        assert below.size[0] <= above.size[0] and below.size[1] <= above.size[1]
    assert [scale.index for scale in plan] == list(range(len(plan)))
    wanted = [config.filters << k // 4 for k in range(len(plan))]
    most = max(config.filters, config.max_filters)
    assert [scale.filters for scale in plan] == [min(w, most) for w in wanted]


@QUICK
@given(photos, configs())
def test_there_are_as_few_scales_as_the_wanted_factor_allows(photo, config):
    plan = accepted(photo, config)
    shrink, steps = config.min_size / min(plan[-1].size), len(plan) - 1
    assert config.scale_factor**steps <= shrink * (1 + 1e-6)
    if steps:
        assert config.scale_factor ** (steps - 1) > shrink * (1 - 1e-6)


@QUICK
@given(photos, configs())
def test_every_size_lies_on_one_geometric_series(photo, config):
    plan = accepted(photo, config)
    height, width = plan[-1].size
    ratio = (config.min_size / min(height, width)) ** (1 / max(len(plan) - 1, 1))
    for scale in plan:
        shrink = ratio ** (len(plan) - 1 - scale.index)
        assert abs(scale.size[0] - height * shrink) <= 0.5 + 1e-6
        assert abs(scale.size[1] - width * shrink) <= 0.5 + 1e-6


@QUICK
@given(photos, st.none() | st.integers(1, 600))
def test_the_trained_size_fits_and_keeps_the_proportions(photo, max_size):
    trained = geometry.trained_size(photo, max_size)
    if max_size is None or max(photo) <= max_size:
        assert trained == photo
    else:
        assert max(trained) == max_size
        exact = min(photo) * max_size / max(photo)
        assert min(trained) == 1 or abs(min(trained) - exact) <= 0.5 + 1e-9


def test_the_published_sizes_give_known_plans():
    plan = plan_scales((188, 250), SinGANConfig())
    assert [scale.size for scale in plan] == [
        *((25, 33), (32, 43), (41, 55), (53, 71), (69, 91)),
        *((88, 117), (114, 151), (146, 194), (188, 250)),
    ]
    assert [s.filters for s in plan] == [32] * 4 + [64] * 4 + [128]
    # A photo is planned as trained: shrunk beforehand or not is all the same.
    assert plan_scales((768, 1024), SinGANConfig()) == plan
    turned = plan_scales((250, 188), SinGANConfig())
    assert [scale.size[::-1] for scale in turned] == [scale.size for scale in plan]


def test_a_whole_number_of_steps_needs_no_scale_more():
    config = SinGANConfig(min_size=27, scale_factor=0.75)
    assert [s.size[0] for s in plan_scales((64, 70), config)] == [27, 36, 48, 64]
    assert [s.size for s in plan_scales((27, 40), config)] == [(27, 40)]


@pytest.mark.parametrize("photo", [(24, 24), (10, 200), (30, 20000), (20000, 30)])
def test_a_photo_that_is_too_small_as_trained_is_refused(photo):
    size = f"{photo[0]}x{photo[1]}"
    with pytest.raises(ImageError, match=f"Received: an image of {size}"):
        plan_scales(photo, SinGANConfig())
    if max(photo) == 20000:
        assert plan_scales(photo, SinGANConfig(max_size=None))[-1].size == photo


@QUICK
@given(photos, configs(super_resolution=True))
def test_super_resolution_keeps_its_ratio_and_takes_all_scales_it_can(photo, config):
    plan = accepted(photo, config)
    _, step = super_resolution_steps(config.factor)
    finest = geometry.trained_size(photo, config.max_size)
    for scale in plan:
        shrink = step ** (len(plan) - 1 - scale.index)
        assert abs(scale.size[0] - finest[0] / shrink) <= 0.5 + 1e-6
        assert abs(scale.size[1] - finest[1] / shrink) <= 0.5 + 1e-6
    assert min(plan[0].size) >= config.min_size
    assert min(finest) / step ** len(plan) < config.min_size


@pytest.mark.parametrize(
    ("factor", "k"), [(1.1, 1), (2, 3), (3, 5), (4, 6), (8, 9), (1.26, 1), (64, 18)]
)
def test_super_resolution_takes_steps_close_to_four_thirds(factor, k):
    steps, ratio = super_resolution_steps(factor)
    assert steps == k
    assert math.isclose(ratio**k, factor)
    # As many cube roots of 2 as come nearest to the factor.
    assert abs(3 * math.log2(factor) - k) <= 0.5 or k == 1


@QUICK
@given(st.integers(0, 40), configs())
def test_filters_never_exceed_their_cap(scale, config):
    most = max(config.filters, config.max_filters)
    assert config.filters <= geometry.filters_at(scale, config) <= most
    assert geometry.filters_at(0, config) == config.filters


def test_one_pixel_sees_eleven_through_five_layers():
    assert [geometry.receptive_field(n) for n in (1, 2, 5)] == [3, 5, 11]
    # A valid network of margin m turns 2 m + 1 pixels into one.
    assert all(
        geometry.receptive_field(n) - 2 * geometry.margin(n) == 1 for n in (2, 5)
    )


@QUICK
@given(photos, configs(), photos)
def test_a_resized_plan_keeps_the_share_of_every_scale(photo, config, size):
    sizes = tuple(scale.size for scale in accepted(photo, config))
    try:
        result = resized_plan(sizes, size, smallest=3)
    except TaskError:
        coarse = [s * c / f for s, c, f in zip(size, sizes[0], sizes[-1], strict=True)]
        assert min(coarse) < 3
        return
    assert result[-1] == size and len(result) == len(sizes)
    assert min(result[0]) >= 3
    for got, trained in zip(result, sizes, strict=True):
        for side in (0, 1):
            exact = trained[side] * size[side] / sizes[-1][side]
            assert abs(got[side] - exact) <= 0.5 + 1e-9


@QUICK
@given(photos, configs())
def test_a_resized_plan_for_the_trained_size_is_the_plan(photo, config):
    sizes = tuple(scale.size for scale in accepted(photo, config))
    assert resized_plan(sizes, sizes[-1], smallest=1) == sizes


def test_a_size_that_is_too_small_is_refused_with_one_that_is_not():
    sizes = tuple(s.size for s in plan_scales((188, 250), SinGANConfig()))
    with pytest.raises(TaskError, match="at least 83x84 .* Received: size=40x300"):
        resized_plan(sizes, (40, 300), smallest=11)
    assert resized_plan(sizes, (83, 84), smallest=11)[0] == (11, 11)
    with pytest.raises(TaskError):
        resized_plan(sizes, (300, 40), smallest=11)


@pytest.mark.parametrize(
    ("size", "factor", "result"),
    [((5, 7), 0.5, (3, 4)), ((5, 7), 0.01, (1, 1)), ((3, 9), 2, (6, 18))],
)
def test_scaling_rounds_halves_up_and_never_to_nothing(size, factor, result):
    assert geometry.scaled(size, factor) == result


def test_the_tiny_config_of_these_tests_has_three_scales():
    plan = plan_scales((32, 40), SinGANConfig(**TINY))
    assert [scale.size for scale in plan] == [(18, 23), (24, 30), (32, 40)]
    assert [scale.filters for scale in plan] == [4, 4, 4]


@pytest.mark.parametrize(
    "values",
    [{"scale_factor": 0.9999}, {"task": "super_resolution", "factor": 1.001}],
)
def test_scales_that_are_too_alike_are_refused(values):
    with pytest.raises(ConfigError, match="at most 64 scales.*Received: "):
        plan_scales((188, 250), SinGANConfig(**values))


@pytest.mark.parametrize(
    ("filters", "fraction", "steps"),
    [
        ([32, 32, 32], 1.0, (10, 10, 10)),
        ([32, 32, 32], 0.5, (10, 5, 5)),
        ([32, 32, 64, 64], 0.5, (10, 5, 10, 5)),
        ([32], 0.5, (10,)),
        ([32, 32], 0.001, (10, 1)),
    ],
)
def test_a_scale_as_wide_as_the_one_below_takes_a_share(filters, fraction, steps):
    config = SinGANConfig(steps=10, warm_fraction=fraction)
    assert scale_steps(filters, config) == steps
