"""The ASGI application: bodies and their limits, lanes, timeouts, pages."""

import asyncio
import functools
import math
import re
import time
import zlib

from keras_singan.server.admission import LIGHT
from keras_singan.server.admission import READING
from keras_singan.server.admission import Deadline
from keras_singan.server.json_codec.reading_process import is_slow_to_read
from keras_singan.server.json_codec.reading_process import value_count
from keras_singan.server.prometheus import PATH as METRICS_PATH
from keras_singan.server.rest_api import Answer
from keras_singan.server.rest_api import error_answer
from keras_singan.server.rest_api import subject
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception

_API = re.compile(r"(?i:/v1/.*)")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+://[^/?#]*+")
_KNOWN = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
_REASONS = {404: "Not Found", 501: "Not Implemented"}
# A client hears of its body's size when it has sent it; not all of it need come.
_DRAINED_BODIES = 4
_INFLATED_STEP = 1 << 20
# A value takes forty bytes of memory, however short it is: bodies of short values
# have a limit of their own.
_VALUE_BYTES = 8
_FEW_VALUES = 100_000


class HttpApp:
    """An ASGI application over `Rest`.

    Args:
        rest: `Rest`.
        admission: `Admission`.
        budget: `ByteBudget`.
        metrics: `Metrics`.
        settings: `ServeSettings`.
    """

    def __init__(self, rest, admission, budget, metrics, settings):
        self._rest, self._admission = rest, admission
        self._budget, self._metrics = budget, metrics
        self._timeout = settings.timeout
        self._max_body = settings.max_body_bytes

    async def __call__(self, scope, receive, send):
        """Answers one HTTP request, as ASGI has it."""
        if scope["type"] != "http":
            return
        start = time.perf_counter()
        answer = await self._answer_or_error(scope, receive)
        if answer is None:
            return
        if answer.method:
            self._metrics.request(
                answer.model,
                answer.method,
                "REST",
                answer.code,
                time.perf_counter() - start,
            )
        await _send(send, answer)

    async def _answer_or_error(self, scope, receive):
        method, target = scope["method"], _target(scope)
        try:
            return await self._answer(method, target, scope, receive)
        except _ClientGone:
            return None
        except Exception as error:
            return error_answer(from_exception(error), *subject(method, target))

    async def _answer(self, method, target, scope, receive):
        if method not in _KNOWN:
            return _page(501)
        if target.partition("?")[0] == METRICS_PATH:
            return self._metrics_page(target)
        if not _API.fullmatch(target):
            return _page(404)
        deadline = Deadline(self._timeout)
        if method != "POST":
            # Status and metadata take no part in what predictions may run out of.
            await self._read(receive, deadline, None)
            return self._rest.answer(method, target)
        stop = asyncio.Event()
        with self._budget.holder(stop.set) as holder:
            body = await self._body(scope, receive, deadline, holder, stop)
            call = functools.partial(self._rest.predict, target, body, deadline)
            self._check_values(body)
            lane = READING if is_slow_to_read(body) else LIGHT
            del body
            return await _unless_gone(
                self._admission.run(call, deadline, lane), receive
            )

    def _metrics_page(self, target):
        kind = "text/plain"
        if target != METRICS_PATH:
            text = f"Unexpected path: {target}. Should be {METRICS_PATH}"
            return Answer(400, text.encode(), content_type=kind)
        return Answer(200, self._metrics.page().encode(), content_type=kind)

    def _check_values(self, body):
        most = max(_FEW_VALUES, self._max_body // _VALUE_BYTES)
        if value_count(body) > most:
            raise StatusError(
                "INVALID_ARGUMENT",
                f"The request holds more than {most} values: send images encoded.",
                413,
            )

    async def _body(self, scope, receive, deadline, holder, stop):
        reading = asyncio.ensure_future(self._read(receive, deadline, holder))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({reading, stopping}, return_when="FIRST_COMPLETED")
            if not reading.done():
                raise _late("The request's body came too slowly.")
            body = await reading
        finally:
            await _end(reading, stopping)
            # An error refers to this frame, and the task to the error.
            del reading, stopping
        holder.arrived()
        if b"gzip" in dict(scope["headers"]).get(b"content-encoding", b""):
            return await self._inflated(body, holder)
        return body

    async def _read(self, receive, deadline, holder):
        try:
            return await asyncio.wait_for(
                _read(receive, self._max_body, holder), deadline.remaining()
            )
        except TimeoutError:
            raise _late("The request's body did not arrive in time.") from None

    async def _inflated(self, body, holder):
        # What cannot be inflated counts as empty, as in TensorFlow Serving.
        inflater, parts, size = zlib.decompressobj(wbits=31), [], 0
        while not inflater.eof:
            try:
                part = await asyncio.to_thread(
                    inflater.decompress, body, _INFLATED_STEP
                )
            except zlib.error:
                return b""
            body = inflater.unconsumed_tail
            if not part and not body:
                break
            size += len(part)
            if size > self._max_body:
                raise _too_large(self._max_body)
            holder.add(len(part))
            parts.append(part)
        return b"".join(parts) if inflater.eof else b""


class _ClientGone(Exception):
    pass


async def _unless_gone(work, receive):
    """Waits for an answer, and drops it when the client goes."""
    work, gone = asyncio.ensure_future(work), asyncio.ensure_future(receive())
    try:
        await asyncio.wait({work, gone}, return_when="FIRST_COMPLETED")
        if not work.done():
            raise _ClientGone
        return await work
    finally:
        await _end(work, gone)
        del work, gone


async def _end(*tasks):
    for task in tasks:
        task.cancel()
    # A socket has one reader at a time: the next one waits for the end of these.
    await asyncio.wait(tasks)


def _late(message):
    return StatusError("DEADLINE_EXCEEDED", message, 408)


def _too_large(most):
    return StatusError(
        "INVALID_ARGUMENT", f"The request's body is larger than {most} bytes.", 413
    )


def _target(scope):
    path = scope["raw_path"].decode("latin-1")
    if host := _HOST.match(path):
        path = path[host.end() :] or "/"
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


async def _read(receive, most, holder):
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise _ClientGone
        part = message.get("body", b"")
        size += len(part)
        if size > most or holder is None:
            parts.clear()
        elif part:
            holder.add(len(part))
            parts.append(part)
        if not message.get("more_body") or size > _DRAINED_BODIES * most:
            break
    if size > most:
        raise _too_large(most)
    return b"".join(parts)


def _page(status):
    # As libevent writes it.
    reason = _REASONS[status]
    text = (
        f"<HTML><HEAD>\n<TITLE>{status} {reason}</TITLE>\n</HEAD><BODY>\n"
        f"<H1>{reason}</H1>\n</BODY></HTML>\n"
    )
    return Answer(status, text.encode(), content_type="text/html")


async def _send(send, answer):
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
    ]
    if answer.http in (429, 503):
        seconds = max(1, math.ceil(answer.retry_after))
        headers.append((b"retry-after", str(seconds).encode()))
    if answer.content_type == "text/html" or answer.http in (408, 413):
        headers.append((b"connection", b"close"))
    await send(
        {"type": "http.response.start", "status": answer.http, "headers": headers}
    )
    await send({"type": "http.response.body", "body": answer.body})
