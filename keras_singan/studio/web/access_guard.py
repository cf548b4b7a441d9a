"""Who may ask: checked for every request, before anything else.

- `Host` must be a name of this server. A page of a stranger that makes its own name
  point here (DNS rebinding) sends the stranger's name.
- `Origin`, where a browser sends it, must be this server. What changes something
  must have it.
- Where other machines can come in, the token must be known: from the address once,
  from a cookie afterwards.
- No answer lets a page load anything from elsewhere, or be framed.
"""

import hmac
import ipaddress
import socket
from http.cookies import CookieError
from http.cookies import SimpleCookie
from urllib.parse import parse_qs
from urllib.parse import urlsplit

from keras_singan.studio.studio_settings import is_loopback

COOKIE = "keras_singan_studio"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_SAFE = ("GET", "HEAD")


class AccessGuard:
    """ASGI middleware.

    Args:
        app: The ASGI application behind it.
        host: Address that the server listens at.
        token: What a browser must know, or `None`.
    """

    def __init__(self, app, host, token=None):
        self._app, self._token = app, token
        self._names = _own_names(host)
        # On an address of the network, any number of this machine will do: a
        # stranger's page can only use names.
        self._any_number = not is_loopback(host)

    async def __call__(self, scope, receive, send):
        """Answers a request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        status, text = self._refusal(scope, headers)
        if status == 303:
            await self._hand_cookie(scope, send)
        elif status:
            await _answer(send, status, text)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _refusal(self, scope, headers):
        """Returns status and sentence of what is refused; (0, "") to go on."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        host = headers.get(b"host", "")
        if len(hosts) != 1 or not self._is_own(host):
            return 403, "The Host of a request must be this server."
        origin = headers.get(b"origin")
        foreign = origin is not None and origin != f"{scope['scheme']}://{host}"
        if foreign or headers.get(b"sec-fetch-site") in ("cross-site", "same-site"):
            # A link from elsewhere may open the page, and do nothing more.
            if foreign or scope["path"] != "/" or scope["method"] not in _SAFE:
                return 403, "The Origin of a request must be this server."
        if origin is None and scope["method"] not in _SAFE:
            return 403, "A request that changes something must have its Origin."
        return self._check_token(scope, headers)

    def _check_token(self, scope, headers):
        if self._token is None or self._is_token(_cookie(headers)):
            return 0, ""
        given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        if scope["path"] == "/" and self._is_token(given[0]):
            return 303, ""
        return 401, (
            "The studio must be opened with the address that it has printed, "
            "which holds a token."
        )

    def _is_token(self, text):
        return hmac.compare_digest(text.encode(), (self._token or "").encode())

    def _is_own(self, host):
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if name in self._names:
            return True
        return self._any_number and _is_number(name)

    async def _hand_cookie(self, scope, send):
        """Puts the token into a cookie, and takes it out of the address."""
        cookie = f"{COOKIE}={self._token}; HttpOnly; SameSite=Strict; Path=/"
        headers = [(b"location", b"/"), (b"set-cookie", cookie.encode())]
        await _answer(send, 303, "", [*headers, (b"cache-control", b"no-store")])


def _own_names(host):
    names = {host.strip("[]").lower()}
    if is_loopback(host):
        return names | {"localhost", "127.0.0.1", "::1"}
    machine = socket.gethostname().lower()
    return names | {"localhost", machine, f"{machine}.local"}


def _is_number(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _cookie(headers):
    try:
        cookies = SimpleCookie(headers.get(b"cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _with_headers(send):
    async def send_more(message):
        if message["type"] == "http.response.start":
            message = message | {"headers": [*message["headers"], *_HEADERS]}
        await send(message)

    return send_more


async def _answer(send, status, text, headers=()):
    body = text.encode()
    start = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ]
    send = _with_headers(send)
    await send({"type": "http.response.start", "status": status, "headers": start})
    await send({"type": "http.response.body", "body": body})
