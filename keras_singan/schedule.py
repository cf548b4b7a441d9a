"""How many iterations each scale is trained for."""

from keras_singan.config import SinGANConfig


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
