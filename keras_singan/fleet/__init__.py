"""Training many photos, on one machine or on a Ray cluster.

```python
from keras_singan.fleet import fit_many

for report in fit_many(["a.jpg", "b.jpg"], "trained", preset="draft"):
    print(report.name, report.state, report.seconds)
```

The names below are loaded when first used: neither Ray nor fsspec is loaded
before a fleet runs.
"""

import importlib

_HOMES = {
    "PhotoReport": "photo_report",
    "fit_many": "fleet_run",
    "read_status": "fleet_status",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return __all__
