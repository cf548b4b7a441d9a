"""What a fleet needs beyond the package: Ray, fsspec, a store's own library."""

import importlib
import os

from keras_singan.errors import FleetError
from keras_singan.errors import needs_extra

# The extra that brings what fsspec needs for a protocol.
_STORES = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}


def need_ray():
    """Returns the module `ray`.

    Raises:
        FleetError: If it is not installed; the message names the command that
            installs it.
    """
    # A training is nobody's business: Ray sends usage reports by default.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray announces changes of its own defaults.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Its own processes' talk is in its log folder.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "error")
    return _needed("ray", "A fleet")


def need_fsspec():
    """Returns the module `fsspec`.

    Raises:
        FleetError: If it is not installed; the message names the command that
            installs it.
    """
    return _needed("fsspec", "A place with ://")


def open_store(url):
    """Opens what a URL such as `s3://bucket/folder` names.

    Args:
        url: The URL.

    Returns:
        The fsspec file system, and the path in it.

    Raises:
        FleetError: If the protocol is unknown, or its library is missing.
    """
    fsspec = need_fsspec()
    protocol = url.partition("://")[0]
    try:
        # What other machines write must be seen at once: no cached listings.
        return fsspec.core.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        if protocol in _STORES:
            text = needs_extra(f"A place of {protocol}://", _STORES[protocol])
        else:
            reason = " ".join(str(error).split())
            text = f"A place of {protocol}:// needs a library: {reason}."
        raise FleetError(f"{text} Received: {url!r}.") from None
    except Exception as error:
        # Each store has errors of its own for a wrong address.
        reason = " ".join(str(error).split())[:200]
        raise FleetError(
            "A place must be a folder or a URL that fsspec knows, such as "
            f"s3://bucket/folder ({reason}). Received: {url!r}."
        ) from None


def _needed(name, what):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name not in (name, None):
            raise
        raise FleetError(
            f"{needs_extra(what, 'fleet')} Received: no module {name!r}."
        ) from None
