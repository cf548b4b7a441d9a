"""Server-sent events: what runs and waits, whenever that changes."""

import asyncio
import json

from starlette.responses import StreamingResponse

_QUIET_SECONDS = 10.0


class Changes:
    """Lets every open page know that something has changed."""

    def __init__(self):
        self._listeners = set()
        self._closed = False

    def tell(self):
        """Wakes all pages."""
        for event in self._listeners:
            event.set()

    def close(self):
        """Ends every stream."""
        self._closed = True
        self.tell()

    async def stream(self, snapshot):
        """Yields the state as events, at once and after every change.

        Args:
            snapshot: Coroutine function that returns the state for JSON.
        """
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            while not self._closed:
                event.clear()
                # Also if it reads as before: a task may have begun and ended meanwhile.
                yield f"data: {json.dumps(await snapshot(), separators=(',', ':'))}\n\n"
                while not await _is_set(event, _QUIET_SECONDS):
                    # A comment keeps the connection, and shows that it is alive.
                    yield ": quiet\n\n"
                # Many changes in one moment are one event.
                await asyncio.sleep(0.1)
        finally:
            self._listeners.discard(event)


async def _is_set(event, seconds):
    """Waits for an event; returns whether it came in time."""
    try:
        return await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False


def event_response(stream):
    """Returns the response that sends a stream of events."""
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
