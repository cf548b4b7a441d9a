"""`keras-singan train`."""

import json
import shlex
from pathlib import Path

import click

from keras_singan.cli.options import RUNS
from keras_singan.cli.options import MaxSizeType
from keras_singan.cli.quiet import import_quietly
from keras_singan.config import PRESETS
from keras_singan.errors import ConfigError
from keras_singan.errors import RunFolderError


@click.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Run folder.  [default: runs/NAME, from the image's name]",
)
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    default="standard",
    show_default=True,
    help="standard: the published numbers; draft: minutes, rougher.",
)
@click.option(
    "--task",
    type=click.Choice(["animation", "super-resolution"]),
    help="Train for one task.  [default: a general model]",
)
@click.option("--factor", type=float, help="Enlargement of --task super-resolution.")
@click.option(
    "--max-size", type=MaxSizeType(), help="Longest side, px; none: as it is."
)
@click.option("--min-size", type=int, help="Short side of the coarsest scale, px.")
@click.option("--scale-factor", type=float, help="Ratio of neighbouring scales.")
@click.option("--steps", type=int, help="Iterations per scale.")
@click.option("--learning-rate", type=float, help="Learning rate of both networks.")
@click.option("--filters", type=int, help="Filters of the coarsest scale.")
@click.option(
    "--padding", type=click.Choice(["zeros", "noise"]), help="At the borders."
)
@click.option(
    "--dtype-policy",
    type=click.Choice(["float32", "mixed_bfloat16"]),
    help="mixed_bfloat16 is faster where the processor or GPU has it.",
)
@click.option("--seed", type=int, help="Seed of weights and training noise.")
@click.option(
    "--set",
    "more",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other hyper-parameter, for example --set generator_steps=1.",
)
@click.option(
    "--alpha",
    type=click.Choice(["composite", "train"]),
    default="composite",
    show_default=True,
    help="Transparency: on white, or as a 4th channel.",
)
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Go on with an interrupted run, or begin anew in a folder of its own.",
)
@click.option("--log-dir", type=click.Path(path_type=Path), help="For TensorBoard.")
@click.option("--dry-run", is_flag=True, help="Only show the plan, time and memory.")
@click.option(
    "-v",
    "--verbose",
    type=click.IntRange(0, 2),
    default=1,
    show_default=True,
    help="0: silent, 1: progress, 2: a line per scale.",
)
def train(image, output, alpha, resume, log_dir, dry_run, verbose, **values):
    """Train on IMAGE.

    Give the same command again after an interruption: it goes on from the last
    checkpoint.
    """
    import_quietly()
    from keras_singan import SinGAN

    model = SinGAN(**_overrides(**values))
    if dry_run:
        _show_plan(model, image, alpha)
        click.echo("Next: the same command without --dry-run")
        return
    folder = _run_folder(image, output, resume)
    trained = folder / "singan.keras"
    finished = trained.is_file()
    try:
        model.fit(
            image, alpha=alpha, checkpoint_dir=folder, log_dir=log_dir, verbose=verbose
        )
    except KeyboardInterrupt:
        change = "" if resume else f", with --output {folder} for --no-resume,"
        raise RunFolderError(
            f"Interrupted; the progress is kept in {folder}. The same command{change} "
            "goes on from there."
        ) from None
    click.echo(f"{'Trained already' if finished else 'Trained'}: {trained}")
    click.echo(
        f"Next: keras-singan sample --model {shlex.quote(str(folder))} --scale 0"
    )


def _overrides(preset, task, max_size, more, **values):
    given = {name: value for name, value in values.items() if value is not None}
    if max_size is not None:
        given["max_size"] = None if max_size == "none" else max_size
    for text in more:
        name, found, value = text.partition("=")
        if not found:
            raise ConfigError(f"`--set` must be NAME=VALUE. Received: {text!r}.")
        given[name.strip().replace("-", "_")] = _parsed(value)
    task = task.replace("-", "_") if task else None
    return {"preset": preset, "task": task} | given


def _parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None if text.lower() == "none" else text


def _show_plan(model, image, alpha):
    from rich.console import Console

    from keras_singan.progress import print_plan

    print_plan(model.estimate(image, alpha=alpha), Console(highlight=False))


def _run_folder(image, output, resume):
    folder = output if output is not None else RUNS / image.stem
    if resume:
        return folder
    free, count = folder, 1
    while free.exists():
        count += 1
        free = folder.with_name(f"{folder.name}-{count}")
    return free
