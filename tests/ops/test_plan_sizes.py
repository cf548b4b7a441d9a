"""Sizes in a graph: the whole numbers that geometry gives."""

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from support.photos import QUICK

from keras_singan.geometry import resized_plan
from keras_singan.geometry import scaled
from keras_singan.ops.plan_sizes import area_size
from keras_singan.ops.plan_sizes import plan_sizes

SIDES = st.integers(11, 400)
PLANS = [
    ((25, 33), (33, 44), (43, 58), (57, 76), (75, 100)),
    ((25, 25), (50, 50)),
    ((31, 47),),
]


@tf.function(input_signature=[tf.TensorSpec((2,), tf.int32)], autograph=False)
def planned_in_graph(size):
    return [tf.stack(plan_sizes(plan, tf.unstack(size))) for plan in PLANS]


@tf.function(input_signature=[tf.TensorSpec((2,), tf.int32)], autograph=False)
def areas_in_graph(size):
    return [area_size(plan[-1], tf.unstack(size)) for plan in PLANS]


@QUICK
@given(SIDES, SIDES)
def test_a_plan_in_a_graph_is_that_of_geometry(height, width):
    found = planned_in_graph(np.array([height, width], "int32"))
    for plan, sizes in zip(PLANS, found, strict=True):
        wanted = resized_plan(plan, (height, width), smallest=1)
        assert sizes.numpy().tolist() == [list(size) for size in wanted]


@QUICK
@given(SIDES, SIDES)
def test_an_input_is_generated_with_its_proportions_and_the_trained_area(h, w):
    found = areas_in_graph(np.array([h, w], "int32"))
    for plan, size in zip(PLANS, found, strict=True):
        height, width = (int(side) for side in size)
        (full_h, full_w) = plan[-1]
        wanted = scaled((h, w), np.sqrt(full_h * full_w / (h * w)))
        if max(abs(wanted[0] - full_h), abs(wanted[1] - full_w)) <= 1:
            wanted = plan[-1]
        assert (height, width) == wanted
