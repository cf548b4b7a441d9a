"""The packages that the server needs."""

import importlib.util

from keras_singan.errors import needs_extra

_MODULES = ("grpc", "grpc_health.v1", "h11", "tensorflow_serving.apis")


def require_extra():
    """Raises `ImportError`, with the line that installs it, if a package is missing.

    It looks for them without loading any: one alone loads all of TensorFlow.
    """
    missing = [name for name in _MODULES if not _is_there(name)]
    if missing:
        raise ImportError(
            f"{needs_extra('The server', 'serve')} Received: no {', '.join(missing)}."
        )


def _is_there(name):
    try:
        return importlib.util.find_spec(name) is not None
    except ImportError:  # A submodule's parent is missing.
        return False
