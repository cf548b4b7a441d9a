"""`keras-singan studio`."""

import os
import sys
import webbrowser
from pathlib import Path

import click

from keras_singan.cli.listening_options import host_option
from keras_singan.cli.listening_options import port_option
from keras_singan.cli.options import RUNS
from keras_singan.studio.studio_extra import require_studio_extra
from keras_singan.studio.studio_settings import StudioSettings
from keras_singan.studio.studio_settings import is_loopback


@click.command()
@click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=RUNS,
    show_default=True,
    help="Folder of the run folders.",
)
@host_option(
    "another one than this machine's own needs the token that is printed with it"
)
@port_option(8080, "Of the page")
@click.option(
    "--memory",
    type=click.FloatRange(0.5, 4096),
    default=4.0,
    show_default=True,
    help="Most memory of the process that runs the tasks, in GiB.",
)
@click.option(
    "--open/--no-open", "opens", default=True, help="Whether to open a browser."
)
def studio(runs, host, port, memory, opens):
    """Open a page on which everything is done with the mouse.

    Train on a photo, draw samples, brush, place, paint, animate, enlarge, export.
    A training goes on when the page or this command is closed.
    """
    require_studio_extra()
    from keras_singan.studio.web.studio_server import new_token
    from keras_singan.studio.web.studio_server import serve_studio

    settings = StudioSettings(
        runs,
        host=host,
        port=port,
        token=None if is_loopback(host) else new_token(),
        memory_bytes=int(memory * 2**30),
    )

    def announce(address):
        click.echo(f"Studio: {address}", err=True)
        click.echo("Ctrl-C ends it; a training goes on.", err=True)
        if opens and _has_display():
            webbrowser.open(address)

    serve_studio(settings, announce)


def _has_display():
    """Whether a browser can open: without a screen, its starter only complains."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
