"""`FleetPlan`: which photos a place shall hold, and how they are trained."""

import dataclasses
import json
from typing import Any

from keras_singan import __version__
from keras_singan.errors import ConfigError
from keras_singan.errors import FleetError
from keras_singan.fleet.photos.listing import stem_of
from keras_singan.fleet.photos.names import unique_name
from keras_singan.fleet.photos.train_options import check_options
from keras_singan.fleet.records import PLAN
from keras_singan.fleet.records import write_json_to


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a fleet does with a photo beside training it.

    Attributes:
        cpus_per_photo: Cores that one photo takes, greater than 0.
        gpus_per_photo: GPUs that one photo takes, which may be a fraction.
        attempts: How often a photo is taken up in one run when machines fail.
        samples: How many samples are written for each photo, from 0 on.
        export: Whether a SavedModel is written for each photo.
        evaluate: Whether SWD and diversity are measured, on 16 samples.

    Raises:
        ConfigError: If a value is out of range.
    """

    cpus_per_photo: float = 2
    gpus_per_photo: float = 0
    attempts: int = 3
    samples: int = 8
    export: bool = False
    evaluate: bool = False

    def __post_init__(self):
        cpus, gpus = self.cpus_per_photo, self.gpus_per_photo
        for name, wrong, text in (
            ("cpus_per_photo", not 0 < cpus <= 4096, "above 0, at most 4096"),
            ("gpus_per_photo", not 0 <= gpus <= 64, "from 0 to 64"),
            ("attempts", not 1 <= self.attempts <= 1000, "from 1 to 1000"),
            ("samples", not 0 <= self.samples <= 10000, "from 0 to 10000"),
        ):
            if wrong:
                raise ConfigError(
                    f"`{name}` must be a number {text}. "
                    f"Received: {name}={getattr(self, name)!r}."
                )
        for name in ("cpus_per_photo", "gpus_per_photo"):
            value = getattr(self, name)
            # Ray takes shares of one processor, or whole ones.
            if value > 1 and value != int(value):
                raise ConfigError(
                    f"`{name}` must be whole above 1. Received: {name}={value!r}."
                )


@dataclasses.dataclass(frozen=True)
class PlannedPhoto:
    """One photo of a plan.

    Attributes:
        name: The name of its run folder.
        photo: Its path or URL.
        options: Its own options of `train`, which win over the fleet's; and
            `masks`, a list of paths or URLs.
        asked: The name that a manifest asked for, or `None`.
    """

    name: str
    photo: str
    options: dict[str, Any]
    asked: str | None = None


@dataclasses.dataclass
class FleetPlan:
    """The plan of a fleet, which `fleet.json` holds.

    Attributes:
        options: Options of `train` for all photos: `preset`, `task`, `alpha`,
            `value_range`, `max_pixels` and fields of `SinGANConfig`.
        settings: The `Settings`.
        photos: List of `PlannedPhoto`.
        trained_by: What trained photos so far: a list of dictionaries with
            processor, threads, versions, and for how many photos.
    """

    options: dict[str, Any]
    settings: Settings
    photos: list[PlannedPhoto] = dataclasses.field(default_factory=list)
    trained_by: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def add(self, entries):
        """Adds photos; those that are in the plan already stay as they are.

        Args:
            entries: What `list_photos` returned.

        Raises:
            ConfigError: If a photo has options that `train` does not have.
        """
        known = {_key(p.photo, p.options, p.asked) for p in self.photos}
        taken = {planned.name.lower() for planned in self.photos}
        for entry in entries:
            options = {k: v for k, v in entry.items() if k not in ("photo", "name")}
            photo, asked = entry["photo"], entry.get("name")
            key = _key(photo, options, asked)
            if key in known:
                continue
            known.add(key)
            if options:
                check_options(self.options | options, photo)
            name = unique_name(asked or stem_of(photo), taken)
            self.photos.append(PlannedPhoto(name, photo, options, asked))

    def write(self, place):
        """Writes `fleet.json`.

        Raises:
            OutputError: If it cannot be written.
        """
        values = {"written_by": f"keras_singan {__version__}"}
        write_json_to(place, PLAN, values | dataclasses.asdict(self))


def read_plan(place):
    """Reads the plan that a place holds.

    Args:
        place: The `Place`.

    Returns:
        The `FleetPlan`, or `None` if there is none.

    Raises:
        FleetError: If `fleet.json` is none of ours, or cannot be read.
    """
    data = place.read(PLAN)
    if data is None:
        return None
    try:
        values = json.loads(data)
        return FleetPlan(
            options=dict(values["options"]),
            settings=Settings(**values["settings"]),
            photos=[PlannedPhoto(**photo) for photo in values["photos"]],
            trained_by=list(values["trained_by"]),
        )
    except (ValueError, KeyError, TypeError, ConfigError):
        raise FleetError(
            "A place's fleet.json must be one of keras_singan. "
            f"Received: {place.describe(PLAN)!r}."
        ) from None


def make_plan(place, entries, options, settings):
    """Makes the plan of a place, or takes up the one that it has.

    Args:
        place: The `Place`.
        entries: What `list_photos` returned.
        options: Options of `train` for all photos.
        settings: The `Settings`, which may differ from one run to the next.

    Returns:
        The `FleetPlan`, not yet written.

    Raises:
        ConfigError: If there is an option that `train` does not have.
        FleetError: If the place was begun with other options.
    """
    # As `fleet.json` has them: a pair is a list.
    options = json.loads(json.dumps(options))
    check_options(options, "The fleet")
    plan = read_plan(place)
    if plan is None:
        _refuse_foreign(place)
        plan = FleetPlan(options, settings)
    names = sorted(plan.options.keys() | options.keys())
    changed = [
        f"{name}={plan.options.get(name)!r} (now {options.get(name)!r})"
        for name in names
        if plan.options.get(name) != options.get(name)
    ]
    if changed:
        raise FleetError(
            f"The place was begun with {', '.join(changed)}; give another --output "
            f"(place). Received: {place.address!r}."
        )
    plan.settings = settings
    plan.add(entries)
    return plan


def _refuse_foreign(place):
    names = {name for name in place.names("") if not name.startswith(".")}
    if names:
        raise FleetError(
            "A place must be empty or hold an earlier fleet (a fleet.json), but "
            f"holds {sorted(names)[0]!r}. Received: {place.address!r}."
        )


def _key(photo, options, asked):
    return json.dumps([photo, options, asked], sort_keys=True)
