"""What a bad answer over HTTP, or none, means: one line for each."""

import email.utils
import http.client
import json
import re
import socket
import ssl
import time
import urllib.error

from keras_singan.client.retries import Busy
from keras_singan.errors import ServingError

# 502 is a proxy's word for "connection refused".
_BUSY = (429, 502, 503)
_NODE = re.compile(r"\s*\[\[\{\{.*", re.DOTALL)


def error_of(address, status, headers, body, sent):
    """Gives the exception for a bad answer: `Busy` where it may pass.

    Args:
        address: The `Address` that was asked.
        status: The status code.
        headers: The answer's headers.
        body: Its body, `bytes`.
        sent: Length of the request's body.
    """
    sentence = _sentence(body)
    if sentence is None and status in (400, 404, 405, 501):
        return no_serving(address, status, body)
    received = f"HTTP {status}" if sentence is None else f"{sentence} (HTTP {status})"
    text = f"{_expected(address, status, sent)} Received: {received}"
    error = ServingError(text, status)
    if status in _BUSY:
        return Busy(error, _seconds(headers.get("Retry-After")))
    return error


def failure_of(address, timeout, error):
    """Gives the exception for no answer: `Busy` where it may pass.

    Args:
        address: The `Address` that was asked.
        timeout: Seconds that were waited.
        error: The `OSError` or `HTTPException`.
    """
    server = address.server
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, OSError):
        error = error.reason
    # What came too late, or of which a part came, has reached the model: it is
    # not sent again, lest it should stop the server once more.
    received = f"Received: {_reason(error)}"
    if isinstance(error, TimeoutError):
        return ServingError(
            f"The server at {server} must answer in time: a long task may need a "
            f"larger timeout here and there. Received: nothing for timeout={timeout:g}."
        )
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


def no_serving(address, status, body):
    """Gives the `ServingError` for an answer that TensorFlow Serving never gives."""
    start = " ".join(bytes(body[:60]).decode("utf-8", "replace").split())
    kind = "HTML" if re.match(rb"\s*<", body) else "no JSON, or half of one"
    return ServingError(
        f"{address.path} must be an address of TensorFlow Serving's REST: mind the "
        "port (8501) and the path before /v1. "
        f"Received: {kind} (HTTP {status}), {start!r}",
        status,
    )


def _expected(address, status, sent):
    server = address.server
    if status == 404:
        version = "" if address.version is None else f", version={address.version}"
        return f"The server at {server} must have model={address.model!r}{version}."
    if status in (401, 403):
        return f"The server at {server} must accept the token."
    if status == 413:
        return f"A request must be smaller than this one, {sent} bytes, for {server}."
    if status in _BUSY:
        return f"The server at {server} must be ready, but is busy or starting."
    if status == 504:
        return f"The server at {server} must finish within its own time limit."
    if status == 400:
        return f"The server at {server} refused the request."
    if 300 <= status < 400:
        return f"{server} must be the server itself, but it points elsewhere."
    return f"The server at {server} must work, but it failed."


def _sentence(body):
    """Gives the text of TensorFlow Serving's error JSON, or `None`."""
    try:
        text = json.loads(body)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    # The names of nodes in the graph tell a user nothing.
    text = " ".join(_NODE.sub("", str(text)).split())
    return text if len(text) <= 500 else f"{text[:500]}..."


def _reason(error):
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(text.split())[:200]


def _seconds(text):
    """Reads Retry-After, a number of seconds or a date; else `None`."""
    if text is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}\s*", text):
        return float(text)
    try:
        date = email.utils.parsedate_to_datetime(text)
        return max(0.0, date.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None
