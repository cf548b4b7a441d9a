"""The images that a command line names: files, pipes, standard input, ranges."""

from pathlib import Path

import click

from keras_singan.cli.process.streams import read_stdin
from keras_singan.errors import ImageError


def read_dash(*images):
    """Returns images as tasks take them: `-` becomes the bytes of standard input.

    Raises:
        click.UsageError: If more than one of them is `-`.
        ImageError: If standard input is empty or closed.
    """
    dashes = [image for image in images if str(image) == "-"]
    if len(dashes) > 1:
        raise click.UsageError(
            "Only one image can come from standard input. Received: - twice."
        )
    data = read_stdin() if dashes else None
    if data == b"":
        raise ImageError(
            "Standard input must hold an image. Received: - and no byte there."
        )
    return [data if str(image) == "-" else image for image in images]


def pairs_of(images, masks, takes_mask):
    """Returns (image, mask) for each image that a command line names.

    Args:
        images: Paths. Two of them are an image and its mask, if the command takes
            masks and none come from a folder.
        masks: Folder that holds a mask for each image, of the same name but for
            the suffix; or `None`.
        takes_mask: Whether the command takes masks.

    Returns:
        List of pairs; a mask that is not given is `None`.

    Raises:
        click.UsageError: If it is not clear which masks belong to which images.
    """
    if masks is not None and images:
        return [(image, _mask_in(masks, image)) for image in images]
    if takes_mask and len(images) > 2:
        raise click.UsageError(
            "Several images need --masks, a folder with a mask of the same name for "
            f"each. Received: {len(images)} files."
        )
    if takes_mask and len(images) == 2:
        return [tuple(images)]
    # A command that needs no image makes one by itself.
    return [(image, None) for image in images or [None]]


def _mask_in(folder, image):
    found = sorted(path for path in folder.iterdir() if path.stem == image.stem)
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise click.UsageError(
            f"--masks must hold one mask for each image, named as it is. Received: "
            f"{names} for {image} in {folder}."
        )
    return found[0]


def prefixes(images):
    """Returns what the names of results begin with, so that none is written twice.

    Args:
        images: Paths; of one alone the results need no prefix.

    Raises:
        click.UsageError: If two have the same name.
    """
    if len(images) < 2:
        return [""] * len(images)
    stems = ["stdin" if str(image) == "-" else Path(image).stem for image in images]
    twice = sorted({stem for stem in stems if stems.count(stem) > 1})
    if twice:
        raise click.UsageError(
            "Several images must differ in name, which their results bear. Received: "
            f"{twice[0]} twice."
        )
    return [f"{stem}_" for stem in stems]
