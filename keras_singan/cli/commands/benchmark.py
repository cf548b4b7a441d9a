"""`keras-singan benchmark`."""

import json

import click

from keras_singan.cli.config_options import config_options
from keras_singan.cli.config_options import config_values
from keras_singan.cli.config_options import named_value
from keras_singan.cli.options import PathType
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.performance.threads import share_threads

# Without an image: a photo of the usual shape, at the default size.
_HEIGHT, _WIDTH, _CHANNELS = 188, 250, 3


@click.command()
@click.argument(
    "image",
    type=PathType(exists=True, dir_okay=False),
    required=False,
)
@config_options
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
@click.option(
    "--compare",
    nargs=2,
    metavar="A B",
    help="Measure two configurations in turns: presets, with changes if wanted, "
    "as in standard,dtype_policy=mixed_bfloat16.",
)
@click.pass_context
def benchmark(context, image, as_json, compare, **values):
    """Measure how fast this machine trains and samples.

    \b
    keras-singan benchmark photo.jpg
    keras-singan benchmark --max-size 100 --compare standard fast

    Some iterations of each scale are timed on random images, of the sizes that
    IMAGE would have, or a photo of 188 x 250 px.

    \b
    ms       milliseconds of an iteration, with the scales below
    compile  seconds of building and compiling the training step
    GFLOP    1e9 floating-point operations of an iteration
    peak     the rate reached, in percent of that of large convolutions here
    """
    given = context.get_parameter_source("preset")
    if compare and given is not click.core.ParameterSource.DEFAULT:
        raise click.UsageError(
            "Either --preset or --compare, which names presets, can be given. "
            "Received: both."
        )
    import_quietly()
    share_threads()
    from keras_singan.config import resolve_config
    from keras_singan.performance.benchmark import compare as compare_configs
    from keras_singan.performance.benchmark import run

    values = config_values(**values)
    if compare:
        configs = [resolve_config(**values | _named(text)) for text in compare]
        found = compare_configs(_pixels(image), *configs, _tell)
        _show(found, _print_comparison, configs, compare, as_json)
        return
    config = resolve_config(**values)
    found = run(_pixels(image), config, _tell)
    _show(found, _print_report, [config], (), as_json)


def _named(text):
    """Reads PRESET,NAME=VALUE,...: gives arguments of `resolve_config`."""
    preset, *changes = text.split(",")
    pairs = [named_value(change, "--compare") for change in changes]
    return {"preset": preset} | dict(pairs)


def _pixels(image):
    if image is None:
        import numpy as np

        return np.zeros((_HEIGHT, _WIDTH, _CHANNELS), "float32")
    from keras_singan.io.image import read_image

    return read_image(image)


def _tell(text):
    click.echo(f"Measuring: {text}", err=True)


def _show(found, show, configs, names, as_json):
    if as_json:
        facts = {"configs": [config.to_dict() for config in configs]}
        click.echo(json.dumps(facts | found.to_dict(), indent=2))
        return
    from rich.console import Console

    show(found, Console(highlight=False, markup=False), *names)


def _print_report(report, console):
    from keras_singan.training.progress import duration

    console.print(
        f"{report.device}, {report.threads} threads, {report.dtype_policy}: at most "
        f"{report.peak_gflops:.0f} GFLOP/s in convolutions",
        soft_wrap=True,
    )
    console.print(_report_table(report))
    memory = ""
    if report.peak_memory is not None:
        memory = f", peak memory {report.peak_memory / 2**30:.1f} GiB"
    lines = (
        f"Training: about {duration(report.seconds)}{memory}",
        f"Sampling: {report.samples_per_second:.2f} images a second one at a time, "
        f"{report.batch_samples_per_second:.2f} in a batch of {report.batch}",
        "Next: keras-singan benchmark --max-size 100 --compare standard fast",
    )
    for line in lines:
        console.print(line, soft_wrap=True)


def _report_table(report):
    from rich.table import Table

    titles = ("scale", "size", "filters", "steps", "ms", "compile", "GFLOP", "peak")
    table = Table(*titles)
    for scale in report.scales:
        table.add_row(
            *_row(scale),
            f"{1000 * scale.seconds_per_iteration:.1f}",
            f"{scale.compile_seconds:.1f} s",
            _short(scale.gflop_per_iteration),
            f"{100 * scale.peak_ratio:.0f} %",
        )
    return table


def _row(scale):
    size = "{} x {}".format(*scale.size)
    if scale.trained_on != scale.size:
        size += "\nin {} x {}".format(*scale.trained_on)
    return str(scale.scale), size, str(scale.filters), str(scale.iterations)


def _short(number):
    return f"{number:.0f}" if number >= 100 else f"{number:.3g}"


def _print_comparison(comparison, console, a, b):
    from keras_singan.training.progress import duration

    console.print(f"{comparison.device}, {comparison.threads} threads", soft_wrap=True)
    for name, text, policy in zip("AB", (a, b), comparison.dtype_policies, strict=True):
        console.print(f"{name}: {text} ({policy})", soft_wrap=True)
    console.print(_comparison_table(comparison))
    totals = [duration(seconds) for seconds in comparison.seconds]
    console.print(
        f"Training: A about {totals[0]}, B about {totals[1]}, "
        f"A / B = {comparison.ratio:.2f}",
        soft_wrap=True,
    )


def _comparison_table(comparison):
    """A row for each scale; a configuration may have fewer than the other."""
    from itertools import zip_longest

    from rich.table import Table

    table = Table("scale", "A", "A ms", "B", "B ms", "A / B")
    rows = zip_longest(comparison.a, comparison.b, comparison.ratios)
    for index, (a, b, ratio) in enumerate(rows):
        table.add_row(
            str(index),
            *_cells(a),
            *_cells(b),
            "" if ratio is None else f"{ratio:.2f}",
        )
    return table


def _cells(scale):
    if scale is None:
        return "", ""
    _, size, filters, _ = _row(scale)
    return f"{size}, {filters} filters", f"{1000 * scale.seconds_per_iteration:.1f}"
