"""`keras-singan train`."""

import shlex

import click

from keras_singan.cli.config_options import config_options
from keras_singan.cli.config_options import config_values
from keras_singan.cli.given_images import read_dash
from keras_singan.cli.options import IMAGE
from keras_singan.cli.options import RUNS
from keras_singan.cli.options import PathType
from keras_singan.cli.options import max_pixels_option
from keras_singan.cli.options import range_option
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.errors import RunFolderError
from keras_singan.io.unwinding import signal_of
from keras_singan.performance.threads import share_threads


@click.command()
@click.argument("image", type=IMAGE)
@click.argument("others", nargs=-1, type=click.UNPROCESSED, metavar="")
@click.option(
    "--output",
    type=PathType(file_okay=False),
    help="Run folder.  [default: runs/NAME, from the image's name]",
)
@config_options
@click.option(
    "--mask",
    "masks",
    type=IMAGE,
    multiple=True,
    help="Mask of IMAGE, white where the object is: `sample` then draws pairs of a "
    "picture and its mask. Can be given up to 8 times.",
)
@click.option(
    "--alpha",
    type=click.Choice(["composite", "train"]),
    default="composite",
    show_default=True,
    help="Transparency: on white, or as a 4th channel.",
)
@range_option
@max_pixels_option
@click.option(
    "--resume/--no-resume",
    default=True,
    show_default=True,
    help="Go on with an interrupted run, or begin anew in a folder of its own.",
)
@click.option("--log-dir", type=PathType(), help="For TensorBoard.")
@click.option("--dry-run", is_flag=True, help="Only show the plan, time and memory.")
@click.option(
    "-v",
    "--verbose",
    type=click.IntRange(0, 2),
    default=1,
    show_default=True,
    help="0: silent, 1: progress, 2: a line per scale.",
)
def train(
    image,
    others,
    output,
    masks,
    alpha,
    value_range,
    max_pixels,
    resume,
    log_dir,
    dry_run,
    verbose,
    **values,
):
    """Train on IMAGE.

    - is standard input, whose run folder is runs/stdin.

    Give the same command again after an interruption: it goes on from the last
    checkpoint.
    """
    _check_one(image, others)
    folder = _run_folder(image, output, resume)
    image, *masks = read_dash(image, *masks)
    import_quietly()
    share_threads()
    from keras_singan import SinGAN

    model = SinGAN(**config_values(**values))
    reading = {"alpha": alpha, "value_range": value_range, "max_pixels": max_pixels}
    reading["masks"] = masks
    if dry_run:
        _show_plan(model, image, **reading)
        click.echo("Next: the same command without --dry-run")
        return
    trained = folder / "singan.keras"
    finished = trained.is_file()
    try:
        model.fit(
            image,
            **reading,
            checkpoint_dir=folder,
            log_dir=log_dir,
            verbose=verbose,
        )
    except KeyboardInterrupt as error:
        raise _interruption(folder, resume, signal_of(error)) from None
    click.echo(f"{'Trained already' if finished else 'Trained'}: {trained}")
    click.echo(f"Next: {_next_command(folder, model.config_)}")


def _interruption(folder, resume, signal):
    if not folder.exists():
        return RunFolderError(
            "Interrupted before anything was begun. "
            f"Received: {signal}, and no {folder} yet."
        )
    change = "" if resume else f", with --output {folder} for --no-resume,"
    return RunFolderError(
        f"Interrupted; the progress is kept in {folder}. The same command{change} "
        "goes on from there."
    )


def _next_command(folder, config):
    words = {
        None: ["sample", "--scale", "0"],
        "animation": ["animate"],
        "super_resolution": ["super-resolve", "--factor", f"{config.factor or 0:g}"],
    }[config.task]
    return shlex.join(["keras-singan", *words, "--model", str(folder)])


def _check_one(image, others):
    if others:
        names = shlex.join(map(str, [image, *others]))
        raise click.UsageError(
            "A model learns one image: train once for each, into run folders of their "
            f"own. Received: {names}."
        )


def _show_plan(model, image, **reading):
    from rich.console import Console

    from keras_singan.performance.memory import check_memory
    from keras_singan.training.progress import print_plan

    plan = model.estimate(image, **reading)
    print_plan(plan, Console(highlight=False))
    check_memory(plan.scales, plan.channels, plan.config)


def _run_folder(image, output, resume):
    name = "stdin" if str(image) == "-" else image.stem
    folder = output if output is not None else RUNS / name
    if resume:
        return folder
    free, count = folder, 1
    while free.exists():
        count += 1
        free = folder.with_name(f"{folder.name}-{count}")
    return free
