"""The packages that the studio needs, and the line that installs them."""

import importlib.util

EXTRA = "The studio needs more packages: pip install 'keras-singan[studio]'"
_MODULES = ("starlette", "uvicorn")


def require_studio_extra():
    """Raises `ImportError`, with that line, if a package is missing."""
    if not all(importlib.util.find_spec(name) for name in _MODULES):
        raise ImportError(EXTRA)
