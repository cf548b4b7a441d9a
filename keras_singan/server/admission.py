"""How many requests run at once, how many wait, and what becomes of the rest.

A lane is a share of the threads with a queue of its own. Heavy requests run in
their lane only, so that light ones always find a thread. Large JSON bodies are
read in a third lane, whose thread waits for another process.
"""

import asyncio
import collections
import concurrent.futures
import dataclasses
import math
import threading
import time
from collections.abc import Callable

from keras_singan.server.status_codes import StatusError

# TensorFlow looks for a timeout between two ops only; a request is answered a
# little after its time is over, while the op still ends.
GRACE_SECONDS = 0.25
LIGHT, HEAVY, READING = "light", "heavy", "reading"
# So many times as many light requests may wait as heavy ones: each is soon done.
_LIGHT_WAITING = 4
# Large bodies that may wait until they are read.
_WAITING_BODIES = 16


@dataclasses.dataclass(eq=False)
class _Job:
    future: concurrent.futures.Future | None
    call: Callable | None
    lane: str
    seconds: float
    start: float = math.inf

    def left(self):
        """Seconds that the job still needs, by its estimate."""
        done = max(0.0, time.monotonic() - self.start)
        return max(0.0, self.seconds - done)


@dataclasses.dataclass
class _Lane:
    running_most: int
    most: int
    jobs: list = dataclasses.field(default_factory=list)
    waiting: collections.deque = dataclasses.field(default_factory=collections.deque)

    def next(self):
        """Returns whether a job waits that may run now."""
        running = len(self.jobs) - len(self.waiting)
        return bool(self.waiting) and running < self.running_most


@dataclasses.dataclass(frozen=True)
class Continuation:
    """The rest of a request, which belongs into another lane than its beginning.

    Attributes:
        call: Function without arguments.
        lane: Where it runs.
        seconds: How long it will take at least; 0 if that is not known.
    """

    call: Callable
    lane: str = HEAVY
    seconds: float = 0.0


class Admission:
    """Runs functions in threads: so many at once, a few more wait, others are refused.

    Args:
        running: Most that run at once. Half of them may be heavy; one, if it is 1.
        waiting: Most heavy ones that wait; of light ones 4 times as many.
    """

    def __init__(self, running, waiting):
        heavy = max(1, running // 2)
        self._lanes = {
            HEAVY: _Lane(heavy, heavy + waiting),
            LIGHT: _Lane(running, running + _LIGHT_WAITING * waiting),
            READING: _Lane(1, 1 + _WAITING_BODIES),
        }
        self._changed = threading.Condition()
        self._draining = self._closed = False
        # With one thread for both, a heavy request would stop the light ones.
        shared = [(HEAVY, LIGHT)] * running if running > 1 else [(HEAVY,), (LIGHT,)]
        for lanes in (*shared, (READING,)):
            name = f"keras-singan {lanes[-1]}"
            threading.Thread(
                target=self._work, args=(lanes,), name=name, daemon=True
            ).start()

    def submit(self, call, lane=LIGHT, seconds=0.0, remaining=math.inf):
        """Starts `call()`, or queues it; returns its future.

        A future that is cancelled while it waits gives its place back at once.

        Args:
            call: Function without arguments.
            lane: `LIGHT`, `HEAVY` or `READING`. Defaults to `LIGHT`.
            seconds: How long it will take at least. Defaults to 0, not known.
            remaining: Seconds until nobody wants the result. Defaults to no limit.

        Raises:
            StatusError: RESOURCE_EXHAUSTED, if too many wait or those before it
                leave too little time; UNAVAILABLE, if the server is stopping.
        """
        job = _Job(concurrent.futures.Future(), call, lane, seconds)
        with self._changed:
            self._check_room(self._lanes[lane], seconds, remaining)
            self._lanes[lane].jobs.append(job)
            self._lanes[lane].waiting.append(job)
            self._changed.notify_all()
        job.future.add_done_callback(lambda _: self._remove(job))
        return job.future

    def _check_room(self, lane, seconds, remaining):
        if self._draining:
            raise StatusError("UNAVAILABLE", "The server is stopping.")
        # Each of them can use all processors, so they take their times in turn.
        before = sum(job.left() for job in lane.jobs)
        if len(lane.jobs) >= lane.most:
            raise StatusError(
                "RESOURCE_EXHAUSTED",
                f"{len(lane.jobs)} requests run or wait already; try again later.",
                retry_after=before,
            )
        if seconds and before + seconds > remaining:
            raise StatusError(
                "RESOURCE_EXHAUSTED",
                f"Other requests take {before:.0f} s more, and this one would not end "
                "in time; try again later.",
                retry_after=before,
            )

    def _work(self, lanes):
        while (job := self._take(lanes)) is not None:
            future = job.future
            try:
                result = job.call()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
            # Until the next one comes, nothing of this one is kept.
            job = future = result = None

    def _take(self, lanes):
        with self._changed:
            while True:
                ready = [self._lanes[name] for name in lanes]
                ready = [lane for lane in ready if lane.next()]
                if not ready and self._closed:
                    return None
                if not ready:
                    self._changed.wait()
                    continue
                job = ready[0].waiting.popleft()
                if job.future and job.future.set_running_or_notify_cancel():
                    job.start = time.monotonic()
                    return job

    def _remove(self, job):
        with self._changed:
            lane = self._lanes[job.lane]
            lane.jobs.remove(job)
            if job in lane.waiting:
                lane.waiting.remove(job)
            # The future refers to the job: with the way back they would stay in
            # memory, with all that the request held, until a collection.
            job.future = job.call = None
            self._changed.notify_all()

    def drain(self, seconds):
        """Takes no more requests, and waits at most `seconds` for those it has."""
        lanes = self._lanes.values()
        with self._changed:
            self._draining = True
            self._changed.wait_for(lambda: not any(x.jobs for x in lanes), seconds)

    def close(self):
        """Ends the threads; what still waits is dropped."""
        with self._changed:
            self._closed = self._draining = True
            waiting = [job for lane in self._lanes.values() for job in lane.waiting]
            self._changed.notify_all()
        for job in waiting:
            job.future.cancel()

    async def run(self, call, deadline, lane=LIGHT):
        """Runs `call()` in a lane, and its `Continuation`s in theirs.

        When the awaiting task is cancelled, what still waits is dropped.

        Args:
            call: Function without arguments.
            deadline: `Deadline`.
            lane: Of its beginning. Defaults to `LIGHT`.

        Raises:
            StatusError: As `submit` does; DEADLINE_EXCEEDED when time is over.
        """
        result = Continuation(call, lane)
        while isinstance(result, Continuation):
            left = deadline.remaining()
            future = self.submit(result.call, result.lane, result.seconds, left)
            try:
                async with asyncio.timeout(left + GRACE_SECONDS):
                    result = await asyncio.wrap_future(future)
            except TimeoutError:
                raise timed_out() from None
            finally:
                # An error refers to this frame, and the future to the error.
                del future
        return result


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
