"""Callbacks that listen to the training: losses, TensorBoard."""

import contextlib

import keras
import numpy as np
import tensorflow as tf

from keras_singan.errors import ConfigError
from keras_singan.errors import needs_extra
from keras_singan.errors import tensorflow_reason
from keras_singan.io.files import refuse

LOSSES = (
    "discriminator_loss",
    "gradient_penalty",
    "adversarial_loss",
    "reconstruction_loss",
)


class ScaleCallback(keras.callbacks.Callback):
    """A Keras callback that is also told when a scale begins and ends."""

    @property
    def at_once(self):
        """Iterations that a call of `on_train_batch_end` stands for, an int."""
        return 1 if self.model is None else self.model.steps_per_execution

    def on_scale_begin(self, trainer):
        """Called before a scale is trained; `trainer` is its `ScaleTrainer`."""

    def on_scale_end(self, trainer):
        """Called when a scale is complete, its averages estimated."""


class EveryFew(ScaleCallback):
    """A callback that acts every so many iterations.

    It counts them itself, since asking the model waits for the device.

    Args:
        every: The number.

    Attributes:
        iteration: Iterations of the scale that are done, after `passed`.
    """

    def __init__(self, every):
        super().__init__()
        self.every, self.iteration = every, 0

    def on_train_begin(self, logs=None):
        self.iteration = self.model.iteration

    def passed(self):
        """Counts what was just done: is a multiple of `every` among it?"""
        before, self.iteration = self.iteration, self.iteration + self.at_once
        return before // self.every < self.iteration // self.every


def check_callbacks(callbacks) -> list:
    """Returns the callbacks as a list.

    Args:
        callbacks: A Keras callback, a sequence of them, or `None`.

    Raises:
        ConfigError: If it is something else.
    """
    if callbacks is None:
        return []
    several = isinstance(callbacks, (list, tuple))
    result = list(callbacks) if several else [callbacks]
    for callback in result:
        if not isinstance(callback, keras.callbacks.Callback):
            raise ConfigError(
                "`callbacks` must be a Keras callback or a list of them. "
                f"Received: {callback!r:.100}."
            )
    return result


class LossHistory(ScaleCallback):
    """Keeps the losses of every iteration.

    Attributes:
        scales: List with a dictionary for each scale so far: the name of each
            loss, and its list of floats, one an iteration. Where several are started
            at once, the last one's stand for all of them.
    """

    def __init__(self):
        super().__init__()
        self.scales: list[dict[str, list[float]]] = []
        self._pending = []

    def on_scale_begin(self, trainer):
        """Forgets what an interrupted run did after its last checkpoint."""
        del self.scales[trainer.scale + 1 :]
        while len(self.scales) <= trainer.scale:
            self.scales.append({name: [] for name in LOSSES})
        done = trainer.scale_gan.iteration
        for losses in self.scales[trainer.scale].values():
            del losses[done:]

    def on_train_batch_end(self, batch, logs=None):
        # Reading a tensor waits for the device, so that is put off.
        self._pending.append((self.at_once, [logs[name] for name in LOSSES]))

    def on_scale_end(self, trainer):
        """Brings `scales` up to date."""
        self.flush()

    def flush(self):
        """Brings `scales` up to date."""
        for count, values in self._pending:
            for name, value in zip(LOSSES, values, strict=True):
                rounded = float(f"{float(value):.6g}")
                self.scales[-1][name] += [rounded] * count
        self._pending.clear()


class TensorBoardLog(EveryFew):
    """Writes losses, and each scale's sample and reconstruction, for TensorBoard.

    Args:
        log_dir: Folder for the event files.
        every: Iterations between two scalars. Defaults to `10`.

    Raises:
        ImportError: If `tensorboard` is not installed; the message names the
            command that installs it.
        OutputError: Here and while training, if the log cannot be written.
    """

    def __init__(self, log_dir, every=10):
        super().__init__(every)
        self._folder = str(log_dir)
        try:
            with self._refusals():
                self._writer = tf.summary.create_file_writer(self._folder)
                with self._writer.as_default():
                    tf.summary.text("keras_singan", "training", step=0)
        except Exception as error:
            if type(error).__name__ != "TBNotInstalledError":
                raise
            raise ImportError(
                f"{needs_extra('A log folder for TensorBoard', 'tensorboard')} "
                f"Received: log_dir={self._folder!r}."
            ) from None

    @contextlib.contextmanager
    def _refusals(self):
        """TensorFlow's errors of the file system, as a line."""
        try:
            yield
        except tf.errors.OpError as error:
            reason = OSError(tensorflow_reason(error))
            raise refuse(self._folder, reason) from error

    @contextlib.contextmanager
    def _writing(self):
        with self._refusals(), self._writer.as_default():
            yield

    def on_train_batch_end(self, batch, logs=None):
        if not self.passed():
            return
        with self._writing():
            for name in LOSSES:
                tag = f"{self.model.name}/{name}"
                tf.summary.scalar(tag, logs[name], step=self.iteration)

    def on_scale_end(self, trainer):
        """Writes the pictures of a scale."""
        with self._writing():
            for name, image in trainer.pictures().items():
                shown = np.clip(image / 2 + 0.5, 0, 1)
                # TensorBoard draws 1, 3 or 4 channels.
                channels = shown.shape[-1]
                shown = shown if channels in (1, 3, 4) else shown[..., :1]
                tf.summary.image(
                    name,
                    shown,
                    step=trainer.scale,
                    description=f"by scale: {name}",
                )
            self._writer.flush()
