"""SinGAN (Shaham et al., ICCV 2019) for Keras 3: a generative model of one photo.

```python
from keras_singan import SinGAN

model = SinGAN().fit("photo.jpg")
images = model.sample(4)            # uint8, (4, height, width, 3)
```

The names below are loaded when first used (PEP 562), so that importing the
package, and asking the command line for help, loads no TensorFlow.
"""

import importlib
import sys
import types

__version__ = "0.1.0"

_HOMES = {
    "BackendError": "errors",
    "ConfigError": "errors",
    "FleetError": "errors",
    "HubError": "errors",
    "ImageError": "errors",
    "ModelFileError": "errors",
    "NotFittedError": "errors",
    "OutputError": "errors",
    "RunFolderError": "errors",
    "ScaleGAN": "models.scale_gan",
    "ServingError": "errors",
    "SinGAN": "estimator",
    "SinGANConfig": "config",
    "SinGANError": "errors",
    "SinGANPyramid": "models.pyramid",
    "TaskError": "errors",
    "TrainingError": "errors",
}

__all__ = sorted([*_HOMES, "__version__"])


def __getattr__(name):
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _HOMES[name] not in ("config", "errors"):
        from keras_singan.backend import require_tensorflow

        require_tensorflow()
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__():
    return __all__


class _Alias(types.ModuleType):
    """A module under an earlier name: what is asked of it comes from its new home."""

    def __init__(self, name, home):
        super().__init__(f"{__name__}.{name}", f"See `{__name__}.{home}`.")
        self.__dict__["_home"] = f"{__name__}.{home}"
        sys.modules[self.__name__] = self

    def __getattr__(self, name):
        if name.startswith("__"):
            # Tools that look through all modules must not load TensorFlow.
            raise AttributeError(name)
        return getattr(importlib.import_module(self._home), name)


benchmark = _Alias("benchmark", "performance.benchmark")
