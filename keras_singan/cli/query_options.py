"""What the tasks of `keras-singan query` share: how to reach the server."""

import click

from keras_singan.cli.options import PathType
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.cli.task_options import input_option
from keras_singan.client.rest_client import MAX_ANSWER_MB
from keras_singan.client.rest_client import TIMEOUT
from keras_singan.client.rest_client import Client


def connection_options(command):
    """Adds what says how to reach the server; `connect` takes their values."""
    for option in reversed(_CONNECTION):
        command = option(command)
    return command


def output_options(command):
    """Adds `--output` and `--overwrite`."""
    for option in reversed(_OUTPUT):
        command = option(command)
    return command


def served_option(each):
    """Makes the option of an input that a served model has a default for."""
    if each.sentinel is None:
        return input_option(each)
    return input_option(each, default=None, rule="the server's")


def connect(url, grpc, model_name, model_version, **options):
    """Returns a client made from the values of `connection_options`.

    Raises:
        TaskError: If the URL, or one of the values, is none.
    """
    if not grpc:
        return Client(url, model_name, version=model_version, **options)
    import_quietly()
    from keras_singan.client.grpc_client import GrpcClient

    return GrpcClient(url, model_name, version=model_version, **options)


def _shared(name, **kwargs):
    """Returns an option whose environment variable is the same for every task."""
    variable = name.removeprefix("--").replace("-", "_").upper()
    return click.option(
        name, envvar=f"KERAS_SINGAN_QUERY_{variable}", show_envvar=True, **kwargs
    )


_CONNECTION = (
    _shared(
        "--model-name",
        help="Name the server knows the model by.  [default: the URL's, or singan]",
    ),
    _shared("--model-version", type=int, help="Its version.  [default: the newest]"),
    _shared("--token", help="Bearer token; safest in the environment."),
    _shared(
        "--timeout",
        type=click.FloatRange(0.001, 86400),
        default=TIMEOUT,
        show_default=True,
        help="Seconds that an answer may take, to its last byte.",
    ),
    _shared(
        "--retries",
        type=click.IntRange(0, 100),
        default=4,
        show_default=True,
        help="Further attempts while the server is busy or starting.",
    ),
    _shared(
        "--max-answer-mb",
        type=click.IntRange(1, 2047),
        default=MAX_ANSWER_MB,
        show_default=True,
        help="Most MiB of an answer.",
    ),
    _shared("--grpc", is_flag=True, help="URL is host:port of gRPC (extra serve)."),
)
_OUTPUT = (
    click.option(
        "--output",
        type=PathType(allow_dash=True),
        help="Folder, or file for one result, or - for standard output.  "
        "[default: folder samples/NAME, from the model's name]",
    ),
    click.option("--overwrite", is_flag=True, help="Replace what exists."),
)
