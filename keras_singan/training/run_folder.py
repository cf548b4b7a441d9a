"""The folder of one training: what a killed run needs to go on, and its results.

```
config.json                     hyper-parameters, and which image
progress.json                   state, scale, iteration, losses and time left, about
                                once a second: see `progress_file`
history.json                    losses of every iteration, scale by scale
losses.png                      a picture of them
scale_00/                       real.png, sample.png, reconstruction.png
checkpoints/                    scale_00.weights.h5, ... of finished scales, and
                                scale_NN_partial.weights.h5 of the one at work
singan.keras                    the trained model
```

Every file is written under a temporary name and then renamed, so that what
stands there is always whole, whenever the process is killed.
"""

import dataclasses
import hashlib
import json
from pathlib import Path

from keras_singan import __version__
from keras_singan.config import EARLIER_VALUES
from keras_singan.config import SinGANConfig
from keras_singan.errors import RunFolderError
from keras_singan.io.files import atomic_path
from keras_singan.io.files import remove_leftovers
from keras_singan.io.files import write_json
from keras_singan.io.image import save_image
from keras_singan.io.image import to_uint8
from keras_singan.io.plot import plot_losses
from keras_singan.models.model_file import MODEL_NAME
from keras_singan.models.model_file import save_model
from keras_singan.training.callbacks import LOSSES
from keras_singan.training.callbacks import ScaleCallback


class RunFolder:
    """Keeps one training on disk.

    Args:
        path: The folder; made if it is missing.
        config: The hyper-parameters of this training.
        image: float32 array `(height, width, channels)`, the image as read.
        history: The `LossHistory` that listens to this training.

    Raises:
        RunFolderError: If the folder holds something else: another image,
            other hyper-parameters, or no run at all.
    """

    def __init__(self, path, config: SinGANConfig, image, history):
        self.path = Path(path)
        self.config = config
        self.history = history
        remove_leftovers(self.path)
        card = run_card(config, image)
        if self._is_new():
            write_json(self.path / "config.json", card)
        else:
            self._check(card)
        self._read_history()

    @property
    def model_path(self):
        """Where the finished model is or will be."""
        return self.path / MODEL_NAME

    @property
    def is_finished(self):
        """Whether the model is there."""
        return is_finished(self.path)

    @property
    def is_begun(self):
        """Whether there is a checkpoint to go on from."""
        return any(self.path.glob("checkpoints/*.weights.h5"))

    @property
    def finished_scales(self):
        """How many scales are finished."""
        count = 0
        while self._weights(count).is_file():
            count += 1
        return count

    def _is_new(self):
        if self.path.exists() and not self.path.is_dir():
            raise RunFolderError(
                f"A run folder must be a folder. Received: path={str(self.path)!r}."
            )
        if (self.path / "config.json").is_file():
            return False
        if self.path.exists() and any(_visible(self.path)):
            raise RunFolderError(
                "A run folder must be empty or hold an earlier run (a config.json). "
                f"Received: path={str(self.path)!r}."
            )
        return True

    def _check(self, card):
        try:
            found = json.loads((self.path / "config.json").read_text("utf-8"))
            # A field that the version which wrote it did not have meant this.
            there = SinGANConfig().to_dict() | EARLIER_VALUES | found["config"]
            image = found["image"]
        except (OSError, ValueError, KeyError, TypeError):
            raise RunFolderError(
                "A run folder's config.json must be one of keras_singan. "
                f"Received: path={str(self.path)!r}."
            ) from None
        if image != card["image"]:
            raise RunFolderError(
                "The run folder belongs to another image; give another --output "
                f"(checkpoint_dir). Received: path={str(self.path)!r}."
            )
        changed = _differences(there, card["config"])
        if changed:
            raise RunFolderError(
                f"The run folder was begun with {changed}; give another --output "
                f"(checkpoint_dir). Received: path={str(self.path)!r}."
            )

    def _read_history(self):
        try:
            text = (self.path / "history.json").read_text("utf-8")
            self.history.scales[:] = [
                {name: [float(x) for x in scale[name]] for name in LOSSES}
                for scale in json.loads(text)["scales"]
            ]
        except (OSError, ValueError, KeyError, TypeError):
            # Losses are for people; the training does not need them.
            self.history.scales.clear()

    def load_scale(self, trainer) -> bool:
        """Takes up a scale where it stopped.

        Returns:
            Whether the scale is complete.

        Raises:
            RunFolderError: If a checkpoint is damaged.
        """
        done = self._weights(trainer.scale)
        partial = self._partial(trainer.scale)
        if done.is_file():
            _load_weights(trainer.scale_gan, done)
            return True
        if partial.is_file():
            _load_weights(trainer.scale_gan, partial)
        return False

    def pictures_path(self, scale):
        """Where the pictures of a scale are or will be."""
        return self.path / f"scale_{scale:02d}"

    def checkpoint(self, trainer):
        """Makes the callback that saves while a scale is trained."""
        return ScaleCheckpoint(self, trainer)

    def save_progress(self, trainer):
        """Saves an unfinished scale."""
        self._write_history()
        with atomic_path(self._partial(trainer.scale)) as temporary:
            trainer.scale_gan.save_weights(temporary)

    def save_scale(self, trainer):
        """Saves a finished scale and its pictures."""
        self._write_history()
        folder = self.pictures_path(trainer.scale)
        for name, image in trainer.pictures().items():
            save_image(folder / f"{name}.png", to_uint8(image[0]), overwrite=True)
        with atomic_path(self._weights(trainer.scale)) as temporary:
            trainer.scale_gan.save_weights(temporary)
        self._partial(trainer.scale).unlink(missing_ok=True)

    def save_model(self, pyramid):
        """Saves the finished model."""
        self._write_history()
        plot_losses(self.history.scales, self.path / "losses.png")
        save_model(pyramid, self.config, self.model_path)

    def _write_history(self):
        self.history.flush()
        write_json(self.path / "history.json", {"scales": self.history.scales})

    def _weights(self, scale):
        return self.path / "checkpoints" / f"scale_{scale:02d}.weights.h5"

    def _partial(self, scale):
        return self.path / "checkpoints" / f"scale_{scale:02d}_partial.weights.h5"


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


