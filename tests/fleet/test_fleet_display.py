"""What a person sees of a fleet on a terminal."""

import io
import types

from rich.console import Console

from keras_singan.fleet import fleet_display
from keras_singan.fleet.photo_report import PhotoReport


def test_an_error_with_square_brackets_stands_as_it_is():
    error = "A photo must be readable. Received: '/photos/[/x]/[red]a.png'."
    report = PhotoReport("a", "/photos/a.png", state="failed", error=error)
    console = Console(file=io.StringIO(), width=40)
    # A store that is not asked now: only the line is shown.
    place, live = types.SimpleNamespace(is_local=False), types.SimpleNamespace()
    live.console = console
    table = fleet_display._Table(place, live)
    table._asked = 1
    table.show(types.SimpleNamespace(reports={"a": report}), ["a"])
    assert console.file.getvalue() == f"a: failed: {error}\n"
