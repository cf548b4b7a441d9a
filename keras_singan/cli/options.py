"""Options and types that several commands share."""

import contextlib
import dataclasses
import math
import os
import re
from pathlib import Path

import click

from keras_singan.cli.process.quiet import import_quietly
from keras_singan.errors import HubError
from keras_singan.errors import ModelFileError
from keras_singan.hub.hub_client import is_hub_address
from keras_singan.hub.hub_client import parse_address
from keras_singan.io.decode import MAX_PIXELS

RUNS = Path("runs")


class PathType(click.Path):
    """A path, in which `~` is the home folder: no shell says so in `--output=~/x`."""

    def __init__(self, **kwargs):
        super().__init__(path_type=Path, **kwargs)

    def convert(self, value, param, ctx):
        """Returns a `Path`."""
        if isinstance(value, str) and value.startswith("~"):
            value = os.path.expanduser(value)
        return super().convert(value, param, ctx)


class ModelType(PathType):
    """A model: a `.keras` file, a run folder, or an address of the hub."""

    def __init__(self):
        super().__init__(exists=True)

    def convert(self, value, param, ctx):
        """Returns a `Path`, or the text `hf://...`."""
        if not is_hub_address(value):
            return super().convert(value, param, ctx)
        try:
            parse_address(value)
        except HubError as error:
            self.fail(str(error), param, ctx)
        return value


class RangeType(click.ParamType):
    """`auto`, or two numbers with a comma between."""

    name = "auto|LOW,HIGH"

    def convert(self, value, param, ctx):
        """Returns the text "auto", or (low, high)."""
        if isinstance(value, tuple) or value.strip().lower() == "auto":
            return value if isinstance(value, tuple) else "auto"
        with contextlib.suppress(ValueError):
            low, high = map(float, value.split(","))
            if -math.inf < low < high < math.inf:
                return low, high
        self.fail(
            "A range must be auto, or look like 0,4095, the lower number first. "
            f"Received: {value!r}.",
            param,
            ctx,
        )


class PixelsType(click.ParamType):
    """A number of pixels, or of millions of them with an M, as in 300M."""

    name = "PIXELS"

    def convert(self, value, param, ctx):
        """Returns an int."""
        if isinstance(value, int):
            return value
        match = re.fullmatch(r"\s*(\d{1,12})\s*([mM]?)\s*", value)
        if not match:
            self.fail(
                f"A number of pixels must look like 300M. Received: {value!r}.",
                param,
                ctx,
            )
        return int(match[1]) * (10**6 if match[2] else 1)


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
                "A size must look like 188x250 (height x width, px). "
                f"Received: {value!r}.",
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


class ScalesType(click.ParamType):
    """Scales: one, several, or ranges, as in 1 or 0,2 or 1-3."""

    name = "SCALES"

    def convert(self, value, param, ctx):
        """Returns a tuple of ints."""
        if isinstance(value, tuple):
            return value
        scales = []
        for part in value.split(","):
            match = re.fullmatch(r"\s*(-?\d{1,4})\s*(?:-\s*(\d{1,4})\s*)?", part)
            ends = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
            if ends[0] > ends[1]:
                self.fail(
                    "Scales must look like 1 or 0,2 or 1-3, ranges upwards. "
                    f"Received: {value!r}.",
                    param,
                    ctx,
                )
            scales += range(ends[0], ends[1] + 1)
        return tuple(scales)


class NumbersType(click.ParamType):
    """One number, or several with commas between."""

    name = "NUMBERS"

    def convert(self, value, param, ctx):
        """Returns a tuple of floats."""
        if isinstance(value, tuple):
            return value
        return tuple(click.FLOAT.convert(part, param, ctx) for part in value.split(","))


class MoveType(click.ParamType):
    """`x,y,w,h:to_x,to_y`: a box, and where its left upper corner goes."""

    name = "x,y,w,h:to_x,to_y"

    def convert(self, value, param, ctx):
        """Returns (x, y, w, h, to_x, to_y)."""
        if isinstance(value, tuple):
            return value
        number = r"\s*(-?\d{1,6})\s*"
        box, corner = ",".join([number] * 4), ",".join([number] * 2)
        match = re.fullmatch(f"{box}:{corner}", value)
        if not match:
            self.fail(
                "A move must look like 10,20,30,40:60,20 (x,y,width,height:to_x,to_y). "
                f"Received: {value!r}.",
                param,
                ctx,
            )
        return tuple(map(int, match.groups()))


