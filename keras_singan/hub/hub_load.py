"""Fetching a model from a hub: one file, of one commit."""

from pathlib import Path

from keras_singan.hub.hub_client import endpoint
from keras_singan.hub.hub_client import need_hub
from keras_singan.hub.hub_client import one_hub_error
from keras_singan.hub.hub_client import parse_address
from keras_singan.models.model_file import MODEL_NAME


def fetch_model(address):
    """Brings the model of a repository to this machine.

    The revision is resolved to a commit first, and the file is that commit's: what
    is pushed meanwhile changes nothing. Nothing else of the repository is read, and
    nothing of it is run.

    Args:
        address: `hf://user/name` or `hf://user/name@revision`.

    Returns:
        The `Path` of the file in the hub's cache, and the address with the commit.

    Raises:
        HubError: If the hub refuses or does not answer, or has no such model.
    """
    wanted = parse_address(address)
    library, api = need_hub()
    with one_hub_error(address):
        info = api.model_info(wanted.repository, revision=wanted.revision)
        path = library.hf_hub_download(
            wanted.repository, MODEL_NAME, revision=info.sha, endpoint=endpoint()
        )
    return Path(path), f"hf://{wanted.repository}@{info.sha}"
