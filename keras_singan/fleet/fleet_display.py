"""What a person sees of a fleet: a table on a terminal, else lines."""

import contextlib

from rich.console import Console
from rich.live import Live
from rich.table import Table

_MOST_RUNNING = 20


def duration_text(seconds):
    """Formats seconds for people: `45 s`, `3 min 20 s`, `2 h 05 min`, `3 d 4 h`."""
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {rest:02d} s"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes:02d} min"


def status_line(status):
    """Returns the sums of a `FleetStatus` in one line."""
    counts = (
        f"{status.count('done')} of {len(status.reports)} photos done",
        f"{len(status.running)} running",
        f"{status.count('waiting')} waiting",
        f"{status.count('failed')} failed",
    )
    text = ", ".join(counts)
    if status.photos_per_hour:
        text += f"; {status.photos_per_hour:.1f} photos an hour"
        text += f", {duration_text(status.seconds_left)} left"
    return text


def status_table(status):
    """Returns a rich `Table` of a `FleetStatus`: what runs, and the sums."""
    table = Table(caption=status_line(status), caption_justify="left")
    for name in ("photo", "scale", "done", "left"):
        table.add_column(name, justify="left" if name == "photo" else "right")
    for each in status.running[:_MOST_RUNNING]:
        left = each.seconds_left
        table.add_row(
            each.name,
            f"{each.scale} ({each.scale + 1} of {each.scales})",
            f"{each.done * 100:.0f} %",
            "" if left is None else duration_text(left),
        )
    if len(status.running) > _MOST_RUNNING:
        table.add_row(f"and {len(status.running) - _MOST_RUNNING} more", "", "", "")
    return table


def report_line(report):
    """Returns how a photo ended, in one line."""
    if report.state == "failed":
        return f"{report.name}: failed: {report.error}"
    note = f" ({report.note})" if report.note else ""
    took = "" if report.seconds is None else f" in {duration_text(report.seconds)}"
    return f"{report.name}: {report.state}{took} on {report.machine}{note}"


@contextlib.contextmanager
def fleet_display(place, verbose):
    """Makes the display of a fleet at work, on standard error.

    Args:
        place: The `Place`.
        verbose: 0 nothing; 1 a table, or lines where there is no terminal; 2 lines.

    Yields:
        Function for `run_fleet`'s `watch`.
    """
    console = Console(stderr=True, highlight=False)
    if not verbose:
        yield lambda driver, names: None
    elif verbose == 1 and console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            yield _Table(place, live).show
    else:
        yield _Lines(console).show


class _Table:
    def __init__(self, place, live):
        self._place, self._live, self._asked = place, live, 0

    def show(self, driver, names):
        for name in names:
            if driver.reports[name].state == "failed":
                # An error may hold square brackets, rich's markup.
                line = report_line(driver.reports[name])
                self._live.console.print(line, soft_wrap=True, markup=False)
        # A store is asked seldom: its copies are 15 s old anyway.
        self._asked += 1
        if not self._place.is_local and self._asked % 10 != 1:
            return
        table = status_table(driver.status())
        if driver.stopping:
            table.title = "Saving and stopping; Ctrl-C again stops at once"
        self._live.update(table, refresh=True)


class _Lines:
    def __init__(self, console):
        self._console, self._told = console, False

    def show(self, driver, names):
        if driver.stopping and not self._told:
            self._told = True
            self._line("Saving and stopping; Ctrl-C again stops at once.")
        total = len(driver.reports)
        for name in names:
            ended = sum(r.state in ("done", "failed") for r in driver.reports.values())
            self._line(f"[{ended}/{total}] {report_line(driver.reports[name])}")

    def _line(self, text):
        self._console.print(text, soft_wrap=True, markup=False)
