"""`keras-singan push`."""

import sys

import click

from keras_singan.cli.options import ModelType
from keras_singan.cli.options import find_model
from keras_singan.cli.process.quiet import import_quietly


@click.command()
@click.argument("model", type=ModelType())
@click.argument("repository", metavar="USER/NAME")
@click.option(
    "--license",
    "license_",
    metavar="ID",
    help="The photo's licence, such as cc-by-4.0; the model holds the photo.  "
    "[default: asked for]",
)
@click.option("--private", is_flag=True, help="Make a new repository private.")
@click.option("--evaluate", is_flag=True, help="Measure and publish figures, too.")
def push(model, repository, license_, private, evaluate):
    """Put MODEL on the Hugging Face hub as USER/NAME.

    Everybody can use it then: SinGAN.load("hf://USER/NAME"). The photo is part of
    it.
    """
    from keras_singan.hub.hub_client import check_repository

    check_repository(repository)
    if license_ is None:
        if not sys.stdin.isatty():
            raise click.UsageError(
                "The photo's licence must be given with --license, such as cc-by-4.0. "
                "Received: no --license."
            )
        license_ = click.prompt("Licence of the photo (such as cc-by-4.0)", err=True)
    import_quietly()
    from keras_singan import SinGAN
    from keras_singan.hub.hub_push import push_model

    address = push_model(
        SinGAN.load(find_model(model).path),
        repository,
        license=license_,
        private=private,
        evaluate=evaluate,
    )
    click.echo(f"Pushed: {address}")
    click.echo(f"Next: keras-singan sample --model {address}")
