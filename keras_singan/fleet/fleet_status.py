"""How a fleet stands, read from its place alone: from anywhere, at any time."""

import dataclasses
import time
from concurrent import futures

from keras_singan.errors import FleetError
from keras_singan.fleet.fleet_plan import read_plan
from keras_singan.fleet.photo_report import PhotoReport
from keras_singan.fleet.photo_report import from_csv
from keras_singan.fleet.photo_report import report_from
from keras_singan.fleet.place import Place
from keras_singan.fleet.records import DRIVER
from keras_singan.fleet.records import OUTCOMES
from keras_singan.fleet.records import REPORT
from keras_singan.fleet.records import outcome_of
from keras_singan.fleet.records import read_json

# A training whose progress.json is older is not at work. Between two scales half
# a minute can pass, and a store gets a copy four times a minute.
_FRESH_SECONDS = 120.0
_READERS = 16


@dataclasses.dataclass(frozen=True)
class Running:
    """How far one photo is.

    Attributes:
        name: The photo's name.
        scale: The scale at work, from 0 on.
        scales: How many there are.
        done: Share of the whole work that is done, from 0 to 1.
        seconds_left: To its end; `None` before that is known.
    """

    name: str
    scale: int
    scales: int
    done: float
    seconds_left: float | None


@dataclasses.dataclass(frozen=True)
class FleetStatus:
    """How a fleet stands.

    Attributes:
        reports: List of `PhotoReport`, in the plan's order.
        running: List of `Running`.
        driver: Who drives it (`process 12 on host`), or `None` for nobody.
        photos_per_hour: In this run; `None` before the first is done.
    """

    reports: list[PhotoReport]
    running: list[Running]
    driver: str | None
    photos_per_hour: float | None

    def count(self, state):
        """Returns how many photos are in a state: see `PhotoReport`."""
        return sum(report.state == state for report in self.reports)

    @property
    def failures(self):
        """List of the `PhotoReport`s that failed."""
        return [report for report in self.reports if report.state == "failed"]

    @property
    def seconds_left(self):
        """Seconds to the end of all at this speed; `None` if that is unknown."""
        if not self.photos_per_hour:
            return None
        open_ = self.count("waiting") + sum(1 - each.done for each in self.running)
        return open_ / self.photos_per_hour * 3600


def read_status(place):
    """Reads how a fleet stands.

    Args:
        place: A `Place`, or its address.

    Returns:
        A `FleetStatus`.

    Raises:
        FleetError: If there is no fleet in the place.
    """
    place = place if isinstance(place, Place) else Place(place)
    plan = read_plan(place)
    if plan is None:
        raise FleetError(
            f"A place must hold a fleet (a fleet.json). Received: {place.address!r}."
        )
    reports = read_reports(place, plan)
    begun = {name.removesuffix(".json") for name in place.names(".fleet/attempts")}
    open_ = [n for n in begun if n in reports and reports[n].state == "waiting"]
    beat = read_json(place, DRIVER)
    alive = time.time() - beat.get("updated", 0) < _FRESH_SECONDS
    return make_status(place, reports, open_, beat if alive else {})


def make_status(place, reports, names, beat):
    """Builds a `FleetStatus`.

    Args:
        place: The `Place`.
        reports: Dictionary from names to `PhotoReport`.
        names: Names of photos that may be at work.
        beat: What `.fleet/driver.json` holds; empty if nobody drives.
    """
    running = read_running(place, names)
    reports = dict(reports)
    for each in running:
        reports[each.name] = dataclasses.replace(reports[each.name], state="running")
    hours = (time.time() - beat["began"]) / 3600 if beat else 0
    return FleetStatus(
        reports=list(reports.values()),
        running=running,
        driver=f"process {beat['pid']} on {beat['host']}" if beat else None,
        photos_per_hour=beat["ended"] / hours if hours and beat["ended"] else None,
    )


def read_running(place, names):
    """Reads how far photos are; those that are not at work are left out.

    Args:
        place: The `Place`.
        names: Their names.

    Returns:
        List of `Running`, sorted by name.
    """
    with futures.ThreadPoolExecutor(_READERS) as pool:
        found = pool.map(lambda name: _running(place, name), sorted(names))
        return [each for each in found if each is not None]


def _running(place, name):
    progress = read_json(place, f"{name}/progress.json")
    if time.time() - progress.get("updated", 0) > _FRESH_SECONDS:
        return None
    if progress.get("state") not in ("planned", "training"):
        return None
    return Running(
        name=name,
        scale=progress.get("scale", 0),
        scales=progress.get("scales", 1),
        done=progress.get("done", 0.0),
        seconds_left=progress.get("seconds_left"),
    )


def read_reports(place, plan):
    """Reads how each photo ended so far: from the report, else from its outcome.

    Args:
        place: The `Place`.
        plan: The `FleetPlan`; what trained photos that no report knows of is
            added to it.

    Returns:
        Dictionary from names to `PhotoReport`, in the plan's order; `"waiting"`
        is what has not ended.
    """
    ended = {name.removesuffix(".json") for name in place.names(OUTCOMES)}
    table = from_csv(place.read(REPORT))
    reports = {p.name: PhotoReport(p.name, p.photo) for p in plan.photos}
    missing = []
    for planned in plan.photos:
        row = table.get(planned.name)
        if planned.name not in ended or _is_gone(place, planned.name, row):
            continue
        if row is not None and row.state in ("done", "failed"):
            reports[planned.name] = row
        else:
            missing.append(planned)
    with futures.ThreadPoolExecutor(_READERS) as pool:
        names = [outcome_of(planned.name) for planned in missing]
        outcomes = pool.map(lambda name: read_json(place, name), names)
        for planned, outcome in zip(missing, outcomes, strict=True):
            if outcome.get("state") in ("done", "failed"):
                count_outcome(plan, outcome)
                report = report_from(planned.name, planned.photo, outcome)
                reports[planned.name] = report
    return reports


def _is_gone(place, name, row):
    """Whether somebody has removed a trained model, so that it is due again."""
    if row is None or row.state != "done" or not place.is_local:
        return False
    return not place.exists(f"{name}/singan.keras")


def count_outcome(plan, outcome):
    """Enters what trained a photo into a plan.

    Args:
        plan: The `FleetPlan`.
        outcome: A photo's outcome.
    """
    facts = outcome.get("trained_by")
    if not facts or outcome["state"] != "done":
        return
    for entry in plan.trained_by:
        if entry | {"photos": 0} == facts | {"photos": 0}:
            entry["photos"] += 1
            return
    plan.trained_by.append(facts | {"photos": 1})
