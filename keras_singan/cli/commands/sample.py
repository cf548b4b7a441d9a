"""`keras-singan sample`."""

import itertools

import click
import numpy as np

from keras_singan.cli.options import FactorType
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.options import size_option
from keras_singan.cli.process.progress_bar import progress_bar
from keras_singan.cli.results import Result
from keras_singan.cli.results import ResultSet
from keras_singan.cli.results import numbered
from keras_singan.cli.results import write_sets
from keras_singan.cli.task_options import around_option
from keras_singan.cli.task_options import count_option
from keras_singan.cli.task_options import input_option
from keras_singan.cli.task_options import refine_option
from keras_singan.cli.task_options import refine_words
from keras_singan.cli.task_options import sample_labels
from keras_singan.cli.task_options import tile_option
from keras_singan.cli.task_run import Job
from keras_singan.io.image import image_grid
from keras_singan.io.sheet import magnification
from keras_singan.io.sheet import magnify
from keras_singan.task_specs import START_SCALE
from keras_singan.task_specs import VARIATION


@click.command()
@model_option
@scales_option(START_SCALE.default, START_SCALE.text)
@count_option(8)
@size_option
@click.option(
    "--height-factor", type=FactorType(), help="Height, times the trained one."
)
@click.option("--width-factor", type=FactorType(), help="Width, times the trained one.")
@tile_option
@input_option(VARIATION)
@around_option
@refine_option
@seed_option
@output_options
def sample(
    model,
    scale,
    count,
    size,
    height_factor,
    width_factor,
    tile,
    variation,
    around,
    refine,
    seed,
    grid,
    **to,
):
    """Draw new variations of the photo.

    \b
    keras-singan sample --scale 1
    keras-singan sample --variation 0.5
    keras-singan sample --variation 0.5 --around 3,2

    An image's file name holds its scale, a size that was asked for, its seed and
    its number: the same seed and number give the same image again.

    A model that was trained with masks also writes the mask of each image,
    NAME_mask.png or, of several, NAME_mask_THEIRS.png; but not with --grid or
    --output -.
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
    masks = bool(job.singan.pyramid_.mask_channels) and not (grid or job.to_stdout)
    options = {"size": size, "tile": tile, "seed": job.seed, "refine": refine}
    options |= {"variation": variation, "around": around, "masks": masks}
    images = iterate_samples(job.singan.pyramid_, count, start_scale=scale, **options)
    plain = grid and len(scale) == 1
    make = _grid_result if plain else _result
    name = f"sample_tile_{tile}" if tile else "sample"
    shape = sample_labels(size, variation, around, refine)
    results = [make(job, name, each, count, images, shape, masks) for each in scale]
    sheet = job.sheet_stem(name, scale, *shape) if len(scale) > 1 else None
    source = job.singan.training_image
    write_sets(job, [ResultSet(results, source, sheet)], grid and not plain)
    words = [*_given_words(size, variation, around), *refine_words(refine)]
    if tile:
        again = 1 if seed is None else seed + 1
        job.say_next(options=["--tile", tile, *words, "--seed", again])
    else:
        job.say_next_scale(scale, options=words)


def _given_words(size, variation, around):
    """The options that the command after this one has, too."""
    words = [] if size is None else ["--size", "{}x{}".format(*size)]
    words += [] if variation == 1 else ["--variation", f"{variation:g}"]
    return words + (["--around", "{},{}".format(*around)] if around else [])


def _times(trained, factors):
    pairs = zip(trained, factors, strict=True)
    return tuple(max(1, round(side * (factor or 1))) for side, factor in pairs)


def _result(job, name, scale, count, images, shape, masks):
    stem = job.stem(name, f"scale{scale}", *shape)
    return Result(
        f"scale {scale}",
        numbered(stem, count),
        lambda: itertools.chain.from_iterable(next(images)),
        masks,
    )


def _grid_result(job, name, scale, count, images, shape, masks):
    stem = f"{job.stem(name, f'scale{scale}', *shape)}_grid{count}"
    return Result(f"scale {scale}", [stem], lambda: [_sheet(job, count, next(images))])


def _sheet(job, count, batches):
    drawn = []
    with progress_bar(job.command, count) as advance:
        for batch in batches:
            drawn.append(batch)
            advance(len(batch))
    images = np.concatenate(drawn)
    # What is no picture is written as an array, pixel by pixel.
    seen = images.shape[-1] in (1, 3, 4)
    return image_grid(magnify(images, magnification(images)) if seen else images)
