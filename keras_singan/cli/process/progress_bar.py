"""A bar on standard error for what takes longer than a glance."""

import contextlib
import sys


@contextlib.contextmanager
def progress_bar(label, total):
    """Shows how much is done, where standard error is a terminal.

    Args:
        label: What is being made, for example `"samples"`.
        total: int, how many in all. A single one gets no bar.

    Yields:
        Function to call with the number that is done since the last call.
    """
    if total < 2 or not is_terminal():
        yield lambda count: None
        return
    # Slow to import, and of no use to a program that reads the results.
    from rich.console import Console
    from rich.progress import BarColumn
    from rich.progress import MofNCompleteColumn
    from rich.progress import Progress
    from rich.progress import TextColumn
    from rich.progress import TimeRemainingColumn

    count, left = MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True, force_terminal=True)
    with Progress(
        TextColumn(label), BarColumn(), count, left, console=console, transient=True
    ) as display:
        task = display.add_task("", total=total)
        yield lambda count: display.advance(task, count)


def is_terminal():
    """Whether a person sees what goes to standard error."""
    return sys.stderr.isatty()
