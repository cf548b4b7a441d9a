"""`PhotoReport`: how one photo of a fleet fares, and the table of all of them."""

import csv
import dataclasses
import io
import typing

STATES = ("waiting", "running", "done", "failed")


@dataclasses.dataclass(frozen=True)
class PhotoReport:
    """How one photo of a fleet fares.

    Attributes:
        name: Its name, which is its run folder's.
        photo: Its path or URL.
        state: `"waiting"`, `"running"`, `"done"` or `"failed"`.
        seconds: Of work on it, all attempts together; `None` before its end.
        attempts: How often it was taken up.
        machine: Host that finished it; `None` before its end.
        swd: `metrics.sliced_wasserstein` of its samples; `None` if not asked for.
        diversity: `metrics.diversity` of its samples; `None` if not asked for.
        note: What to know of it, such as a change of machines; else empty.
        error: Why it failed, a sentence; else empty.
    """

    name: str
    photo: str
    state: str = "waiting"
    seconds: float | None = None
    attempts: int = 0
    machine: str | None = None
    swd: float | None = None
    diversity: float | None = None
    note: str = ""
    error: str = ""


_FIELDS = {
    field.name: typing.get_args(field.type) or (field.type,)
    for field in dataclasses.fields(PhotoReport)
}


def report_from(name, photo, outcome):
    """Builds the report of a photo from the outcome that its worker wrote.

    Args:
        name: The photo's name.
        photo: Its path or URL.
        outcome: Dictionary of the other fields; more names do no harm.
    """
    known = {key: outcome[key] for key in _FIELDS if key in outcome}
    return PhotoReport(**known | {"name": name, "photo": photo})


def to_csv(reports):
    """Returns reports as the bytes of a `report.csv`, in UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(_FIELDS)
    for report in reports:
        values = (getattr(report, key) for key in _FIELDS)
        writer.writerow("" if value is None else value for value in values)
    return buffer.getvalue().encode()


def from_csv(data):
    """Reads a `report.csv`: a dictionary from names to `PhotoReport`s.

    A line that is none of ours is left out: outcomes tell the same.

    Args:
        data: bytes, or `None` for an empty table.
    """
    reports = {}
    text = (data or b"").decode("utf-8", "replace")
    for row in csv.DictReader(io.StringIO(text, newline="")):
        try:
            values = {key: _read(row[key], _FIELDS[key]) for key in _FIELDS}
        except (KeyError, TypeError, ValueError):
            continue
        if values["state"] in STATES:
            reports[values["name"]] = PhotoReport(**values)
    return reports


def _read(text, kinds):
    if text == "" and type(None) in kinds:
        return None
    return kinds[0](text)
