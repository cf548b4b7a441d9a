"""Server-sent events: what runs and waits, whenever that changes."""

import asyncio
import json

from starlette.responses import StreamingResponse

_QUIET_SECONDS = 10.0


class Changes:
    """Lets every open page know that something has changed."""

    def __init__(self):
        self._listeners = set()

    def tell(self):
        """Wakes all pages."""
        for event in self._listeners:
            event.set()

    async def stream(self, snapshot):
        """Yields the state as events, at once and after every change.

        Args:
            snapshot: Coroutine function that returns the state for JSON.
        """
        event, last = asyncio.Event(), None
        self._listeners.add(event)
        try:
            while True:
                event.clear()
                text = json.dumps(await snapshot(), separators=(",", ":"))
                # A comment keeps the connection, and shows that it is alive.
                yield ": quiet\n\n" if text == last else f"data: {text}\n\n"
                last = text
                try:
                    await asyncio.wait_for(event.wait(), _QUIET_SECONDS)
                except TimeoutError:
                    continue
                # Many changes in one moment are one event.
                await asyncio.sleep(0.1)
        finally:
            self._listeners.discard(event)


def event_response(stream):
    """Returns the response that sends a stream of events."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
