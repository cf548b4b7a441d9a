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


def result_routes(studio):
    """Returns the routes.

    Args:
        studio: The `Studio`.
    """
    tasks = studio.tasks

    @answering
    async def results(request):
        return await asyncio.to_thread(tasks.results, request.path_params["run"])

    @answering
    async def begin(request):
        body = await read_json_body(request)
        task, arguments, inputs = _task_of(body)
        return tasks.add(request.path_params["run"], task, arguments, inputs)

    @answering
    async def cancel(request):
        tasks.cancel(request.path_params["job"])
        return {}

    @answering
    async def remove(request):
        at = request.path_params
        tasks.remove(at["run"], at["job"])
        return {}

    @answering
    async def mark(request):
        at, body = request.path_params, await read_json_body(request)
        files = body.get("favourites")
        return tasks.mark(
            at["run"], at["job"], files if isinstance(files, list) else []
        )

    @answering
    async def file(request):
        at = request.path_params
        return FileResponse(tasks.file(at["run"], at["job"], at["file"]))

    @answering
    async def archive(request):
        at = request.path_params
        place = tasks.place(at["run"], at["job"])
        job = next(j for j in tasks.results(at["run"]) if j["id"] == at["job"])
        data = await asyncio.to_thread(_zip, place, job["files"])
        name = f"{job['task']}-{at['job']}.zip"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/zip", headers=headers)

    job = "/api/runs/{run}/results/{job}"
    return [
        Route("/api/runs/{run}/results", results),
        Route("/api/runs/{run}/results", begin, methods=["POST"]),
        Route("/api/jobs/{job}/cancel", cancel, methods=["POST"]),
        Route(job, remove, methods=["DELETE"]),
        Route(f"{job}/favourites", mark, methods=["POST"]),
        Route(f"{job}/all.zip", archive),
        Route(f"{job}/files/{{file}}", file),
    ]


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
