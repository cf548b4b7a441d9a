"""`keras-singan query`."""

import functools
import os
import secrets

import click

from keras_singan.cli.given_images import read_dash
from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import seed_option
from keras_singan.cli.options import size_option
from keras_singan.cli.query_options import connect
from keras_singan.cli.query_options import connection_options
from keras_singan.cli.query_options import output_options
from keras_singan.cli.query_options import served_option
from keras_singan.cli.query_output import Output
from keras_singan.cli.results import numbered
from keras_singan.cli.task_options import around_option
from keras_singan.cli.task_options import count_option
from keras_singan.cli.task_options import image_help
from keras_singan.cli.task_options import pad_options
from keras_singan.cli.task_options import part_options
from keras_singan.cli.task_options import sample_labels
from keras_singan.cli.task_options import tile_option
from keras_singan.cli.task_run import ANIMATIONS
from keras_singan.errors import ServingError
from keras_singan.task_specs import ALPHA
from keras_singan.task_specs import BETA
from keras_singan.task_specs import FACTOR
from keras_singan.task_specs import FRAMES
from keras_singan.task_specs import LOOP
from keras_singan.task_specs import REFINE
from keras_singan.task_specs import VARIATION
from keras_singan.task_specs import image_tasks

# A PNG is opened by more programs than an .apng, which is the same.
_SUFFIXES = {"gif": ".gif", "webp": ".webp", "apng": ".png", "mp4": ".mp4"}
_scale_option = click.option(
    "--scale", type=click.IntRange(0), help="Start scale.  [default: the server's]"
)
_refine_option = served_option(REFINE)


@click.group(subcommand_metavar="TASK [OPTIONS]...", options_metavar="")
@click.argument("url")
@click.pass_context
def query(ctx, url):
    """Ask a served model at URL, such as http://host:8501, for images.

    \b
    keras-singan query http://localhost:8501 super-resolve photo.jpg --factor 4
    keras-singan query http://localhost:8501 animate --frames 40 --fps 10
    keras-singan query http://localhost:8501 status

    It may be TensorFlow Serving or `keras-singan serve`. Options stand after the
    task; `keras-singan query URL TASK --help` lists them.
    """
    ctx.obj = url


@query.command()
@count_option(1)
@_scale_option
@size_option
@tile_option
@served_option(VARIATION)
@around_option
@_refine_option
@seed_option
@output_options
@connection_options
@click.pass_obj
def sample(url, count, scale, size, tile, seed, output, overwrite, **rest):
    """Ask for new variations of the photo."""
    name = f"sample_tile_{tile}" if tile else "sample"
    more = {name: rest.pop(name) for name in ("refine", "variation", "around")}
    options = {"start_scale": scale, "size": size, "tile": tile, **more}
    shape = sample_labels(size, more["variation"], more["around"], more["refine"])
    with connect(url, **rest) as client:
        draw = functools.partial(client.iterate_samples, **options)
        _write_drawn(client, draw, name, scale, seed, count, output, overwrite, shape)


@query.command()
@click.argument("image", type=IMAGE, required=False)
@part_options
@count_option(8)
@_scale_option
@_refine_option
@seed_option
@output_options
@connection_options
@click.pass_obj
def vary(
    url, image, region, mask, count, scale, refine, seed, output, overwrite, **rest
):
    """Ask for one part of the photo drawn anew.

    IMAGE is the photo itself at any size; without it, the photo as trained. - is
    standard input.
    """
    image, mask = read_dash(image, mask)
    options = {"image": image, "region": region, "mask": mask}
    options |= {"start_scale": scale, "refine": refine}
    with connect(url, **rest) as client:
        draw = functools.partial(client.vary, **options)
        _write_drawn(client, draw, "vary", scale, seed, count, output, overwrite)


@query.command()
@click.argument("image", type=IMAGE, required=False)
@pad_options
@count_option(1)
@_scale_option
@_refine_option
@seed_option
@output_options
@connection_options
@click.pass_obj
def extend(url, image, count, scale, refine, seed, output, overwrite, **rest):
    """Ask for the photo with more of its kind around it.

    IMAGE is the photo itself at any size; without it, the photo as trained. - is
    standard input.
    """
    (image,) = read_dash(image)
    options = {side: rest.pop(side) for side in ("left", "right", "top", "bottom")}
    options |= {"image": image, "start_scale": scale, "refine": refine}
    with connect(url, **rest) as client:
        draw = functools.partial(client.extend, **options)
        _write_drawn(client, draw, "extend", scale, seed, count, output, overwrite)


def _write_drawn(client, draw, name, scale, seed, count, output, overwrite, shape=()):
    """Asks for `count` images of a seed, and writes them as they come."""
    seed = _seed(seed)
    stems = numbered(_stem(name, scale, seed, *shape), count)
    out = Output(output, client.model, overwrite, stems)
    progress = _show_progress if count > client.batch_size else None
    for index, image in enumerate(draw(n=count, seed=seed, progress=progress)):
        out.write_image(image, index)


