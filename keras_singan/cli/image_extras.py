"""What single commands of the family "image (and mask) to image" have besides."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import click
import numpy as np

from keras_singan.cli.options import FactorType
from keras_singan.cli.options import MoveType
from keras_singan.cli.results import read_pixels
from keras_singan.cli.task_options import input_option
from keras_singan.io.image import read_with_notes

# Share of pixels from which on a picture is flat art; of a photo nearly none.
_FLAT = 0.9


@dataclasses.dataclass
class Work:
    """What a method of `SinGAN` is called with, and how its results are called.

    Attributes:
        images: The image, and the mask if there is one.
        source: Function that gives what the task began with, uint8 `(H, W, C)`.
        stem: What the files' names begin with.
        arguments: Other arguments of the method. Defaults to none.
        keep_source: Whether the source is written beside the first image where
            no sheet shows it. Defaults to `False`.
    """

    images: list
    source: Callable
    stem: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    keep_source: bool = False


class Extras:
    """A command's options besides those that all have; here those of its inputs.

    Args:
        task: The `keras_singan.task_specs.Task`.
    """

    image_required = True
    # Paragraphs for the help: before the one on the images, and after it.
    usage, more = "", ""

    def __init__(self, task):
        self.task = task

    @property
    def options(self):
        """Decorators that add the options, in order."""
        return [input_option(each) for each in self.task.options]

    def check(self, images, **given):
        """Raises `click.UsageError` where arguments do not go together."""

    def settle(self, job, contents, scales, **given):
        """Returns the scales and the options that are left open, all settled.

        Args:
            job: The `Job`.
            contents: The images (and masks) that the command names.
            scales: What `--scale` gave, perhaps nothing.
            **given: What the options gave.
        """
        count = job.singan.pyramid_.num_scales
        return scales or (self.task.start_scale(count),), given

    def prepare(self, job, images, scales, refine, **given):
        """Returns the `Work`: here the images as they are.

        Args:
            job: The `Job`.
            images: The image, and the mask if the task has one: paths, bytes or
                `None`.
            scales: The start scales.
            refine: What `--refine` gave, or `None`.
            **given: What the options gave.
        """
        source = functools.partial(read_pixels, job, images[0])
        return Work(images, source, self.task.name, given)

    def again(self, **given):
        """Returns the options that the command after this one has, too."""
        defaults = {each.name: each.default for each in self.task.options}
        words = []
        for name, value in given.items():
            if value != defaults[name]:
                words.append(f"--{name.replace('_', '-')}")
                words += [] if value is True else [value]
        return words


class ColorExtras(Extras):
    """Those of `harmonize`: whether the object's colours become the photo's."""

    options = (
        click.option(
            "--match-colors/--no-match-colors",
            default=True,
            show_default=True,
            help="Give the object no colours that the photo has nowhere.",
        ),
    )

    def again(self, match_colors):
        return [] if match_colors else ["--no-match-colors"]


class MoveExtras(Extras):
    """Those of `edit`, which makes a crude edit itself with `--move`."""

    image_required = False
    usage = (
        "\b\nkeras-singan edit edited.png mask.png\n"
        "keras-singan edit --move 10,20,30,40:60,20 --resize-region 1.5\n"
        "keras-singan edit --copy 10,20,30,40:60,20"
    )
    more = (
        "With --move or --copy the edit itself is made here: on IMAGE, or on the "
        "photo if there is no IMAGE."
    )
    options = (
        click.option(
            "--move",
            type=MoveType(),
            help="Move the box at x,y, w wide and h high, to to_x,to_y (px).",
        ),
        click.option(
            "--copy",
            type=MoveType(),
            help="Copy that box: what is there stays, too.",
        ),
        click.option(
            "--resize-region",
            type=FactorType(),
            help="Enlarge what --move or --copy takes.  [default: 1]",
        ),
    )

    def check(self, images, move, copy, resize_region):
        image, mask = images
        if move and copy:
            raise click.UsageError(
                "Either --move or --copy can be given. Received: both."
            )
        move = move or copy
        if resize_region is not None and move is None:
            raise click.UsageError(
                "--resize-region needs --move or --copy, whose to_x,to_y may be x,y. "
                f"Received: --resize-region {resize_region:g} alone."
            )
        if image is None and move is None:
            raise click.UsageError(
                "Either IMAGE, edited, or --move or --copy must be given. "
                "Received: neither."
            )
        if mask is not None and move is not None:
            raise click.UsageError(
                "Either MASK, or --move or --copy, which make one, can be given. "
                "Received: both."
            )

    def prepare(self, job, images, scales, refine, move, copy, resize_region):
        if move is None and copy is None:
            return super().prepare(job, images, scales, refine)
        from keras_singan.tasks.hole_filling import fill_hole
        from keras_singan.tasks.naive_edit import naive_edit

        image, _ = images
        if image is None:
            pixels = job.singan.training_image()
        else:
            pixels = read_pixels(job, image)
        pyramid = job.singan.pyramid_
        # Refinement closes the hole by itself; what was drawn there would stay.
        fill = functools.partial(fill_hole, pyramid, seed=job.seed)
        image, mask = naive_edit(
            pixels,
            move or copy,
            resize_region or 1.0,
            copy=copy is not None,
            fill=None if refine else fill,
        )
        source = functools.partial(np.asarray, image)
        return Work([image, mask], source, self.task.name, keep_source=True)

    def again(self, move, copy, resize_region):
        words = ["--copy" if copy else "--move"] if move or copy else []
        words += ["{},{},{},{}:{},{}".format(*(move or copy))] if words else []
        words += ["--resize-region", f"{resize_region:g}"] if resize_region else []
        return words


class QuantizeExtras(Extras):
    """Those of `paint-to-image`, which retrains a scale with `--quantize`.

    Nobody knows beforehand which scale suits a picture. Without `--scale` there is
    a sheet of three, where more than one can be written. Flat art gets one scale
    retrained for it, as each retraining takes minutes.
    """

    options = (
        click.option(
            "--quantize/--no-quantize",
            default=None,
            help="Reduce IMAGE to the photo's main colours, with the scale retrained "
            "for it.  [default: for flat art, without --scale]",
        ),
        click.option(
            "--colors",
            type=click.IntRange(2, 256),
            default=5,
            show_default=True,
            help="How many colours --quantize leaves.",
        ),
    )

    def settle(self, job, contents, scales, quantize, colors):
        count = job.singan.pyramid_.num_scales
        if quantize is None:
            flat = not scales and all(is_flat(images[0]) for images in contents)
            quantize = flat and count > 1
        middle = self.task.start_scale(count)
        if not scales and (quantize or job.is_single):
            scales = (middle,)
        near = {max(1, min(middle + step, count - 1)) for step in (-1, 0, 1)}
        return scales or tuple(sorted(near)), {"quantize": quantize, "colors": colors}

    def prepare(self, job, images, scales, refine, quantize, colors):
        work = super().prepare(job, images, scales, refine)
        if quantize:
            work.stem = f"{self.task.name}_colors{colors}"
            work.arguments = {"quantize": True, "colors": colors}
            self._announce(job, scales, colors)
        return work

    def _announce(self, job, scales, colors):
        from keras_singan.tasks.retrained_scale import quantized_path
        from keras_singan.training.progress import duration

        for scale in scales:
            kept = quantized_path(job.model_path, scale, colors)
            if 0 < scale < job.singan.pyramid_.num_scales and not kept.exists():
                taken = duration(_seconds(job.singan, scale))
                text = f"--quantize retrains scale {scale} once, in about {taken}"
                click.echo(f"{text}: kept in {kept}", err=True)

    def again(self, quantize, colors):
        return ["--quantize", "--colors", colors] if quantize else []


def is_flat(image):
    """Whether a picture is flat art: most pixels are those to their left.

    Args:
        image: What `keras_singan.io.image.read_image` takes.
    """
    pixels, _ = read_with_notes(image)
    return float((pixels[:, 1:] == pixels[:, :-1]).all(-1).mean()) > _FLAT


def _seconds(singan, scale):
    """Measures what retraining a scale will take on this machine."""
    from keras_singan.performance.estimate import estimate

    pyramid, config = singan.pyramid_, singan.config_
    plan = estimate(pyramid.scales[: scale + 1], pyramid.channels, config)
    return plan.fixed_seconds + config.steps * plan.step_seconds[scale]


_EXTRAS = {
    "harmonize": ColorExtras,
    "edit": MoveExtras,
    "paint_to_image": QuantizeExtras,
}


def extras_of(task):
    """Returns the `Extras` of a task's command."""
    return _EXTRAS.get(task.name, Extras)(task)
