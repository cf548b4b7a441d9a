"""The `keras-singan` command."""

import os
import warnings
from pathlib import Path

import click

from keras_singan import __version__
from keras_singan.cli.commands.animate import animate
from keras_singan.cli.commands.benchmark import benchmark
from keras_singan.cli.commands.evaluate import evaluate
from keras_singan.cli.commands.export import export
from keras_singan.cli.commands.image_tasks import COMMANDS
from keras_singan.cli.commands.image_tasks import super_resolve
from keras_singan.cli.commands.info import info
from keras_singan.cli.commands.query import query
from keras_singan.cli.commands.sample import sample
from keras_singan.cli.commands.serve import serve
from keras_singan.cli.commands.train import train
from keras_singan.cli.exit_codes import one_line_errors

_PACKAGE = str(Path(__file__).parents[1])


class _Group(click.Group):
    def invoke(self, ctx):
        with one_line_errors(ctx.params["debug"]):
            return super().invoke(ctx)


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="keras-singan")
@click.option("--debug", is_flag=True, help="Show the whole traceback of an error.")
def cli(debug):
    """SinGAN: learn one photo, then draw new variations of it.

    \b
    keras-singan train photo.jpg --preset draft
    keras-singan sample --scale 1

    Every option can also be given as an environment variable, for example
    KERAS_SINGAN_SAMPLE_SCALE=1.
    """
    # TensorFlow reads this when it is imported, which a command does later.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not debug:
        warnings.showwarning = _show_warning


def _show_warning(message, category, filename, lineno, file=None, line=None):
    # Others' warnings (of NumPy, say) tell a user of a command nothing.
    if category is UserWarning and filename.startswith(_PACKAGE):
        click.echo(f"Warning: {message}", err=True)


_TASKS = (sample, animate, super_resolve, *COMMANDS.values())
for _command in (train, *_TASKS, info, evaluate, benchmark, export, serve, query):
    cli.add_command(_command)


def main():
    """Runs the command line."""
    cli(prog_name="keras-singan", auto_envvar_prefix="KERAS_SINGAN")
