"""THE place where an error becomes one line and an exit code."""

import contextlib

import click

from keras_singan.errors import NEEDS_RANGE
from keras_singan.errors import ConfigError
from keras_singan.errors import TaskError
from keras_singan.errors import sentence

# Arguments that make no sense are wrong usage; the rest is a failed run.
_USAGE = (ConfigError, TaskError)


@contextlib.contextmanager
def one_line_errors(debug=False):
    """Turns exceptions into click's errors: exit code 2 for usage, else 1.

    Args:
        debug: Whether to let them through, with their traceback. Defaults to
            `False`.
    """
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        _name_variable(error)
        # Without a context click leaves out its three lines of usage.
        error.ctx = None
        raise
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        # click itself ends quietly when `| head` has closed the pipe.
        raise
    except Exception as error:
        if debug:
            raise
        raise _click_error(error) from None


def _name_variable(error):
    """Names the environment variable that a wrong value comes from."""
    context, param = error.ctx, getattr(error, "param", None)
    if context is None or param is None or param.name is None:
        return
    source = click.core.ParameterSource.ENVIRONMENT
    if context.get_parameter_source(param.name) is source:
        variable = f"{context.auto_envvar_prefix}_{param.name.upper()}"
        error.message += f" It comes from the variable {param.envvar or variable}."


def _range_option():
    """What an error on an image's values adds: the option, if the command has it."""
    context = click.get_current_context(silent=True)
    commands = getattr(context and context.command, "commands", {})
    command = commands.get(context and context.invoked_subcommand)
    params = command.params if command else ()
    names = [param.opts[0] for param in params if param.name == "value_range"]
    return f", or need `{names[0]}`" if names else ""


def _click_error(error):
    text = sentence(error).replace(NEEDS_RANGE, _range_option())
    if text.startswith("Unexpected"):
        text += " (keras-singan --debug ... shows where)"
    result = click.ClickException(text)
    result.exit_code = 2 if isinstance(error, _USAGE) else 1
    return result
