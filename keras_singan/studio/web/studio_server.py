"""The server itself: uvicorn on one address."""

import contextlib
import secrets
import socket

import uvicorn

from keras_singan.errors import OutputError
from keras_singan.studio.web.studio_app import Studio
from keras_singan.studio.web.studio_app import studio_app

try:
    import fcntl
except ImportError:  # Windows: two studios are not kept apart.
    fcntl = None


def new_token():
    """Returns a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def serve_studio(settings, on_ready=lambda address: None):
    """Answers browsers until Ctrl-C.

    Args:
        settings: The `StudioSettings`.
        on_ready: Function that is told the address to open.

    Raises:
        OutputError: If the address cannot be listened at, or another studio has
            the folder of runs.
    """
    with _only_studio(settings.runs):
        _serve(settings, on_ready)


def _serve(settings, on_ready):
    studio = Studio(settings)
    listener = _listener(settings.host, settings.port)
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        studio_app(studio),
        # The address of a first visit holds the token: no log of addresses.
        access_log=False,
        log_level="error",
        # A stranger cannot say by a header who he is.
        proxy_headers=False,
        server_header=False,
        # Pages keep their stream of events open.
        timeout_graceful_shutdown=1,
        limit_concurrency=200,
        h11_max_incomplete_event_size=32 * 1024,
    )
    on_ready(_address(settings, port))
    # Ctrl-C is how it is ended.
    with contextlib.suppress(KeyboardInterrupt):
        _Server(config, studio).run(sockets=[listener])


class _Server(uvicorn.Server):
    """A server that ends the pages' streams by itself, before it waits for them."""

    def __init__(self, config, studio):
        super().__init__(config)
        self._studio = studio

    async def shutdown(self, sockets=None):
        self._studio.close()
        await super().shutdown(sockets)


@contextlib.contextmanager
def _only_studio(runs):
    """Keeps a second studio out: both would run what waits in the queues."""
    try:
        (runs / ".studio").mkdir(parents=True, exist_ok=True)
        file = open(runs / ".studio" / "lock", "a", encoding="utf-8")
    except OSError as error:
        raise OutputError(
            "The folder of the run folders must be one that can be written to, but "
            f"the system says {error.strerror!r}. Received: runs={str(runs)!r}."
        ) from None
    with file:
        try:
            if fcntl is not None:
                # The system releases it when the process ends, however it ends.
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OutputError(
                "A folder of runs must have one studio at a time, and one is at work. "
                f"Received: runs={str(runs)!r}."
            ) from None
        yield


def _address(settings, port):
    host = settings.host
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    host = f"[{host}]" if ":" in host else host
    query = "" if settings.token is None else f"?token={settings.token}"
    return f"http://{host}:{port}/{query}"


def _listener(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Whoever is told the address may connect at once.
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OutputError(
            f"The address must be free and this machine's, but the system says "
            f"{error.strerror!r}. Received: host={host!r}, port={port}."
        ) from None
    return listener
