"""The packages that the studio needs."""

import importlib.util

from keras_singan.errors import needs_extra

_MODULES = ("starlette", "uvicorn")


def require_studio_extra():
    """Raises `ImportError`, with the line that installs it, if a package is missing."""
    missing = [name for name in _MODULES if not importlib.util.find_spec(name)]
    if missing:
        raise ImportError(
            f"{needs_extra('The studio', 'studio')} Received: no {', '.join(missing)}."
        )
