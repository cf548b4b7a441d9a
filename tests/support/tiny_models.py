"""What the tests of trained models share: tiny configs, pyramids and fits."""

import atexit
import functools
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_singan import ModelFileError
from keras_singan import SinGAN
from keras_singan.config import SinGANConfig
from keras_singan.io.image import read_image
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid
from keras_singan.tasks.retrained_scale import quantized_scale
from keras_singan.training.callbacks import LossHistory
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.run_folder import RunFolder
from keras_singan.training.scale_trainer import ScaleTrainer
from support.checks import refused
from support.photos import photo

# For `photo()`: scales of 18x23, 24x30 and 32x40.
TINY = {
    "min_size": 18,
    "scale_factor": 0.7,
    "steps": 4,
    "discriminator_steps": 2,
    "generator_steps": 1,
    "filters": 4,
    "num_layers": 2,
    # Of the preset `fast` only what tests ask for.
    "warm_fraction": 1.0,
    "refine_from": None,
    "dtype_policy": "float32",
}
# For `photo(24, 30)`: scales of 18x23 and 24x30, and no averages to estimate.
TINIER = TINY | {"steps": 3, "discriminator_steps": 1, "normalization": None}


def weights_of(model):
    """Returns every number that a `SinGAN`'s pyramid holds, by order and name."""
    weights = enumerate(model.pyramid_.weights)
    return {f"{i} {weight.name}": weight.numpy() for i, weight in weights}


def assert_same_weights(one, other):
    """Asserts that two `SinGAN` hold the same weights, bit by bit."""
    one, other = weights_of(one), weights_of(other)
    assert list(one) == list(other)
    different = [name for name in one if one[name].tobytes() != other[name].tobytes()]
    assert not different


def assert_refused(path, *texts):
    """Asserts that a model file is refused in a line that holds the texts."""
    line = refused(lambda: SinGAN.load(path), ModelFileError)
    for text in (*texts, str(path)):
        assert text in line


def randomize(networks, spread=0.2, seed=4):
    """Moves all trainable weights by normal noise, so that each of them matters.

    Args:
        networks: Iterable of Keras layers or models.
        spread: Standard deviation of the noise.
        seed: Its seed.
    """
    rng = np.random.default_rng(seed)
    for network in networks:
        for weight in network.trainable_variables:
            weight.assign(weight + rng.normal(0, spread, weight.shape))


def random_pyramid(size=(24, 30), channels=3, **overrides):
    """Returns the pyramid for a photo of that size, with random weights."""
    config = SinGANConfig(**TINY | overrides)
    pyramid = new_pyramid(to_float(photo(*size, channels)), config)
    randomize(pyramid.generators)
    return pyramid


def new_trainer(scale=1, image=None, **overrides):
    """Returns a trainer over a pyramid whose scales below have random weights."""
    config = SinGANConfig(**TINY | overrides)
    pyramid = new_pyramid(to_float(photo() if image is None else image), config)
    randomize(pyramid.generators[:scale])
    return ScaleTrainer(pyramid, scale, config)


class Snapshots(ScaleCallback):
    """Keeps a copy of each generator as it was when its scale was done."""

    def __init__(self):
        super().__init__()
        self.generators, self.amps = [], []

    def on_scale_end(self, trainer):
        generator = trainer.scale_gan.generator
        self.generators.append([w.copy() for w in generator.get_weights()])
        self.amps.append(trainer.pyramid.noise_amps.numpy()[trainer.scale])


@functools.cache
def trained():
    """Returns a fitted `SinGAN`, its run folder and its `Snapshots`: leave as is."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    run, snapshots = Path(folder.name) / "run", Snapshots()
    model = SinGAN(**TINY)
    model.fit(photo(), checkpoint_dir=run, callbacks=[snapshots], verbose=0)
    return model, run, snapshots


@functools.cache
def pyramid_of(channels):
    """Returns a tiny trained pyramid of that many channels: leave as is."""
    model = SinGAN(**TINIER)
    return model.fit(photo(24, 30, channels), alpha="train", verbose=0).pyramid_


@functools.cache
def retrained(scale=1, colors=4):
    """Returns the retrained scale of `trained()`: leave as is."""
    return asked(scale=scale, colors=colors)


def asked(path=None, scale=1, colors=4, singan=None, **kwargs):
    """Asks for a retrained scale of a `SinGAN`, by default of `trained()`."""
    singan = singan or trained()[0]
    return quantized_scale(
        singan.pyramid_, singan.config_, scale, colors, path=path, **kwargs
    )


def weight_bytes(model):
    """Returns the bytes of each weight of a Keras model, in order."""
    return [weight.numpy().tobytes() for weight in model.weights]


def opened_run(path, image=None, **overrides):
    """Opens a `RunFolder` as a fit of `TINIER` does, and closes it."""
    image = read_image(photo(24, 30) if image is None else image)
    config = SinGANConfig(**TINIER | overrides)
    with RunFolder(path, config, image, LossHistory()) as folder:
        return folder
