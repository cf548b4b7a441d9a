"""Routes of runs: their cards, their pictures, and the trash."""

import asyncio

from starlette.responses import FileResponse
from starlette.routing import Route

from keras_singan import __version__
from keras_singan.config import PRESETS
from keras_singan.config import resolve_config
from keras_singan.studio.runs_shelf import photo_path
from keras_singan.studio.web.answers import answering
from keras_singan.studio.web.answers import read_json_body
from keras_singan.studio.web.event_stream import event_response
from keras_singan.studio.web.palette import palette
from keras_singan.studio.web.tools import tools


class RunRoutes:
    """The endpoints, a method each.

    Args:
        studio: The `Studio`.
    """

    def __init__(self, studio):
        self.studio, self.shelf = studio, studio.shelf

    def all(self):
        """Returns the list of `Route`."""
        run = "/api/runs/{run}"
        return [
            Route("/api/about", self.about),
            Route("/api/events", self.events),
            Route(run, self.delete, methods=["DELETE"]),
            Route(f"{run}/history", self.history),
            Route(f"{run}/photo", self.photo),
            Route(f"{run}/scales/{{scale:int}}/{{kind}}", self.picture),
            Route(f"{run}/palette/{{count:int}}", self.colours),
            Route("/api/trash/restore", self.restore, methods=["POST"]),
            Route("/api/trash", self.empty, methods=["DELETE"]),
        ]

    @answering
    async def about(self, request):
        """The version, what its tasks take, and how large its presets train."""
        found = await asyncio.to_thread(tools)
        sizes = {preset: resolve_config(preset).max_size for preset in PRESETS}
        return {"version": __version__, "tools": found, "max_sizes": sizes}

    async def events(self, request):
        """A stream of snapshots, one after each change."""
        return event_response(self.studio.changes.stream(self.studio.snapshot))

    @answering
    async def history(self, request):
        """The losses of a run."""
        return await asyncio.to_thread(self.shelf.history, request.path_params["run"])

    @answering
    async def photo(self, request):
        """The photo of a run, as it was trained on."""
        path = photo_path(self.shelf.folder(request.path_params["run"]))
        if path is None:
            raise KeyError("photo")
        return picture_response(path)

    @answering
    async def picture(self, request):
        """A picture of one scale."""
        at = request.path_params
        return picture_response(self.shelf.picture(at["run"], at["scale"], at["kind"]))

    @answering
    async def colours(self, request):
        """The main colours of a run's photo."""
        folder = self.shelf.folder(request.path_params["run"])
        count = min(max(request.path_params["count"], 2), 64)
        return await asyncio.to_thread(palette, photo_path(folder), count)

    @answering
    async def delete(self, request):
        """Moves a run to the trash, its tasks cancelled."""
        name, tasks = request.path_params["run"], self.studio.tasks
        if tasks.has_jobs(name):
            for job in list(tasks.jobs()):
                if job["run"] == name:
                    tasks.cancel(job["id"])
        place = await asyncio.to_thread(self.shelf.delete, name)
        self.studio.changes.tell()
        return {"place": place}

    @answering
    async def restore(self, request):
        """Takes a run out of the trash."""
        place = (await read_json_body(request)).get("place")
        name = await asyncio.to_thread(self.shelf.restore, place)
        self.studio.changes.tell()
        return {"name": name}

    @answering
    async def empty(self, request):
        """Empties the trash."""
        await asyncio.to_thread(self.shelf.empty_trash)
        self.studio.changes.tell()
        return {}


def picture_response(path):
    """Returns a file that the browser asks for again when it has changed."""
    return FileResponse(path, headers={"cache-control": "no-cache"})
