"""Where a served model is: its URL taken apart and put together."""

import dataclasses
import re
import urllib.parse

from keras_singan.errors import TaskError
from keras_singan.task_specs import DEFAULT_MODEL

_MODEL_PATH = re.compile(
    r"(?P<prefix>.*)/v1/models/(?P<model>[^/:]+)(/versions/(?P<version>\d+))?"
    r"(:predict|/metadata)?",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class Address:
    """A model on a server that speaks REST.

    Args:
        server: Its URL, with a path before `/v1` if it has one.
        model: The model's name.
        version: Its version, an int, or `None` for the newest.
    """

    server: str
    model: str
    version: int | None

    @property
    def path(self):
        """The model's URL, without what is asked of it."""
        name = urllib.parse.quote(self.model, safe="")
        version = "" if self.version is None else f"/versions/{self.version}"
        return f"{self.server}/v1/models/{name}{version}"

    @property
    def is_local(self):
        """Whether the server is this machine: no proxy is used then."""
        host = urllib.parse.urlsplit(self.server).hostname
        return host in ("localhost", "::1") or host.startswith("127.")


def rest_address(url, model=None, version=None):
    """Takes a URL apart.

    Args:
        url: Such as `http://host:8501`, `https://host/prefix`, or that of a
            model, `http://host:8501/v1/models/NAME`. `http://` may be left out.
        model: The model's name; `None` for the URL's, or `DEFAULT_MODEL`.
        version: Its version; `None` for the URL's, or the newest.

    Returns:
        An `Address`.

    Raises:
        TaskError: If that is no such URL, name or version.
    """
    scheme, host, path = _split(url, ("http", "https"), "http://host:8501")
    parts = _MODEL_PATH.fullmatch(path)
    if parts:
        path = parts["prefix"]
        model = urllib.parse.unquote(parts["model"]) if model is None else model
        version = parts["version"] if version is None else version
    return Address(
        f"{scheme}://{host}{path}", check_model(model), check_version(version)
    )


def grpc_target(url):
    """Takes the address of a gRPC server apart.

    Args:
        url: `host:port`, `grpc://host:port`, or `grpcs://host:port` for TLS.

    Returns:
        `host:port`, and whether to use TLS.

    Raises:
        TaskError: If that is no such address.
    """
    scheme, host, path = _split(url, ("grpc", "grpcs"), "host:8500")
    if path or not re.search(r":\d+$", host):
        raise _bad(url, "host:8500")
    return host, scheme == "grpcs"


def check_model(model):
    """Returns a model's name, the default for `None`, or raises `TaskError`."""
    if model is None:
        return DEFAULT_MODEL
    if not isinstance(model, str) or not model or re.search(r"[/:\s]", model):
        raise TaskError(
            "`model` must be the name the server knows the model by, without "
            f"slash, colon or space. Received: model={model!r}."
        )
    return model


def check_version(version):
    """Returns a version as an int, or `None`; raises `TaskError`."""
    if version is None:
        return None
    if not re.fullmatch(r"\d{1,19}", str(version)) or int(version) >= 2**63:
        raise TaskError(
            "`version` must be a whole number of at least 0, or None. "
            f"Received: version={version!r}."
        )
    return int(version)


def check_token(token):
    """Returns a token, `None` for an empty one, or raises `TaskError`."""
    if not token:
        return None
    if not isinstance(token, str) or not re.fullmatch(r"[!-~]+", token):
        # A secret does not belong into a message, and so not into a log.
        raise TaskError(
            "`token` must be a text of visible ASCII characters without spaces. "
            "Received: another one."
        )
    return token


def _split(url, schemes, example):
    text = url if isinstance(url, str) else ""
    if "://" not in text:
        text = f"{schemes[0]}://{text}"
    try:
        parts = urllib.parse.urlsplit(text)
        usable = parts.hostname and parts.port != 0
    except ValueError:
        raise _bad(url, example) from None
    if "@" in parts.netloc:
        raise TaskError(
            "A URL must hold no user name or password: give a token instead. "
            f"Received: a URL of {parts.hostname}."
        )
    ascii_only = re.fullmatch(r"[!-~]*", text)
    if not usable or not ascii_only or parts.scheme not in schemes:
        raise _bad(url, example)
    if parts.query or parts.fragment:
        raise _bad(url, example)
    return parts.scheme, parts.netloc, parts.path.rstrip("/")


def _bad(url, example):
    return TaskError(f"`url` must be such as {example}. Received: url={url!r}.")
