"""The door to a hub of models: its library, its addresses, its errors."""

import contextlib
import dataclasses
import os
import re

from keras_singan.errors import HubError
from keras_singan.errors import needs_extra

PREFIX = "hf://"
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_REVISION = re.compile(r"[\w./-]+")


@dataclasses.dataclass(frozen=True)
class HubAddress:
    """What `hf://user/name@revision` names.

    Attributes:
        repository: `user/name`.
        revision: A branch, a tag or a commit; `None` for the newest.
    """

    repository: str
    revision: str | None = None


def is_hub_address(path):
    """Tells whether a path is an address of the hub."""
    return isinstance(path, str) and path.startswith(PREFIX)


def parse_address(text):
    """Reads `hf://user/name` or `hf://user/name@revision`.

    Returns:
        A `HubAddress`.

    Raises:
        HubError: If it does not look like that.
    """
    name, at, revision = text.removeprefix(PREFIX).partition("@")
    if at and not _REVISION.fullmatch(revision):
        name = ""
    if not _REPOSITORY.fullmatch(name):
        raise HubError(
            "A model of the hub must look like hf://user/name or "
            f"hf://user/name@revision. Received: {text!r}."
        )
    return HubAddress(name, revision or None)


def check_repository(text):
    """Returns `user/name`, or raises `HubError`."""
    if not _REPOSITORY.fullmatch(text):
        raise HubError(f"A repository must look like user/name. Received: {text!r}.")
    return text


def need_hub():
    """Returns the module `huggingface_hub`, and an `HfApi` of it.

    The address of the hub is what the environment variable HF_ENDPOINT says.

    Raises:
        HubError: If it is not installed; the message names the command that
            installs it.
    """
    try:
        import huggingface_hub
    except ImportError:
        raise HubError(
            f"{needs_extra('A hub', 'hub')} Received: no module 'huggingface_hub'."
        ) from None
    return huggingface_hub, huggingface_hub.HfApi(endpoint=endpoint())


def endpoint():
    """Returns the address of the hub, without a slash at its end."""
    return os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")


@contextlib.contextmanager
def one_hub_error(what):
    """Turns whatever the hub's library raises into one `HubError`.

    Args:
        what: What was asked for, for the message.
    """
    try:
        yield
    except HubError:
        raise
    except Exception as error:
        # The library, and the one it speaks HTTP with, raise dozens of kinds.
        kind = type(error).__name__
        hint = _HINTS.get(kind, " ".join(str(error).split())[:300])
        raise HubError(
            f"The hub at {endpoint()} must do what is asked, but: {hint} "
            f"Received: {what!r} ({kind})."
        ) from None


_HINTS = {
    "RepositoryNotFoundError": "there is no such repository, or it is private and "
    "you are not logged in (`hf auth login`, or HF_TOKEN).",
    "RevisionNotFoundError": "the repository has no such revision.",
    "EntryNotFoundError": "the repository holds no singan.keras.",
    "RemoteEntryNotFoundError": "the repository holds no singan.keras.",
    "LocalTokenNotFoundError": "you are not logged in (`hf auth login`, or HF_TOKEN).",
    "GatedRepoError": "its owner must allow you to read it.",
    "OfflineModeIsEnabled": "HF_HUB_OFFLINE is set.",
    "ConnectError": "it does not answer.",
    "ConnectTimeout": "it does not answer.",
}
