"""`keras-singan evaluate`."""

import contextlib
import json
import shlex
import sys

import click

from keras_singan.cli.options import PathType
from keras_singan.cli.options import find_model
from keras_singan.cli.options import model_option
from keras_singan.cli.options import other_scale
from keras_singan.cli.options import scale_option
from keras_singan.cli.process.quiet import import_quietly
from keras_singan.errors import TaskError
from keras_singan.metrics import scores


@click.command()
@model_option
@scale_option
@click.option(
    "-n",
    "count",
    type=click.IntRange(2),
    default=50,
    show_default=True,
    help="Samples.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Their seed.")
@click.option(
    "--inception",
    type=PathType(exists=True, dir_okay=False),
    help="Weights of Keras' InceptionV3 for SIFID.  [default: fetched by Keras]",
)
@click.option("--sifid/--no-sifid", default=True, help="Whether to measure SIFID.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable.")
def evaluate(model, scale, count, seed, inception, sifid, as_json):
    """Measure how good samples are: lower is better, but for diversity.

    \b
    swd           sliced Wasserstein distance of 7x7 patches
    coherence     distance of a sample's patches to the nearest in the photo
    completeness  distance of the photo's patches to the nearest in a sample
    diversity     deviation over samples / deviation of the photo
    sifid         single image FID, with Keras' Inception weights
    rmse          error of the reconstruction, in [-1, 1]
    """
    found = find_model(model)
    import_quietly()
    from keras_singan import SinGAN

    singan = SinGAN.load(found.path)
    features = _features(inception) if sifid else None
    real = singan.training_image()
    samples = singan.sample(count, start_scale=scale, seed=seed)
    values = scores.evaluate(samples, real, features=features)
    values["rmse"] = scores.rmse(singan.reconstruct(), real)
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for name, value in values.items():
        click.echo(f"{name:<13} {value:.4f}")
    command = shlex.join(["keras-singan", "evaluate", "--model", found.typed])
    other = other_scale(scale, singan.pyramid_.num_scales)
    click.echo(f"Next: {command} --scale {other}")


def _features(weights):
    from keras_singan.metrics.scores import inception_features

    if weights is not None:
        return inception_features(weights)
    try:
        # Keras prints its download to standard output, where --json goes.
        with contextlib.redirect_stdout(sys.stderr):
            return inception_features()
    except TaskError as error:
        click.echo(f"Warning: no SIFID: {error}", err=True)
        return None
