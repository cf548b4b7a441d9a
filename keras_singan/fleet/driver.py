"""`Driver`: gives each photo to Ray until all are done, failed, or it is stopped.

The driver knows nothing that is not in the place: when it dies, another one that
is given the same command goes on.
"""

import collections
import collections.abc
import contextlib
import dataclasses
import os
import signal
import socket
import threading
import time
import uuid

from keras_singan import __version__
from keras_singan.errors import FleetError
from keras_singan.errors import SinGANError
from keras_singan.fleet.fleet_status import count_outcome
from keras_singan.fleet.fleet_status import make_status
from keras_singan.fleet.fleet_status import read_reports
from keras_singan.fleet.photo_report import report_from
from keras_singan.fleet.photo_report import to_csv
from keras_singan.fleet.records import DRIVER
from keras_singan.fleet.records import REPORT
from keras_singan.fleet.records import STOP
from keras_singan.fleet.records import attempts_of
from keras_singan.fleet.records import outcome_of
from keras_singan.fleet.records import read_json
from keras_singan.fleet.records import write_json_to
from keras_singan.fleet.worker.photo_task import lost_sentence
from keras_singan.fleet.worker.photo_task import train_photo

# A driver on another machine that has been silent for so long is dead.
_SILENT_SECONDS = 60.0
_BEAT_SECONDS, _REPORT_SECONDS = 10.0, 20.0
# Photos that save and stop are waited for so long.
_STOP_SECONDS = 120.0


@dataclasses.dataclass(frozen=True)
class Work:
    """What is done with a photo.

    Attributes:
        function: Takes an order and returns an outcome, as `train_photo` does.
        max_calls: After how many photos a process ends; 0 is never. TensorFlow
            gives memory back only so.
    """

    function: collections.abc.Callable = train_photo
    max_calls: int = 1


