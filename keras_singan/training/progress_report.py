"""`ProgressReport`: keeps `progress.json` up to date."""

import contextlib
import math
import os
import socket
import time
from pathlib import Path

from keras_singan.errors import OutputError
from keras_singan.errors import sentence
from keras_singan.io.files import write_json
from keras_singan.training.callbacks import LOSSES
from keras_singan.training.callbacks import ScaleCallback
from keras_singan.training.progress_file import PROGRESS_NAME

_EVERY_SECONDS = 1.0


class ProgressReport(ScaleCallback):
    """Writes the `progress.json` of one training.

    Args:
        folder: The run folder.
        clock: The training's `Clock`, a callback that hears of everything first.
    """

    def __init__(self, folder, clock):
        super().__init__()
        self._path, self._clock = Path(folder) / PROGRESS_NAME, clock
        self._started, self._written = time.time(), -math.inf
        self._logs = None

    @contextlib.contextmanager
    def told(self):
        """Writes that a training is planned, and how it ends.

        Yields:
            This callback, which must listen to the training.
        """
        self.write("planned")
        try:
            yield self
        except (KeyboardInterrupt, SystemExit):
            self.write("stopped")
            raise
        except BaseException as error:
            self.write("failed", sentence(error))
            raise
        self.write("done")

    def write(self, state, message=None):
        """Writes the file, if it can be written.

        A full disk does not stop a training here: it does where a checkpoint
        cannot be written.

        Args:
            state: See `progress_file`.
            message: Why the training failed. Defaults to `None`.
        """
        clock, self._written = self._clock, time.monotonic()
        progress = {
            "state": state,
            "message": message,
            "scale": clock.scale,
            "scales": clock.scales,
            "iteration": clock.iteration,
            "iterations": clock.steps,
            "done": round(clock.done, 4),
            "losses": self._losses(),
            "seconds_left": clock.seconds_left if state == "training" else None,
            "started": self._started,
            "updated": time.time(),
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }
        with contextlib.suppress(OutputError):
            write_json(self._path, progress, sync=False)

    def _losses(self):
        # Reading them waits for the device, so it is done only to write them.
        logs = self._logs or {}
        return {name: _number(logs[name]) for name in LOSSES if name in logs}

    def on_scale_begin(self, trainer):
        """Says which scale it is."""
        self._logs = None
        self.write("training")

    def on_train_batch_end(self, batch, logs=None):
        self._logs = logs
        if time.monotonic() - self._written >= _EVERY_SECONDS:
            self.write("training")

    def on_scale_end(self, trainer):
        """Says that the scale is complete."""
        self.write("training")


def _number(value):
    """A float that JSON can hold, or `None`."""
    value = float(value)
    return float(f"{value:.6g}") if math.isfinite(value) else None
