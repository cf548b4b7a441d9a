"""The models that are held: the least recently used goes."""

from collections import OrderedDict
from pathlib import Path


class ModelCache:
    """Loads models, and holds some of them.

    Args:
        most: So many at once.
    """

    def __init__(self, most):
        self._most, self._models = most, OrderedDict()

    def get(self, folder):
        """Returns the `SinGAN` of a run folder, read again if its file changed."""
        stat = (Path(folder) / "singan.keras").stat()
        key = (folder, stat.st_mtime_ns, stat.st_size)
        if key not in self._models:
            # It loads TensorFlow: as late as in the command's own modules.
            from keras_singan import SinGAN

            self._models[key] = SinGAN.load(folder)
        self._models.move_to_end(key)
        while len(self._models) > self._most:
            self._models.popitem(last=False)
        return self._models[key]
