"""Checkpoints of one scale: weights, and the state of both optimizers."""

import time
from pathlib import Path

from keras_singan.errors import RunFolderError
from keras_singan.models.file_claims import ClaimError
from keras_singan.models.file_claims import check_finite
from keras_singan.models.file_claims import check_weights_file
from keras_singan.models.file_claims import most_weight_bytes
from keras_singan.models.saved_bytes import read_weights
from keras_singan.training.callbacks import EveryFew


def load_checkpoint(model, path):
    """Reads the weights of a checkpoint.

    Args:
        model: The `ScaleGAN`.
        path: The file.

    Raises:
        RunFolderError: If the file is damaged, claims what it does not have, or has
            weights that are not finite.
    """
    try:
        if Path(path).stat().st_size > most_weight_bytes(model):
            raise ClaimError("the file has far more bytes than such networks")
        data = Path(path).read_bytes()
        check_weights_file(data, model)
        read_weights(model, data)
        check_finite(model.weights)
        check_finite(model.discriminator_optimizer.variables)
        check_finite(model.generator_optimizer.variables)
    except Exception as error:
        # h5py and Keras raise a dozen kinds for a damaged file.
        raise RunFolderError(
            "A checkpoint must be complete; delete a damaged one, and its scale is "
            f"trained again. Received: path={str(path)!r}."
        ) from error


class ScaleCheckpoint(EveryFew):
    """Saves an unfinished scale every so many iterations, and every minute.

    A hundred iterations of a large photo take many minutes, which nobody wants to
    lose.

    Args:
        folder: The `RunFolder`.
        trainer: The `ScaleTrainer`.
        every: Iterations between two checkpoints. Defaults to `100`.
        seconds: Seconds after which the next one is due anyway. Defaults to `60`.
    """

    def __init__(self, folder, trainer, every=100, seconds=60.0):
        super().__init__(every)
        self.folder = folder
        self.trainer = trainer
        self.seconds = seconds
        self._saved = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        late = time.monotonic() - self._saved >= self.seconds
        if self.passed() or late:
            self.folder.save_progress(self.trainer)
            self._saved = time.monotonic()
