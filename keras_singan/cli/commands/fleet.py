"""`keras-singan fleet`, with `status` and `retry`."""

import contextlib
import dataclasses
import os
import shlex

import click

from keras_singan.cli.config_options import config_options
from keras_singan.cli.config_options import config_values
from keras_singan.cli.options import max_pixels_option
from keras_singan.cli.options import range_option
from keras_singan.errors import FleetError
from keras_singan.io.decode import MAX_PIXELS


class _FleetGroup(click.Group):
    """A group whose first word may be an INPUT: then it is `fleet run INPUT...`."""

    def parse_args(self, ctx, args):
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx):
        return ["INPUT... --output PLACE [OPTIONS]"]

    def format_options(self, ctx, formatter):
        self.commands["run"].format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


@click.group(cls=_FleetGroup)
def fleet():
    """Train many photos, on this machine or on a cluster.

    INPUT is a photo, a folder, a pattern, a URL such as s3://bucket/photos, or a
    manifest: a .csv or .jsonl file with a `photo`, maybe a `name` and a `mask`, and
    options of train for each photo.

    Each photo gets a run folder PLACE/NAME; PLACE/report.csv tells how each fares.
    Give the same command again after an interruption: it goes on.

    \b
    keras-singan fleet photos/ --output trained --preset draft
    keras-singan fleet status trained
    keras-singan fleet retry trained
    """


_address = click.option(
    "--address",
    help="Ray cluster: auto, HOST:PORT or ray://HOST:PORT.  [default: this machine]",
)
_verbose = click.option(
    "-v",
    "--verbose",
    type=click.IntRange(0, 2),
    default=1,
    show_default=True,
    help="0: silent, 1: a table, 2: a line for each photo.",
)


@fleet.command(hidden=True)
@click.argument("inputs", metavar="INPUT...", nargs=-1, required=True)
@click.option(
    "--output", "place", required=True, help="Folder or URL (PLACE) for all results."
)
@_address
@click.option(
    "--cpus-per-photo", type=float, default=2, show_default=True, help="Cores of each."
)
@click.option(
    "--gpus-per-photo",
    type=float,
    default=0,
    show_default=True,
    help="GPUs of each; 0.5 puts two photos on one.",
)
@click.option(
    "--attempts",
    type=int,
    default=3,
    show_default=True,
    help="How often a photo is taken up when machines fail.",
)
@click.option(
    "--samples", type=int, default=8, show_default=True, help="Samples of each photo."
)
@click.option("--export", is_flag=True, help="Write each for TensorFlow Serving, too.")
@click.option("--evaluate", is_flag=True, help="Measure SWD and diversity of each.")
@config_options
@click.option(
    "--alpha",
    type=click.Choice(["composite", "train"]),
    default="composite",
    show_default=True,
    help="Transparency: on white, or as a 4th channel.",
)
@click.option(
    "--masks", help="Folder or URL with a mask of the same name for each photo."
)
@range_option
@max_pixels_option
@click.option("--dry-run", is_flag=True, help="Only show photos, time and memory.")
@_verbose
def run(
    inputs,
    place,
    address,
    cpus_per_photo,
    gpus_per_photo,
    attempts,
    samples,
    export,
    evaluate,
    alpha,
    masks,
    value_range,
    max_pixels,
    dry_run,
    verbose,
    **values,
):
    """Train what the inputs name."""
    from keras_singan.fleet.fleet_plan import Settings
    from keras_singan.fleet.fleet_run import plan_fleet
    from keras_singan.fleet.place import Place

    settings = Settings(
        cpus_per_photo, gpus_per_photo, attempts, samples, export, evaluate
    )
    place = Place(place)
    options = config_values(**values) | {"alpha": alpha}
    if value_range is not None:
        options["value_range"] = value_range
    if max_pixels != MAX_PIXELS:
        options["max_pixels"] = max_pixels
    plan = plan_fleet(inputs, place, options, settings, masks)
    if dry_run:
        _show_estimate(place, plan, address)
    else:
        _run(place, plan, address, verbose)


