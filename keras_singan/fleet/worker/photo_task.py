"""What a Ray task does: one photo, from its file to its outcome.

An order is a dictionary that JSON can hold:

```
place, name, photo      where results go, what the photo is called, where it is
options                 of `train`: see `keras_singan.fleet.photos.train_options`
samples, export, evaluate, attempts, cpus, gpus     see `Settings`
run, version            the driver's run, and the version of keras_singan it has
```

All that is needed to go on elsewhere is in the place: who dies leaves at most a
minute of work to do again.
"""

import contextlib
import os
import platform
import shutil
import socket
import tempfile
import time
import uuid
import warnings
from importlib import metadata
from pathlib import Path

from keras_singan import __version__
from keras_singan.errors import FleetError
from keras_singan.errors import ImageError
from keras_singan.errors import ImageWarning
from keras_singan.errors import sentence
from keras_singan.fleet.extras import open_store
from keras_singan.fleet.photos.train_options import split_options
from keras_singan.fleet.place import Place
from keras_singan.fleet.records import PLAN
from keras_singan.fleet.records import attempts_of
from keras_singan.fleet.records import outcome_of
from keras_singan.fleet.records import pair_of
from keras_singan.fleet.records import read_json
from keras_singan.fleet.records import write_json_to

# As many samples as SWD and diversity are measured on.
_MEASURED = 16
_ORPHAN_SECONDS = 120.0


def train_photo(order):
    """Trains one photo, samples, exports and measures it, as ordered.

    Args:
        order: See above.

    Returns:
        The outcome, a dictionary: `state` is `"done"`, `"failed"` or, when it
        shall go on another time, `"stopped"`. All but the last is in the place.

    Raises:
        FleetError: If this machine cannot do it: it does not see the place, or
            has another version.
        OutputError: If the place takes no outcome.
    """
    place = Place(order["place"])
    _check_machine(place, order)
    done = read_json(place, outcome_of(order["name"]))
    if done.get("run") == order["run"]:
        # The machine died between this and its answer.
        return done
    attempts = _begin(place, order)
    start = time.monotonic()
    outcome = _outcome(place, order, attempts)
    attempts[-1]["seconds"] = round(time.monotonic() - start, 3)
    latest = read_json(place, attempts_of(order["name"]), list)
    if latest and latest[-1]["id"] != attempts[-1]["id"]:
        # Another machine has taken the photo up: it has the word.
        return {"state": "stopped"}
    write_json_to(place, attempts_of(order["name"]), attempts)
    outcome |= _account(attempts, outcome.get("note")) | {"run": order["run"]}
    if outcome["state"] != "stopped":
        write_json_to(place, outcome_of(order["name"]), outcome)
    return outcome


def _check_machine(place, order):
    host = socket.gethostname()
    if __version__ != order["version"]:
        raise FleetError(
            f"Every machine must have keras_singan {order['version']}. "
            f"Received: {__version__} on {host}."
        )
    if not place.exists(PLAN):
        raise FleetError(
            "Every machine must see the place: give a folder that they share, or a "
            f"store such as s3://bucket/folder. Received: {place.address!r} on {host}."
        )


def _begin(place, order):
    """Enters this attempt in the place; gives all of them."""
    attempts = read_json(place, attempts_of(order["name"]), list)
    if attempts and "seconds" not in attempts[-1]:
        progress = read_json(place, f"{order['name']}/progress.json")
        # What stands there may be an earlier attempt's.
        lasted = progress.get("updated", 0) - attempts[-1]["began"]
        attempts[-1]["seconds"] = round(max(0.0, lasted), 3)
    attempts.append(
        {
            "id": uuid.uuid4().hex,
            "run": order["run"],
            "machine": socket.gethostname(),
            "began": time.time(),
        }
    )
    write_json_to(place, attempts_of(order["name"]), attempts)
    return attempts


def _outcome(place, order, attempts):
    mine = [attempt for attempt in attempts if attempt["run"] == order["run"]]
    if len(mine) > order["attempts"]:
        return {"state": "failed", "error": lost_sentence(len(mine) - 1)}
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            found = _work(place, order, attempts)
        own = [w for w in caught if w.category in (UserWarning, ImageWarning)]
        notes = dict.fromkeys(" ".join(str(w.message).split()) for w in own)
        return {"state": "done", "note": " ".join(notes)} | found
    except KeyboardInterrupt:
        return {"state": "stopped"}
    except Exception as error:
        # Whatever it is, the other photos shall not suffer from it.
        return {"state": "failed", "error": sentence(error)}


def lost_sentence(times):
    """Returns the sentence about a photo whose machines died."""
    return (
        f"A process must stay alive while it trains, but this photo's died {times} "
        "times: look whether the machines' memory suffices (--max-size), then "
        "`keras-singan fleet retry`."
    )


def _account(attempts, note):
    """Sums up attempts, and says where a photo changed machines of two kinds."""
    kinds = list(dict.fromkeys(filter(None, (a.get("kind") for a in attempts))))
    notes = [note] if note else []
    if len(kinds) > 1:
        notes.append(f"Trained on unlike machines: {'; '.join(kinds)}.")
    return {
        "seconds": round(sum(a.get("seconds", 0.0) for a in attempts), 3),
        "attempts": len(attempts),
        "machine": attempts[-1]["machine"],
        "trained_by": attempts[-1].get("facts"),
        "note": " ".join(notes),
    }


