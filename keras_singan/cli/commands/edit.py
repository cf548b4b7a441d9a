"""`keras-singan edit`."""

import functools

import click
import numpy as np

from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import FactorType
from keras_singan.cli.options import MoveType
from keras_singan.cli.options import injection_option
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import read_dash
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import injection_scales
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import write_scales
from keras_singan.cli.task_run import Job

_MOVE = "{},{},{},{}:{},{}"


@click.command()
@click.argument("image", type=IMAGE, required=False)
@click.argument("mask", type=IMAGE, required=False)
@click.option(
    "--move",
    type=MoveType(),
    help="Move the box at x,y, w wide and h high, to to_x,to_y.",
)
@click.option(
    "--resize-region",
    type=FactorType(),
    help="Enlarge what --move moves.  [default: 1]",
)
@model_option
@injection_option
@seed_option
@output_options
def edit(image, mask, move, resize_region, model, scale, seed, grid, **to):
    """Make parts of the photo that were moved about fit in.

    \b
    keras-singan edit edited.png mask.png
    keras-singan edit --move 10,20,30,40:60,20 --resize-region 1.5

    IMAGE is the edited photo, of any size. MASK is white where it was edited;
    without it, it is found by comparing IMAGE with the photo. With --move the
    edit itself is made here: on IMAGE, or on the photo if there is no IMAGE.
    What lies outside the mask stays as it is. - is standard input.
    """
    _check_usage(image, mask, move, resize_region)
    edited, inside = read_dash(image, mask)
    job = Job("edit", model, seed, **to)
    scales = injection_scales(job.singan.pyramid_, scale)
    if move is None:
        source = functools.partial(read_pixels, job, edited)
    else:
        edited, inside = _naive_edit(job, edited, move, resize_region or 1.0)
        source = functools.partial(np.asarray, edited)
    draw = functools.partial(job.singan.edit, edited, inside, seed=job.seed)
    write_scales(job, "edit", scales, draw, source, grid, keep_source=move is not None)
    options = ["--move", _MOVE.format(*move)] if move else []
    options += ["--resize-region", f"{resize_region:g}"] if resize_region else []
    job.say_next_scale(scales, *filter(None, [image, mask]), least=1, options=options)


def _check_usage(image, mask, move, resize_region):
    if resize_region is not None and move is None:
        raise click.UsageError(
            "--resize-region needs --move, whose to_x,to_y may be x,y. "
            f"Received: --resize-region {resize_region:g} alone."
        )
    if image is None and move is None:
        raise click.UsageError(
            "Either IMAGE, edited, or --move must be given. Received: neither."
        )
    if mask is not None and move is not None:
        raise click.UsageError(
            "Either MASK or --move, which makes a mask, can be given. Received: both."
        )


def _naive_edit(job, image, move, resize):
    from keras_singan.tasks.editing import naive_edit

    pixels = job.singan.training_image() if image is None else read_pixels(job, image)
    return naive_edit(pixels, move, resize)
