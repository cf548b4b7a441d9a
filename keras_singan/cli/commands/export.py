"""`keras-singan export`."""

import shlex

import click

from keras_singan.cli.options import PathType
from keras_singan.cli.options import find_model
from keras_singan.cli.options import model_option
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.task_specs import DEFAULT_MODEL


@click.command()
@click.argument("output", type=PathType(file_okay=False))
@model_option
@click.option(
    "--name", default=DEFAULT_MODEL, show_default=True, help="The model's name."
)
@click.option(
    "--version",
    "number",
    type=click.IntRange(0),
    help="Version number.  [default: the next that is free]",
)
@click.option(
    "--warmup/--no-warmup",
    default=True,
    show_default=True,
    help="Write warm-up requests, so that no user waits for the first.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=NUMBER",
    help="What a request may ask for, for example --limit max_side=2048.",
)
def export(output, model, name, number, warmup, limits):
    """Write OUTPUT/NAME/VERSION for TensorFlow Serving.

    \b
    Limits: max_rows, max_side, max_pixels, max_total_pixels, max_image_bytes,
    max_frames, max_factor.
    """
    path = find_model(model).path
    import_quietly()
    from keras_singan import SinGAN
    from keras_singan.export.limits import ExportLimits

    bounds = ExportLimits.from_texts(limits)
    folder = SinGAN.load(path).export(
        output, name=name, version=number, warmup=warmup, limits=bounds
    )
    click.echo(f"Exported: {folder}")
    click.echo(f"Next: keras-singan serve {shlex.quote(str(folder.parent))}")
