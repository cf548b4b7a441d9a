"""Routes of runs: their cards, their pictures, and the trash."""

import asyncio

from starlette.responses import FileResponse
from starlette.routing import Route

from keras_singan import __version__
from keras_singan.studio.runs_shelf import photo_path
from keras_singan.studio.web.answers import answering
from keras_singan.studio.web.answers import read_json_body
from keras_singan.studio.web.event_stream import event_response
from keras_singan.studio.web.palette import palette
from keras_singan.studio.web.tools import tools


def run_routes(studio):
    """Returns the routes.

    Args:
        studio: The `Studio`.
    """
    shelf = studio.shelf

    @answering
    async def about(request):
        return {"version": __version__, "tools": await asyncio.to_thread(tools)}

    async def events(request):
        return event_response(studio.changes.stream(studio.snapshot))

    @answering
    async def history(request):
        return await asyncio.to_thread(shelf.history, request.path_params["run"])

    @answering
    async def photo(request):
        path = photo_path(shelf.folder(request.path_params["run"]))
        if path is None:
            raise KeyError("photo")
        return picture_response(path)

    @answering
    async def picture(request):
        at = request.path_params
        return picture_response(shelf.picture(at["run"], at["scale"], at["kind"]))

    @answering
    async def colours(request):
        folder = shelf.folder(request.path_params["run"])
        count = min(max(request.path_params["count"], 2), 64)
        return await asyncio.to_thread(palette, photo_path(folder), count)

    @answering
    async def delete(request):
        name = request.path_params["run"]
        if studio.tasks.has_jobs(name):
            for job in list(studio.tasks.jobs()):
                if job["run"] == name:
                    studio.tasks.cancel(job["id"])
        place = await asyncio.to_thread(shelf.delete, name)
        studio.changes.tell()
        return {"place": place}

    @answering
    async def restore(request):
        place = (await read_json_body(request)).get("place")
        name = await asyncio.to_thread(shelf.restore, place)
        studio.changes.tell()
        return {"name": name}

    @answering
    async def empty(request):
        await asyncio.to_thread(shelf.empty_trash)
        studio.changes.tell()
        return {}

    run = "/api/runs/{run}"
    return [
        Route("/api/about", about),
        Route("/api/events", events),
        Route(run, delete, methods=["DELETE"]),
        Route(f"{run}/history", history),
        Route(f"{run}/photo", photo),
        Route(f"{run}/scales/{{scale:int}}/{{kind}}", picture),
        Route(f"{run}/palette/{{count:int}}", colours),
        Route("/api/trash/restore", restore, methods=["POST"]),
        Route("/api/trash", empty, methods=["DELETE"]),
    ]


def picture_response(path):
    """Returns a file that the browser asks for again when it has changed."""
    return FileResponse(path, headers={"cache-control": "no-cache"})
