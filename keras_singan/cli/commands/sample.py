"""`keras-singan sample`."""

import click

from keras_singan.cli.options import FactorType
from keras_singan.cli.options import SizeType
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.results import Result
from keras_singan.cli.results import write_results
from keras_singan.cli.task_run import Job
from keras_singan.io.image import image_grid
from keras_singan.task_specs import START_SCALE


@click.command()
@model_option
@scales_option(START_SCALE.default, START_SCALE.text)
@click.option(
    "-n",
    "count",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="How many.",
)
@click.option("--size", type=SizeType(), help="Height x width.  [default: as trained]")
@click.option(
    "--height-factor", type=FactorType(), help="Height, times the trained one."
)
@click.option("--width-factor", type=FactorType(), help="Width, times the trained one.")
@seed_option
@output_options
def sample(model, scale, count, size, height_factor, width_factor, seed, grid, **to):
    """Draw new variations of the photo.

    An image's file name holds its scale, its seed and its number: the same seed
    and number give the same image again.
    """
    factors = (height_factor, width_factor)
    if size is not None and factors != (None, None):
        raise click.UsageError(
            "Either --size or --height-factor and --width-factor can be given. "
            "Received: both."
        )
    job = Job("sample", model, seed, **to)
    if factors != (None, None):
        size = _times(job.singan.pyramid_.sizes[-1], factors)
    from keras_singan.tasks.sampling import iterate_samples

    # The noise of all scales is checked here, and drawn scale by scale.
    images = iterate_samples(
        job.singan.pyramid_, count, start_scale=scale, size=size, seed=job.seed
    )
    plain = grid and len(scale) == 1
    make = _grid_result if plain else _result
    results = [make(job, each, count, images) for each in scale]
    sheet = job.sheet_stem("sample", scale) if len(scale) > 1 else None
    source = job.singan.training_image
    write_results(job, results, source, sheet, grid and not plain)
    job.say_next_scale(scale)


def _times(trained, factors):
    pairs = zip(trained, factors, strict=True)
    return tuple(max(1, round(side * (factor or 1))) for side, factor in pairs)


def _result(job, scale, count, images):
    stem = job.stem("sample", f"scale{scale}")
    stems = [f"{stem}_{index:03d}" for index in range(count)]
    return Result(f"scale {scale}", stems, lambda: next(images))


def _grid_result(job, scale, count, images):
    stem = f"{job.stem('sample', f'scale{scale}')}_grid{count}"
    return Result(f"scale {scale}", [stem], lambda: image_grid(next(images))[None])
