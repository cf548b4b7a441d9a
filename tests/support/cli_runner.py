"""Running the command line in this process, and one tiny run for all tests."""

import atexit
import functools
import shlex
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from PIL import Image

from keras_singan.cli.command_group import cli
from support.photos import photo
from support.photos import photo_file

# Two scales, 24x30 and 32x40, of 2 layers.
TINY_CONFIG = [
    *("--max-size", "40", "--min-size", "24", "--filters", "4", "--steps", "3"),
    *("--set", "num_layers=2", "--set", "discriminator_steps=1"),
    *("--set", "generator_steps=1"),
]
TINY_OPTIONS = [
    *TINY_CONFIG,
    *("--dtype-policy", "float32", "--set", "warm_fraction=1", "--verbose", "0"),
]


def invoke(*args, env=None, input=None):
    """Runs `keras-singan` as `main` does; returns click's result.

    `input` is what comes from standard input.
    """
    with warnings.catch_warnings():
        # The package's own warnings become lines, which tests look at.
        warnings.filterwarnings("always", category=UserWarning, module="keras_singan")
        return CliRunner().invoke(
            cli,
            [str(arg) for arg in args],
            env=env,
            input=input,
            prog_name="keras-singan",
            auto_envvar_prefix="KERAS_SINGAN",
        )


def succeed(*args, env=None):
    """Runs `keras-singan`, which must succeed; returns click's result."""
    result = invoke(*args, env=env)
    assert result.exit_code == 0, result.output
    return result


def refuse(code, *args, env=None):
    """Runs `keras-singan`, which must refuse; returns its one line of reason."""
    result = invoke(*args, env=env)
    assert result.exit_code == code, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    lines = [x for x in result.stderr.splitlines() if not x.startswith("Model: ")]
    assert len(lines) == 1
    assert lines[0].startswith("Error: ")
    return lines[0]


def type_next(result):
    """Runs the command after `Next: `, typed as it stands there."""
    (line,) = [x for x in result.stdout.splitlines() if x.startswith("Next: ")]
    program, *args = shlex.split(line.removeprefix("Next: "))
    assert program == "keras-singan"
    return succeed(*args)


def read(path):
    """Reads an image file as an array, as Pillow gives it."""
    with Image.open(path) as image:
        return np.asarray(image)


@functools.cache
def trained_run():
    """Trains once; returns the run folder, which no test may change."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    image = photo_file(folder / "photo.png")
    succeed("train", image, *TINY_OPTIONS, "--output", folder / "run")
    return folder / "run"


def trained_photo():
    """Returns the image that `trained_run` was trained on."""
    return trained_run().parent / "photo.png"


def saved_model(path, size=(24, 30), channels=3, scales=1):
    """Writes an untrained model of tiny networks; returns its path."""
    from keras_singan.config import SinGANConfig
    from keras_singan.models.model_file import save_model
    from keras_singan.models.pyramid import new_pyramid

    least = round(min(size) * 0.75 ** (scales - 1))
    config = SinGANConfig(min_size=least, filters=2, num_layers=2)
    real = photo(*size, channels).astype("float32") / 127.5 - 1
    return save_model(new_pyramid(real, config), config, path)


def stop_training(monkeypatch):
    """Makes training do nothing, for tests of what surrounds it."""
    from keras_singan.training.scale_trainer import ScaleTrainer

    monkeypatch.setattr(ScaleTrainer, "_fit", lambda *args: None)
    monkeypatch.setattr(
        "keras_singan.training.scale_trainer.estimate_averages", lambda *args: None
    )
