"""How many requests run at once, how many wait, and what becomes of the rest."""

import concurrent.futures
import threading
import time

from keras_singan.server.status_codes import StatusError

# TensorFlow looks for a timeout between two ops only; a request is answered a
# little after its time is over, while the op still ends.
GRACE_SECONDS = 0.25


class Admission:
    """Runs functions in threads: so many at once, a few more wait, others are refused.

    Args:
        running: Most that run at once.
        waiting: Most that wait.
    """

    def __init__(self, running, waiting):
        self.limit = running + waiting
        self._pool = concurrent.futures.ThreadPoolExecutor(running, "keras-singan")
        self._changed = threading.Condition()
        self._count = 0
        self._draining = False

    def submit(self, function, *args):
        """Starts `function(*args)`, or queues it; returns its future.

        Raises:
            StatusError: RESOURCE_EXHAUSTED, if too many wait; UNAVAILABLE, if the
                server is stopping.
        """
        with self._changed:
            if self._draining:
                raise StatusError("UNAVAILABLE", "The server is stopping.")
            if self._count >= self.limit:
                raise StatusError(
                    "RESOURCE_EXHAUSTED",
                    f"{self._count} requests run or wait already; try again later.",
                )
            self._count += 1
            future = self._pool.submit(function, *args)
        future.add_done_callback(self._done)
        return future

    def _done(self, future):
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def drain(self, seconds):
        """Takes no more requests, and waits at most `seconds` for those it has."""
        with self._changed:
            self._draining = True
            self._changed.wait_for(lambda: self._count == 0, seconds)

    def close(self):
        """Ends the threads; what still waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class Deadline:
    """A point in time until which a request must be answered.

    Args:
        seconds: From now.
    """

    def __init__(self, seconds):
        self._end = time.monotonic() + seconds

    def remaining(self):
        """Returns the seconds left.

        Raises:
            StatusError: DEADLINE_EXCEEDED, if there are none.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise timed_out()
        return left


def timed_out():
    """Returns the `StatusError` of a request that took too long."""
    return StatusError("DEADLINE_EXCEEDED", "Timed out waiting for notification")
