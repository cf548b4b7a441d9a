"""`keras-singan info`."""

import json
import shlex

import click

from keras_singan.cli.options import ModelType
from keras_singan.cli.options import find_model
from keras_singan.cli.options import other_scale
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.client.one_line import one_line

# Most characters of a text that a file may hold as it likes.
_LONGEST = 60


@click.command()
@click.argument("model", required=False, type=ModelType())
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def info(model, as_json):
    """Tell what MODEL (file, run folder, hf://USER/NAME) is: by default the newest."""
    found = find_model(model)
    import_quietly()
    from keras_singan.models.model_file import load_model

    pyramid, config = load_model(found.path)
    facts = _facts(pyramid, config, found.typed)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    _print(facts)
    command = shlex.join(["keras-singan", "sample", "--model", found.typed])
    click.echo(f"Next: {command} --scale {other_scale(0, pyramid.num_scales)}")


def _facts(pyramid, config, path):
    amps = pyramid.noise_amps.numpy().tolist()
    pairs = zip(pyramid.sizes, pyramid.filters, amps, strict=True)
    return {
        "path": path,
        "written_by": pyramid.metadata.get("written_by"),
        "format_version": pyramid.metadata["format_version"],
        "channels": pyramid.image_channels,
        "masks": list(pyramid.mask_names),
        "scales": [
            {"scale": k, "size": list(size), "filters": filters, "noise_amp": amp}
            for k, (size, filters, amp) in enumerate(pairs)
        ],
        "config": config.to_dict(),
    }


def _print(facts):
    from rich.console import Console
    from rich.table import Table

    # A path may hold square brackets, rich's markup.
    console = Console(highlight=False, markup=False)
    height, width = facts["scales"][-1]["size"]
    console.print(
        f"{facts['path']}: a SinGAN of {height} x {width} (height x width), "
        f"{facts['channels']} channels{_masks_text(facts['masks'])}, written by "
        f"{one_line(facts['written_by'], _LONGEST)}",
        soft_wrap=True,
    )
    table = Table("scale", "height x width", "filters", "noise amplitude")
    for scale in facts["scales"]:
        height, width = scale["size"]
        table.add_row(
            str(scale["scale"]),
            f"{height} x {width}",
            str(scale["filters"]),
            f"{scale['noise_amp']:.4f}",
        )
    console.print(table)
    for name, value in facts["config"].items():
        console.print(f"{name} = {value}")


def _masks_text(names):
    """Says which masks a model has: nothing, or for example `, 2 masks (dog, cat)`."""
    if not names:
        return ""
    noun = "mask" if len(names) == 1 else "masks"
    return f", {len(names)} {noun} ({', '.join(names)})"
