"""Running a task over scales, and writing what comes out."""

import dataclasses
import functools
from collections.abc import Callable

import click
import numpy as np

from keras_singan.cli.process.progress_bar import progress_bar
from keras_singan.errors import OutputError
from keras_singan.io.image import image_grid
from keras_singan.io.image import save_image
from keras_singan.io.image import to_uint8
from keras_singan.io.sheet import contact_sheet
from keras_singan.io.sheet import magnification
from keras_singan.io.sheet import magnify
from keras_singan.io.unwinding import signal_of

# Samples in a row of a sheet.
_ROW = 8


@dataclasses.dataclass(frozen=True)
class Result:
    """What a command makes of one scale.

    Attributes:
        label: What it is called in a sheet.
        stems: A file name without suffix for each of its images.
        draw: Function that gives the images, uint8 `(H, W, C)`, as they come.
        masked: Whether the last channels are masks, written to files of their own.
            Defaults to `False`.
    """

    label: str
    stems: list[str]
    draw: Callable
    masked: bool = False

    def parts(self, job, image):
        """Returns what is written of an image, by the ending of the file's name."""
        return job.singan.pyramid_.parts(image) if self.masked else {"": image}

    def mask_paths(self, job):
        """Returns where its masks are written."""
        endings = job.singan.pyramid_.mask_endings if self.masked else ()
        return [job.mask_path(stem, each) for stem in self.stems for each in endings]


def read_pixels(job, image):
    """Reads an image with the model's channels: uint8 `(H, W, C)`."""
    from keras_singan.tasks.shared.inputs import read_for

    return to_uint8(read_for(job.singan.pyramid_, image))


@dataclasses.dataclass(frozen=True)
class ResultSet:
    """What a command makes of one picture.

    Attributes:
        results: List of `Result`.
        source: Function that gives what the task began with, uint8 `(H, W, C)`.
        sheet: File name of a labelled sheet, without suffix, or `None` for none.
        keep_source: Whether the source is written beside the first image where
            no sheet shows it. Defaults to `False`.
    """

    results: list[Result]
    source: Callable
    sheet: str | None = None
    keep_source: bool = False

    @property
    def stems(self):
        """File names of its images, without suffix."""
        return [stem for result in self.results for stem in result.stems]


def write_sets(job, sets, only_sheet):
    """Makes images, writes each as it comes, and labelled sheets of them.

    Args:
        job: The `Job`.
        sets: List of `ResultSet`.
        only_sheet: Whether the sheets alone are written.
    """
    stems = [] if only_sheet else [stem for each in sets for stem in each.stems]
    channels = 3 if only_sheet else job.singan.pyramid_.image_channels
    beside = {id(each): _beside(job, each) for each in sets}
    sheets = [each.sheet for each in sets if each.sheet is not None]
    paths = [path for path in beside.values() if path]
    results = [result for each in sets for result in each.results]
    paths += [path for result in results for path in result.mask_paths(job)]
    job.refuse_unwritable([*stems, *sheets], channels, paths)
    total, done = sum(len(each.stems) for each in sets), 0
    with progress_bar(job.command, total) as advance:
        for each in sets:
            drawn = _draw(job, each, not only_sheet, advance, (done, total))
            done += len(each.stems)
            if each.sheet is not None:
                page = _page(each.source(), drawn, [r.label for r in each.results])
                job.write(each.sheet, functools.partial(_save, page))
            if beside[id(each)]:
                click.echo(_save(each.source(), beside[id(each)]))
    job.say(*dict.fromkeys(result.label for result in results))


def _beside(job, each):
    """Returns where the source of a set is written beside its results, or None."""
    if not each.keep_source or each.sheet is not None or job.to_stdout:
        return None
    return job.path(each.stems[0], "_input")


def _draw(job, each, write, advance, counts):
    """Makes the images of a set, and writes them if wanted.

    Args:
        job: The `Job`.
        each: The `ResultSet`.
        write: Whether to write the images.
        advance: Function to call with the number of those just made.
        counts: How many there are already, and how many there will be.

    Returns:
        List with a list of images for each result; empty without a sheet.
    """
    (done, total), drawn = counts, []
    try:
        for result in each.results:
            drawn.append([])
            for stem, image in zip(result.stems, result.draw(), strict=True):
                parts = result.parts(job, image)
                if write:
                    _write_parts(job, stem, parts)
                if each.sheet is not None:
                    drawn[-1].append(parts[""])
                done += 1
                advance(1)
    except KeyboardInterrupt as error:
        if not done or not write or job.to_stdout:
            raise
        raise OutputError(
            f"Interrupted; the images made so far are kept. Received: "
            f"{signal_of(error)} after {done} of {total}."
        ) from None
    return drawn


def _write_parts(job, stem, parts):
    """Writes an image, and its masks beside it."""
    for ending, part in parts.items():
        if ending:
            click.echo(_save(part, job.mask_path(stem, ending)))
        else:
            job.write(stem, functools.partial(_save, part))


def _page(source, drawn, labels):
    """Puts what a task began with and all that it made on one sheet."""
    factor = magnification(source, *(image for images in drawn for image in images))
    rows = [
        image_grid(magnify(np.stack(images), factor), min(len(images), _ROW))
        for images in drawn
    ]
    columns = 1 if len(drawn[0]) > 1 else None
    cells = [magnify(source, factor), *rows]
    return contact_sheet(cells, ["input", *labels], columns)


def scale_results(job, name, scales, draw, source, grid, keep_source=False, count=None):
    """Makes the `ResultSet` of a task at each of some start scales.

    Args:
        job: The `Job`.
        name: What the file names begin with.
        scales: The start scales.
        draw: Function from `start_scale`, a tuple, to a stack of one image a
            scale, uint8 `(scales, H, W, C)`.
        source: Function that returns what the task began with.
        grid: Whether the sheet alone is written.
        keep_source: Whether that is written, too. Defaults to `False`.
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
    return ResultSet(results, source, sheet, keep_source)


def _stems(stem, count):
    return [stem] if count is None else numbered(stem, count)


def numbered(stem, count):
    """Returns the file names of the images of one seed."""
    return [f"{stem}_{index:03d}" for index in range(count)]


def _save(image, path):
    return save_image(path, image, overwrite=True)
