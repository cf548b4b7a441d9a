"""Trying again when a server is busy, with growing and random pauses."""

import dataclasses
import itertools
import random
import time
from collections.abc import Callable

from keras_singan.client.arguments import whole
from keras_singan.errors import ServingError


class Busy(Exception):
    """No model has begun with a request, or it is safe to repeat: send it again.

    Args:
        error: The `ServingError` to raise when no attempt is left.
        wait: Seconds that the server asks to wait, or `None`.
    """

    def __init__(self, error, wait=None):
        super().__init__(str(error))
        self.error, self.wait = error, wait


@dataclasses.dataclass(frozen=True)
class Retries:
    """How often and when a request is sent again.

    Pause `k` is a random part, a half to the whole, of `first * 2**k` seconds
    (so that many clients do not come back together), but no shorter than what
    the server asks for. When that is more than `longest`, no attempt follows.

    Args:
        count: Attempts after the first. Defaults to `4`.
        first: Seconds of the first pause. Defaults to `0.5`.
        longest: Seconds of the longest pause. Defaults to `30`.
        sleep: Function that waits so many seconds.
        draw: Function that gives a random number in [0, 1).
    """

    count: int = 4
    first: float = 0.5
    longest: float = 30.0
    sleep: Callable = time.sleep
    draw: Callable = random.random

    def call(self, send):
        """Returns `send()`, called again as long as it raises `Busy`.

        Raises:
            ServingError: When no attempt is left.
        """
        for attempt in itertools.count():
            try:
                return send()
            except Busy as busy:
                pause = self._pause(attempt, busy.wait)
                if attempt == self.count or pause > self.longest:
                    raise _given_up(busy.error, attempt + 1) from None
            self.sleep(pause)

    def _pause(self, attempt, wait):
        most = min(self.longest, self.first * 2**attempt)
        return max(most * (1 + self.draw()) / 2, wait or 0)


def _given_up(error, attempts):
    plural = "" if attempts == 1 else "s"
    text = str(error).removesuffix(".")
    return ServingError(f"{text}, {attempts} attempt{plural}.", error.status)


def checked_retries(retries):
    """Returns `retries`, made from a count if it is one; raises `TaskError`."""
    if isinstance(retries, Retries):
        return retries
    return Retries(whole("retries", retries, 0, 100))
