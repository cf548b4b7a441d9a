"""The ASGI application: bodies and their limits, threads, timeouts, pages."""

import asyncio
import re
import time
import zlib

from keras_singan.server.admission import GRACE_SECONDS
from keras_singan.server.admission import Deadline
from keras_singan.server.admission import timed_out
from keras_singan.server.prometheus import PATH as METRICS_PATH
from keras_singan.server.rest_api import Answer
from keras_singan.server.rest_api import error_answer
from keras_singan.server.rest_api import subject
from keras_singan.server.status_codes import StatusError
from keras_singan.server.status_codes import from_exception

_API = re.compile(r"(?i:/v1/.*)")
_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
_KNOWN = ("GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH")
_REASONS = {404: "Not Found", 501: "Not Implemented"}
# TensorFlow Serving's bound for what a compressed body may become.
_MOST_INFLATED = 100 << 20
# A client hears of its body's size when it has sent it; not all of it need come.
_DRAINED_BODIES = 4
# Bodies that may be on their way at once, beside those that run or wait.
_MORE_BODIES = 32


class HttpApp:
    """An ASGI application over `Rest`.

    Args:
        rest: `Rest`.
        admission: `Admission`.
        metrics: `Metrics`.
        settings: `ServeSettings`.
    """

    def __init__(self, rest, admission, metrics, settings):
        self._rest, self._admission = rest, admission
        self._metrics = metrics
        self._timeout = settings.timeout
        self._max_body = settings.max_body_bytes
        self._bodies = 0

    async def __call__(self, scope, receive, send):
        """Answers one HTTP request, as ASGI has it."""
        if scope["type"] != "http":
            return
        start = time.perf_counter()
        deadline = Deadline(self._timeout)
        try:
            answer = await self._answer(scope, receive, deadline)
        except Exception as error:
            answer = error_answer(from_exception(error))
        if answer.method:
            self._metrics.request(
                answer.model,
                answer.method,
                "REST",
                answer.code,
                time.perf_counter() - start,
            )
        await _send(send, answer)

    async def _answer(self, scope, receive, deadline):
        method, target = scope["method"], _target(scope)
        path = target.partition("?")[0]
        if method not in _KNOWN:
            return _page(501)
        if path == METRICS_PATH:
            return self._metrics_page(target)
        if not _API.fullmatch(target):
            return _page(404)
        body = await self._body(scope, receive, deadline)
        if method != "POST":
            return self._rest.answer(method, target, body, deadline)
        return await self._run(method, target, body, deadline)

    async def _run(self, method, target, body, deadline):
        try:
            return await self._in_thread(method, target, body, deadline)
        except StatusError as error:
            return error_answer(error, *subject(method, target))

    async def _in_thread(self, *request):
        future = self._admission.submit(self._rest.answer, *request)
        try:
            left = request[-1].remaining() + GRACE_SECONDS
            waiting = asyncio.shield(asyncio.wrap_future(future))
            return await asyncio.wait_for(waiting, left)
        except TimeoutError:
            future.cancel()
            raise timed_out() from None

    def _metrics_page(self, target):
        kind = "text/plain"
        if target != METRICS_PATH:
            text = f"Unexpected path: {target}. Should be {METRICS_PATH}"
            return Answer(400, text.encode(), content_type=kind)
        return Answer(200, self._metrics.page().encode(), content_type=kind)

    async def _body(self, scope, receive, deadline):
        if self._bodies >= self._admission.limit + _MORE_BODIES:
            raise StatusError("RESOURCE_EXHAUSTED", "Too many requests are being read.")
        self._bodies += 1
        try:
            left = deadline.remaining()
            body = await asyncio.wait_for(_read(receive, self._max_body), left)
        except TimeoutError:
            raise StatusError(
                "DEADLINE_EXCEEDED", "The request's body did not arrive in time.", 408
            ) from None
        finally:
            self._bodies -= 1
        headers = dict(scope["headers"])
        if b"gzip" in headers.get(b"content-encoding", b""):
            most = min(_MOST_INFLATED, 4 * self._max_body)
            return await asyncio.to_thread(_inflated, body, most)
        return body


def _target(scope):
    path = _HOST.sub("", scope["raw_path"].decode("latin-1"), count=1) or "/"
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


async def _read(receive, most):
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise StatusError("CANCELLED", "The client has gone.")
        size += len(message.get("body", b""))
        if size <= most:
            parts.append(message.get("body", b""))
        else:
            parts.clear()
        if not message.get("more_body") or size > _DRAINED_BODIES * most:
            break
    if size > most:
        raise StatusError(
            "INVALID_ARGUMENT", f"The request's body is larger than {most} bytes.", 413
        )
    return b"".join(parts)


def _inflated(body, most):
    # What cannot be inflated counts as empty, as in TensorFlow Serving.
    inflater = zlib.decompressobj(wbits=31)
    try:
        result = inflater.decompress(body, most)
    except zlib.error:
        return b""
    return result if inflater.eof else b""


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
    if answer.content_type == "text/html" or answer.http in (408, 413):
        headers.append((b"connection", b"close"))
    await send(
        {"type": "http.response.start", "status": answer.http, "headers": headers}
    )
    await send({"type": "http.response.body", "body": answer.body})
