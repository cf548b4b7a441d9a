"""Routes of tasks and what they have made."""

import asyncio
import io
import zipfile

from starlette.responses import FileResponse
from starlette.responses import Response
from starlette.routing import Route

from keras_singan.errors import TaskError
from keras_singan.studio.task_queue import INPUTS
from keras_singan.studio.web.answers import answering
from keras_singan.studio.web.answers import read_json_body
from keras_singan.studio.web.tools import tools


class ResultRoutes:
    """The endpoints, a method each.

    Args:
        studio: The `Studio`.
    """

    def __init__(self, studio):
        self.tasks = studio.tasks

    def all(self):
        """Returns the list of `Route`."""
        run, job = "/api/runs/{run}/results", "/api/runs/{run}/results/{job}"
        return [
            Route(run, self.results),
            Route(run, self.begin, methods=["POST"]),
            Route("/api/jobs/{job}/cancel", self.cancel, methods=["POST"]),
            Route(job, self.remove, methods=["DELETE"]),
            Route(f"{job}/favourites", self.mark, methods=["POST"]),
            Route(f"{job}/all.zip", self.archive),
            Route(f"{job}/files/{{file}}", self.file),
        ]

    @answering
    async def results(self, request):
        """The jobs of a run, with the names of their files."""
        return await asyncio.to_thread(self.tasks.results, request.path_params["run"])

    @answering
    async def begin(self, request):
        """Puts a task into the queue."""
        task, arguments, inputs = _task_of(await read_json_body(request))
        return self.tasks.add(request.path_params["run"], task, arguments, inputs)

    @answering
    async def cancel(self, request):
        """Ends a job, or takes it out of the queue."""
        self.tasks.cancel(request.path_params["job"])
        return {}

    @answering
    async def remove(self, request):
        """Deletes a job's files."""
        at = request.path_params
        self.tasks.remove(at["run"], at["job"])
        return {}

    @answering
    async def mark(self, request):
        """Says which files of a job are favourites."""
        at, body = request.path_params, await read_json_body(request)
        files = body.get("favourites")
        files = files if isinstance(files, list) else []
        return self.tasks.mark(at["run"], at["job"], files)

    @answering
    async def file(self, request):
        """A file of a job."""
        at = request.path_params
        return FileResponse(self.tasks.file(at["run"], at["job"], at["file"]))

    @answering
    async def archive(self, request):
        """All files of a job, as a ZIP."""
        at = request.path_params
        place = self.tasks.place(at["run"], at["job"])
        job = next(j for j in self.tasks.results(at["run"]) if j["id"] == at["job"])
        data = await asyncio.to_thread(_zip, place, job["files"])
        name = f"{job['task']}-{at['job']}.zip"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/zip", headers=headers)


def _task_of(body):
    """Task, arguments and inputs of a request, each of the right kind."""
    task, arguments = body.get("task"), body.get("arguments", {})
    inputs = body.get("inputs", {})
    if task not in tools() or task == "formats":
        raise TaskError(
            f"A task must be one of this version's. Received: {task!s:.40}."
        )
    if not isinstance(arguments, dict) or not isinstance(inputs, dict):
        raise TaskError("`arguments` and `inputs` must be objects. Received: others.")
    if not set(inputs) <= set(INPUTS):
        raise TaskError(f"Inputs must be among {', '.join(INPUTS)}. Received: others.")
    for name, value in arguments.items():
        if not _is_plain(value):
            raise TaskError(
                f"`{name!s:.40}` must be a number, a word or a list of numbers. "
                "Received: something else."
            )
    if {"path", "verbose", "overwrite", "name", "limits"} & set(arguments):
        raise TaskError("No path can be given. Received: one.")
    return task, arguments, inputs


def _is_plain(value):
    if isinstance(value, list):
        return len(value) <= 20 and all(isinstance(x, (int, float)) for x in value)
    plain = isinstance(value, (int, float, str, type(None)))
    return plain and len(str(value)) <= 100


def _zip(place, files):
    buffer = io.BytesIO()
    # Pictures are compressed already.
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in files:
            archive.write(place / name, name)
    return buffer.getvalue()
