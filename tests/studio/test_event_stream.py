import asyncio
import json

from keras_singan.studio.web import event_stream
from keras_singan.studio.web.event_stream import Changes


def test_every_change_is_told_also_one_that_leaves_no_trace():
    async def listen():
        changes = Changes()

        async def snapshot():
            return {"jobs": []}

        stream = changes.stream(snapshot)
        first = await anext(stream)
        # A task begins and ends before the page hears of it.
        changes.tell()
        changes.tell()
        second = await anext(stream)
        await stream.aclose()
        changes.tell()
        return first, second

    first, second = asyncio.run(listen())
    assert json.loads(first.removeprefix("data: ")) == {"jobs": []}
    assert second == first


def test_a_quiet_stream_shows_that_it_is_alive(monkeypatch):
    monkeypatch.setattr(event_stream, "_QUIET_SECONDS", 0.01)

    async def listen():
        async def snapshot():
            return {}

        stream = Changes().stream(snapshot)
        return [await anext(stream) for _ in range(3)]

    assert asyncio.run(listen()) == ["data: {}\n\n", ": quiet\n\n", ": quiet\n\n"]


def test_a_closed_stream_ends_by_itself():
    async def listen():
        changes = Changes()

        async def snapshot():
            return {}

        stream = changes.stream(snapshot)
        await anext(stream)
        changes.close()
        return [event async for event in stream]

    assert asyncio.run(listen()) == []
