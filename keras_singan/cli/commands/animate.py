"""`keras-singan animate`."""

import contextlib
import functools
import itertools
import os
import tempfile

import click
import numpy as np

from keras_singan.cli.options import NumbersType
from keras_singan.cli.options import model_option
from keras_singan.cli.options import output_options
from keras_singan.cli.options import scales_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.options import several
from keras_singan.cli.options import size_option
from keras_singan.cli.process.progress_bar import progress_bar
from keras_singan.cli.task_options import input_option
from keras_singan.cli.task_run import ANIMATIONS
from keras_singan.cli.task_run import Job
from keras_singan.cli.task_run import joined
from keras_singan.io.animation_file import save_animation
from keras_singan.io.sheet import contact_sheet
from keras_singan.io.sheet import magnification
from keras_singan.task_specs import ALPHA
from keras_singan.task_specs import ANIMATE
from keras_singan.task_specs import BETA
from keras_singan.task_specs import FRAMES
from keras_singan.task_specs import LOOP

# A PNG is opened by more programs than an .apng, which is the same.
_SUFFIXES = {"gif": ".gif", "webp": ".webp", "apng": ".png", "mp4": ".mp4"}


@click.command()
@model_option
@scales_option(None, ANIMATE["start_scale"].text, "1; 0 for a model of one scale")
@click.option(
    "--frames",
    type=click.IntRange(FRAMES.low),
    default=FRAMES.default,
    show_default=True,
    help=FRAMES.text,
)
@click.option(
    "--fps",
    type=click.FloatRange(1, 120),
    default=10,
    show_default=True,
    help="Frames a second.",
)
@input_option(ALPHA)
@click.option(
    "--beta",
    type=NumbersType(),
    multiple=True,
    callback=several,
    default=[str(BETA.default)],
    show_default=True,
    help=f"{BETA.text} Several (0.8,0.95) also give one labelled sheet.",
)
@input_option(LOOP)
@click.option(
    "--format",
    type=click.Choice(list(_SUFFIXES)),
    help="File format.  [default: as --output ends, or gif]",
)
@size_option
@seed_option
@output_options
def animate(
    model, scale, frames, fps, alpha, beta, loop, format, size, seed, grid, **to
):
    """Make the photo move.

    \b
    keras-singan animate --loop
    keras-singan animate --scale 0-2 --beta 0.8,0.85,0.9,0.95 --grid
    """
    job = Job("animate", model, seed, suffix=_suffix(format, to["output"]), **to)
    scales = scale or (ANIMATE.start_scale(job.singan.pyramid_.num_scales),)
    betas = beta
    from keras_singan.tasks.animation import iterate_frames

    walk = functools.partial(
        iterate_frames,
        job.singan.pyramid_,
        frames,
        alpha=alpha,
        loop=loop,
        size=size,
        seed=job.seed,
    )
    cells = {
        _names(job, scale, beta, betas, size): walk(start_scale=scale, beta=beta)
        for scale, beta in itertools.product(scales, betas)
    }
    sheet = None
    if grid or len(cells) > 1:
        parts = _shape(size)
        parts += [f"beta{joined(betas)}"] if len(betas) > 1 else []
        sheet = job.sheet_stem("animation", scales, *parts)
    with progress_bar("animate", frames * len(cells)) as advance:
        cells = {names: _counted(walk, advance) for names, walk in cells.items()}
        _write(job, cells, fps, sheet, grid, len(betas) if len(betas) > 1 else None)
    options = ["--loop"] if loop else []
    options += ["--size", *_shape(size)] if size else []
    job.say_next_scale(scales, options=options)


def _suffix(form, output):
    ending = "" if output is None or os.path.isdir(output) else output.suffix.lower()
    if form and ending in ANIMATIONS and ending not in (f".{form}", _SUFFIXES[form]):
        raise click.UsageError(
            f"--format must agree with how --output ends. Received: --format {form} "
            f"--output {output}."
        )
    return _SUFFIXES[form or "gif"]


def _shape(size):
    return [] if size is None else ["{}x{}".format(*size)]


def _counted(batches, advance):
    for batch in batches:
        yield batch
        advance(len(batch))


def _names(job, scale, beta, betas, size):
    """Returns a cell's label in the sheet, and its file name without suffix."""
    parts = [f"scale{scale}", *_shape(size)]
    if len(betas) == 1:
        return f"scale {scale}", job.stem("animation", *parts)
    stem = job.stem("animation", *parts, f"beta{beta:g}")
    return f"scale {scale}, beta {beta:g}", stem


def _write(job, cells, fps, sheet, only_sheet, columns):
    """Writes the animation of each cell, and a sheet in which all of them play."""
    labels, stems = zip(*cells, strict=True)
    single = () if only_sheet else stems
    job.refuse_unwritable([*single, *filter(None, [sheet])])
    walks = list(cells.values())
    with contextlib.ExitStack() as files:
        for index, stem in enumerate(single):
            walk = walks[index]
            if sheet is not None:
                # On disk, because the sheet needs all cells at once.
                file = files.enter_context(tempfile.TemporaryFile())
                walk, walks[index] = _keep(walk, file), _replay(file)
            job.write(stem, functools.partial(_save, walk, fps))
        if sheet is not None:
            sheets = _sheets(walks, labels, columns)
            job.write(sheet, functools.partial(_save, sheets, fps))
    job.say(*labels)


def _save(frames, fps, path):
    return save_animation(path, frames, fps, overwrite=True)


def _keep(batches, file):
    """Passes batches on, and keeps them in a file."""
    for batch in batches:
        np.save(file, batch)
        yield batch


def _replay(file):
    """Yields the batches that `_keep` kept."""
    file.seek(0)
    with contextlib.suppress(EOFError):
        while True:
            yield np.load(file)


def _sheets(walks, labels, columns):
    """Yields batches of sheets, in which the cells move in step."""
    for batches in zip(*walks, strict=True):
        factor = magnification(*batches)
        frames = zip(*batches, strict=True)
        yield np.stack([contact_sheet(c, labels, columns, factor) for c in frames])