@query.command()
@output_options
@connection_options
@click.pass_obj
def reconstruct(url, output, overwrite, **connection):
    """Ask for the photo as the model remembers it."""
    with connect(url, **connection) as client:
        out = Output(output, client.model, overwrite, ["reconstruct"])
        out.write_image(client.reconstruct())


@query.command("super-resolve")
@click.argument("image", type=IMAGE)
@served_option(FACTOR)
@click.option(
    "--seed", type=int, help="Seed of noise in the detail.  [default: no noise]"
)
@output_options
@connection_options
@click.pass_obj
def super_resolve(url, image, factor, seed, output, overwrite, **connection):
    """Ask for IMAGE enlarged. - is standard input."""
    (image,) = read_dash(image)
    stem = "super_resolution" if factor is None else f"super_resolution_x{factor:g}"
    stem += "" if seed is None else f"_seed{seed:04d}"
    with connect(url, **connection) as client:
        out = Output(output, client.model, overwrite, [stem])
        out.write_image(client.super_resolve(image, factor, seed=seed))


def image_query(task):
    """Makes the command of a task of the family: see `keras_singan.task_specs`."""
    extras = task.with_options.options
    names = [each.name for each in extras]

    def run(url, scale, seed, output, overwrite, image, mask=None, **rest):
        images = [image, mask][: 1 + ("mask_bytes" in task)]
        images = read_dash(*images)
        options = {name: rest.pop(name) for name in names}
        seed = _seed(seed)
        labels = [each.label for each in extras if options[each.name]]
        name = "_".join([task.name, *filter(None, labels)])
        with connect(url, **rest) as client:
            out = Output(output, client.model, overwrite, [_stem(name, scale, seed)])
            ask = getattr(client, task.name)
            out.write_image(ask(*images, start_scale=scale, seed=seed, **options))

    decorators = [
        click.argument("image", type=IMAGE),
        *[click.argument("mask", type=IMAGE, required=False)] * ("mask_bytes" in task),
        _scale_option,
        *(served_option(each) for each in extras),
        seed_option,
        output_options,
        connection_options,
        click.pass_obj,
    ]
    for decorate in reversed(decorators):
        run = decorate(run)
    text = image_help(task, compares="the server compares")
    return click.command(task.command, help=text)(run)


for _task in image_tasks():
    query.add_command(image_query(_task))


@query.command()
@served_option(FRAMES)
@click.option(
    "--fps",
    type=click.FloatRange(1, 120),
    default=10,
    show_default=True,
    help="Frames a second.",
)
@_scale_option
@served_option(ALPHA)
@served_option(BETA)
@served_option(LOOP)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_SUFFIXES)),
    help="File format.  [default: as --output ends, or gif]",
)
@seed_option
@output_options
@connection_options
@click.pass_obj
def animate(url, frames, fps, scale, form, seed, output, overwrite, **rest):
    """Ask for the photo in motion."""
    seed = _seed(seed)
    motion = {name: rest.pop(name) for name in ("alpha", "beta", "loop")}
    suffix = _animation_suffix(form, output, fps)
    with connect(url, **rest) as client:
        stem = _stem("animation", scale, seed)
        out = Output(output, client.model, overwrite, [stem], suffix, ANIMATIONS)
        images = client.animate(frames, start_scale=scale, seed=seed, **motion)
        out.write_animation(images, fps)


@query.command()
@connection_options
@click.pass_obj
def status(url, **connection):
    """Tell which versions of the model are there, and what it can be asked."""
    with connect(url, **connection) as client:
        versions = client.status()
        for entry in versions:
            error = f": {entry['error']}" if entry["error"] else ""
            line = f"{client.model} version {entry['version']} {entry['state']}{error}"
            click.echo(line)
        if not any(entry["state"] == "AVAILABLE" for entry in versions):
            raise ServingError(
                f"The server must have a version of model={client.model!r} ready. "
                f"Received: {len(versions)} versions, none of them AVAILABLE."
            )
        for name, signature in client.metadata()["signatures"].items():
            click.echo(f"{name}: {', '.join(signature['inputs'])}")


def _seed(seed):
    return secrets.randbelow(2**31) if seed is None else seed


def _stem(name, scale, seed, *more):
    """Returns a file name without suffix; the server's default scale is not known."""
    parts = [] if scale is None else [f"scale{scale}"]
    return "_".join([name, *parts, *more, f"seed{seed:04d}"])


def _show_progress(done, total):
    click.echo(f"{done} of {total}", err=True)


def _animation_suffix(form, output, fps):
    ending = "" if output is None or os.path.isdir(output) else output.suffix.lower()
    if ending not in ANIMATIONS:
        ending = ""
    suffix = _SUFFIXES[form] if form else ending or ".gif"
    if ending not in ("", suffix, f".{form}"):
        raise click.UsageError(
            f"--format must agree with how --output ends. Received: --format {form} "
            f"--output {output}."
        )
    if suffix == ".gif" and fps > 50:
        raise click.UsageError(
            f"A GIF has at most 50 frames a second. Received: --fps {fps:g}."
        )
    return suffix