class FactorType(click.FloatRange):
    """A number above 0, and no nonsense."""

    name = "FACTOR"

    def __init__(self):
        super().__init__(0, 1000, min_open=True)

    def convert(self, value, param, ctx):
        """Returns a float."""
        value = super().convert(value, param, ctx)
        if math.isnan(value):
            self.fail("A factor must be a number. Received: nan.", param, ctx)
        return value


def several(ctx, param, values):
    """Callback of an option that holds tuples: one tuple, nothing in it twice."""
    return tuple(dict.fromkeys(value for part in values for value in part))


# Scales count from 0, the coarsest; an image cannot enter below that.
_FROM = {0: "", 1: " From 1 on: below 0 nothing lies that an image could enter."}


def scales_option(default, text, rule="the middle one", least=0):
    """Returns `--scale` for one or several scales.

    Args:
        default: The default scale, or `None` for one that depends on the model.
        text: What the scale means, for the help.
        rule: Which one then. Defaults to the middle of the pyramid.
        least: The lowest scale that is allowed. Defaults to `0`.
    """
    return click.option(
        "--scale",
        type=ScalesType(),
        multiple=True,
        callback=several,
        default=() if default is None else [str(default)],
        show_default=rule if default is None else True,
        help=f"{text}{_FROM[least]} Several ({least},2 or 1-3) also give one labelled "
        "sheet.",
    )


# An image that exists, or - for standard input.
IMAGE = PathType(exists=True, dir_okay=False, allow_dash=True)
model_option = click.option(
    "--model",
    type=ModelType(),
    help="A .keras file, a run folder, or hf://USER/NAME of the Hugging Face hub.  "
    "[default: the newest model in runs/]",
)
scale_option = click.option(
    "--scale",
    type=int,
    default=0,
    show_default=True,
    help="First scale with fresh noise: 0 changes the layout, higher ones details.",
)
size_option = click.option(
    "--size",
    type=SizeType(),
    help="Height x width, px, as in 100x400.  [default: as trained]",
)
seed_option = click.option(
    "--seed", type=int, help="Seed of the noise.  [default: a random one]"
)
output_option = click.option(
    "--output",
    type=PathType(allow_dash=True),
    help="Folder, or file for one result, or - for standard output.  "
    "[default: folder samples/NAME, from the model's name]",
)
range_option = click.option(
    "--range",
    "value_range",
    type=RangeType(),
    help="Values that become black and white; auto: the least and the largest found. "
    " [default: as the type has them]",
)
max_pixels_option = click.option(
    "--max-pixels",
    type=PixelsType(),
    default=MAX_PIXELS,
    show_default="268M",
    help="Most pixels that an image may have.",
)
grid_option = click.option(
    "--grid", is_flag=True, help="Write one sheet with all images instead."
)
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace images that exist."
)


def output_options(command):
    """Adds what says where results go: `--output`, `--grid`, `--overwrite`."""
    return output_option(grid_option(overwrite_option(command)))


@dataclasses.dataclass(frozen=True)
class FoundModel:
    """The model that a command works with.

    Attributes:
        path: Its `Path` on this machine.
        typed: What `--model` takes for the same model: a path, or an address of
            the hub with the commit.
    """

    path: Path
    typed: str


def find_model(model):
    """Finds the model to use, and says which it took by itself.

    Args:
        model: What `--model` gave, or `None`.

    Returns:
        The `FoundModel`.

    Raises:
        HubError: If the hub refuses or does not answer, or has no such model.
        ModelFileError: If there is no model to take.
    """
    if is_hub_address(model):
        import_quietly()
        from keras_singan.hub.hub_load import fetch_model

        path, address = fetch_model(model)
        if address != model:
            click.echo(f"Model: {address}", err=True)
        return FoundModel(path, address)
    if model is not None:
        return FoundModel(model, str(model))
    found = sorted(RUNS.glob("*/singan.keras"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise ModelFileError(
            "A model must be given with --model, or stand in runs/ after "
            "`keras-singan train IMAGE`. Received: no --model, and nothing there."
        )
    click.echo(f"Model: {found[-1].parent} (the newest in {RUNS}/)", err=True)
    return FoundModel(found[-1], str(found[-1]))


def other_scale(scale, count):
    """Returns a start scale to try after `scale`, in a model of `count` scales."""
    return 1 if scale == 0 and count > 1 else 0


def model_name(path):
    """Returns a short name for a model: its run folder's, the file's, or the hub's."""
    if is_hub_address(path):
        return parse_address(path).repository.rpartition("/")[2]
    path = Path(path).resolve()
    if path.is_dir():
        return path.name
    return path.parent.name if path.stem == "singan" else path.stem
