"""How good samples are, in figures: see `keras_singan.metrics.scores`."""

from keras_singan.metrics.frechet import inception_features
from keras_singan.metrics.scores import coherence
from keras_singan.metrics.scores import completeness
from keras_singan.metrics.scores import diversity
from keras_singan.metrics.scores import evaluate
from keras_singan.metrics.scores import patch_distances
from keras_singan.metrics.scores import psnr
from keras_singan.metrics.scores import rmse
from keras_singan.metrics.scores import sifid
from keras_singan.metrics.scores import sliced_wasserstein
from keras_singan.metrics.scores import ssim

__all__ = [
    "coherence",
    "completeness",
    "diversity",
    "evaluate",
    "inception_features",
    "patch_distances",
    "psnr",
    "rmse",
    "sifid",
    "sliced_wasserstein",
    "ssim",
]
