"""Running a task over scales, and writing what comes out."""

import dataclasses
import functools
from collections.abc import Callable

import click

from keras_singan.io.image import image_grid
from keras_singan.io.image import save_image
from keras_singan.io.image import to_uint8
from keras_singan.io.sheet import contact_sheet

# Samples in a row of a sheet.
_ROW = 8


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command makes of one scale.

    Attributes:
        label: What it is called in a sheet.
        stems: A file name without suffix for each of its images.
        draw: Function that gives the images, uint8 `(n, H, W, C)`.
    """

    label: str
    stems: list[str]
    draw: Callable


def read_pixels(job, image):
    """Reads an image with the model's channels: uint8 `(H, W, C)`."""
    from keras_singan.tasks.shared.inputs import read_for

    return to_uint8(read_for(job.singan.pyramid_, image))


def write_results(job, results, source, sheet, only_sheet, keep_source=False):
    """Makes and writes images, and a labelled sheet of them.

    Args:
        job: The `Job`.
        results: List of `Result`.
        source: Function that gives what the task began with, uint8 `(H, W, C)`.
        sheet: File name of the sheet, without suffix, or `None` for no sheet.
        only_sheet: Whether the sheet alone is written.
        keep_source: Whether the source is written beside the first image where
            no sheet shows it. Defaults to `False`.
    """
    stems = [] if only_sheet else [stem for each in results for stem in each.stems]
    channels = 3 if only_sheet else job.singan.pyramid_.channels
    keep_source = keep_source and sheet is None and not job.to_stdout
    beside = [job.path(stems[0], "_input")] if keep_source else []
    job.refuse_unwritable([*stems, *filter(None, [sheet])], channels, beside)
    blocks = []
    for result in results:
        images = result.draw()
        if not only_sheet:
            for stem, image in zip(result.stems, images, strict=True):
                job.write(stem, functools.partial(_save, image))
        if sheet is not None:
            blocks.append(image_grid(images, min(len(images), _ROW)))
    if sheet is not None:
        labels = ["input", *(result.label for result in results)]
        columns = 1 if len(results[0].stems) > 1 else None
        blocks = contact_sheet([source(), *blocks], labels, columns)
        job.write(sheet, functools.partial(_save, blocks))
    for path in beside:
        click.echo(_save(source(), path))
    job.say(*(result.label for result in results))


def write_scales(job, name, scales, draw, source, grid, keep_source=False, count=None):
    """Runs a task at each of some start scales, and writes its images.

    Args:
        job: The `Job`.
        name: What the file names begin with.
        scales: The start scales.
        draw: Function from `start_scale`, a tuple, to a stack of one image a
            scale, uint8 `(scales, H, W, C)`.
        source: As in `write_results`.
        grid: Whether the sheet alone is written.
        keep_source: As in `write_results`. Defaults to `False`.
        count: How many images `draw` gives a scale, `(scales, count, H, W, C)`;
            `None` is one without a number. Defaults to `None`.
    """
    # All at once, because the task refuses a scale that the model has not.
    stack = functools.cache(lambda: draw(start_scale=scales))

    def images(index):
        return stack()[index][None] if count is None else stack()[index]

    results = [
        Result(
            f"scale {scale}",
            _stems(job.stem(name, f"scale{scale}"), count),
            functools.partial(images, index),
        )
        for index, scale in enumerate(scales)
    ]
    sheet = job.sheet_stem(name, scales) if grid or len(scales) > 1 else None
    write_results(job, results, source, sheet, grid, keep_source)


def _stems(stem, count):
    return [stem] if count is None else numbered(stem, count)


def numbered(stem, count):
    """Gives the file names of the images of one seed."""
    return [f"{stem}_{index:03d}" for index in range(count)]


def _save(image, path):
    return save_image(path, image, overwrite=True)
