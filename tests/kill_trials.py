"""Kills a tiny training with SIGKILL, again and again, and compares how it ends.

Run by hand, for it takes some seconds a kill:

    python tests/kill_trials.py 50

Half of the kills come at a random moment, the others inside a writer: with half of
a file written, before it takes its place, and after. Every run must end with the
weights and losses of an undisturbed one, bit by bit, and without leftovers.
"""

import functools
import itertools
import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from support.photos import photo
from support.tiny_models import TINIER

from keras_singan import SinGAN
from keras_singan.training import run_folder
from keras_singan.training.checkpoint import ScaleCheckpoint
from keras_singan.training.run_lock import RunLock

OPTIONS = TINIER | {"steps": 6}
FILES = (
    *("config.json", "progress.json", "history.json", "losses.png", "singan.keras"),
    *("scale_00/real.png", "scale_01/sample.png", "scale_01/reconstruction.png"),
    *("scale_00_partial.weights.h5", "scale_01_partial.weights.h5"),
    *("scale_00.weights.h5", "scale_01.weights.h5"),
)
MOMENTS = ("half written", "before", "after")
POINTS = [*itertools.product(FILES, MOMENTS), (".lock", "before"), (".lock", "after")]
SECONDS = 300


def die():
    """Ends this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at(name, moment):
    """Makes this process die where the file of that name is written."""
    replace, write = os.replace, RunLock._write

    def dying_replace(source, target):
        if not str(target).endswith(name):
            return replace(source, target)
        if moment == "half written":
            os.truncate(source, os.path.getsize(source) // 2)
        if moment != "after":
            die()
        replace(source, target)
        return die()

    def dying_write(lock):
        if moment == "before":
            lock._file.truncate(0)
            die()
        write(lock)
        die()

    os.replace = dying_replace
    if name == ".lock":
        RunLock._write = dying_write


def train(run, point=None):
    """Trains in a process of its own, which has not used TensorFlow before.

    Returns:
        Its process id.
    """
    pid = os.fork()
    if pid:
        return pid
    try:
        if point is not None:
            die_at(*point)
        often = functools.partial(ScaleCheckpoint, every=2)
        run_folder.ScaleCheckpoint = often
        SinGAN(**OPTIONS).fit(photo(24, 30), checkpoint_dir=run, verbose=0)
        os._exit(0)
    finally:
        os._exit(1)


def end(pid, after=SECONDS):
    """Waits for a process; kills it after so many seconds. Returns its status."""
    limit = time.monotonic() + after
    while time.monotonic() < limit:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def result(run):
    """What must be equal: all weights, and the losses."""
    import zipfile

    with zipfile.ZipFile(run / "singan.keras") as archive:
        weights = archive.read("model.weights.h5")
    return weights, (run / "history.json").read_bytes()


def main(count):
    """Runs the trials, and tells the figures."""
    folder = Path(tempfile.mkdtemp(prefix="kill_trials_"))
    start = time.monotonic()
    assert end(train(folder / "straight")) == 0
    usual = time.monotonic() - start
    wanted, outcomes = result(folder / "straight"), []
    points = random.sample(POINTS, min(count - count // 2, len(POINTS)))
    trials = [*points, *[None] * (count - len(points))]
    for number, point in enumerate(trials):
        run = folder / f"run_{number}"
        after = SECONDS if point else random.uniform(0, usual)
        killed = end(train(run, point), after) == -signal.SIGKILL
        ended = end(train(run))
        left = [path.name for path in run.rglob(".keras_singan*")]
        equal = ended == 0 and result(run) == wanted and not left
        outcomes.append({"at": point or round(after, 2), "killed": killed})
        outcomes[-1] |= {"equal": equal, "left": left}
        print(json.dumps(outcomes[-1]), flush=True)
    kills = sum(outcome["killed"] for outcome in outcomes)
    equal = sum(outcome["equal"] for outcome in outcomes)
    print(f"{len(trials)} runs, {kills} killed, {equal} ended bit-equal: {folder}")
    return 0 if equal == len(trials) else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
