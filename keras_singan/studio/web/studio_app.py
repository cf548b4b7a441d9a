"""The ASGI application: the page, its files, and what it asks for."""

import asyncio
import contextlib
from pathlib import Path

from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Mount
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from keras_singan.studio.plans import Plans
from keras_singan.studio.runs_shelf import RunsShelf
from keras_singan.studio.task_queue import TaskQueue
from keras_singan.studio.trainings import Trainings
from keras_singan.studio.uploads import UploadFolder
from keras_singan.studio.web.access_guard import AccessGuard
from keras_singan.studio.web.event_stream import Changes
from keras_singan.studio.web.result_routes import ResultRoutes
from keras_singan.studio.web.run_routes import RunRoutes
from keras_singan.studio.web.training_routes import TrainingRoutes

STATIC = Path(__file__).parents[1] / "static"
_TICK_SECONDS = 1.0


class Studio:
    """What the routes work with.

    Args:
        settings: The `StudioSettings`.
    """

    def __init__(self, settings):
        self.settings = settings
        self.changes = Changes()
        self.shelf = RunsShelf(settings.runs)
        self.uploads = UploadFolder(settings.runs / ".studio" / "uploads")
        self.trainings = Trainings(self.shelf)
        self.tasks = TaskQueue(
            self.shelf, self.uploads, settings, on_change=self.changes.tell
        )
        self.plans, self.decoding = Plans(), asyncio.Lock()

    async def watch(self):
        """Starts what waits, and tells the pages of changes, for ever."""
        last = None
        while True:
            with contextlib.suppress(OSError, KeyError):
                await asyncio.to_thread(self.trainings.tick)
                cards = await asyncio.to_thread(self.cards)
                if cards != last:
                    self.changes.tell()
                last = cards
            await asyncio.sleep(_TICK_SECONDS)

    def close(self):
        """Ends what keeps requests open: the pages' streams, and plans."""
        self.changes.close()
        self.plans.close()

    def cards(self):
        """Returns the cards of all runs."""
        cards = []
        for name in self.shelf.names():
            # A run may be moved to the trash meanwhile.
            with contextlib.suppress(KeyError, OSError):
                cards.append(self.shelf.card(name))
        return cards

    async def snapshot(self):
        """Returns what every page shows: the runs, and the tasks at work."""
        return {
            "runs": await asyncio.to_thread(self.cards),
            "jobs": self.tasks.jobs(),
            "trash": await asyncio.to_thread(self.shelf.trash),
        }


def studio_app(studio):
    """Returns the ASGI application.

    Args:
        studio: The `Studio` that it shows.
    """

    @contextlib.asynccontextmanager
    async def at_work(app):
        studio.tasks.recover()
        tasks = [
            asyncio.create_task(studio.watch()),
            asyncio.create_task(studio.tasks.work()),
        ]
        yield
        studio.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    routes = [
        Route("/", _page),
        *RunRoutes(studio).all(),
        *TrainingRoutes(studio).all(),
        *ResultRoutes(studio).all(),
        Mount("/static", _Files(directory=STATIC)),
    ]
    app = Starlette(routes=routes, lifespan=at_work)
    return AccessGuard(app, studio.settings.host, studio.settings.token)


class _Files(StaticFiles):
    """The page's own files, asked for again each time: they change with a version."""

    def file_response(self, *args, **kwargs):
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "no-cache"
        return response


async def _page(request):
    return FileResponse(STATIC / "index.html", headers={"cache-control": "no-cache"})