@fleet.command()
@click.argument("place")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def status(place, as_json):
    """Show how the fleet in PLACE stands."""
    from rich.console import Console

    from keras_singan.fleet.fleet_display import report_line
    from keras_singan.fleet.fleet_display import status_line
    from keras_singan.fleet.fleet_display import status_table
    from keras_singan.fleet.fleet_status import read_status

    found = read_status(place)
    if as_json:
        click.echo(_status_json(found))
        return
    if found.running:
        Console(highlight=False).print(status_table(found))
    else:
        click.echo(status_line(found))
    click.echo(f"Driver: {found.driver or 'none at work'}")
    for report in found.failures:
        click.echo(report_line(report))


def _status_json(found):
    import json

    counts = {
        state: found.count(state) for state in ("done", "running", "waiting", "failed")
    }
    return json.dumps(
        counts
        | {
            "photos": len(found.reports),
            "driver": found.driver,
            "photos_per_hour": found.photos_per_hour,
            "seconds_left": found.seconds_left,
            "at_work": [dataclasses.asdict(each) for each in found.running],
            "failures": [dataclasses.asdict(each) for each in found.failures],
        },
        indent=2,
    )


@fleet.command()
@click.argument("place")
@_address
@_verbose
def retry(place, address, verbose):
    """Try the failed photos of PLACE again, and go on with the others."""
    from keras_singan.fleet.fleet_run import forget_failures
    from keras_singan.fleet.fleet_run import plan_of
    from keras_singan.fleet.place import Place

    place = Place(place)
    plan = plan_of(place)
    forget_failures(place, plan)
    _run(place, plan, address, verbose)


def _run(place, plan, address, verbose):
    from keras_singan.fleet.fleet_display import fleet_display
    from keras_singan.fleet.fleet_display import report_line
    from keras_singan.fleet.fleet_run import run_fleet

    # Ray prints what it thinks of dead processes; standard output is for results.
    with (
        fleet_display(place, verbose) as watch,
        open(os.devnull, "w") as nothing,
        contextlib.redirect_stdout(nothing),
    ):
        reports = run_fleet(place, plan, address, watch)
    done = sum(report.state == "done" for report in reports)
    waiting = sum(report.state == "waiting" for report in reports)
    failed = [report for report in reports if report.state == "failed"]
    click.echo(f"Trained: {done} of {len(reports)} photos in {place.address}")
    again = shlex.join(["keras-singan", "fleet", "retry", place.address])
    if waiting:
        raise FleetError(
            f"Interrupted; {waiting} photos wait, their progress is kept in "
            f"{place.address}. The same command goes on."
        )
    if failed:
        for report in failed:
            click.echo(report_line(report))
        count = "1 photo" if len(failed) == 1 else f"{len(failed)} photos"
        raise FleetError(f"{count} failed. To try again: {again}")
    click.echo(f"Report: {place.describe('report.csv')}")
    first = shlex.quote(place.describe(reports[0].name))
    if place.is_local:
        click.echo(f"Next: keras-singan sample --model {first} --scale 0")


def _show_estimate(place, plan, address):
    from keras_singan.fleet.fleet_display import duration_text
    from keras_singan.fleet.fleet_run import estimate_plan

    found = estimate_plan(place, plan, address)
    click.echo(
        f"{found.photos} photos to train in {place.address}, of "
        f"{len(plan.photos)} in the plan"
    )
    click.echo(
        f"{found.cpus:g} cores on {found.machines} machine"
        f"{'s' if found.machines > 1 else ''}: {found.slots} photos at once"
    )
    click.echo(
        f"About {duration_text(found.photo_seconds)} and {found.memory / 2**30:.1f} "
        f"GiB of memory a photo, by {found.looked_at} of them and what was measured "
        "just now"
    )
    click.echo(f"In all about {duration_text(found.seconds)}")
    click.echo("Next: the same command without --dry-run")