class Driver:
    """Runs a fleet.

    Args:
        ray: The module, connected.
        place: The `Place`.
        plan: The `FleetPlan`.
        slots: Function that says how many photos the cluster trains at once now.
        memory: Bytes that Ray keeps free for a photo; 0 for none. Defaults to `0`.
        work: The `Work`. Defaults to training.

    Attributes:
        run: Identifier of this run.
        reports: Dictionary from names to `PhotoReport`, in the plan's order.
        waiting: `PlannedPhoto`s that Ray does not have yet.
        stopping: Whether it was asked to stop.
        began: When this run began, in seconds since 1970.
        ended: How many photos this run has done.
    """

    def __init__(self, ray, place, plan, slots, memory=0, work=None):
        self._ray, self._place, self._plan = ray, place, plan
        self._slots, self._memory, self._work = slots, memory, work or Work()
        self.run, self.began, self.ended = uuid.uuid4().hex, time.time(), 0
        self.reports = read_reports(place, plan)
        self.waiting = collections.deque(
            p for p in plan.photos if self.reports[p.name].state == "waiting"
        )
        self._orders = {}
        self._stop_wanted, self.stopping, self._stop_began = False, False, None
        self._beaten = self._written = -_REPORT_SECONDS

    def drive(self, watch=lambda driver, names: None):
        """Works until no photo waits, or until Ctrl-C.

        Args:
            watch: Called about twice a second with this driver, and the names
                that have ended since.

        Returns:
            List of `PhotoReport`, in the plan's order.

        Raises:
            FleetError: If another driver is at work here, or a machine cannot do
                the work.
            OutputError: If the place cannot be written.
        """
        _refuse_second(self._place)
        self._keep_up()
        task = self._task()
        try:
            with self._held_interrupts():
                while self._orders or (self.waiting and not self.stopping):
                    self._submit(task)
                    watch(self, self._settle())
                    self._keep_up()
        finally:
            self._write_report()
            self._place.remove(DRIVER)
        return list(self.reports.values())

    def status(self):
        """Returns the `FleetStatus` of this moment."""
        names = [photo.name for photo in self._orders.values()]
        return make_status(self._place, self.reports, names, self._beat())

    def stop(self):
        """Has running photos saved and stopped; the rest stay waiting."""
        if not self.stopping:
            self.stopping, self._stop_began = True, time.monotonic()
            write_json_to(self._place, STOP, {"run": self.run})

    def _task(self):
        settings = self._plan.settings
        remote = self._ray.remote(max_calls=self._work.max_calls)(self._work.function)
        return remote.options(
            num_cpus=settings.cpus_per_photo,
            num_gpus=settings.gpus_per_photo,
            memory=self._memory or None,
            max_retries=settings.attempts - 1,
            retry_exceptions=False,
            name="keras_singan photo",
        )

    def _submit(self, task):
        # More than there is room for: the next must not wait for the driver, and
        # a cluster that can grow must see that it should.
        slots = self._room
        while self.waiting and not self.stopping and len(self._orders) < slots:
            photo = self.waiting.popleft()
            self._orders[task.remote(self._order(photo))] = photo

    def _order(self, photo):
        settings = dataclasses.asdict(self._plan.settings)
        settings["cpus"] = settings.pop("cpus_per_photo")
        settings["gpus"] = settings.pop("gpus_per_photo")
        return settings | {
            "place": self._place.address,
            "name": photo.name,
            "photo": photo.photo,
            "options": self._plan.options | photo.options,
            "run": self.run,
            "version": __version__,
        }

    def _settle(self):
        """Takes up what has ended; returns the names of those that are done."""
        refs = list(self._orders)
        ready, _ = self._ray.wait(refs, num_returns=1, timeout=0.5) if refs else ((), 0)
        if ready:
            # All the others that are there, too.
            ready, _ = self._ray.wait(refs, num_returns=len(refs), timeout=0)
        names = []
        for ref in ready:
            photo = self._orders.pop(ref)
            outcome = self._outcome(ref, photo)
            if outcome["state"] != "stopped":
                self._take(photo, outcome)
                names.append(photo.name)
            elif not self.stopping:
                # Another driver's stop, or an orphan's: it is due again.
                self.waiting.append(photo)
        return names

    def _take(self, photo, outcome):
        self.reports[photo.name] = report_from(photo.name, photo.photo, outcome)
        count_outcome(self._plan, outcome)
        self.ended += 1

    def _outcome(self, ref, photo):
        """What a task has returned; or what to say of one that died."""
        try:
            return self._ray.get(ref)
        except self._ray.exceptions.RayTaskError as error:
            raise _reason(error) from None
        except self._ray.exceptions.RayError as error:
            if self.stopping:
                return {"state": "stopped"}
            return self._lost(photo, error)

    def _lost(self, photo, error):
        """The outcome of a photo whose processes died too often."""
        found = read_json(self._place, outcome_of(photo.name))
        if found.get("run") == self.run:
            return found
        attempts = read_json(self._place, attempts_of(photo.name), list)
        mine = [attempt for attempt in attempts if attempt["run"] == self.run]
        outcome = {
            "state": "failed",
            "error": lost_sentence(len(mine)),
            "attempts": len(attempts),
            "seconds": sum(a.get("seconds", 0.0) for a in attempts),
            "machine": attempts[-1]["machine"] if attempts else None,
            "note": type(error).__name__,
            "run": self.run,
        }
        write_json_to(self._place, outcome_of(photo.name), outcome)
        return outcome

    def _keep_up(self):
        """What is due from time to time: a sign of life, the report, the end."""
        now = time.monotonic()
        if self._stop_wanted:
            self.stop()
        if now - self._beaten >= _BEAT_SECONDS:
            self._beaten, slots = now, self._slots()
            self._room = slots + max(2, slots)
            write_json_to(self._place, DRIVER, self._beat())
        if now - self._written >= _REPORT_SECONDS:
            self._written = now
            self._write_report()
        if self.stopping and now - self._stop_began > _STOP_SECONDS:
            # They have their last checkpoint.
            for ref in self._orders:
                self._ray.cancel(ref, force=True)

    def _beat(self):
        return {
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "run": self.run,
            "began": self.began,
            "ended": self.ended,
            "updated": time.time(),
        }

    def _write_report(self):
        self._place.write(REPORT, to_csv(self.reports.values()))
        self._plan.write(self._place)

    @contextlib.contextmanager
    def _held_interrupts(self):
        """Turns the first Ctrl-C, or SIGTERM, into a stop; the second acts at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}

        def restore():
            for number, handler in before.items():
                signal.signal(number, handler)

        def hold(number, frame):
            restore()
            # Not here: this may interrupt the writing of another file.
            self._stop_wanted = True

        for number in before:
            signal.signal(number, hold)
        try:
            yield
        finally:
            restore()


def _reason(error):
    """The error of ours that a task raised, or one that says what it was."""
    cause = error.cause
    if isinstance(cause, SinGANError):
        return cause
    text = " ".join(str(cause).split())[-300:]
    return FleetError(
        "Every machine must have keras_singan and what it needs, but one says "
        f"{text!r}. Received: {type(cause).__name__}."
    )


def _refuse_second(place):
    """Refuses to drive where another driver does.

    Raises:
        FleetError: If one has given a sign of life lately.
    """
    other = read_json(place, DRIVER)
    silent = time.time() - other.get("updated", 0)
    if silent > _SILENT_SECONDS:
        return
    host, pid = other.get("host"), other.get("pid")
    if host == socket.gethostname() and not _is_alive(pid):
        return
    raise FleetError(
        "A place must have one driver at a time; process "
        f"{pid} on {host} was at work {silent:.0f} s ago. If it is dead, try again "
        f"in {_SILENT_SECONDS - silent:.0f} s. Received: {place.address!r}."
    )


def _is_alive(pid):
    if pid == os.getpid():
        return False
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, TypeError, ValueError):
        return False
    except PermissionError:
        pass
    return True
