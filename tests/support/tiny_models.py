"""What the tests of trained models share: tiny photos and tiny fits."""

import atexit
import functools
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from keras_singan import ModelFileError
from keras_singan import SinGAN
from keras_singan.config import SinGANConfig
from keras_singan.io.image import read_image
from keras_singan.io.image import to_float
from keras_singan.models.pyramid import new_pyramid
from keras_singan.training.callbacks import LossHistory
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.run_folder import RunFolder
from keras_singan.training.scale_trainer import ScaleTrainer

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
    "dtype_policy": "float32",
}
# For `photo(24, 30)`: scales of 18x23 and 24x30, and no averages to estimate.
TINIER = TINY | {"steps": 3, "discriminator_steps": 1, "normalization": None}


def photo(height=32, width=40, channels=3, seed=0):
    """Smooth bands with some noise on them, uint8 `(height, width, channels)`."""
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / (3 + c) + c) * np.cos(y / (5 + c)) for c in range(channels)]
    rough = np.random.default_rng(seed).uniform(-0.2, 0.2, (height, width, channels))
    values = (np.stack(waves, -1) + rough) * 100 + 128
    return np.clip(values, 0, 255).astype(np.uint8)


def weights_of(model):
    """Gives every number that a `SinGAN`'s pyramid holds, by order and name."""
    weights = enumerate(model.pyramid_.weights)
    return {f"{i} {weight.name}": weight.numpy() for i, weight in weights}


def assert_same_weights(one, other):
    """Asserts that two `SinGAN` hold the same weights, bit by bit."""
    one, other = weights_of(one), weights_of(other)
    assert list(one) == list(other)
    different = [name for name in one if one[name].tobytes() != other[name].tobytes()]
    assert not different


def assert_one_line(error):
    """Asserts that a message is a line that ends with what was received."""
    text = str(error.value)
    assert text and "\n" not in text
    assert "Received" in text
    assert len(text) < 600


def assert_refused(path, *texts):
    """Asserts that a model file is refused in a line that holds the texts."""
    with pytest.raises(ModelFileError) as error:
        SinGAN.load(path)
    assert_one_line(error)
    for text in (*texts, str(path)):
        assert text in str(error.value)


def new_trainer(scale=1, image=None, **overrides):
    """Gives a trainer over a pyramid whose scales below have random weights."""
    config = SinGANConfig(**TINY | overrides)
    pyramid = new_pyramid(to_float(photo() if image is None else image), config)
    rng = np.random.default_rng(4)
    for generator in pyramid.generators[:scale]:
        for weight in generator.trainable_variables:
            weight.assign(weight + rng.normal(0, 0.2, weight.shape))
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
    """Gives a fitted `SinGAN`, its run folder and its `Snapshots`: leave as is."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    run, snapshots = Path(folder.name) / "run", Snapshots()
    model = SinGAN(**TINY)
    model.fit(photo(), checkpoint_dir=run, callbacks=[snapshots], verbose=0)
    return model, run, snapshots


def tree(path):
    """Gives every file's bytes and time, so that any change shows."""
    return {
        str(p.relative_to(path)): p.is_file() and (p.read_bytes(), p.stat().st_mtime_ns)
        for p in path.rglob("*")
    }


def opened_run(path, image=None, **overrides):
    """Opens a `RunFolder` as a fit of `TINIER` does."""
    image = read_image(photo(24, 30) if image is None else image)
    config = SinGANConfig(**TINIER | overrides)
    return RunFolder(path, config, image, LossHistory())
