"""`keras-singan harmonize`."""

import functools

import click

from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import injection_option
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import read_dash
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import injection_scales
from keras_singan.cli.results import read_pixels
from keras_singan.cli.results import write_scales
from keras_singan.cli.task_run import Job


@click.command()
@click.argument("image", type=IMAGE)
@click.argument("mask", type=IMAGE, required=False)
@model_option
@injection_option
@seed_option
@output_options
def harmonize(image, mask, model, scale, seed, grid, **to):
    """Make an object that was pasted into the photo look at home there.

    IMAGE is the photo with the object in it, of any size. MASK is white where
    the object is; without it, it is found by comparing IMAGE with the photo.
    What lies outside stays as it is. - is standard input.
    """
    composite, inside = read_dash(image, mask)
    job = Job("harmonize", model, seed, **to)
    scales = injection_scales(job.singan.pyramid_, scale)
    draw = functools.partial(job.singan.harmonize, composite, inside, seed=job.seed)
    source = functools.partial(read_pixels, job, composite)
    write_scales(job, "harmonize", scales, draw, source, grid)
    job.say_next_scale(scales, *filter(None, [image, mask]), least=1)
