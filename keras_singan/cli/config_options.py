"""Options that choose a configuration."""

import functools
import json

import click

from keras_singan.cli.options import MaxSizeType
from keras_singan.config import PRESETS
from keras_singan.errors import ConfigError

_OPTIONS = [
    click.option(
        "--preset",
        type=click.Choice(list(PRESETS)),
        default="fast",
        show_default=True,
        help="fast: near standard, many times sooner; standard: the published "
        "numbers; draft: a first look, rougher.",
    ),
    click.option(
        "--task",
        type=click.Choice(["animation", "super-resolution"]),
        help="Train for one task.  [default: a general model]",
    ),
    click.option(
        "--factor", type=float, help="Enlargement of --task super-resolution."
    ),
    click.option(
        "--max-size", type=MaxSizeType(), help="Longest side, px; none: as it is."
    ),
    click.option("--min-size", type=int, help="Short side of the coarsest scale, px."),
    click.option("--scale-factor", type=float, help="Ratio of neighbouring scales."),
    click.option(
        "--steps",
        type=int,
        help="Iterations of a scale; fast does half as many from the second on.",
    ),
    click.option("--learning-rate", type=float, help="Learning rate of both networks."),
    click.option("--filters", type=int, help="Filters of the coarsest scale."),
    click.option(
        "--padding", type=click.Choice(["zeros", "noise"]), help="At the borders."
    ),
    click.option(
        "--dtype-policy",
        type=click.Choice(["auto", "float32", "mixed_bfloat16"]),
        help="auto: mixed_bfloat16 where this machine computes it faster.",
    ),
    click.option("--seed", type=int, help="Seed of weights and training noise."),
    click.option(
        "--set",
        "more",
        multiple=True,
        metavar="NAME=VALUE",
        help="Any other hyper-parameter, for example --set generator_steps=1.",
    ),
]


def config_options(command):
    """Adds the options that `config_values` takes: preset, task, and overrides."""
    return functools.reduce(lambda found, add: add(found), reversed(_OPTIONS), command)


def config_values(preset, task, max_size, more, **values):
    """Turns what `config_options` gave into arguments of `resolve_config`.

    Raises:
        ConfigError: If a `--set` is not NAME=VALUE.
    """
    given = {name: value for name, value in values.items() if value is not None}
    if max_size is not None:
        given["max_size"] = None if max_size == "none" else max_size
    given |= dict(named_value(text, "--set") for text in more)
    task = task.replace("-", "_") if task else None
    return {"preset": preset, "task": task} | given


def named_value(text, option):
    """Reads NAME=VALUE: gives the name, and the value as JSON has it.

    A value that is no JSON is text, but for `none`, which is `None`.

    Args:
        text: What was typed.
        option: Where, for the error.

    Raises:
        ConfigError: If it does not look like that.
    """
    name, found, value = text.partition("=")
    if not found:
        raise ConfigError(f"`{option}` must be NAME=VALUE. Received: {text!r}.")
    return name.strip().replace("-", "_"), _parsed(value)


def _parsed(text):
    # JSON has no `.5` and no `1.`, which people type.
    for read in (json.loads, float):
        try:
            return read(text)
        except ValueError:
            continue
    return None if text.lower() == "none" else text
