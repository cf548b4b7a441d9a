"""Routes of uploads and trainings."""

import asyncio

from starlette.responses import FileResponse
from starlette.routing import Route

from keras_singan.errors import RunFolderError
from keras_singan.studio.uploads import read_upload
from keras_singan.studio.web.answers import answering
from keras_singan.studio.web.answers import read_body
from keras_singan.studio.web.answers import read_json_body


class TrainingRoutes:
    """The endpoints, a method each.

    Args:
        studio: The `Studio`.
    """

    def __init__(self, studio):
        self.studio, self.settings = studio, studio.settings
        self.uploads, self.trainings = studio.uploads, studio.trainings

    def all(self):
        """Returns the list of `Route`."""
        return [
            Route("/api/uploads", self.upload, methods=["POST"]),
            Route("/api/uploads/{upload}", self.uploaded),
            Route("/api/plan", self.plan, methods=["POST"]),
            Route("/api/trainings", self.begin, methods=["POST"]),
            Route("/api/runs/{run}/stop", self.stop, methods=["POST"]),
            Route("/api/runs/{run}/go-on", self.go_on, methods=["POST"]),
        ]

    @answering
    async def upload(self, request):
        """Keeps a picture that comes as the body."""
        data = await read_body(request, self.settings.upload_bytes)
        # One at a time: decoded, a large picture takes a gigabyte.
        async with self.studio.decoding:
            most = self.settings.upload_pixels
            picture = await asyncio.to_thread(read_upload, data, most)
        name = await asyncio.to_thread(self.uploads.keep, picture)
        return {"upload": name, "size": picture.size, "warnings": picture.warnings}

    @answering
    async def uploaded(self, request):
        """A picture that was uploaded, as PNG."""
        return FileResponse(self.uploads.png(request.path_params["upload"]))

    @answering
    async def plan(self, request):
        """What training on an uploaded picture would take."""
        body = await read_json_body(request)
        upload = body.get("upload")
        path = self.uploads.original(upload)
        return await self.studio.plans.make(upload, path, _options(body))

    @answering
    async def begin(self, request):
        """Puts a training into the queue."""
        body = await read_json_body(request)
        upload = body.get("upload")
        picture = await asyncio.to_thread(self.uploads.get, upload)
        # What it measures would take the machine from the training.
        self.studio.plans.give_up(upload)
        name = str(body.get("name") or "photo")
        add = self.trainings.add
        name = await asyncio.to_thread(add, picture, name, _options(body))
        await self._tick()
        return {"name": name}

    @answering
    async def stop(self, request):
        """Stops a training, or takes it out of the queue."""
        await asyncio.to_thread(self.trainings.stop, request.path_params["run"])
        self.studio.changes.tell()
        return {}

    @answering
    async def go_on(self, request):
        """Puts a training that was stopped into the queue again."""
        await asyncio.to_thread(self.trainings.go_on, request.path_params["run"])
        await self._tick()
        return {}

    async def _tick(self):
        """Starts what waits, if there is room, and tells the pages."""
        await asyncio.to_thread(self.trainings.tick)
        self.studio.changes.tell()


def _options(body):
    options = body.get("options", {})
    if not isinstance(options, dict):
        raise RunFolderError("`options` must be an object. Received: something else.")
    return options
