"""What a person sees of the training, on standard error."""

import contextlib
import sys
import time

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import Progress
from rich.progress import TextColumn
from rich.table import Table

from keras_singan.errors import ConfigError
from keras_singan.geometry import scale_steps
from keras_singan.performance.estimate import estimate
from keras_singan.performance.estimate import planned
from keras_singan.performance.flops import iteration_flops
from keras_singan.training.callbacks import ScaleCallback


@contextlib.contextmanager
def new_progress(verbose, pyramid, config, folder=None):
    """Gives the callbacks for a level of `verbose`.

    Args:
        verbose: `0` nothing, `1` a progress display (on a terminal; else as `2`),
            `2` a line per scale.
        pyramid: The `SinGANPyramid` that will be trained.
        config: The `SinGANConfig`.
        folder: The `RunFolder`, or `None`. Defaults to `None`.

    Yields:
        List of callbacks.

    Raises:
        ConfigError: If `verbose` is none of these.
    """
    check_verbose(verbose)
    if verbose:
        if folder is not None:
            begun = "Going on in" if folder.is_begun else "Run folder:"
            print(begun, folder.path, file=sys.stderr)
        plan = estimate(planned(pyramid), pyramid.channels, config)
        print_plan(plan, Console(stderr=True, highlight=False))
    # A file or a pipe cannot show a bar: it gets the lines.
    if verbose == 1 and Console(stderr=True).is_terminal:
        clock = Clock(pyramid, config)
        with _display() as display:
            yield [clock, ProgressDisplay(clock, display)]
    elif verbose:
        yield [ScaleLines()]
    else:
        yield []


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


class Clock(ScaleCallback):
    """Knows how far the training is and how long it still takes.

    What is left is the speed of the scale at work, and for the scales to come
    the same per floating-point operation.

    Args:
        pyramid: The `SinGANPyramid`.
        config: The `SinGANConfig`.
    """

    def __init__(self, pyramid, config):
        super().__init__()
        self._steps = scale_steps(pyramid.filters, config)
        flops = iteration_flops(planned(pyramid), pyramid.channels, config)
        self.work = [n * each for n, each in zip(self._steps, flops, strict=True)]
        self.scale = self.iteration = 0
        self._start = None

    @property
    def steps(self):
        """Iterations of the scale at work."""
        return self._steps[self.scale]

    def on_scale_begin(self, trainer):
        """Starts the stopwatch anew: each scale has its own speed."""
        self.scale = trainer.scale
        self.iteration = self._first = trainer.scale_gan.iteration
        self._start = None

    def on_train_batch_end(self, batch, logs=None):
        self.iteration += 1
        if self._start is None:
            # The first iteration compiles: it says nothing about the others.
            self._first, self._start = self.iteration, time.monotonic()

    @property
    def done(self):
        """Share of the whole work that is done, from 0 to 1."""
        below = sum(self.work[: self.scale])
        here = self.work[self.scale] * self.iteration / self.steps
        return (below + here) / sum(self.work)

    @property
    def seconds_left(self):
        """Seconds to the end of the whole training; `None` before it is known."""
        timed = self.iteration - self._first
        if self._start is None or timed < 3:
            return None
        each = (time.monotonic() - self._start) / timed
        left = each * (self.steps - self.iteration)
        ahead = sum(self.work[self.scale + 1 :]) / self.work[self.scale]
        return left + each * self.steps * ahead


class ProgressDisplay(ScaleCallback):
    """One bar over the whole training, with the losses beside it.

    Args:
        clock: The `Clock`.
        display: A rich `Progress`.
    """

    def __init__(self, clock, display):
        super().__init__()
        self.clock = clock
        self.display = display
        self.bar = display.add_task("", total=1.0, scale="", losses="", left="")
        self._drawn, self._logs = 0.0, None

    def on_scale_begin(self, trainer):
        """Names the scale."""
        height, width = trainer.size
        count = trainer.pyramid.num_scales
        text = f"scale {trainer.scale + 1} of {count}, {height}x{width}"
        self._logs = None
        self.display.update(
            self.bar, scale=text, losses="preparing", completed=self.clock.done
        )

    def on_train_batch_end(self, batch, logs=None):
        self._logs = logs
        # Reading losses waits for the device: not more often than eyes can see.
        if time.monotonic() - self._drawn < 0.25:
            return
        self._drawn = time.monotonic()
        left = self.clock.seconds_left
        self._draw("" if left is None else f"{duration(left)} left")

    def on_scale_end(self, trainer):
        """Shows the last iteration."""
        self._draw("")

    def _draw(self, left):
        losses = "" if self._logs is None else loss_text(self._logs)
        self.display.update(
            self.bar,
            completed=self.clock.done,
            losses=f"{self.clock.iteration}/{self.clock.steps} {losses}",
            left=left,
        )


class ScaleLines(ScaleCallback):
    """A line on standard error for each scale that is done."""

    def __init__(self):
        super().__init__()
        self.console = Console(stderr=True, highlight=False)
        self._logs = None

    def on_scale_begin(self, trainer):
        """Starts the scale's time."""
        self._start, self._logs = time.monotonic(), None

    def on_train_batch_end(self, batch, logs=None):
        self._logs = logs

    def on_scale_end(self, trainer):
        """Writes the line."""
        height, width = trainer.size
        taken = duration(time.monotonic() - self._start)
        losses = "" if self._logs is None else f", {loss_text(self._logs)}"
        self.console.print(
            f"scale {trainer.scale + 1} of {trainer.pyramid.num_scales}, "
            f"{height}x{width}: {taken}{losses}",
            soft_wrap=True,
        )


def loss_text(logs):
    """Formats the losses: discriminator, generator, reconstruction."""
    return (
        f"D {float(logs['discriminator_loss']):+.2f} "
        f"G {float(logs['adversarial_loss']):+.2f} "
        f"rec {float(logs['reconstruction_loss']):.3f}"
    )


def _display():
    return Progress(
        TextColumn("{task.fields[scale]}"),
        BarColumn(bar_width=12),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[left]}"),
        TextColumn("{task.fields[losses]}"),
        console=Console(stderr=True, highlight=False),
    )
