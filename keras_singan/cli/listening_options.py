"""Options of the commands that listen: an address, and ports."""

import click


class PortType(click.ParamType):
    """A port; -1 stands for `none`, where that is allowed.

    Beside a service of the name `keras-singan-serve` Kubernetes sets variables that
    look like this command's own, `KERAS_SINGAN_SERVE_PORT=tcp://10.0.0.1:8501` say.
    They do not count.

    Args:
        or_none: Whether the port may be `none`. Defaults to `False`.
    """

    def __init__(self, or_none=False):
        self.or_none = or_none
        self.name = "INTEGER|none" if or_none else "INTEGER"

    def convert(self, value, param, ctx):
        """Returns an int."""
        if isinstance(value, str):
            if self.or_none and value.lower() == "none":
                return -1
            if value.startswith(("tcp://", "udp://")) and _is_variable(param, ctx):
                value = param.default
        return click.IntRange(0, 65535).convert(value, param, ctx)


def _is_variable(param, ctx):
    source = ctx and ctx.get_parameter_source(param.name)
    return source is click.core.ParameterSource.ENVIRONMENT


def host_option(others):
    """Returns `--host`.

    Args:
        others: What is so of other addresses than this machine's own, for the help.
    """
    return click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        help=f"Address to listen at; {others}.",
    )


def port_option(default, what, name="--port", or_none=False):
    """Returns the option of a port.

    Args:
        default: The port.
        what: What it is of, for the help.
        name: The option's. Defaults to `"--port"`.
        or_none: Whether it may be `none`, which is -1. Defaults to `False`.
    """
    without = f", none: without {what.removeprefix('Of ')}" if or_none else ""
    return click.option(
        name,
        type=PortType(or_none),
        default=default,
        show_default=True,
        help=f"{what}; 0: a free one{without}.",
    )
