"""`keras-singan super-resolve`."""

import functools

import click

from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import read_dash
from keras_singan.cli.results import Result
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import write_results
from keras_singan.cli.task_run import Job


@click.command("super-resolve")
@click.argument("image", type=IMAGE, required=False)
@click.option(
    "--factor", type=float, default=4, show_default=True, help="Enlargement, above 1."
)
@click.option(
    "--back-projection/--no-back-projection",
    default=True,
    show_default=True,
    help="Whether the result is made to shrink to IMAGE exactly.",
)
@model_option
@click.option(
    "--seed", type=int, help="Seed of noise in the detail.  [default: no noise]"
)
@output_options
def super_resolve(image, factor, back_projection, model, seed, grid, **to):
    """Enlarge IMAGE, or the photo itself, with detail like the photo's.

    Best with a model of `keras-singan train --task super-resolution`.
    - is standard input.
    """
    (small,) = read_dash(image)
    job = Job("super-resolve", model, seed, random=False, **to)
    draw = functools.partial(
        job.singan.super_resolve,
        small,
        factor,
        seed=job.seed,
        back_projection=back_projection,
    )
    stem = job.stem("super_resolution", f"x{factor:g}")
    result = Result(f"x{factor:g}", [stem], lambda: draw()[None])
    if small is None:
        source = job.singan.training_image
    else:
        source = functools.partial(read_pixels, job, small)
    write_results(job, [result], source, f"{stem}_sheet" if grid else None, grid)
    options = ["--factor", f"{factor:g}", "--seed", 1 if seed is None else seed + 1]
    options += [] if back_projection else ["--no-back-projection"]
    job.say_next(*filter(None, [image]), options=options)
