"""The process that runs the tasks, as the server sees it.

It is a child that reads a request a line and answers with events, JSON both. It
ends when its standard input does, so it never outlives the server.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys

# So long a cancelled task may take to notice it.
_PATIENCE_SECONDS = 2.0
_WATCH_SECONDS = 0.5


class WorkerProcess:
    """Starts the process when it is needed, watches its memory, and ends it.

    Args:
        memory_bytes: A task that makes it larger is ended.
        models: Most models that it holds.
    """

    def __init__(self, memory_bytes, models):
        self._memory, self._models = memory_bytes, models
        self._child = None
        self._current, self._cancelled, self._too_large = None, False, False

    async def run(self, request):
        """Runs one task, and yields its events; the last is `done` or `failed`."""
        self._current, self._too_large = request["id"], False
        self._cancelled = False
        try:
            if self._child is None or self._child.returncode is not None:
                yield {"event": "phase", "message": "starting"}
                await self._start()
            if not self._cancelled:
                async for event in self._events(request):
                    yield event
        finally:
            self._current = None

    def cancel(self):
        """Ends the task at work: at its next result, or with the whole process."""
        self._cancelled = True
        self._send({"cancel": self._current})
        loop = asyncio.get_running_loop()
        loop.call_later(_PATIENCE_SECONDS, self._kill_if_busy, self._current)

    async def close(self):
        """Ends the process."""
        child, self._child = self._child, None
        if child is not None and child.returncode is None:
            child.kill()
            await child.wait()

    @property
    def pid(self):
        """Number of the process; `None` if there is none."""
        return self._child.pid if self._child else None

    async def _start(self):
        self._child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "keras_singan.studio.worker.task_worker"),
            str(self._models),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
            start_new_session=True,
        )

    async def _events(self, request):
        watch = asyncio.create_task(self._watch())
        try:
            self._send(request)
            while line := await self._child.stdout.readline():
                event = json.loads(line)
                yield event
                if event["event"] in ("done", "failed"):
                    return
            await self._child.wait()
            yield {"event": "failed", "message": self._reason()}
        finally:
            watch.cancel()

    def _send(self, message):
        if self._child is not None and self._child.returncode is None:
            with contextlib.suppress(OSError):
                self._child.stdin.write(json.dumps(message).encode() + b"\n")

    def _kill_if_busy(self, request_id):
        child = self._child
        if self._current == request_id and child and child.returncode is None:
            child.kill()

    async def _watch(self):
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if resident_bytes(self._child.pid) > self._memory:
                self._too_large = True
                self._child.kill()

    def _reason(self):
        if self._too_large:
            return (
                "A task must do with the memory that it is given: ask for fewer or "
                "smaller images, or start the studio with more --memory. "
                f"Received: more than {self._memory / 2**30:.1f} GiB."
            )
        return (
            "The process that runs tasks must not end. "
            f"Received: exit code {self._child.returncode}."
        )


def resident_bytes(pid):
    """Returns the memory that a process has; 0 if it cannot be known."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    try:
        done = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, timeout=2
        )
        return int(done.stdout) * 1024
    except (OSError, ValueError, subprocess.SubprocessError):
        return 0
