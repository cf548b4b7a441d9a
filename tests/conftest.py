"""Fixtures for the tests of one scale: its networks, and data of one iteration."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# One process tries many commands: none of them may choose how all others compute.
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "0")

import numpy as np
import pytest


@pytest.fixture(scope="session")
def make_scale_gan():
    """Function that makes a compiled ScaleGAN of 2 layers with 4 filters.

    Equal arguments make equal weights. `optimizer` is called twice; what else
    is no argument of `ScaleGAN` goes to `compile`.
    """
    import keras

    from keras_singan.models.networks import Discriminator
    from keras_singan.models.networks import Generator
    from keras_singan.models.scale_gan import ScaleGAN

    def adam():
        # It falls within the tests' steps, so that they see the schedule too.
        rate = keras.optimizers.schedules.PiecewiseConstantDecay([7], [1e-2, 1e-3])
        return keras.optimizers.Adam(rate, 0.5, 0.999, epsilon=1e-8)

    def make(
        network=None,
        optimizer=adam,
        draw_previous=None,
        jit_compile=False,
        **kwargs,
    ):
        network = {"filters": 4, "num_layers": 2} | (network or {})
        kwargs = {"discriminator_steps": 2, "generator_steps": 2} | kwargs
        scale_gan = ScaleGAN(
            Generator(seed=1, **network), Discriminator(seed=9, **network), **kwargs
        )
        scale_gan.compile(
            optimizer(),
            optimizer(),
            draw_previous=draw_previous,
            jit_compile=jit_compile,
        )
        return scale_gan

    return make


@pytest.fixture(scope="session")
def make_data():
    """Function that makes the data of one training iteration for 9x8 pixels."""
    import tensorflow as tf

    def make(seed=0, size=(9, 8), channels=3, draws=2):
        rng = np.random.default_rng(seed)

        def array(low, high, *shape):
            return tf.constant(rng.uniform(low, high, shape), tf.float32)

        image = (1, *size, channels)
        return {
            "real": array(-1, 1, *image),
            "previous_rec": array(-1, 1, *image),
            "z": array(-2, 2, *image),
            "z_rec": array(-2, 2, *image),
            "lower": array(-1, 1, draws, *image[1:]),
            "u": array(0, 1, draws),
        }

    return make
