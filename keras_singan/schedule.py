"""How many iterations each scale is trained for."""

from keras_singan.config import SinGANConfig


def scale_steps(filters, config: SinGANConfig) -> tuple[int, ...]:
    """Iterations of every scale, coarsest first.

    A scale as wide as the one below starts from its weights, and takes
    `config.warm_steps` where that is given.

    Args:
        filters: Sequence of the filters of every scale.
        config: The hyper-parameters.
    """
    warm = config.steps if config.warm_steps is None else config.warm_steps
    below = (None, *filters)
    return tuple(
        warm if own == under else config.steps
        for own, under in zip(filters, below, strict=False)
    )
