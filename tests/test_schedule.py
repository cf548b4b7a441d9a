"""What each scale is trained on, and for how long."""

import pytest

from keras_singan.config import SinGANConfig
from keras_singan.schedule import scale_steps


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
