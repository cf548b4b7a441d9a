"""A command at work: its model, its seed, and where its results go."""

import contextlib
import os
import secrets
import shlex
import tempfile
from pathlib import Path

import click
import numpy as np

from keras_singan.cli.options import find_model
from keras_singan.cli.options import model_name
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.errors import OutputError
from keras_singan.io.image import save_image

IMAGES = (".png", ".webp", ".tif", ".tiff", ".bmp", ".jpg", ".jpeg", ".npy")
ANIMATIONS = (".gif", ".webp", ".png", ".apng", ".mp4")


class Job:
    """What a command works with.

    Args:
        command: Name of the command.
        model: What `--model` gave.
        seed: What `--seed` gave.
        output: What `--output` gave.
        overwrite: Whether files may be replaced.
        suffix: Of the files to write. Defaults to `".png"`.
        random: Whether no seed means a random one, not none at all. Defaults
            to `True`.

    Attributes:
        model: What `--model` takes for the model.
        model_path: Path of the model on this machine.
        singan: The loaded `SinGAN`.
        command: Name of the command.
        supposed: Whether no `--model` was given.
        seed: The seed, or `None` for none at all.
        to_stdout: Whether the result goes to standard output.

    Raises:
        ModelFileError: If there is no model, or none that can be read.
    """

    def __init__(
        self, command, model, seed, output, overwrite, suffix=".png", random=True
    ):
        known = ANIMATIONS if command == "animate" else IMAGES
        self.to_stdout, self._file = _kind_of(output, known)
        self.command, self._overwrite = command, overwrite
        # Whether the model was only supposed, not named.
        self.supposed = model is None
        self._suffix = suffix if self._file is None else self._file.suffix
        found = find_model(model)
        self.model, self.model_path = found.typed, found.path
        import_quietly()
        from keras_singan import SinGAN

        drawn = secrets.randbelow(2**31) if random else None
        self.seed = drawn if seed is None else seed
        self.singan = SinGAN.load(self.model_path)
        default = Path("samples") / model_name(self.model)
        self._folder = default if output is None else output

    @property
    def is_single(self):
        """Whether `--output` holds one result: a file, or standard output."""
        return self.to_stdout or self._file is not None

    def stem(self, name, *parts):
        """Returns a file name without suffix: the name, its parts, and the seed."""
        seed = [] if self.seed is None else [f"seed{self.seed:04d}"]
        return "_".join([name, *parts, *seed])

    def sheet_stem(self, name, scales, *parts):
        """Returns the file name of a sheet of several scales, without suffix."""
        return f"{self.stem(name, f'scale{joined(scales)}', *parts)}_sheet"

    def path(self, stem, ending=""):
        """Returns where a result goes, or what is named as it with an ending."""
        path = self._file or self._folder / f"{stem}{self._suffix}"
        return path.with_name(f"{path.stem}{ending}{path.suffix}") if ending else path

    def mask_path(self, stem, ending):
        """Returns where the mask of a result goes: a PNG, because labels are exact."""
        return self.path(stem, ending).with_suffix(".png")

    def refuse_unwritable(self, stems, channels=3, beside=()):
        """Makes sure, before the work, that its results can be written.

        Args:
            stems: Their file names, without suffix.
            channels: Of the images. Defaults to `3`.
            beside: Paths of files that come with them. Defaults to none.

        Raises:
            click.UsageError: If there are several for one place.
            ImageError: If the format cannot hold the channels.
            OutputError: If something is in the way.
        """
        if self.is_single and len(stems) > 1:
            raise click.UsageError(
                "A file or - holds one result: give a folder, or --grid for one sheet. "
                f"Received: --output {self._folder} for {len(stems)} results."
            )
        if self.to_stdout and channels not in (1, 3, 4):
            raise OutputError(
                "Standard output takes a PNG of 1, 3 or 4 channels: give a folder. "
                f"Received: channels={channels}."
            )
        if not self.to_stdout:
            paths = [*(self.path(stem) for stem in stems), *beside]
            _refuse_what_is_there(paths, channels, self._overwrite)
            _try_folder(paths[0])
            if self._file is not None and self.command != "animate":
                _try_format(self._suffix, channels)

    def write(self, stem, save):
        """Writes one result, and says where.

        Args:
            stem: Its file name, without suffix.
            save: Function that writes to a path and gives what it has written.
        """
        if not self.to_stdout:
            click.echo(save(self.path(stem)))
            return
        with tempfile.TemporaryDirectory() as folder:
            data = save(Path(folder, f"result{self._suffix}")).read_bytes()
        click.echo(data, nl=False)

    def say(self, *labels):
        """Says what was made, if no file name does."""
        if self.is_single:
            seed = [] if self.seed is None else [f"seed {self.seed}"]
            click.echo(f"Used: {', '.join([*labels, *seed])}", err=True)

    def say_next(self, *args, options=()):
        """Says what to type next: the command with other arguments and options."""
        words = ["--model", self.model, *options]
        # After --, a name that begins with a hyphen is no option.
        hidden = any(str(arg).startswith("-") and str(arg) != "-" for arg in args)
        words = [*words, "--", *args] if hidden else [*args, *words]
        line = shlex.join(["keras-singan", self.command, *map(str, words)])
        click.echo(f"Next: {line}", err=self.to_stdout)

    def say_next_scale(self, scales, *args, least=0, options=()):
        """Says to type the command with a scale next to those it had."""
        count = self.singan.pyramid_.num_scales
        others = [scale for scale in range(least, count) if scale not in scales]
        other = min(others or scales, key=lambda scale: abs(scale - scales[-1]))
        self.say_next(*args, options=[*options, "--scale", other])


def joined(values):
    """Returns numbers as they stand in a file name."""
    return "-".join(f"{value:g}" for value in values)


def _kind_of(output, known):
    """Returns whether `--output` is standard output, and the file it is or None."""
    if output is None or str(output) == "-" or os.path.isdir(output):
        return str(output) == "-", None
    suffix = output.suffix.lower()
    if suffix in (*IMAGES, *ANIMATIONS) and suffix not in known:
        raise click.UsageError(
            f"--output must be a folder, - or a file that ends in {', '.join(known)}. "
            f"Received: --output {output}."
        )
    return False, output if suffix in known else None


def _refuse_what_is_there(paths, channels, overwrite):
    for path in paths:
        written = [path]
        if channels not in (1, 3, 4):
            preview = path.with_name(f"{path.stem}_preview.png")
            written += path.with_suffix(".npy"), preview
        for found in filter(os.path.lexists, () if overwrite else written):
            raise OutputError(
                "The output must not exist yet: give another --output or --seed, "
                f"or --overwrite. Received: path={str(found)!r}."
            )


def _try_folder(path):
    """Tries, without a trace, whether a file could be made where a path is."""
    there = path.parent
    while not os.path.lexists(there):
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there), contextlib.suppress(FileNotFoundError):
            # Says so if the name is too long.
            os.lstat(there / path.name)
    except OSError as error:
        raise OutputError(
            "The output must stand in a folder that can be written to, but of "
            f"{str(there)!r} the system says {error.strerror!r}. "
            f"Received: path={str(path)!r}."
        ) from None


def _try_format(suffix, channels):
    """Writes one pixel, since a format that cannot hold it is refused early."""
    with tempfile.TemporaryDirectory() as folder:
        save_image(Path(folder, f"pixel{suffix}"), np.zeros((1, 1, channels), "uint8"))
