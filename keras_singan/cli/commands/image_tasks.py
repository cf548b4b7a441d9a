"""The commands that begin with an image, or with the photo itself."""

import functools

import click

from keras_singan.cli.image_extras import extras_of
from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import read_dash
from keras_singan.cli.options import refine_option
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import Result
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import write_results
from keras_singan.cli.results import write_scales
from keras_singan.cli.task_options import count_option
from keras_singan.cli.task_options import image_help
from keras_singan.cli.task_options import input_option
from keras_singan.cli.task_options import pad_options
from keras_singan.cli.task_options import part_options
from keras_singan.cli.task_run import Job
from keras_singan.task_specs import EXTEND
from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import MIDDLE
from keras_singan.task_specs import START_SCALE
from keras_singan.task_specs import SUPER_RESOLVE
from keras_singan.task_specs import VARY
from keras_singan.task_specs import image_tasks


def image_command(task):
    """Makes the command of a task of the family: see `keras_singan.task_specs`."""
    extras = extras_of(task)

    def run(
        model,
        scale,
        seed,
        grid,
        output,
        overwrite,
        image,
        mask=None,
        refine=None,
        **given,
    ):
        names = [image, mask][: 1 + ("mask_bytes" in task)]
        extras.check(names, **given)
        images = read_dash(*names)
        job = Job(task.command, model, seed, output, overwrite)
        scales = scale or (task.start_scale(job.singan.pyramid_.num_scales),)
        work = extras.prepare(job, images, scales, **given)
        method = getattr(job.singan, task.name)
        if task.refines:
            work.arguments["refine"] = refine
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
        *[refine_option] * task.refines,
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


@click.command()
@click.argument("image", type=IMAGE, required=False)
@part_options
@count_option(8)
@model_option
@scales_option(START_SCALE.default, START_SCALE.text)
@refine_option
@seed_option
@output_options
def vary(image, region, mask, count, scale, refine, **to):
    """Draw one part of the photo anew.

    \b
    keras-singan vary --region 60,20,40,30
    keras-singan vary original.jpg --mask mask.png -n 8

    IMAGE is the photo itself at any size; without it, the photo as trained. What
    lies outside the feathered part stays, pixel by pixel. - is standard input.
    """
    _check_part(region, mask)
    picture, inside = read_dash(image, mask)
    part = {"image": picture, "region": region, "mask": inside, "refine": refine}
    words = ["--region", ",".join(map(str, region))] if region else ["--mask", mask]
    _draw(VARY, image, picture, scale, count, part, words, **to)


@click.command()
@click.argument("image", type=IMAGE, required=False)
@pad_options
@count_option(1)
@model_option
@scales_option(START_SCALE.default, START_SCALE.text)
@seed_option
@output_options
def extend(image, left, right, top, bottom, count, scale, **to):
    """Widen the photo with more of its kind.

    \b
    keras-singan extend --left 50% --right 50%
    keras-singan extend original.jpg --top 200 -n 4

    IMAGE is the photo itself at any size; without it, the photo as trained. It
    stays in its place, but for a narrow seam inside its border. - is standard
    input.
    """
    (picture,) = read_dash(image)
    pads = {"left": left, "right": right, "top": top, "bottom": bottom}
    how = {"image": picture}
    words = [word for k, pad in pads.items() if pad for word in (f"--{k}", pad)]
    _draw(EXTEND, image, picture, scale, count, pads | how, words, **to)


def _draw(
    task, image, picture, scales, count, arguments, words, *, model, seed, grid, **to
):
    """Draws `count` images at each scale with the task's method, and writes them."""
    job = Job(task.command, model, seed, **to)
    method = getattr(job.singan, task.name)
    draw = functools.partial(method, n=count, seed=job.seed, **arguments)
    source = job.singan.training_image
    if picture is not None:
        source = functools.partial(read_pixels, job, picture)
    write_scales(job, task.name, scales, draw, source, grid, count=count)
    job.say_next_scale(scales, *filter(None, [image]), options=[*words, "-n", count])


def _check_part(region, mask):
    if (region is None) == (mask is None):
        given = "neither" if mask is None else "both"
        raise click.UsageError(
            f"Either --region or --mask must be given. Received: {given}."
        )


COMMANDS = {task.name: image_command(task) for task in image_tasks()}
COMMANDS |= {"vary": vary, "extend": extend, "super_resolve": super_resolve}
"""All of them by the names of their tasks."""
