"""Training: the only loop over scales."""

import gc

from keras_singan.config import SinGANConfig
from keras_singan.training.scale_trainer import ScaleTrainer


def fit_pyramid(pyramid, config: SinGANConfig, store=None, callbacks=()):
    """Trains all scales, coarsest first, going on where `store` stopped.

    Args:
        pyramid: An untrained `SinGANPyramid` from `new_pyramid`.
        config: The hyper-parameters.
        store: A `RunFolder` that keeps the progress, or `None`.
        callbacks: Keras callbacks, told of every scale's training; those that
            have them are also told `on_scale_begin(scale_trainer)` and
            `on_scale_end(scale_trainer)`.
    """
    below = None
    for scale in range(pyramid.num_scales):
        trainer = ScaleTrainer(pyramid, scale, config, below)
        trainer.train(store, callbacks)
        below = trainer
        # Models and their graphs are cycles: 100 MB a scale until collected.
        gc.collect()
