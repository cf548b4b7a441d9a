"""Options and types that several commands share."""

import re
from pathlib import Path

import click

from keras_singan.errors import ModelFileError

RUNS = Path("runs")


class SizeType(click.ParamType):
    """`HxW`, as in 188x250: height first."""

    name = "HxW"

    def convert(self, value, param, ctx):
        """Returns (height, width)."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"\s*(\d{1,6})\s*[xX]\s*(\d{1,6})\s*", value)
        if not match:
            self.fail(
                f"A size must look like 188x250 (height x width). Received: {value!r}.",
                param,
                ctx,
            )
        return int(match[1]), int(match[2])


class MaxSizeType(click.ParamType):
    """A whole number, or `none`."""

    name = "INTEGER|none"

    def convert(self, value, param, ctx):
        """Returns an int, or the text "none"."""
        if isinstance(value, int) or value.lower() == "none":
            return value if isinstance(value, int) else "none"
        return click.INT.convert(value, param, ctx)


model_option = click.option(
    "--model",
    type=click.Path(exists=True, path_type=Path),
    help="A .keras file or a run folder.  [default: the newest model in runs/]",
)
scale_option = click.option(
    "--scale",
    type=int,
    default=0,
    show_default=True,
    help="First scale with fresh noise: 0 changes the layout, higher ones details.",
)
seed_option = click.option(
    "--seed", type=int, help="Seed of the noise.  [default: a random one]"
)


def find_model(model):
    """Returns the path of the model to use, and says which it took by itself.

    Args:
        model: What `--model` gave, or `None`.

    Raises:
        ModelFileError: If there is no model to take.
    """
    if model is not None:
        return model
    found = sorted(RUNS.glob("*/singan.keras"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ModelFileError(
            "A model must be given with --model, or stand in runs/ after "
            "`keras-singan train IMAGE`. Received: no --model, and nothing there."
        )
    click.echo(f"Model: {found[-1].parent} (the newest in {RUNS}/)", err=True)
    return found[-1]


def other_scale(scale, count):
    """Returns a start scale to try after `scale`, in a model of `count` scales."""
    return 1 if scale == 0 and count > 1 else 0


def model_name(path):
    """Returns a short name for a model: its run folder's, or the file's."""
    path = Path(path).resolve()
    if path.is_dir():
        return path.name
    return path.parent.name if path.stem == "singan" else path.stem
