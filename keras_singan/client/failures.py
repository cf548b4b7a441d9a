"""Bad answers over HTTP, and none: an exception of one line for each.

The rule of repetition, which `serving/nginx.conf` keeps too: a prediction is sent
again only if no model has begun with it (HTTP 429 and 503, a connection that was
refused). What stopped one server would stop the next. A question about status or
metadata is safe to repeat, so it is also sent again after 502.
"""

import email.utils
import http.client
import json
import re
import socket
import ssl
import time
import urllib.error

from keras_singan.client.bounded_http import AnswerTooLarge
from keras_singan.client.one_line import one_line
from keras_singan.client.retries import Busy
from keras_singan.errors import ServingError

_BUSY = (429, 503)
# Words of proxies that answer 503 for a connection that broke during the request.
_BROKE = re.compile(rb"disconnect|reset|terminat", re.IGNORECASE)
# Where the names of nodes in the graph begin, which tell a user nothing.
_NODE = "[[{{"
_TUNNEL = "Tunnel connection failed"


def error_of(address, status, headers, body, sent, proxy=None):
    """Returns the exception for a bad answer: `Busy` where it may be repeated.

    Args:
        address: The `Address` that was asked.
        status: The status code.
        headers: The answer's headers.
        body: Its body, `bytes`, or the beginning of it.
        sent: Length of the request's body; 0 for a question without one.
        proxy: Host and port of the proxy between, or `None`. Defaults to `None`.
    """
    sentence = _sentence(body)
    if sentence is None and status in (400, 404, 405, 501):
        return no_serving(address, status, body)
    received = f"HTTP {status}" if sentence is None else f"{sentence} (HTTP {status})"
    # With TensorFlow Serving's own sentence it is not the proxy that answers.
    between = None if sentence else proxy
    text = f"{_expected(address, status, sent, between)} Received: {received}."
    error = ServingError(text, status)
    if _may_repeat(status, body, sent):
        return Busy(error, _seconds(headers.get("Retry-After")))
    return error


def failure_of(address, timeout, error, max_bytes, proxy=None):
    """Returns the exception for no answer: `Busy` where it may be repeated.

    Args:
        address: The `Address` that was asked.
        timeout: Seconds that were waited.
        error: The `OSError` or `HTTPException`.
        max_bytes: Most bytes that an answer may have.
        proxy: Host and port of the proxy between, or `None`. Defaults to `None`.
    """
    server = address.server
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        error = error.reason
    received = f"Received: {_reason(error)}."
    if isinstance(error, TimeoutError):
        return ServingError(
            f"The server at {server} must answer in time: a long task may need a "
            "larger timeout here and there. "
            f"Received: no whole answer for timeout={timeout:g}."
        )
    if isinstance(error, AnswerTooLarge):
        return answer_too_large(server, max_bytes)
    if proxy is not None and _is_of_proxy(error):
        return _proxy_failure(server, proxy, error)
    if isinstance(error, ConnectionRefusedError):
        return Busy(ServingError(f"A server must be listening at {server}. {received}"))
    if isinstance(error, socket.gaierror):
        return ServingError(f"The host of {server} must be known. {received}")
    if isinstance(error, ssl.SSLError):
        return ServingError(
            f"The server at {server} must speak TLS with a certificate that this "
            f"machine trusts (SSL_CERT_FILE adds one). {received}"
        )
    if isinstance(error, http.client.IncompleteRead):
        return ServingError(f"The answer of {server} must be whole. {received}")
    if isinstance(error, ConnectionError | http.client.HTTPException):
        return ServingError(
            f"The server at {server} must answer in HTTP (port 8500 is gRPC's), take a "
            f"request of this size, and stay alive. {received}"
        )
    return ServingError(f"The server at {server} must be reachable. {received}")


def answer_too_large(server, max_bytes):
    """Returns the `ServingError` for an answer that is not read to its end."""
    return ServingError(
        f"The answer of {server} must be within `max_answer_mb`: ask for less at "
        "once, or allow more (--max-answer-mb). "
        f"Received: more than max_answer_mb={max_bytes / 2**20:g}."
    )


def no_serving(address, status, body):
    """Returns the `ServingError` for an answer that TensorFlow Serving never gives."""
    start = one_line(bytes(body[:60]))
    kind = "HTML" if re.match(rb"\s*<", body) else "no JSON, or half of one"
    return ServingError(
        f"{address.path} must be an address of TensorFlow Serving's REST: mind the "
        "port (8501) and the path before /v1. "
        f"Received: {kind} (HTTP {status}), {start!r}.",
        status,
    )


def _may_repeat(status, body, sent):
    """Whether a request may be sent again: see the module."""
    if not sent:
        return status in (*_BUSY, 502)
    return status == 429 or (status == 503 and not _BROKE.search(body[:500]))


def _is_of_proxy(error):
    """Whether an error came before the proxy had a connection to the server."""
    connecting = ConnectionRefusedError | socket.gaierror
    return isinstance(error, connecting) or str(error).startswith(_TUNNEL)


def _proxy_failure(server, proxy, error):
    text = (
        f"The proxy {proxy} (of http_proxy, https_proxy) must connect to {server}; "
        f"no_proxy names hosts that need none. Received: {_reason(error)}."
    )
    result = ServingError(text)
    return Busy(result) if isinstance(error, ConnectionRefusedError) else result


def _expected(address, status, sent, proxy):
    server = address.server
    if status == 407 or (proxy and status in (403, 502, 503, 504)):
        return f"The proxy {proxy or 'between'} must let requests through to {server}."
    if status == 404:
        version = "" if address.version is None else f", version={address.version}"
        return f"The server at {server} must have model={address.model!r}{version}."
    if status in (401, 403):
        return f"The server at {server} must accept the token."
    if status == 413:
        return f"A request must be smaller than this one, {sent} bytes, for {server}."
    if status in _BUSY:
        return f"The server at {server} must be ready, but is busy or starting."
    if status == 502:
        return f"The server behind {server} must stay alive until it has answered."
    if status == 504:
        return f"The server at {server} must finish within its own time limit."
    if status == 400:
        return f"The server at {server} refused the request."
    if 300 <= status < 400:
        return f"{server} must be the server itself, but it points elsewhere."
    return f"The server at {server} must work, but it failed."


def _sentence(body):
    """Returns the text of TensorFlow Serving's error JSON, or `None`."""
    try:
        text = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return one_line(str(text).partition(_NODE)[0])


def _reason(error):
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return one_line(text, 200)


def _seconds(text):
    """Reads Retry-After, a number of seconds or a date; else `None`."""
    if text is None or len(text) > 100:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", text):
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
        return max(0.0, date.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
