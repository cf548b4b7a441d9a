"""The packages that the server needs, and the line that installs them."""

import importlib.util

EXTRA = "The server needs more packages: pip install 'keras-singan[serve]'"
_MODULES = ("grpc", "grpc_health.v1", "h11", "tensorflow_serving.apis")


def require_extra():
    """Raises `ImportError`, with that line, if a package is missing.

    It looks for them without loading any: one alone loads all of TensorFlow.
    """
    try:
        complete = all(importlib.util.find_spec(name) for name in _MODULES)
    except ImportError:  # A submodule's parent is missing.
        complete = False
    if not complete:
        raise ImportError(EXTRA)
