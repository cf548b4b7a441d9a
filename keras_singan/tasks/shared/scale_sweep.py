"""A task at one start scale, or at several for a person to choose from."""

import numpy as np


def over_scales(start_scale, run):
    """Runs a task at its start scales.

    Args:
        start_scale: int, or tuple of ints: what `check_start_scale` gives.
        run: Function of one start scale that gives an array.

    Returns:
        The array; for a tuple a stack of arrays, one a scale.
    """
    if isinstance(start_scale, tuple):
        return np.stack([run(scale) for scale in start_scale])
    return run(start_scale)
