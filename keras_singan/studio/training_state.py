"""What state a training is in, as its folder and the machine's processes say."""

import json
import os
import socket
from pathlib import Path

from keras_singan.training.run_lock import read_owner

# Of a run folder: what the studio keeps there, and the trained model.
HIDDEN = ".studio"
MODEL = "singan.keras"

WAITING, PLANNED, TRAINING = "waiting", "planned", "training"
STOPPING = "stopping"
DONE, FAILED, STOPPED = "done", "failed", "stopped"
_NUMBERS = ("scale", "scales", "iteration", "iterations", "done", "losses")


def is_active(state):
    """Tells whether a training of that state is at work or will be by itself."""
    return state in (WAITING, PLANNED, TRAINING, STOPPING)


def training_state(folder):
    """Returns the state of the training in a run folder.

    Args:
        folder: The run folder.

    Returns:
        Dictionary for JSON: `state`, `message` (why it failed), and the numbers
        of `progress.json`.
    """
    folder = Path(folder)
    request = read_json(folder / HIDDEN / "request.json")
    progress = read_json(folder / "progress.json")
    known = {name: progress.get(name) for name in (*_NUMBERS, "seconds_left")}
    known |= {"message": None, "pid": None}
    if request.get("state") == WAITING:
        return known | {"state": WAITING}
    pid = working_pid(folder, request)
    if pid is not None:
        return known | {"state": _at_work(pid, request, progress), "pid": pid}
    if (folder / MODEL).is_file():
        return known | {"state": DONE, "seconds_left": None}
    known["seconds_left"] = None
    message = _failure(folder, request, progress)
    state = FAILED if message else STOPPED
    return known | {"state": state, "message": message}


def _at_work(pid, request, progress):
    """What a training does whose process is there."""
    if request.get("stopped") and request.get("pid") == pid:
        return STOPPING
    begun = progress.get("state") == TRAINING and progress.get("pid") == pid
    return TRAINING if begun else PLANNED


def working_pid(folder, request):
    """Returns the process that trains, whoever started it; `None` if none does."""
    pid = request.get("pid")
    # It takes the folder's lock only some seconds after it has begun.
    if pid and process_mark(pid) == request.get("mark"):
        return pid
    owner = read_owner(folder)
    return owner["pid"] if owner and owner["host"] == socket.gethostname() else None


def process_mark(pid):
    """Returns what tells a process from a later one of the same number.

    Args:
        pid: Number of the process.

    Returns:
        Text; `None` if there is no such process, or it has ended.
    """
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None if os.path.isdir("/proc/self") or not _exists(pid) else "alive"
    # A zombie has ended. Field 22 is when the process began.
    return None if fields[0] == "Z" else fields[19]


def read_json(path):
    """Returns the dictionary of a JSON file; empty if there is none."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _exists(pid):
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _failure(folder, request, progress):
    """The sentence of a training that failed, or `None`."""
    if progress.get("state") == FAILED:
        return progress.get("message") or "The training failed."
    if progress.get("state") == STOPPED or not request or request.get("stopped"):
        return None
    try:
        lines = (folder / HIDDEN / "train.log").read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return None
    errors = [line for line in lines if line.startswith("Error: ")]
    return errors[-1].removeprefix("Error: ") if errors else None
