"""Training: the only loop over scales."""

import gc

from keras_singan.config import SinGANConfig
from keras_singan.geometry import plan_scales
from keras_singan.ops.resize import resize
from keras_singan.pyramid import SinGANPyramid
from keras_singan.scale_trainer import ScaleTrainer


def new_pyramid(image, config: SinGANConfig) -> SinGANPyramid:
    """Makes an untrained pyramid for an image.

    Args:
        image: float32 array `(height, width, channels)`, values in [-1, 1].
        config: The hyper-parameters.

    Raises:
        ImageError: If the image is too small for `config.min_size`.
    """
    plan = plan_scales(image.shape[:2], config)
    pyramid = SinGANPyramid.from_plan(
        config,
        sizes=[scale.size for scale in plan],
        filters=[scale.filters for scale in plan],
        channels=image.shape[-1],
    )
    pyramid.real.assign(resize(image[None], plan[-1].size))
    return pyramid


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
