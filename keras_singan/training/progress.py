"""Progress for people: the plan, a bar and lines, on standard error."""

import contextlib
import importlib.util
import sys
import time

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.table import Table

from keras_singan.errors import ConfigError
from keras_singan.geometry import scale_name
from keras_singan.performance.estimate import estimate
from keras_singan.training.callbacks import ScaleCallback


@contextlib.contextmanager
def new_progress(verbose, pyramid, config, clock, folder=None):
    """Makes the callbacks for a level of `verbose`.

    Args:
        verbose: `0` nothing, `1` a progress display (on a terminal or in a
            notebook; else as `2`), `2` a line per scale.
        pyramid: The `SinGANPyramid` that will be trained.
        config: The `SinGANConfig`.
        clock: The `Clock` of the training. It learns the seconds that were
            measured for the plan.
        folder: The `RunFolder`, or `None`. Defaults to `None`.

    Yields:
        List of callbacks.

    Raises:
        ConfigError: If `verbose` is none of these.
    """
    check_verbose(verbose)
    if not verbose:
        yield []
        return
    if folder is not None:
        begun = "Going on in" if folder.is_begun else "Run folder:"
        print(begun, folder.path, file=sys.stderr)
    plan = estimate(pyramid.scales, pyramid.channels, config)
    clock.expect(plan.step_seconds)
    console = Console(stderr=True, highlight=False)
    print_plan(plan, console)
    lines = ScaleLines(console, folder)
    # A file or a pipe cannot show a bar: it gets the lines alone.
    if verbose == 2 or not _shows_bars(console):
        yield [lines]
        return
    with _new_bar(console) as bar:
        yield [ProgressDisplay(clock, bar), lines]


def _shows_bars(console):
    # In a notebook rich draws with this package, and warns where it is missing.
    if console.is_jupyter:
        return importlib.util.find_spec("ipywidgets") is not None
    return console.is_terminal


def check_verbose(verbose):
    """Raises `ConfigError` for a `verbose` that is not 0, 1 or 2."""
    if verbose not in (0, 1, 2):
        text = "`verbose` must be 0, 1 or 2."
        raise ConfigError(f"{text} Received: verbose={verbose!r}.")


def print_plan(plan, console):
    """Prints what a training will take.

    Args:
        plan: An `Estimate`.
        console: A rich `Console`.
    """
    table = Table("scale", "height x width", "filters", "iterations", "about")
    rows = zip(plan.scales, plan.iterations, plan.step_seconds, strict=True)
    for scale, steps, seconds in rows:
        table.add_row(
            str(scale.index),
            f"{scale.size[0]} x {scale.size[1]}",
            str(scale.filters),
            str(steps),
            duration(seconds * steps),
        )
    console.print(table)
    console.print(
        f"In all about {duration(plan.seconds)} and {plan.memory / 2**30:.1f} GiB of "
        "memory, by what was measured on this machine just now.",
        soft_wrap=True,
    )


def duration(seconds):
    """Formats seconds for people: `45 s`, `3 min 20 s` or `2 h 05 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


class ProgressDisplay(ScaleCallback):
    """One bar over the whole training, with the losses beside it.

    Args:
        clock: The `Clock`.
        bar: A rich `Progress`.
    """

    def __init__(self, clock, bar):
        super().__init__()
        self.clock = clock
        self.bar = bar
        self.task = bar.add_task("", total=1.0, scale="", doing="preparing", left="")
        self._drawn, self._logs = 0.0, None

    def on_scale_begin(self, trainer):
        """Names the scale."""
        self._logs = None
        self._draw("preparing", scale=_scale_text(trainer))

    def on_train_batch_end(self, batch, logs=None):
        self._logs = logs
        # Reading losses waits for the device: not more often than eyes can see.
        if time.monotonic() - self._drawn < 0.25:
            return
        self._drawn = time.monotonic()
        self._draw(self._step_text())

    def on_train_end(self, logs=None):
        # Averages, pictures and the next scale take some seconds.
        self._draw(f"{self._step_text()}, completing")

    def on_scale_end(self, trainer):
        """Says what comes next."""
        last = trainer.scale + 1 == trainer.pyramid.num_scales
        self._draw(f"{self._step_text()}, {'saving' if last else 'preparing the next'}")

    def _step_text(self):
        losses = "" if self._logs is None else f" {loss_text(self._logs)}"
        return f"{self.clock.iteration}/{self.clock.steps}{losses}"

    def _draw(self, doing, **fields):
        left = self.clock.seconds_left
        left = f"{duration(left)} left" if left else ""
        done = self.clock.done
        self.bar.update(self.task, completed=done, doing=doing, left=left, **fields)


class ScaleLines(ScaleCallback):
    """A line on standard error for each scale that is done.

    Args:
        console: A rich `Console`. Defaults to one on standard error.
        folder: The `RunFolder` whose pictures the lines name. Defaults to `None`.
    """

    def __init__(self, console=None, folder=None):
        super().__init__()
        self.console = console or Console(stderr=True, highlight=False)
        self.folder = folder
        self._logs = None

    def on_scale_begin(self, trainer):
        """Starts the scale's time."""
        self._start, self._logs = time.monotonic(), None

    def on_train_batch_end(self, batch, logs=None):
        self._logs = logs

    def on_scale_end(self, trainer):
        """Writes the line."""
        taken = duration(time.monotonic() - self._start)
        losses = "" if self._logs is None else f", {loss_text(self._logs)}"
        text = f"{_scale_text(trainer)}: {taken}{losses}"
        if self.folder is not None:
            text += f", pictures in {self.folder.pictures_path(trainer.scale)}"
        self.console.print(text, soft_wrap=True, markup=False)


def _scale_text(trainer):
    name = scale_name(trainer.scale, trainer.pyramid.num_scales)
    return f"{name}, {trainer.size[0]}x{trainer.size[1]}"


def loss_text(logs):
    """Formats the losses: discriminator, generator, reconstruction."""
    return (
        f"D {float(logs['discriminator_loss']):+.2f} "
        f"G {float(logs['adversarial_loss']):+.2f} "
        f"rec {float(logs['reconstruction_loss']):.3f}"
    )


def _new_bar(console):
    return Progress(
        TextColumn("{task.fields[scale]}"),
        BarColumn(bar_width=12),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[doing]}"),
        console=console,
    )
