"""HTTP in bounds: a request ends in time, and takes no more than it was told to.

The time limit of a socket is one for each read: a server that sends a byte now and
then is never late. Here the limit is one for all of a request, from connecting to
the last byte.
"""

import http.client
import io
import socket
import time
import urllib.request

ERROR_BYTES = 2**20
"""Most of an error's body that is read; the rest is left."""

_PIECE = 2**16


class AnswerTooLarge(OSError):
    """An answer has more bytes than were allowed."""


def new_opener(max_bytes, proxies):
    """Returns an opener whose requests keep to their `timeout` and to `max_bytes`.

    Args:
        max_bytes: Most bytes of an answer, its headers included.
        proxies: Dictionary of a URL's scheme to the URL of its proxy.

    Returns:
        A `urllib.request.OpenerDirector` that follows no redirects.
    """
    return urllib.request.build_opener(
        _NoRedirect(),
        urllib.request.ProxyHandler(proxies),
        _HTTPHandler(max_bytes),
        _HTTPSHandler(max_bytes),
    )


def read_answer(response):
    """Reads an answer to its end.

    Args:
        response: What the opener of `new_opener` gives.

    Returns:
        `bytes`.

    Raises:
        AnswerTooLarge: If there are too many.
        http.client.IncompleteRead: If there are fewer than were announced.
        TimeoutError: If the time is over.
        OSError: If the connection breaks.
    """
    parts = []
    # In pieces: a read of all would allocate whatever length the server claims.
    while part := response.read(_PIECE):
        parts.append(part)
    body = b"".join(parts)
    if response.length:
        raise http.client.IncompleteRead(body, response.length)
    return body


def read_error(error):
    """Reads the body of an `HTTPError` as far as it comes, up to `ERROR_BYTES`."""
    parts, size = [], 0
    try:
        while size < ERROR_BYTES and (part := error.read(_PIECE)):
            parts.append(part)
            size += len(part)
    except (OSError, http.client.HTTPException):
        pass
    return b"".join(parts)[:ERROR_BYTES]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """One would make a GET of a POST, or carry the token away."""

    def redirect_request(self, *unused):
        return None


class _Bounded:
    """What the handlers of both schemes share."""

    def __init__(self, max_bytes):
        super().__init__()
        self._max_bytes = max_bytes

    def do_open(self, http_class, req, **http_conn_args):
        def connection(host, **kwargs):
            return _bounded(http_class)(host, max_bytes=self._max_bytes, **kwargs)

        return super().do_open(connection, req, **http_conn_args)


class _HTTPHandler(_Bounded, urllib.request.HTTPHandler):
    pass


class _HTTPSHandler(_Bounded, urllib.request.HTTPSHandler):
    pass


def _bounded(http_class):
    """Returns a subclass of a connection class that keeps to its bounds."""

    class Connection(http_class):
        def __init__(self, *args, max_bytes, **kwargs):
            super().__init__(*args, **kwargs)
            self._budget = _Budget(self.timeout, max_bytes)
            self._create_connection = self._budget.connect
            self.response_class = self._budget.new_response

        def send(self, data):
            if self.sock is not None:
                self.sock.settimeout(self._budget.seconds_left())
            super().send(data)

    return Connection


class _Budget:
    """What a request may still take.

    Args:
        seconds: Time from now on.
        size: Bytes that may come.
    """

    def __init__(self, seconds, size):
        self._end = time.monotonic() + seconds
        self._bytes_left = size

    def seconds_left(self):
        """Returns them, or raises `TimeoutError`."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def take(self, count):
        """Counts bytes that came; raises `AnswerTooLarge`."""
        self._bytes_left -= count
        if self._bytes_left < 0:
            raise AnswerTooLarge("too many bytes")

    def connect(self, address, unused_timeout=None, source_address=None):
        """Connects as `socket.create_connection` does, all addresses in one time."""
        failure = None
        for family, kind, protocol, _, place in socket.getaddrinfo(
            *address, 0, socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self.seconds_left())
                sock.connect(place)
                sock.settimeout(self.seconds_left())
                return sock
            except OSError as error:
                sock.close()
                failure = error
        raise failure or OSError("the host has no address")

    def new_response(self, sock, *args, **kwargs):
        """Returns an `HTTPResponse` that reads within the budget."""
        response = http.client.HTTPResponse(sock, *args, **kwargs)
        # The socket stays open as long as this end of it.
        raw = response.fp.detach()
        response.fp = io.BufferedReader(_Reader(sock, raw, self), _PIECE)
        return response


class _Reader(io.RawIOBase):
    """Reads a socket, and charges a `_Budget` for it."""

    def __init__(self, sock, raw, budget):
        super().__init__()
        self._sock, self._raw, self._budget = sock, raw, budget

    def readable(self):
        return True

    def readinto(self, buffer):
        self._sock.settimeout(self._budget.seconds_left())
        count = self._raw.readinto(buffer)
        self._budget.take(count or 0)
        return count

    def close(self):
        self._raw.close()
        super().close()
