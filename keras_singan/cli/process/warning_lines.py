"""The package's own warnings as lines on standard error, each of them once."""

from pathlib import Path

import click

from keras_singan.errors import ImageWarning

_PACKAGE = str(Path(__file__).parents[2])


def warning_lines():
    """Returns a function to show warnings with, for one run of the command line.

    It takes the arguments of `warnings.showwarning`. Warnings of others (of NumPy,
    say) tell a user of a command nothing.
    """
    shown = set()

    def show(message, category, filename, lineno, file=None, line=None):
        text = _text(message)
        own = issubclass(category, UserWarning) and filename.startswith(_PACKAGE)
        if own and text not in shown:
            shown.add(text)
            click.echo(f"Warning: {text}", err=True)

    return show


def _text(message):
    """Words a warning with the option that helps, if the command has one."""
    if not isinstance(message, ImageWarning):
        return str(message)
    context = click.get_current_context(silent=True)
    params = context.command.params if context else ()
    names = [param.opts[0] for param in params if param.name == message.keyword]
    advice = f" {names[0]} {message.value} {message.effect}." if names else ""
    return message.sentence + advice