def _visible(folder):
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def _load_weights(scale_gan, path):
    try:
        scale_gan.load_weights(path)
    except Exception as error:
        # h5py and Keras raise a dozen kinds for a damaged file.
        raise RunFolderError(
            "A checkpoint must be complete; delete a damaged one, and its scale is "
            f"trained again. Received: path={str(path)!r}."
        ) from error


def is_finished(path):
    """Tells whether a run folder, which may be missing or `None`, has its model."""
    return path is not None and (Path(path) / MODEL_NAME).is_file()


def stored_policy(path):
    """Returns the `dtype_policy` a run was begun with; `None` if there is no run.

    Args:
        path: Its folder, or `None`.
    """
    policy = _stored_values(path).get("dtype_policy")
    return policy if policy in ("float32", "mixed_bfloat16") else None


def continue_config(config: SinGANConfig, path) -> SinGANConfig:
    """Returns the config with which the run of a folder goes on.

    A run that an earlier version began keeps what that version did where this
    one does otherwise.

    Args:
        config: The hyper-parameters asked for.
        path: The run folder, or `None`.
    """
    stored = _stored_values(path)
    if not stored:
        return config
    earlier = {k: v for k, v in EARLIER_VALUES.items() if k not in stored}
    return dataclasses.replace(config, **earlier)


def _stored_values(path):
    """Hyper-parameters of a begun run; none where there is no run, or none of ours.

    `RunFolder` is who refuses a foreign folder.
    """
    if path is None:
        return {}
    try:
        card = json.loads((Path(path) / "config.json").read_text("utf-8"))
        stored = card["config"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return stored if isinstance(stored, dict) else {}


def run_card(config: SinGANConfig, image):
    """Returns what identifies a run: hyper-parameters and the image's hash."""
    height, width, channels = image.shape
    return {
        "written_by": f"keras_singan {__version__}",
        "config": config.to_dict(),
        "image": {
            "height": height,
            "width": width,
            "channels": channels,
            "sha256": hashlib.sha256(image.tobytes()).hexdigest(),
        },
    }


def _differences(there, here):
    names = sorted(set(there) | set(here))
    return ", ".join(
        f"{name}={there.get(name)!r} (now {here.get(name)!r})"
        for name in names
        if there.get(name) != here.get(name)
    )
