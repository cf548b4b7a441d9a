"""`StopWatch`: lets a training end early, at a moment when nothing is half done."""

import time

from keras_singan.fleet.records import STOP
from keras_singan.fleet.records import attempts_of
from keras_singan.fleet.records import read_json
from keras_singan.training.callbacks import ScaleCallback


class StopWatch(ScaleCallback):
    """Raises `KeyboardInterrupt` when its training shall stop.

    That is when the driver of this run asks for it, and when another machine has
    taken the photo up because this one was thought to be dead.

    Args:
        place: The `Place`.
        order: The order of this photo: see `photo_task`.
        attempt: The identifier of this attempt.
        every: Seconds between two looks. Defaults to `2`.
        sets: `SavedSets` to tell of each scale that is done. Defaults to `None`.
    """

    def __init__(self, place, order, attempt, every=2.0, sets=None):
        super().__init__()
        self._place, self._order, self._attempt = place, order, attempt
        self._every, self._sets = every, sets
        self._looked = time.monotonic()

    def on_scale_begin(self, trainer):
        """Looks at once: the scale below may have taken long."""
        self._look()

    def on_train_batch_end(self, batch, logs=None):
        if time.monotonic() - self._looked >= self._every:
            self._look()

    def on_scale_end(self, trainer):
        """Has the scale saved."""
        if self._sets is not None:
            self._sets.scale_done()

    def _look(self):
        self._looked = time.monotonic()
        if is_stopped(self._place, self._order):
            raise KeyboardInterrupt
        tries = read_json(self._place, attempts_of(self._order["name"]), list)
        if tries and tries[-1].get("id") != self._attempt:
            raise KeyboardInterrupt


def is_stopped(place, order):
    """Tells whether the driver of an order's run has asked everybody to stop."""
    return read_json(place, STOP).get("run") == order["run"]
