"""HTTP/1.1 in front of an ASGI application, for peers that may be slow or hostile.

`h11` reads and writes HTTP; this module owns the sockets. Usual ASGI servers limit
neither the time of a request's headers nor the number of connections, and write a
traceback for what a stranger sends.
"""

import asyncio
import contextlib
import email.utils
import functools
import time

import h11

# Seconds for a whole request line with its headers, from their first byte.
HEADER_SECONDS = 10.0
# Seconds that a connection may wait for its next request. Proxies keep theirs
# open for 60 s, and it is they who should close first.
IDLE_SECONDS = 65.0
# Seconds without a byte after which a body, or an answer on its way, is given up.
STALL_SECONDS = 5.0
# Seconds in which the rest of an unwanted body is read and forgotten.
LINGER_SECONDS = 2.0
# An answer must be taken at so many bytes a second, after a first stall.
_TAKEN_BYTES = 50_000
# Longest request line with its headers.
_HEADER_BYTES = 1 << 16
_READ_BYTES = 1 << 16
_BACKLOG = 256
# Pause while the process has no files left for another connection.
_NO_FILES_SECONDS = 0.1
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
    b"Content-Length: 0\r\nConnection: close\r\n\r\n"
)


class HttpFront:
    """Serves an ASGI application at a listening socket.

    Args:
        app: The application.
        connections: `Connections`.
    """

    def __init__(self, app, connections):
        self.app, self.connections = app, connections
        self.stopping = False
        self._tasks = set()

    async def start(self, listening):
        """Takes connections from now on.

        Args:
            listening: A bound socket.
        """
        listening.setblocking(False)
        listening.listen(_BACKLOG)
        self._listening, self._loop = listening, asyncio.get_running_loop()
        self._loop.add_reader(listening, self._accept)

    def _accept(self):
        # asyncio's own server loses a socket that comes while it closes, and logs a
        # traceback for each when the process has no files left.
        try:
            peer, _ = self._listening.accept()
        except (BlockingIOError, ConnectionError):
            return
        except OSError:
            self._loop.remove_reader(self._listening)
            self._loop.call_later(_NO_FILES_SECONDS, self._accept_again)
            return
        task = asyncio.ensure_future(self._connected(peer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _accept_again(self):
        if not self.stopping:
            self._loop.add_reader(self._listening, self._accept)

    async def stop(self, seconds):
        """Ends what waits for its peer, and waits so long for what is answered."""
        self.stopping = True
        self._loop.remove_reader(self._listening)
        self._listening.close()
        self.connections.end_waiting()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, peer):
        key, writer = object(), None
        try:
            reader, writer = await asyncio.open_connection(sock=peer, limit=_READ_BYTES)
            writer.transport.set_write_buffer_limits(_READ_BYTES)
            if self.connections.add(key, writer.transport.abort):
                await _Connection(self, reader, writer, key).run()
            else:
                writer.write(_BUSY)
        except (OSError, TimeoutError, h11.ProtocolError, asyncio.CancelledError):
            # The peer has gone, or has been too slow, or speaks no HTTP.
            if writer is not None:
                writer.transport.abort()
        finally:
            self.connections.remove(key)
            if writer is None:
                peer.close()
            else:
                await _closed(writer)


async def _closed(writer):
    """Closes a socket; what the peer does not take in time is dropped."""
    writer.close()
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(STALL_SECONDS):
            await writer.wait_closed()
    writer.transport.abort()


class _Connection:
    """One connection: its requests, one after the other."""

    def __init__(self, front, reader, writer, key):
        self._front, self._key = front, key
        self._reader, self._writer = reader, writer
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEADER_BYTES)
        self._head = None

    async def run(self):
        """Answers requests until the connection must be closed."""
        seconds = HEADER_SECONDS
        while not self._front.stopping:
            try:
                request = await self._request(seconds)
            except h11.RemoteProtocolError as error:
                await self._refuse(error.error_status_hint)
                return
            if request is None:
                return
            await self._answer(request)
            if not await self._rest_of_body() or self._http.our_state is not h11.DONE:
                return
            self._http.start_next_cycle()
            self._front.connections.waits(self._key)
            seconds = IDLE_SECONDS

    async def _request(self, seconds):
        """Reads a request line with its headers; `None` if none comes."""
        if not self._http.trailing_data[0]:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    self._http.receive_data(await self._reader.read(_READ_BYTES))
            if not self._http.trailing_data[0]:
                return None
        async with asyncio.timeout(HEADER_SECONDS):
            event = await self._event()
        return event if isinstance(event, h11.Request) else None

    async def _event(self):
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(_READ_BYTES))
        return event

    async def _answer(self, request):
        self._head, self._method = None, request.method
        self._broken = self._sent = False
        path, _, query = request.target.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": request.http_version.decode(),
            "method": request.method.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": list(request.headers),
        }
        await self._front.app(scope, self._receive, self._send)
        if self._broken and not self._sent:
            await self._refuse(400)

    async def _receive(self):
        """The next part of the body; after the last, that the client has gone."""
        if self._http.their_state is not h11.SEND_BODY:
            # The server has all it needs, and works for this client.
            self._front.connections.works(self._key)
            await self._gone()
            return {"type": "http.disconnect"}
        try:
            if self._http.they_are_waiting_for_100_continue:
                go_on = h11.InformationalResponse(status_code=100, headers=[])
                await self._write(self._http.send(go_on))
            async with asyncio.timeout(STALL_SECONDS):
                event = await self._event()
        except h11.RemoteProtocolError:
            self._broken = True
            return {"type": "http.disconnect"}
        if isinstance(event, h11.Data):
            return {
                "type": "http.request",
                "body": bytes(event.data),
                "more_body": True,
            }
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _gone(self):
        # What comes early belongs to the next request; more than a little waits.
        while len(self._http.trailing_data[0]) < _HEADER_BYTES:
            data = await self._reader.read(_READ_BYTES)
            if not data:
                return
            self._http.receive_data(data)
        await asyncio.Event().wait()

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self._head = message
            return
        self._front.connections.waits(self._key)
        self._sent = True
        headers = [*self._head["headers"], (b"date", _date())]
        if self._front.stopping:
            headers.append((b"connection", b"close"))
        head = h11.Response(status_code=self._head["status"], headers=headers)
        parts = [self._http.send(head)]
        if self._method != b"HEAD":
            parts.append(self._http.send(h11.Data(data=message["body"])))
        parts.append(self._http.send(h11.EndOfMessage()))
        await self._write(*parts)

    async def _write(self, *parts):
        """Writes to the peer, who must take something every few seconds."""
        transport = self._writer.transport
        self._writer.writelines([part for part in parts if part])
        size = transport.get_write_buffer_size()
        async with asyncio.timeout(STALL_SECONDS + size / _TAKEN_BYTES):
            while size > _READ_BYTES:
                before = size
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._writer.drain(), STALL_SECONDS)
                size = transport.get_write_buffer_size()
                if size == before:
                    raise TimeoutError

    async def _rest_of_body(self):
        """Reads the body's rest, which the application did not want.

        A socket that is closed with bytes unread may take the answer with it.

        Returns:
            Whether the connection can be used again.
        """
        if self._http.their_state is h11.SEND_BODY:
            with contextlib.suppress(h11.RemoteProtocolError, TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    while isinstance(await self._event(), h11.Data):
                        pass
        return self._http.their_state is h11.DONE

    async def _refuse(self, status):
        if self._http.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        body = b"Bad Request\n"
        headers = [
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        head = h11.Response(status_code=status, headers=headers)
        parts = (head, h11.Data(data=body), h11.EndOfMessage())
        await self._write(*[self._http.send(part) for part in parts])


@functools.lru_cache(1)
def _date_of(second):
    return email.utils.formatdate(second, usegmt=True).encode()


def _date():
    return _date_of(int(time.time()))
