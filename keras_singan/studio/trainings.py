"""The queue of trainings. Each is a process `keras-singan train ...` of its own.

The queue is in the run folders: `.studio/request.json` says what waits. A training
outlives the server that started it, and is found again by its process.
"""

import os
import signal
import subprocess
import sys
import time

from keras_singan.errors import OutputError
from keras_singan.errors import RunFolderError
from keras_singan.io.files import write_bytes
from keras_singan.io.files import write_json
from keras_singan.studio.training_state import HIDDEN
from keras_singan.studio.training_state import WAITING
from keras_singan.studio.training_state import is_active
from keras_singan.studio.training_state import process_mark
from keras_singan.studio.training_state import read_json
from keras_singan.studio.training_state import training_state
from keras_singan.studio.uploads import bounded_png

# What the page may choose, and the option of `keras-singan train` for it.
OPTIONS = {
    "preset": "--preset",
    "task": "--task",
    "factor": "--factor",
    "max_size": "--max-size",
    "min_size": "--min-size",
    "steps": "--steps",
    "seed": "--seed",
    "alpha": "--alpha",
}

# The trainings that this process has begun: a child that has ended stays a zombie
# until it is asked.
_CHILDREN: list[subprocess.Popen] = []


def option_words(options):
    """Returns the options of `keras-singan train` for what the page has chosen.

    Args:
        options: Dictionary; `None` and `""` leave an option at its default.

    Raises:
        RunFolderError: If a name is unknown or a value is no number or word.
    """
    words = []
    for name, value in options.items():
        if name not in OPTIONS or not isinstance(value, (str, int, float, type(None))):
            raise RunFolderError(
                f"An option must be one of {', '.join(OPTIONS)}, its value a number "
                f"or a word. Received: {name!s:.40}={value!r:.40}."
            )
        if value not in (None, ""):
            # With `=` a value is never taken for an option.
            words.append(f"{OPTIONS[name]}={value}")
    return words


def command(*words):
    """Returns the arguments of a process that runs `keras-singan WORDS`."""
    return [sys.executable, "-m", "keras_singan", *map(str, words)]


class Trainings:
    """Starts, stops and continues trainings, one at a time.

    Args:
        shelf: The `RunsShelf`.
    """

    def __init__(self, shelf):
        self._shelf = shelf

    def add(self, upload, name, options):
        """Puts a training into the queue.

        Args:
            upload: An `Upload`.
            name: Wanted name of the run.
            options: Dictionary of `OPTIONS` to values.

        Returns:
            The name of the run.
        """
        words = option_words(options)
        name = self._shelf.free_name(name)
        hidden = self._shelf.root / name / HIDDEN
        write_bytes(hidden / f"upload{upload.suffix}", upload.data)
        write_bytes(hidden / "photo.png", bounded_png(upload.png))
        request = {
            "state": WAITING,
            "queued": time.time(),
            "image": f"upload{upload.suffix}",
            "size": list(upload.size),
            "options": words,
            "preset": options.get("preset") or "fast",
            "task": options.get("task") or None,
        }
        write_json(hidden / "request.json", request)
        return name

    def go_on(self, name):
        """Puts a training that was stopped or failed into the queue again.

        Raises:
            RunFolderError: If it is at work, or was begun elsewhere.
        """
        folder = self._shelf.folder(name)
        request = read_json(folder / HIDDEN / "request.json")
        if is_active(training_state(folder)["state"]) or not request:
            raise RunFolderError(
                "A training that goes on must have been begun in the studio, and "
                f"stopped. Received: name={name!r}."
            )
        self._change(folder, state=WAITING, queued=time.time(), pid=None, stopped=False)

    def stop(self, name):
        """Stops a training after its iteration, or takes it out of the queue.

        Raises:
            RunFolderError: If it is not at work.
        """
        folder = self._shelf.folder(name)
        state = training_state(folder)
        if not is_active(state["state"]):
            raise RunFolderError(
                f"A training that is stopped must be at work. Received: name={name!r}."
            )
        if (folder / HIDDEN / "request.json").is_file():
            self._change(folder, state="begun", stopped=True)
        if state["pid"] is not None:
            # Not Ctrl-C, which what a shell runs in the background ignores.
            os.kill(state["pid"], signal.SIGTERM)

    def tick(self):
        """Starts the training that waits longest, if none is at work."""
        _CHILDREN[:] = [child for child in _CHILDREN if child.poll() is None]
        waiting = []
        for name in self._shelf.names():
            folder = self._shelf.folder(name)
            state = training_state(folder)
            if state["pid"] is not None:
                return
            if state["state"] == WAITING:
                request = read_json(folder / HIDDEN / "request.json")
                waiting.append((request.get("queued") or 0, name, folder))
        for _, _, folder in sorted(waiting)[:1]:
            self._start(folder)

    def _start(self, folder):
        hidden = folder / HIDDEN
        request = read_json(hidden / "request.json")
        # Silent: `progress.json` tells how it goes, and the log holds only a refusal.
        words = [*request["options"], "-v0", f"--output={folder.resolve()}"]
        image = (hidden / request["image"]).resolve()
        try:
            with open(hidden / "train.log", "wb") as log:
                child = subprocess.Popen(
                    command("train", *words, "--", image),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    # Ctrl-C in the server's terminal is not for the training.
                    start_new_session=True,
                )
        except OSError as error:
            raise OutputError(
                f"The training must be able to begin. Received: {error}."
            ) from None
        _CHILDREN.append(child)
        mark = process_mark(child.pid)
        self._change(folder, state="begun", pid=child.pid, mark=mark, stopped=False)

    def _change(self, folder, **values):
        path = folder / HIDDEN / "request.json"
        write_json(path, read_json(path) | values)