def _work(place, order, attempts):
    attempt = attempts[-1]
    import_with_threads(order["cpus"])
    attempt["facts"] = _facts(order)
    attempt["kind"] = ", ".join(str(value) for value in attempt["facts"].values())
    write_json_to(place, attempts_of(order["name"]), attempts)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        photo, *masks = (
            _fetch(address, scratch / str(index))
            for index, address in enumerate(_addresses(order))
        )
        if place.is_local:
            folder, sets = place.path(order["name"]), None
        else:
            folder, sets = scratch / "run", _restored(place, order, scratch)
            stack.callback(_save_quietly, sets)
            stack.enter_context(sets.kept())
        with _named((photo, *masks), _addresses(order)):
            singan = _fit(place, order, attempt, photo, masks, folder, sets)
        found = _results(place, order, singan, folder)
        if sets is not None:
            sets.finish()
        return found


def import_with_threads(cpus):
    """Imports TensorFlow, to use as many cores as a task has.

    Args:
        cpus: Cores of the task; shares count as one.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from keras_singan.backend import require_tensorflow

    require_tensorflow()
    from keras_singan.performance.gpu import grow_gpu_memory
    from keras_singan.performance.threads import share_threads

    grow_gpu_memory()
    share_threads(max(1, int(cpus)))


def _facts(order):
    from keras_singan.performance.machine import device_name
    from keras_singan.performance.threads import thread_count

    versions = {
        name.replace("-", "_"): metadata.version(name)
        for name in ("tensorflow", "keras", "numpy")
    }
    return {
        "processor": device_name(),
        "threads": thread_count(),
        "keras_singan": __version__,
        "python": platform.python_version(),
    } | versions


def _addresses(order):
    """Where the photo and its masks are."""
    return [order["photo"], *order["options"].get("masks", ())]


def _fetch(photo, folder):
    """Brings a photo of a store to a folder of this machine; gives a path."""
    if "://" not in photo:
        return photo
    store, path = open_store(photo)
    # Under its own name: masks are called by theirs.
    local = folder / Path(path).name
    folder.mkdir()
    try:
        store.get_file(path, str(local))
    except FileNotFoundError:
        text = f"A photo must exist. Received: {photo!r}."
        raise FleetError(text) from None
    return local


@contextlib.contextmanager
def _named(paths, photos):
    """Names photos in errors as the user did, not as the copies of them."""
    try:
        yield
    except ImageError as error:
        text = str(error)
        for path, photo in zip(paths, photos, strict=True):
            text = text.replace(repr(str(path)), repr(photo))
        raise ImageError(text) from error


def _restored(place, order, scratch):
    from keras_singan.fleet.worker.saved_sets import SavedSets

    (scratch / "run").mkdir()
    sets = SavedSets(place, order["name"], scratch / "run")
    sets.restore()
    return sets


def _save_quietly(sets):
    # After a stop, what was done since the last set is saved, too.
    with contextlib.suppress(Exception):
        sets.save()


def _fit(place, order, attempt, photo, masks, folder, sets):
    from keras_singan.estimator import SinGAN
    from keras_singan.fleet.worker.stop_watch import StopWatch
    from keras_singan.fleet.worker.stop_watch import is_stopped

    if is_stopped(place, order):
        raise KeyboardInterrupt
    _wait_for_orphan(folder)
    reading, values = split_options(order["options"])
    reading |= {"masks": masks} if masks else {}
    watch = StopWatch(
        place, order, attempt["id"], every=2.0 if place.is_local else 10.0, sets=sets
    )
    return SinGAN(values.pop("preset"), **values).fit(
        photo, **reading, checkpoint_dir=folder, callbacks=[watch], verbose=0
    )


def _wait_for_orphan(folder):
    """Waits until a process that nobody waits for any more has left the folder.

    When a driver dies, its processes live some seconds longer than it.
    """
    from keras_singan.training.run_lock import read_owner

    deadline = time.monotonic() + _ORPHAN_SECONDS
    while read_owner(folder) is not None and time.monotonic() < deadline:
        time.sleep(0.5)


def _write_samples(singan, count, folder):
    """Writes samples, and their masks beside them; gives the samples, one at least."""
    import numpy as np

    from keras_singan.io.image import save_image

    pyramid = singan.pyramid_
    masked = bool(pyramid.mask_channels)
    drawn = singan.sample(max(1, count), seed=0, return_masks=masked)
    pairs = np.concatenate(drawn, axis=-1) if masked else drawn
    for index, pair in enumerate(pairs[:count]):
        for ending, part in pyramid.parts(pair).items():
            path = folder / f"sample_{index:03d}{ending}.png"
            save_image(path, part, overwrite=True)
    return drawn[0] if masked else drawn


def _results(place, order, singan, folder):
    """Makes what was asked for beside the model; gives the figures."""
    from keras_singan.fleet.contact_pages import draw_pair

    samples = _write_samples(singan, order["samples"], folder / "samples")
    photo = singan.training_image()
    place.write(pair_of(order["name"]), draw_pair(photo, samples[0]))
    if order["export"]:
        # A killed attempt may have left a version.
        shutil.rmtree(folder / "export", ignore_errors=True)
        singan.export(folder / "export", name=order["name"])
    if not order["evaluate"]:
        return {}
    from keras_singan.metrics.scores import diversity
    from keras_singan.metrics.scores import sliced_wasserstein

    drawn = singan.sample(_MEASURED, seed=0)
    return {
        "swd": round(sliced_wasserstein(drawn, photo), 6),
        "diversity": round(diversity(drawn, photo), 6),
    }
