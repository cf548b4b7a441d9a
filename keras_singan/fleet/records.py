"""What stands in a fleet's place, and who writes it.

```
fleet.json                  the plan, and what trained it         (the driver)
report.csv                  a line for each photo                 (the driver)
sheets/001.png, ...         contact sheets                        (the driver)
NAME/                       a run folder: see training.run_folder (who trains NAME)
.fleet/driver.json          who drives the fleet                  (the driver)
.fleet/stop.json            the run that shall stop               (the driver)
.fleet/attempts/NAME.json   who took the photo up, and when       (who trains NAME)
.fleet/outcomes/NAME.json   how it ended: done or failed          (who trains NAME)
.fleet/pairs/NAME.png       photo and sample, for the sheets      (who trains NAME)
.fleet/photos/NAME.npy      photos that were given as arrays      (the driver)
```

Each file has one writer and appears whole, so that nothing needs a lock.
"""

import json

PLAN = "fleet.json"
REPORT = "report.csv"
STOP = ".fleet/stop.json"
DRIVER = ".fleet/driver.json"
OUTCOMES = ".fleet/outcomes"


def outcome_of(name):
    """Returns where the outcome of a photo stands."""
    return f"{OUTCOMES}/{name}.json"


def attempts_of(name):
    """Returns where the attempts at a photo stand."""
    return f".fleet/attempts/{name}.json"


def pair_of(name):
    """Returns where the picture of photo and sample stands."""
    return f".fleet/pairs/{name}.png"


def array_of(name):
    """Returns where a photo that was given as an array stands."""
    return f".fleet/photos/{name}.npy"


def sheet_of(number):
    """Returns where a contact sheet stands, counted from 1."""
    return f"sheets/{number:03d}.png"


def read_json(place, name, kind=dict):
    """Returns what a JSON file of a place holds; an empty `kind` for none of ours.

    Args:
        place: The `Place`.
        name: The file's name.
        kind: The type to expect. Defaults to `dict`.

    Raises:
        FleetError: If the place cannot be read.
    """
    data = place.read(name)
    try:
        value = json.loads(data) if data is not None else None
    except ValueError:
        value = None
    return value if isinstance(value, kind) else kind()


def write_json_to(place, name, value):
    """Writes JSON to a place, whole or not at all.

    Raises:
        OutputError: If it cannot be written.
    """
    text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False)
    place.write(name, f"{text}\n".encode())
