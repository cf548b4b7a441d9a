"""`keras-singan paint-to-image`."""

import functools

import click

from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import read_dash
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import injection_scales
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import write_scales
from keras_singan.cli.task_run import Job


@click.command("paint-to-image")
@click.argument("image", type=IMAGE)
@click.option(
    "--quantize",
    is_flag=True,
    help="Reduce IMAGE to the photo's main colours, with the scale retrained for it.",
)
@click.option(
    "--colors",
    type=click.IntRange(2, 256),
    default=5,
    show_default=True,
    help="How many colours --quantize leaves.",
)
@model_option
@scales_option(1, "Scale at which the picture enters: higher ones change less of it.")
@seed_option
@output_options
def paint_to_image(image, quantize, colors, model, scale, seed, grid, **to):
    """Turn IMAGE, a clip-art in the colours of the photo, into a photo.

    The result has the size of IMAGE. - is standard input.
    """
    (paint,) = read_dash(image)
    job = Job("paint-to-image", model, seed, **to)
    scales = injection_scales(job.singan.pyramid_, scale)
    run = _quantized if quantize else _plain
    draw = functools.partial(run, job, paint, colors)
    name = f"paint_to_image_colors{colors}" if quantize else "paint_to_image"
    source = functools.partial(read_pixels, job, paint)
    write_scales(job, name, scales, draw, source, grid)
    options = ["--quantize", "--colors", colors] if quantize else []
    job.say_next_scale(scales, image, least=1, options=options)


def _plain(job, paint, _, start_scale):
    return job.singan.paint_to_image(paint, start_scale=start_scale, seed=job.seed)


def _quantized(job, paint, colors, start_scale):
    from keras_singan.tasks.retrained_scale import quantized_path

    kept = quantized_path(job.model_path, start_scale, colors)
    if not kept.exists():
        text = f"--quantize retrains scale {start_scale} once, which takes minutes: "
        click.echo(f"{text}kept in {kept}", err=True)
    return job.singan.paint_to_image(
        paint, start_scale=start_scale, quantize=True, colors=colors, seed=job.seed
    )
