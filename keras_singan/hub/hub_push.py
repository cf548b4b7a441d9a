"""Putting a model on a hub, with all that presents it."""

import json
import re
import tempfile
from pathlib import Path

import numpy as np

from keras_singan import __version__
from keras_singan.errors import HubError
from keras_singan.hub.hub_client import check_repository
from keras_singan.hub.hub_client import need_hub
from keras_singan.hub.hub_client import one_hub_error
from keras_singan.hub.model_card import write_card
from keras_singan.io.image import encode_png
from keras_singan.io.image import preview
from keras_singan.io.sheet import contact_sheet
from keras_singan.metrics import scores
from keras_singan.models.model_file import MODEL_NAME
from keras_singan.models.model_file import save_model

SAMPLES, _MEASURED = 6, 50
_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]*")


def push_model(singan, repository, *, license, private=False, evaluate=False):
    """Puts a model on the hub, in one commit.

    That is `singan.keras`, `config.json`, six samples, a gallery, a model card,
    and, if asked for, measured figures. Nothing in it is a pickle.

    Args:
        singan: A fitted `SinGAN`.
        repository: `user/name`; made if it is missing.
        license: Identifier of the photo's licence, such as `cc-by-4.0`; the model
            holds the photo.
        private: Whether a new repository is private. Defaults to `False`.
        evaluate: Whether SWD, diversity and others are measured. Defaults to
            `False`.

    Returns:
        The address of the commit: `hf://user/name@commit`.

    Raises:
        HubError: If an argument is wrong, or the hub refuses or does not answer.
        NotFittedError: If the model has not been fitted or loaded.
    """
    check_repository(repository)
    if not _LICENSE.fullmatch(license or ""):
        raise HubError(
            "`license` must be the identifier of the photo's licence, such as "
            f"cc-by-4.0, cc0-1.0 or other. Received: license={license!r}."
        )
    library, api = need_hub()
    with tempfile.TemporaryDirectory() as folder:
        write_repository(Path(folder), singan, repository, license, evaluate)
        operations = [
            library.CommitOperationAdd(path.relative_to(folder).as_posix(), str(path))
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        ]
        with one_hub_error(repository):
            api.create_repo(repository, private=private, exist_ok=True)
            commit = api.create_commit(
                repository, operations, commit_message=f"keras_singan {__version__}"
            )
    return f"hf://{repository}@{commit.oid}"


def write_repository(folder, singan, repository, license, evaluate=False):
    """Writes the files of a repository to a folder.

    Args:
        folder: The `Path`, which must exist.
        singan: A fitted `SinGAN`.
        repository: `user/name`.
        license: Identifier of the photo's licence.
        evaluate: Whether figures are measured. Defaults to `False`.
    """
    photo = singan.training_image()
    coarse = singan.sample(SAMPLES // 2, seed=0)
    start_scale = min(1, singan.pyramid_.num_scales - 1)
    fine = singan.sample(SAMPLES // 2, start_scale=start_scale, seed=0)
    # Not `singan.save`, after which the model would take this for its home.
    save_model(singan.pyramid_, singan.config_, folder / MODEL_NAME)
    config = {"written_by": f"keras_singan {__version__}"}
    config |= {"library_name": "keras", "config": singan.config_.to_dict()}
    _write_json(folder / "config.json", config)
    (folder / "samples").mkdir()
    for index, sample in enumerate(np.concatenate([coarse, fine])):
        path = folder / "samples" / f"sample_{index}.png"
        path.write_bytes(encode_png(preview(sample)))
    labels = ["photo", *["start scale 0"] * 3, "", *[f"start scale {start_scale}"] * 3]
    pictures = [photo, *coarse, np.full_like(photo, 255), *fine]
    sheet = contact_sheet(pictures, labels, columns=1 + SAMPLES // 2)
    (folder / "gallery.png").write_bytes(encode_png(sheet))
    figures = _measure(singan, photo) if evaluate else {}
    if figures:
        _write_json(folder / "figures.json", figures)
    card = write_card(repository, license, singan, figures)
    (folder / "README.md").write_text(card, "utf-8")


def _measure(singan, photo):
    return scores.evaluate(singan.sample(_MEASURED, seed=0), photo)


def _write_json(path, values):
    path.write_text(json.dumps(values, indent=2) + "\n", "utf-8")
