"""Checkpoints of one scale: weights, and the state of both optimizers."""

from keras_singan.errors import RunFolderError
from keras_singan.training.callbacks import ScaleCallback


def load_checkpoint(model, path):
    """Reads the weights of a checkpoint.

    Args:
        model: The `ScaleGAN`.
        path: The file.

    Raises:
        RunFolderError: If the file is damaged.
    """
    try:
        model.load_weights(path)
    except Exception as error:
        # h5py and Keras raise a dozen kinds for a damaged file.
        raise RunFolderError(
            "A checkpoint must be complete; delete a damaged one, and its scale is "
            f"trained again. Received: path={str(path)!r}."
        ) from error


class ScaleCheckpoint(ScaleCallback):
    """Saves an unfinished scale every so many iterations.

    Args:
        folder: The `RunFolder`.
        trainer: The `ScaleTrainer`.
        every: Iterations between two checkpoints. Defaults to `100`.
    """

    def __init__(self, folder, trainer, every=100):
        super().__init__()
        self.folder = folder
        self.trainer = trainer
        self.every = every

    def on_train_batch_end(self, batch, logs=None):
        if self.model.iteration % self.every == 0:
            self.folder.save_progress(self.trainer)
