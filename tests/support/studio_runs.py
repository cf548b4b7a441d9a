"""Run folders for the tests of the studio."""

import shutil

from support.tiny_models import trained


def new_run(runs, name="tiny"):
    """Puts a trained run of three scales, of `photo()`, into a folder of runs."""
    _, run, _ = trained()
    shutil.copytree(run, runs / name)
    return runs / name
