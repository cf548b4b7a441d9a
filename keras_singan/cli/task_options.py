"""Options and help texts that come from the specs of the tasks."""

import re

import click

from keras_singan.cli.options import IMAGE
from keras_singan.task_specs import EXTEND
from keras_singan.task_specs import REFINE
from keras_singan.task_specs import TILES
from keras_singan.task_specs import VARIATION


class RegionType(click.ParamType):
    """`x,y,width,height`: a box."""

    name = "x,y,width,height"

    def convert(self, value, param, ctx):
        """Returns (x, y, width, height)."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(",".join([r"\s*(\d{1,6})\s*"] * 4), value)
        if not match:
            self.fail(
                "A region must look like 10,20,30,40 (x,y,width,height). "
                f"Received: {value!r}.",
                param,
                ctx,
            )
        return tuple(map(int, match.groups()))


class SampleType(click.ParamType):
    """`seed,number`: a sample, as its file's name has them."""

    name = "SEED,NUMBER"

    def convert(self, value, param, ctx):
        """Returns (seed, number)."""
        if isinstance(value, tuple):
            return value
        match = re.fullmatch(r"\s*(-?\d{1,19})\s*,\s*(\d{1,10})\s*", value)
        if not match:
            self.fail(
                "A sample must look like 3,2 (its seed and its number). "
                f"Received: {value!r}.",
                param,
                ctx,
            )
        return tuple(map(int, match.groups()))


class PadType(click.ParamType):
    """Pixels, or a share of the side such as 50%."""

    name = "PIXELS|%"

    def convert(self, value, param, ctx):
        """Returns an int, or the text."""
        if isinstance(value, int) or value.strip().endswith("%"):
            return value
        return click.INT.convert(value, param, ctx)


def input_option(each, default=..., rule=None):
    """Makes the option of a task's input.

    Args:
        each: The `keras_singan.task_specs.Input`.
        default: Its default. Defaults to the input's own.
        rule: What the help says about the default where that is `None`. Defaults
            to `None`: nothing.
    """
    default = each.default if default is ... else default
    name = f"--{each.name.replace('_', '-')}"
    text = each.text + (f"  [default: {rule}]" if rule else "")
    if each.is_switch:
        return click.option(f"{name}/--no-{name[2:]}", default=None, help=text)
    if each.is_flag:
        return click.option(name, is_flag=True, help=each.text)
    return click.option(
        name,
        type=float if each.dtype == "float32" else int,
        default=default,
        show_default=default is not None,
        help=text,
    )


def image_help(task, usage="", more="", compares="it is found by comparing"):
    """Writes the help of a command of the family "image (and mask) to image".

    Args:
        task: The `keras_singan.task_specs.Task`.
        usage: A paragraph of commands. Defaults to `""`.
        more: A further sentence. Defaults to `""`.
        compares: What happens without a mask.
    """
    images = [f"IMAGE is {task['image_bytes'].text}."]
    if "mask_bytes" in task:
        mask = task["mask_bytes"].text
        images += [
            f"MASK is {mask}; without it, {compares} IMAGE with the photo.",
        ]
    images += [more, task.kept, "- is standard input."]
    paragraphs = [task.summary, usage, " ".join(filter(None, images))]
    return "\n\n".join(filter(None, paragraphs))


def count_option(default):
    """Makes `-n`, how many images."""
    return click.option(
        "-n",
        "count",
        type=click.IntRange(1),
        default=default,
        show_default=True,
        help="How many.",
    )


def sample_labels(size, variation, around, refine=None):
    """Returns what a sample's file name says of options that were given.

    Args:
        size: (height, width), or `None` for the trained size.
        variation: float, or `None` for the default.
        around: (seed, number) of the sample that is varied, or `None`.
        refine: `True`, `False`, or `None` for the model's own. Defaults to `None`.
    """
    labels = [] if size is None else ["{}x{}".format(*size)]
    if variation not in (None, VARIATION.default):
        labels.append(f"variation{variation:g}")
    labels += ["around{}-{}".format(*around)] if around else []
    return labels + ([] if refine is None else ["refined" if refine else "unrefined"])


def refine_words(refine):
    """Returns `--refine` as it was given: the command after this one has it, too."""
    return [] if refine is None else ["--refine" if refine else "--no-refine"]


def part_options(command):
    """Adds what says which part is drawn anew: `--region` or `--mask`."""
    for add in (
        click.option("--mask", type=IMAGE, help="Image, white where the part is."),
        click.option("--region", type=RegionType(), help="The part, a box in pixels."),
    ):
        command = add(command)
    return command


def pad_options(command):
    """Adds how much is added at each side: `--left` and so on."""
    for side in ("bottom", "top", "right", "left"):
        text = EXTEND[side].text
        command = click.option(f"--{side}", type=PadType(), default=0, help=text)(
            command
        )
    return command


refine_option = input_option(
    REFINE, rule="as the preset has it; not for samples that keep the layout"
)
around_option = click.option(
    "--around",
    type=SampleType(),
    help="Vary this sample, not the photo, with --variation below 1.",
)
tile_option = click.option(
    "--tile",
    type=click.Choice(TILES),
    help="Repeat without a seam: x makes a panorama that closes, both a texture.",
)
