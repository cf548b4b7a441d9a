"""Routes of uploads and trainings."""

import asyncio

from starlette.responses import FileResponse
from starlette.routing import Route

from keras_singan.errors import RunFolderError
from keras_singan.studio.trainings import plan
from keras_singan.studio.uploads import read_upload
from keras_singan.studio.web.answers import answering
from keras_singan.studio.web.answers import read_body
from keras_singan.studio.web.answers import read_json_body


def training_routes(studio):
    """Returns the routes.

    Args:
        studio: The `Studio`.
    """
    settings, trainings = studio.settings, studio.trainings

    @answering
    async def upload(request):
        data = await read_body(request, settings.upload_bytes)
        # One at a time: decoded, a large picture takes a gigabyte.
        async with studio.decoding:
            picture = await asyncio.to_thread(read_upload, data, settings.upload_pixels)
        name = await asyncio.to_thread(studio.uploads.keep, picture)
        return {"upload": name, "size": picture.size, "warnings": picture.warnings}

    @answering
    async def uploaded(request):
        return FileResponse(studio.uploads.png(request.path_params["upload"]))

    @answering
    async def make_plan(request):
        body = await read_json_body(request)
        path = studio.uploads.original(body.get("upload"))
        async with studio.planning:
            return await asyncio.to_thread(
                plan, path, _options(body), on_begin=studio.note_plan
            )

    @answering
    async def begin(request):
        body = await read_json_body(request)
        picture = await asyncio.to_thread(studio.uploads.get, body.get("upload"))
        name = str(body.get("name") or "photo")
        name = await asyncio.to_thread(trainings.add, picture, name, _options(body))
        await asyncio.to_thread(trainings.tick)
        studio.changes.tell()
        return {"name": name}

    @answering
    async def stop(request):
        await asyncio.to_thread(trainings.stop, request.path_params["run"])
        studio.changes.tell()
        return {}

    @answering
    async def go_on(request):
        await asyncio.to_thread(trainings.go_on, request.path_params["run"])
        await asyncio.to_thread(trainings.tick)
        studio.changes.tell()
        return {}

    return [
        Route("/api/uploads", upload, methods=["POST"]),
        Route("/api/uploads/{upload}", uploaded),
        Route("/api/plan", make_plan, methods=["POST"]),
        Route("/api/trainings", begin, methods=["POST"]),
        Route("/api/runs/{run}/stop", stop, methods=["POST"]),
        Route("/api/runs/{run}/go-on", go_on, methods=["POST"]),
    ]


def _options(body):
    options = body.get("options", {})
    if not isinstance(options, dict):
        raise RunFolderError("`options` must be an object. Received: something else.")
    return options
