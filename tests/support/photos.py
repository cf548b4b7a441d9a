"""What the tests of images share."""

import io

import numpy as np
from hypothesis import HealthCheck
from hypothesis import settings

QUICK = settings(
    max_examples=60,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def noise(*shape, dtype=np.uint8):
    values = np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape)
    return values.astype(dtype)


def encoded(image, file_format, **options):
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()
