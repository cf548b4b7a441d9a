"""The group of all commands."""

import os
import warnings

import click

from keras_singan import __version__
from keras_singan.cli.commands.animate import animate
from keras_singan.cli.commands.benchmark import benchmark
from keras_singan.cli.commands.evaluate import evaluate
from keras_singan.cli.commands.export import export
from keras_singan.cli.commands.fleet import fleet
from keras_singan.cli.commands.image_tasks import COMMANDS
from keras_singan.cli.commands.info import info
from keras_singan.cli.commands.push import push
from keras_singan.cli.commands.query import query
from keras_singan.cli.commands.sample import sample
from keras_singan.cli.commands.serve import serve
from keras_singan.cli.commands.studio import studio
from keras_singan.cli.commands.train import train
from keras_singan.cli.process.exit_codes import one_line_errors
from keras_singan.cli.process.streams import print_any_path
from keras_singan.cli.process.warning_lines import warning_lines

# The commands by what one does, in the order of doing it.
_SECTIONS = {
    "All on one page": (studio,),
    "Train": (train, fleet),
    "Create": (sample, animate, *COMMANDS.values()),
    "Look": (info, evaluate, benchmark),
    "Serve": (export, serve, query),
    "Share": (push,),
}


class _Group(click.Group):
    def format_commands(self, ctx, formatter):
        width = max(map(len, self.commands))
        for title, commands in _SECTIONS.items():
            with formatter.section(title):
                # Padded, so that the summaries of all sections stand in line.
                rows = [(c.name.ljust(width), _summary(c)) for c in commands]
                formatter.write_dl(rows)

    def make_context(self, *args, **kwargs):
        # --help and --version write here already.
        with one_line_errors():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx):
        print_any_path()
        with one_line_errors(ctx.params["debug"]):
            return super().invoke(ctx)


def _summary(command):
    """The first sentence of a command's help, never cut."""
    paragraph = command.help.replace("\b", "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()).split(". ")[0].split(": ")[0].rstrip(".")


@click.group(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
# Images of containers often have a variable of that name, the version itself.
@click.version_option(__version__, prog_name="keras-singan", allow_from_autoenv=False)
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
        warnings.showwarning = warning_lines()


for _commands in _SECTIONS.values():
    for _command in _commands:
        cli.add_command(_command)
