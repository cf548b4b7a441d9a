"""`keras-singan train`."""

import shlex
from pathlib import Path

import click

from keras_singan.cli.config_options import config_options
from keras_singan.cli.config_options import config_values
from keras_singan.cli.options import RUNS
from keras_singan.cli.quiet import import_quietly
from keras_singan.cli.threads import share_threads
from keras_singan.errors import RunFolderError


@click.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Run folder.  [default: runs/NAME, from the image's name]",
)
@config_options
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
    share_threads()
    from keras_singan import SinGAN

    model = SinGAN(**config_values(**values))
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


def _show_plan(model, image, alpha):
    from rich.console import Console

    from keras_singan.performance.memory import check_memory
    from keras_singan.training.progress import print_plan

    plan = model.estimate(image, alpha=alpha)
    print_plan(plan, Console(highlight=False))
    check_memory(plan.scales, plan.channels, plan.config)


def _run_folder(image, output, resume):
    folder = output if output is not None else RUNS / image.stem
    if resume:
        return folder
    free, count = folder, 1
    while free.exists():
        count += 1
        free = folder.with_name(f"{folder.name}-{count}")
    return free
