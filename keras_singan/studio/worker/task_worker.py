"""The process itself: `python -m keras_singan.studio.worker.task_worker MODELS`.

A line of standard input is a request `{id, task, model, place, arguments, inputs}`,
or `{"cancel": id}`. A line of standard output is an event:

```
{"event": "phase", "message": "loading"}    what it is about
{"event": "total", "files": 8}              how many results will come
{"event": "file", "name": "sample_000.png"} one that is there now
{"event": "figures", "values": {...}}       what was measured
{"event": "warning", "message": "..."}
{"event": "done"} or {"event": "failed", "message": "..."}
```
"""

import json
import os
import queue
import sys
import threading
import warnings
from pathlib import Path

from keras_singan.backend import require_tensorflow
from keras_singan.errors import SinGANError


class Cancelled(Exception):
    """The user wants no more of this task."""


class TaskWorker:
    """Takes requests from a queue and says how they go.

    Args:
        say: Function that sends an event, a dictionary.
        models: Most models that it holds.
    """

    def __init__(self, say, models):
        self.requests = queue.Queue()
        self._say, self._models = say, models
        self._cancelled, self._cache = set(), None

    def listen(self, lines):
        """Takes lines in until there are no more, in a thread of its own."""
        for line in lines:
            message = json.loads(line)
            if "cancel" in message:
                self._cancelled.add(message["cancel"])
            else:
                self.requests.put(message)
        # The server has gone: nobody wants what is at work.
        os._exit(0)

    def work(self):
        """Runs requests, for ever."""
        while True:
            self.run(self.requests.get())

    def run(self, request):
        """Runs one request."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                warnings.showwarning = self._warn
                self._run(request)
        except Cancelled:
            self._say({"event": "failed", "message": "Cancelled."})
        except Exception as error:
            self._say({"event": "failed", "message": _sentence(error)})
        else:
            self._say({"event": "done"})

    def _run(self, request):
        from keras_singan.studio.worker.model_cache import ModelCache
        from keras_singan.studio.worker.task_calls import run_task

        if self._cache is None:
            require_tensorflow()
            self._cache = ModelCache(self._models)
        self._say({"event": "phase", "message": "loading the model"})
        singan = self._cache.get(request["model"])
        self._say({"event": "phase", "message": None})
        place = Path(request["place"])
        inputs = {name: place / f"{name}_input.png" for name in request["inputs"]}
        for event in run_task(
            singan, request["task"], request["arguments"], inputs, place
        ):
            self._say(event)
            if request["id"] in self._cancelled:
                raise Cancelled

    def _warn(self, message, category, filename, lineno, file=None, line=None):
        if category is UserWarning and "keras_singan" in filename:
            self._say({"event": "warning", "message": str(message)})


def _sentence(error):
    text = " ".join(str(error).split())[:1000]
    if isinstance(error, SinGANError):
        return text
    if isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__:
        return "The memory does not suffice: ask for fewer or smaller images."
    return f"Unexpected {type(error).__name__}: {text}"


def main():
    """Runs the process."""
    events = os.fdopen(os.dup(1), "w", buffering=1)
    # What libraries print is no event.
    os.dup2(2, 1)

    def say(event):
        print(json.dumps(event), file=events, flush=True)

    worker = TaskWorker(say, int(sys.argv[1]))
    threading.Thread(
        target=worker.listen, args=(sys.stdin.buffer,), daemon=True
    ).start()
    worker.work()


if __name__ == "__main__":
    main()
