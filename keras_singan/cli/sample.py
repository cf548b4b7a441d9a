"""`keras-singan sample`."""

import secrets
import shlex
from pathlib import Path

import click

from keras_singan.cli.options import SizeType
from keras_singan.cli.options import find_model
from keras_singan.cli.options import model_name
from keras_singan.cli.options import model_option
from keras_singan.cli.options import other_scale
from keras_singan.cli.options import scale_option
from keras_singan.cli.options import seed_option
from keras_singan.cli.quiet import import_quietly
from keras_singan.errors import OutputError


@click.command()
@model_option
@scale_option
@click.option(
    "-n",
    "count",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    help="How many.",
)
@click.option("--size", type=SizeType(), help="Height x width.  [default: as trained]")
@seed_option
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the images.  [default: samples/NAME, from the model's name]",
)
@click.option("--grid", is_flag=True, help="Write one sheet with all images instead.")
@click.option("--overwrite", is_flag=True, help="Replace images that exist.")
def sample(model, scale, count, size, seed, output, grid, overwrite):
    """Draw new variations of the photo.

    An image's file name holds its scale, its seed and its number: the same seed
    and number give the same image again.
    """
    path = find_model(model)
    seed = secrets.randbelow(2**31) if seed is None else seed
    folder = Path("samples") / model_name(path) if output is None else output
    paths = _paths(folder, scale, seed, count, grid)
    if not overwrite:
        _refuse_existing(paths)

    import_quietly()
    from keras_singan import SinGAN

    singan = SinGAN.load(path)
    images = singan.sample(count, start_scale=scale, size=size, seed=seed)
    for written in _write(images, paths, grid):
        click.echo(written)
    command = shlex.join(["keras-singan", "sample", "--model", str(path)])
    other = other_scale(scale, singan.pyramid_.num_scales)
    click.echo(f"Next: {command} --scale {other}")


def _paths(folder, scale, seed, count, grid):
    stem = f"sample_scale{scale}_seed{seed:04d}"
    if grid:
        return [folder / f"{stem}_grid{count}.png"]
    return [folder / f"{stem}_{index:03d}.png" for index in range(count)]


def _refuse_existing(paths):
    for path in paths:
        # Images of 2, 5 or more channels are written as .npy.
        for there in (path, path.with_suffix(".npy")):
            if there.exists():
                raise OutputError(
                    "The output must not exist yet: give another --output or --seed, "
                    f"or --overwrite. Received: path={str(there)!r}."
                )


def _write(images, paths, grid):
    from keras_singan.io.image import image_grid
    from keras_singan.io.image import save_image

    if grid:
        images = [image_grid(images)]
    for path, image in zip(paths, images, strict=True):
        yield save_image(path, image, overwrite=True)
