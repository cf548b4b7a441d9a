"""Where the results of `keras-singan query` go."""

import os
import tempfile
from pathlib import Path

import click
import numpy as np

from keras_singan.cli.task_run import ANIMATIONS
from keras_singan.cli.task_run import IMAGES
from keras_singan.errors import OutputError
from keras_singan.io.animation_file import save_animation
from keras_singan.io.image import save_image

# What comes as a PNG has 1, 3 or 4 channels: none needs an array.
_IMAGES = tuple(suffix for suffix in IMAGES if suffix != ".npy")


class Output:
    """A folder, a file or standard output, checked before anything is asked for.

    Args:
        output: What `--output` gave, or `None` for a folder in `samples/`.
        model: Name of the model, for that folder.
        overwrite: Whether files may be replaced.
        stems: File names without suffix, one for each result.
        suffix: Of the files in a folder. Defaults to `".png"`.
        known: Suffixes that a file may have. Defaults to those of images.

    Raises:
        click.UsageError: If there are several results for one place.
        OutputError: If a file exists.
    """

    def __init__(self, output, model, overwrite, stems, suffix=".png", known=_IMAGES):
        self._paths, self._suffix = None, suffix
        if str(output) != "-":
            self._paths = _paths(output or Path("samples", model), stems, suffix, known)
        if len(stems) > 1 and (self._paths is None or len(set(self._paths)) == 1):
            raise click.UsageError(
                "A file or - holds one result: give a folder. "
                f"Received: --output {output} for {len(stems)} results."
            )
        for path in self._paths or ():
            if os.path.lexists(path) and not overwrite:
                raise OutputError(
                    "The output must not exist yet: give another --output or --seed, "
                    f"or --overwrite. Received: path={str(path)!r}."
                )

    def write_image(self, image, index=0):
        """Writes a PIL image as result `index`, and says where."""
        pixels = _pixels(image)
        self._write(index, lambda path: save_image(path, pixels, overwrite=True))

    def write_animation(self, frames, fps):
        """Writes PIL images as an animation, and says where."""
        pixels = np.stack([_pixels(frame) for frame in frames])
        self._write(0, lambda path: save_animation(path, pixels, fps, overwrite=True))

    def _write(self, index, save):
        if self._paths is not None:
            click.echo(save(self._paths[index]))
            return
        with tempfile.TemporaryDirectory() as folder:
            path = save(Path(folder, f"result{self._suffix}"))
            click.echo(path.read_bytes(), nl=False)


def _paths(output, stems, suffix, known):
    """Returns the path of each result."""
    ending = output.suffix.lower()
    if os.path.isdir(output) or ending not in {*IMAGES, *ANIMATIONS}:
        return [output / f"{stem}{suffix}" for stem in stems]
    if ending not in known:
        raise click.UsageError(
            f"--output must be a folder, - or a file that ends in {', '.join(known)}. "
            f"Received: --output {output}."
        )
    return [output] * len(stems)


def _pixels(image):
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array
