"""What each scale is trained on, and for how many iterations."""

from keras_singan.config import SinGANConfig
from keras_singan.geometry import Size


def scale_steps(filters, config: SinGANConfig) -> tuple[int, ...]:
    """Iterations of every scale, coarsest first.

    A scale as wide as the one below starts from its weights, and takes the share
    `config.warm_fraction` of the iterations, at least one.

    Args:
        filters: Sequence of the filters of every scale.
        config: The hyper-parameters.
    """
    warm = max(1, round(config.warm_fraction * config.steps))
    below = (None, *filters)
    return tuple(
        warm if own == under else config.steps
        for own, under in zip(filters, below, strict=False)
    )


def trained_part(size: Size, config: SinGANConfig) -> Size:
    """Size of what one iteration sees of an image: all of it, or a crop.

    Args:
        size: The image's (height, width).
        config: The hyper-parameters.
    """
    if config.crop_size is None:
        return tuple(size)
    height, width = (min(side, config.crop_size) for side in size)
    return height, width
