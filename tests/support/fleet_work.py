"""What stands in for the training of a photo in tests of all around it."""

from pathlib import Path

from keras_singan.fleet.place import Place
from keras_singan.fleet.records import outcome_of
from keras_singan.fleet.records import write_json_to


def pretend(order):
    """Writes what a training leaves; a photo named `broken...` fails."""
    place, name = Place(order["place"]), order["name"]
    outcome = {"state": "done", "seconds": 1.5, "attempts": 1, "machine": "node"}
    if name.startswith("broken"):
        outcome |= {
            "state": "failed",
            "error": f"It must be a photo. Received: {name}.",
        }
    else:
        place.path(name).mkdir(exist_ok=True)
        Path(place.path(name), "singan.keras").write_bytes(b"model")
    outcome |= {"run": order["run"], "trained_by": {"processor": "p", "threads": 2}}
    write_json_to(place, outcome_of(name), outcome)
    return outcome
