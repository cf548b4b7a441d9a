"""The commands that begin with an image, or with the photo itself."""

import functools

import click

from keras_singan.cli.fitting_run import warn_of_another_photo
from keras_singan.cli.given_images import pairs_of
from keras_singan.cli.given_images import prefixes
from keras_singan.cli.given_images import read_dash
from keras_singan.cli.image_extras import extras_of
from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import PathType
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import range_option
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import Result
from keras_singan.cli.results import ResultSet
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import scale_results
from keras_singan.cli.results import write_sets
from keras_singan.cli.task_options import count_option
from keras_singan.cli.task_options import image_help
from keras_singan.cli.task_options import input_option
from keras_singan.cli.task_options import pad_options
from keras_singan.cli.task_options import part_options
from keras_singan.cli.task_options import refine_option
from keras_singan.cli.task_options import refine_words
from keras_singan.cli.task_run import Job
from keras_singan.io.image import spread
from keras_singan.task_specs import EXTEND
from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import MASK
from keras_singan.task_specs import START_SCALE
from keras_singan.task_specs import SUPER_RESOLVE
from keras_singan.task_specs import VARY
from keras_singan.task_specs import image_tasks

masks_option = click.option(
    "--masks",
    type=PathType(exists=True, file_okay=False),
    help="Folder with a mask of the same name for each IMAGE.",
)


def image_command(task):
    """Makes the command of a task of the family: see `keras_singan.task_specs`."""
    extras = extras_of(task)
    run = functools.partial(_run, task, extras)
    for decorate in reversed(_decorators(task, extras)):
        run = decorate(run)
    text = image_help(task, extras.usage, extras.more)
    return click.command(task.command, help=text)(run)


def _decorators(task, extras):
    """Returns what adds arguments and options, in the order of the help."""
    scale, takes_mask = task["start_scale"], MASK.name in task
    ruled = isinstance(scale.default, str)
    default, rule = (None, scale.default) if ruled else (scale.default, None)
    usage = "IMAGE [MASK]" if takes_mask else "IMAGE..."
    return [
        click.argument(
            "images",
            type=IMAGE,
            nargs=-1,
            required=extras.image_required,
            metavar=usage if extras.image_required else f"[{usage}]",
        ),
        *[masks_option] * takes_mask,
        *extras.options,
        range_option,
        model_option,
        scales_option(default, scale.text, rule, least=scale.low),
        *[refine_option] * task.refines,
        seed_option,
        output_options,
    ]


def _run(
    task,
    extras,
    model,
    scale,
    seed,
    grid,
    output,
    overwrite,
    images,
    value_range,
    masks=None,
    refine=None,
    **given,
):
    """Does what the command line says."""
    takes_mask = MASK.name in task
    pairs = pairs_of(images, masks, takes_mask)
    for pair in pairs:
        extras.check(pair, **given)
    contents = _contents(pairs, value_range, takes_mask)
    names = prefixes([image for image, _ in pairs])
    job = Job(task.command, model, seed, output, overwrite)
    _refuse_masked(job, task)
    scales, given = extras.settle(job, contents, scale, **given)
    sets = []
    for name, inputs in zip(names, contents, strict=True):
        work = extras.prepare(job, inputs, scales, refine, **given)
        if takes_mask:
            _compare(job, work)
        work.stem = name + work.stem
        if task.refines:
            work.arguments["refine"] = refine
        sets.append(_result_set(job, task, work, scales, grid))
    write_sets(job, sets, grid)
    again = [*extras.again(**given), *refine_words(refine)]
    again += ["--masks", masks] if masks else []
    job.say_next_scale(scales, *images, least=1, options=again)


def _refuse_masked(job, task):
    """Refuses a model trained with masks before anything is measured or announced."""
    from keras_singan.tasks.shared.checks import check_no_masks

    check_no_masks(job.singan.pyramid_, task.name)


def _contents(pairs, value_range, takes_mask):
    """Returns a list of what a task reads, for each image (and mask) named."""
    contents = read_dash(*(name for pair in pairs for name in pair))
    return [
        [spread(image, value_range), mask]
        if takes_mask
        else [spread(image, value_range)]
        for image, mask in zip(contents[::2], contents[1::2], strict=True)
    ]


def _compare(job, work):
    """Warns of a picture of another photo, where no model was named."""
    image, mask = work.images
    if job.supposed and image is not None:
        photo = job.singan.training_image()
        warn_of_another_photo(job.model_path.parent, photo, work.source(), mask)


def _result_set(job, task, work, scales, grid):
    method = getattr(job.singan, task.name)
    draw = functools.partial(method, *work.images, seed=job.seed, **work.arguments)
    return scale_results(
        job, work.stem, scales, draw, work.source, grid, work.keep_source
    )


@click.command("super-resolve")
@click.argument("images", type=IMAGE, nargs=-1, metavar="[IMAGE...]")
@input_option(FACTOR, default=None, rule="the one trained for, else 4")
@click.option(
    "--back-projection/--no-back-projection",
    default=True,
    show_default=True,
    help="Whether the result is made to shrink to IMAGE exactly.",
)
@range_option
@model_option
@click.option(
    "--seed", type=int, help="Seed of noise in the detail.  [default: no noise]"
)
@output_options
def super_resolve(
    images, factor, back_projection, value_range, model, seed, grid, **to
):
    """Enlarge IMAGE, or the photo itself, with detail like the photo's.

    Best with a model of `keras-singan train --task super-resolution`.
    - is standard input.
    """
    contents = [spread(image, value_range) for image in read_dash(*images)] or [None]
    names = prefixes(images or [None])
    job = Job(SUPER_RESOLVE.command, model, seed, random=False, **to)
    if factor is None:
        factor = job.singan.config_.factor or FACTOR.default
    enlarge = functools.partial(
        job.singan.super_resolve,
        factor=factor,
        seed=job.seed,
        back_projection=back_projection,
    )
    sets = []
    for name, small in zip(names, contents, strict=True):
        stem = job.stem(name + SUPER_RESOLVE.signature, f"x{factor:g}")
        result = Result(f"x{factor:g}", [stem], functools.partial(_one, enlarge, small))
        source = functools.partial(read_pixels, job, small)
        source = job.singan.training_image if small is None else source
        sets.append(ResultSet([result], source, f"{stem}_sheet" if grid else None))
    write_sets(job, sets, grid)
    options = ["--factor", f"{factor:g}", "--seed", 1 if seed is None else seed + 1]
    options += [] if back_projection else ["--no-back-projection"]
    job.say_next(*images, options=options)


def _one(draw, image):
    return [draw(image)]


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
@refine_option
@seed_option
@output_options
def extend(image, left, right, top, bottom, count, scale, refine, **to):
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
    how = {"image": picture, "refine": refine}
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
    each = scale_results(job, task.name, scales, draw, source, grid, count=count)
    write_sets(job, [each], grid)
    words = [*words, *refine_words(arguments["refine"]), "-n", count]
    job.say_next_scale(scales, *filter(None, [image]), options=words)


def _check_part(region, mask):
    if (region is None) == (mask is None):
        given = "neither" if mask is None else "both"
        raise click.UsageError(
            f"Either --region or --mask must be given. Received: {given}."
        )


COMMANDS = {task.name: image_command(task) for task in image_tasks()}
COMMANDS |= {"vary": vary, "extend": extend, "super_resolve": super_resolve}
"""All of them by the names of their tasks."""
