"""`keras-singan serve`."""

import click

from keras_singan.cli.listening_options import host_option
from keras_singan.cli.listening_options import port_option
from keras_singan.cli.options import PathType
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.errors import TaskError
from keras_singan.task_specs import DEFAULT_MODEL


@click.command()
@click.argument("path", type=PathType(exists=True))
@click.option(
    "--name", default=DEFAULT_MODEL, show_default=True, help="The model's name in URLs."
)
@host_option("0.0.0.0 opens it to the network")
@port_option(8501, "Of REST")
@port_option("8500", "Of gRPC", "--grpc-port", or_none=True)
@click.option(
    "--poll-seconds",
    type=click.FloatRange(0, 86400),
    default=1.0,
    show_default=True,
    help="How often to look for new versions; 0: never.",
)
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="LABEL=VERSION",
    help="Serve this version too, under a label.",
)
@click.option(
    "--max-body-mb",
    type=click.FloatRange(0.001, 2000),
    default=16.0,
    show_default=True,
    help="Largest request.",
)
@click.option(
    "--max-concurrency",
    type=click.IntRange(1, 1024),
    help="Requests at once; more may wait.  [default: the processors, 2 at least]",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.001, 86400),
    default=30.0,
    show_default=True,
    help="Seconds until a request is given up.",
)
def serve(path, grpc_port, labels, **settings):
    """Serve the model at PATH, as TensorFlow Serving does.

    PATH is a .keras file, a run folder, or a folder with version folders (1, 2,
    ...) of an exported model. New versions are taken up while it runs. It knows no
    passwords: leave --host as it is, or put a proxy before it.
    """
    labels = dict(map(_label, labels))
    click.echo(f"Model: {path} (loading and warming up)", err=True)
    import_quietly()
    from keras_singan.server.server import serve as run

    run(
        path,
        grpc_port=None if grpc_port == -1 else grpc_port,
        labels=labels,
        on_ready=_announce,
        **settings,
    )


def _label(text):
    label, _, version = text.partition("=")
    if not label or not (version.isascii() and version.isdigit()) or len(version) > 18:
        raise TaskError(f"`--label` must be LABEL=VERSION. Received: {text!r}.")
    return label, int(version)


def _announce(server):
    name = server.settings.name
    model = "" if name == DEFAULT_MODEL else f"/v1/models/{name}"
    click.echo(f"REST: {server.url}/v1/models/{name}", err=True)
    if server.grpc_target:
        click.echo(f"gRPC: {server.grpc_target}", err=True)
    click.echo(f"Metrics: {server.url}/monitoring/prometheus/metrics", err=True)
    click.echo(f"Next: keras-singan query {server.url}{model} sample", err=True)
    click.echo("Ctrl-C ends it.", err=True)
