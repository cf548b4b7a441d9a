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
.lock                           which process trains here, or did last
```

Every file is written under a temporary name and then renamed, so that what
stands there is always whole, whenever the process is killed. What a killed one
left under temporary names is removed by the next; nothing else ever is.
"""

import contextlib
import dataclasses
import hashlib
from pathlib import Path

from keras_singan import __version__
from keras_singan.config import EARLIER_PRESETS
from keras_singan.config import EARLIER_VALUES
from keras_singan.config import SinGANConfig
from keras_singan.errors import RunFolderError
from keras_singan.io.files import mark_temporaries
from keras_singan.io.files import read_json
from keras_singan.io.files import write_bytes
from keras_singan.io.files import write_json
from keras_singan.io.image import save_image
from keras_singan.io.image import to_uint8
from keras_singan.io.plot import plot_losses
from keras_singan.models.model_file import MODEL_NAME
from keras_singan.models.model_file import save_model
from keras_singan.models.saved_bytes import weights_bytes
from keras_singan.training.callbacks import LOSSES
from keras_singan.training.checkpoint import ScaleCheckpoint
from keras_singan.training.checkpoint import load_checkpoint
from keras_singan.training.run_lock import RunLock

# Most bytes of the losses, and most values that a refusal names.
_HISTORY_BYTES, _MOST_NAMED = 2**28, 6


class RunFolder:
    """Keeps one training on disk.

    It is a context manager: inside, no other training can write to the folder. A
    folder that is refused is left as it was.

    Args:
        path: The folder; made if it is missing.
        config: The hyper-parameters of this training.
        image: float32 array `(height, width, channels)`, the image as read.
        history: The `LossHistory` that listens to this training.
        masks: How many of the last channels are masks. Defaults to `0`.
    """

    def __init__(self, path, config: SinGANConfig, image, history, masks=0):
        self.path = Path(path)
        self.config = config
        self.history = history
        self._card = run_card(config, image, masks)
        self._open = contextlib.ExitStack()

    def __enter__(self):
        """Makes the folder this training's own.

        A finished one is only read, so that it may lie where nothing can be written.

        Raises:
            RunFolderError: If the folder holds something else: another image,
                other hyper-parameters, or no run at all; or if another training
                is at work there.
            OutputError: If it cannot be written to.
        """
        self._check()
        if not self.is_finished:
            with contextlib.ExitStack() as stack:
                lock = RunLock(self.path)
                stack.callback(lock.release)
                stack.enter_context(mark_temporaries(lock.mark))
                # Another training may have begun here just now.
                if self._check():
                    write_json(self.path / "config.json", self._card)
                self._open = stack.pop_all()
        self._read_history()
        return self

    def __exit__(self, *error):
        self._open.close()

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

    def _check(self):
        """Refuses a folder of something else. Returns whether it is new."""
        is_new = self._is_new()
        if not is_new:
            self._compare(self._card)
        return is_new

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

    def _compare(self, card):
        try:
            found = read_json(self.path / "config.json")
            # A field that the version which wrote it did not have meant this.
            there = SinGANConfig().to_dict() | EARLIER_VALUES | found["config"]
            image, masks = found["image"], found.get("masks")
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
        if masks != card.get("masks"):
            raise RunFolderError(
                "The run folder was begun with other masks; give another --output "
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
            history = read_json(self.path / "history.json", _HISTORY_BYTES)
            self.history.scales[:] = [
                {name: [float(x) for x in scale[name]] for name in LOSSES}
                for scale in history["scales"]
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
            load_checkpoint(trainer.scale_gan, done)
            return True
        if partial.is_file():
            load_checkpoint(trainer.scale_gan, partial)
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
        write_bytes(self._partial(trainer.scale), weights_bytes(trainer.scale_gan))

    def save_scale(self, trainer):
        """Saves a finished scale and its pictures."""
        self._write_history()
        folder = self.pictures_path(trainer.scale)
        for name, image in trainer.pictures().items():
            save_image(folder / f"{name}.png", to_uint8(image[0]), overwrite=True)
        write_bytes(self._weights(trainer.scale), weights_bytes(trainer.scale_gan))
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


def _visible(folder):
    return (path for path in folder.iterdir() if not path.name.startswith("."))


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
    if earlier:
        earlier |= {k: stored[k] for k in EARLIER_PRESETS if k in stored}
    return dataclasses.replace(config, **earlier)


def _stored_values(path):
    """Hyper-parameters of a begun run; none where there is no run, or none of ours.

    `RunFolder` is who refuses a foreign folder.
    """
    if path is None:
        return {}
    try:
        card = read_json(Path(path) / "config.json")
        stored = card["config"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return stored if isinstance(stored, dict) else {}


def run_card(config: SinGANConfig, image, masks=0):
    """Returns what identifies a run: hyper-parameters, the hashes of image and masks.

    Args:
        config: The hyper-parameters.
        image: float32 array `(height, width, channels)`.
        masks: How many of the last channels are masks. Defaults to `0`.
    """
    first = image.shape[-1] - masks
    card = {
        "written_by": f"keras_singan {__version__}",
        "config": config.to_dict(),
        "image": _identity(image[..., :first]),
    }
    return card | {"masks": _identity(image[..., first:])} if masks else card


def _identity(image):
    height, width, channels = image.shape
    return {
        "height": height,
        "width": width,
        "channels": channels,
        "sha256": hashlib.sha256(image.tobytes()).hexdigest(),
    }


def _differences(there, here):
    """Names what differs on one line: a file from a stranger may hold anything."""
    texts = [
        f"{name}={repr(there.get(name))[:40]} (now {value!r})"
        for name, value in sorted(here.items())
        if there.get(name) != value
    ]
    unknown = len(set(there) - set(here))
    more = max(0, len(texts) - _MOST_NAMED) + unknown
    texts = texts[:_MOST_NAMED] + [f"{more} more"] * (more > 0)
    return ", ".join(texts)
