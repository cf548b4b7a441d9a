"""The queue of tasks: one at a time, in a process that holds the models.

A task's folder `RUN/studio/ID` holds `job.json` from the moment it is asked for,
and each result as soon as it is there. A server that starts again finds there what
waited or was at work, and runs it again with the same seed.
"""

import asyncio
import contextlib
import re
import secrets
import shutil
import time

from keras_singan.errors import TaskError
from keras_singan.io.files import write_json
from keras_singan.studio.command_lines import command_line
from keras_singan.studio.runs_shelf import MODEL
from keras_singan.studio.runs_shelf import RESULTS
from keras_singan.studio.runs_shelf import photo_path
from keras_singan.studio.training_state import read_json
from keras_singan.studio.worker_process import WorkerProcess

WAITING, RUNNING, DONE = "waiting", "running", "done"
FAILED, CANCELLED = "failed", "cancelled"
# The pictures that a task can take, by the names of its arguments.
INPUTS = ("image", "mask")
_MOST_WAITING = 50
_FILE = re.compile(r"[a-z0-9_]{1,60}\.(png|npy|gif|webp|apng|mp4|json|zip)")


class TaskQueue:
    """Runs tasks, and keeps what they make.

    Args:
        shelf: The `RunsShelf`.
        uploads: The `UploadFolder`.
        settings: The `StudioSettings`.
        on_change: Function that is called whenever something changes.
    """

    def __init__(self, shelf, uploads, settings, on_change=lambda: None):
        self._shelf, self._uploads, self._on_change = shelf, uploads, on_change
        self._worker = WorkerProcess(settings.memory_bytes, settings.models)
        self._waiting, self._running = [], None
        self._more = asyncio.Event()

    def jobs(self):
        """Returns the jobs that run or wait, in their order."""
        running = [self._running] if self._running else []
        return [*running, *self._waiting]

    def add(self, run, task, arguments, inputs):
        """Puts a task into the queue.

        Args:
            run: Name of a run.
            task: Name of the task.
            arguments: Dictionary of numbers and words.
            inputs: Dictionary from `INPUTS` to references: `{"upload": NAME}`,
                `{"result": ID, "file": NAME}` or `{"photo": true}`.

        Returns:
            The job, a dictionary.

        Raises:
            KeyError: If a name is of nothing that is there.
            TaskError: If the queue is full, or the run has no model yet.
        """
        folder = self._shelf.folder(run)
        if not (folder / MODEL).is_file():
            raise TaskError(f"A task needs a finished training. Received: run={run!r}.")
        if len(self._waiting) >= _MOST_WAITING:
            raise TaskError(
                f"At most {_MOST_WAITING} tasks can wait. "
                f"Received: {len(self._waiting)} that wait."
            )
        sources = {name: self._input(folder, inputs[name]) for name in inputs}
        job_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(4)}"
        place = folder / RESULTS / job_id
        place.mkdir(parents=True)
        for name, path in sources.items():
            shutil.copyfile(path, place / f"{name}_input.png")
        job = {
            "id": job_id,
            "run": run,
            "task": task,
            "arguments": arguments,
            "inputs": sorted(sources),
            "command": command_line(run, folder, place, task, arguments, sources),
            "state": WAITING,
            "message": None,
            "warnings": [],
            "files": [],
            "figures": None,
            "of": None,
            "created": time.time(),
            "seconds": None,
            "favourites": [],
        }
        self._store(job)
        self._waiting.append(job)
        self._more.set()
        return job

    def cancel(self, job_id):
        """Takes a job out of the queue, or ends it.

        Raises:
            KeyError: If it neither waits nor runs.
        """
        for job in self._waiting:
            if job["id"] == job_id:
                self._waiting.remove(job)
                self._store(job, state=CANCELLED)
                return
        if self._running is None or self._running["id"] != job_id:
            raise KeyError(job_id)
        self._running["state"] = CANCELLED
        self._worker.cancel()

    def results(self, run):
        """Returns the jobs of a run that are kept on disk, the newest first."""
        places = (self._shelf.folder(run) / RESULTS).glob("*/job.json")
        jobs = [read_json(path) for path in places]
        return sorted((j for j in jobs if j), key=lambda j: j["id"], reverse=True)

    def place(self, run, job_id):
        """Returns the folder of a job.

        Raises:
            KeyError: If there is none of that name.
        """
        for path in (self._shelf.folder(run) / RESULTS).glob("*/job.json"):
            if path.parent.name == job_id:
                return path.parent
        raise KeyError(job_id)

    def file(self, run, job_id, name):
        """Returns the path of a job's file.

        Raises:
            KeyError: If there is none of that name.
        """
        for path in self.place(run, job_id).iterdir():
            if path.name == name and _FILE.fullmatch(name):
                return path
        raise KeyError(name)

    def mark(self, run, job_id, files):
        """Keeps which files of a job are the user's favourites."""
        path = self.place(run, job_id) / "job.json"
        job = read_json(path)
        job["favourites"] = [name for name in job["files"] if name in files]
        write_json(path, job)
        for live in self.jobs():
            if live["id"] == job_id:
                live["favourites"] = job["favourites"]
        return job

    def remove(self, run, job_id):
        """Deletes a job that has ended, and what it made.

        Raises:
            TaskError: If it still waits or runs.
        """
        if any(job["id"] == job_id for job in self.jobs()):
            raise TaskError(
                "A task must have ended before it is deleted. "
                f"Received: a task at work, id={job_id!r}."
            )
        shutil.rmtree(self.place(run, job_id))

    def has_jobs(self, run):
        """Tells whether a task of a run waits or runs."""
        return any(job["run"] == run for job in self.jobs())

    def recover(self):
        """Puts into the queue what waited or was at work when the server ended."""
        for run in self._shelf.names():
            for job in self.results(run):
                if job["state"] in (WAITING, RUNNING):
                    self._waiting.append(job | {"state": WAITING, "run": run})
        self._waiting.sort(key=lambda job: job["created"])
        if self._waiting:
            self._more.set()

    async def work(self):
        """Runs the jobs, for as long as the server lives."""
        try:
            while True:
                await self._more.wait()
                if self._waiting:
                    self._running = self._waiting.pop(0)
                    await self._run_whatever_happens(self._running)
                    self._running = None
                    self._on_change()
                else:
                    self._more.clear()
        finally:
            await self._worker.close()

    async def _run_whatever_happens(self, job):
        try:
            await self._run(job)
        except Exception as error:
            # One job that cannot be run (a full disk, say) must not end the queue.
            with contextlib.suppress(KeyError, OSError):
                self._store(job, state=FAILED, message=" ".join(str(error).split()))

    async def _run(self, job):
        try:
            folder = self._shelf.folder(job["run"])
            place = self.place(job["run"], job["id"])
        except KeyError:
            # Its run was deleted meanwhile, and the job with it.
            return
        self._store(job, state=RUNNING, files=[], figures=None)
        start = time.monotonic()
        request = {
            "id": job["id"],
            "task": job["task"],
            "model": str(folder.resolve()),
            "place": str(place.resolve()),
            "arguments": job["arguments"],
            "inputs": job["inputs"],
        }
        outcome = {"state": FAILED, "message": "The process that runs tasks ended."}
        async for event in self._worker.run(request):
            outcome = self._hear(job, event) or outcome
        if job["state"] == CANCELLED:
            outcome = {"state": CANCELLED, "message": None}
        self._store(job, **outcome, seconds=round(time.monotonic() - start, 1))

    def _hear(self, job, event):
        """Takes in what the worker says; returns the outcome if that was the last."""
        kind = event["event"]
        if kind == "file":
            job["files"].append(event["name"])
        elif kind == "total":
            job["of"] = event["files"]
        elif kind == "figures":
            job["figures"] = event["values"]
        elif kind == "warning":
            job["warnings"].append(event["message"])
        elif kind == "phase":
            job["message"] = event["message"]
        self._on_change()
        if kind == "done":
            return {"state": DONE, "message": None}
        if kind == "failed":
            return {"state": FAILED, "message": event["message"]}
        return None

    def _store(self, job, **changes):
        job.update(changes)
        write_json(
            self._shelf.folder(job["run"]) / RESULTS / job["id"] / "job.json", job
        )
        self._on_change()

    def _input(self, folder, reference):
        """The file of a reference: only of what the page was given a name of."""
        if not isinstance(reference, dict):
            raise KeyError("reference")
        if "upload" in reference:
            return self._uploads.png(reference["upload"])
        if "result" in reference:
            return self.file(folder.name, reference["result"], reference.get("file"))
        path = photo_path(folder) if reference.get("photo") else None
        if path is None:
            raise KeyError("photo")
        return path
