"""The commands of the family "image (and mask) to image", and `super-resolve`."""

import functools

import click

from keras_singan.cli.image_extras import extras_of
from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import image_help
from keras_singan.cli.options import input_option
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import read_dash
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import Result
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import write_results
from keras_singan.cli.results import write_scales
from keras_singan.cli.task_run import Job
from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import MIDDLE
from keras_singan.task_specs import SUPER_RESOLVE
from keras_singan.task_specs import image_tasks


def image_command(task):
    """Makes the command of a task of the family: see `keras_singan.task_specs`."""
    extras = extras_of(task)

    def run(model, scale, seed, grid, output, overwrite, image, mask=None, **given):
        names = [image, mask][: 1 + ("mask_bytes" in task)]
        extras.check(names, **given)
        images = read_dash(*names)
        job = Job(task.command, model, seed, output, overwrite)
        scales = scale or (task.start_scale(job.singan.pyramid_.num_scales),)
        work = extras.prepare(job, images, scales, **given)
        method = getattr(job.singan, task.name)
        draw = functools.partial(method, *work.images, seed=job.seed, **work.arguments)
        write_scales(job, work.stem, scales, draw, work.source, grid, work.keep_source)
        again = extras.again(**given)
        job.say_next_scale(scales, *filter(None, names), least=1, options=again)

    scale = task["start_scale"]
    default = None if scale.default == MIDDLE else scale.default
    decorators = [
        click.argument("image", type=IMAGE, required=extras.image_required),
        *[click.argument("mask", type=IMAGE, required=False)] * ("mask_bytes" in task),
        *extras.options,
        model_option,
        scales_option(default, scale.text),
        seed_option,
        output_options,
    ]
    for decorate in reversed(decorators):
        run = decorate(run)
    text = image_help(task, extras.usage, extras.more)
    return click.command(task.command, help=text)(run)


@click.command("super-resolve")
@click.argument("image", type=IMAGE, required=False)
@input_option(FACTOR, default=None, rule="the one trained for, else 4")
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
    job = Job(SUPER_RESOLVE.command, model, seed, random=False, **to)
    if factor is None:
        factor = job.singan.config_.factor or FACTOR.default
    options = {"seed": job.seed, "back_projection": back_projection}
    stem = job.stem(SUPER_RESOLVE.signature, f"x{factor:g}")
    result = Result(
        f"x{factor:g}",
        [stem],
        lambda: job.singan.super_resolve(small, factor, **options)[None],
    )
    if small is None:
        source = job.singan.training_image
    else:
        source = functools.partial(read_pixels, job, small)
    write_results(job, [result], source, f"{stem}_sheet" if grid else None, grid)
    options = ["--factor", f"{factor:g}", "--seed", 1 if seed is None else seed + 1]
    options += [] if back_projection else ["--no-back-projection"]
    job.say_next(*filter(None, [image]), options=options)


COMMANDS = {task.name: image_command(task) for task in image_tasks()}
"""The family's commands by the names of their tasks."""
