"""Starting and stopping the embedded server."""

import contextlib
import signal
import socket
import threading
import time

from keras_singan.errors import ModelFileError
from keras_singan.errors import ServingError
from keras_singan.server.extra import require_extra
from keras_singan.server.servables.model_source import base_folder
from keras_singan.server.settings import ServeSettings

_START_SECONDS = 30
_STOP_SECONDS = 5


class Server:
    """A model behind HTTP and gRPC, in threads of this process.

    ```python
    with Server("runs/birds", ServeSettings(port=0, grpc_port=None)) as server:
        print(server.url)
    ```

    Args:
        path: A base folder with version folders, a `.keras` file or a run folder.
        settings: `ServeSettings`. Defaults to `ServeSettings()`.
        labels: Dictionary of version by label; labelled versions are served beside
            the newest. Defaults to none.

    Attributes:
        port: Port of HTTP, once it runs.
        grpc_port: Port of gRPC, or `None`.

    Raises:
        ImportError: If the packages of the extra `serve` are missing.
    """

    def __init__(self, path, settings=None, labels=None):
        require_extra()
        self.settings = ServeSettings() if settings is None else settings
        self.port = self.grpc_port = None
        self._path, self._labels = path, labels
        self._started = contextlib.ExitStack()

    @property
    def url(self):
        """The server's URL."""
        return f"http://{_address(self.settings.host, self.port)}"

    @property
    def grpc_target(self):
        """The address of gRPC, or `None`."""
        if self.grpc_port is None:
            return None
        return _address(self.settings.host, self.grpc_port)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def start(self):
        """Loads the model, warms it up, and takes requests.

        Raises:
            ModelFileError: If there is no model, or it cannot be loaded.
            ServingError: If a port cannot be used.
        """
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._started = stack.pop_all()

    def _start(self, stack):
        from keras_singan.server.admission import Admission
        from keras_singan.server.asgi_app import HttpApp
        from keras_singan.server.prometheus import Metrics
        from keras_singan.server.rest_api import Rest
        from keras_singan.server.servables.versions import Versions

        settings = self.settings
        listening = stack.enter_context(_bound(settings.host, settings.port))
        admission = Admission(settings.max_concurrency, settings.max_concurrency)
        stack.callback(admission.close)
        base = base_folder(self._path)
        versions = Versions(settings.name, base, self._labels)
        metrics = Metrics(settings.name)
        parts = (admission, metrics, settings)
        if settings.grpc_port is not None:
            self.grpc_port = self._start_grpc(stack, versions, parts)
        self._load(versions)
        stack.callback(versions.close)
        if settings.grpc_port is not None:
            self._grpc.start()
        app = HttpApp(Rest(versions, metrics.runtime), *parts)
        self.port = listening.getsockname()[1]
        stack.callback(_start_http(app, listening))
        stack.callback(self._drain, admission)

    def _load(self, versions):
        from keras_singan.server.status_codes import StatusError

        try:
            versions.start(self.settings.poll_seconds)
        except StatusError as error:
            text = " ".join(error.message.split())[:300]
            raise ModelFileError(
                f"The model cannot be loaded: {text} "
                f"Received: path={str(self._path)!r}."
            ) from error

    def _start_grpc(self, stack, versions, parts):
        from keras_singan.server.grpc_api import make_grpc_server

        self._grpc, self._health = make_grpc_server(versions, *parts)
        stack.callback(self._stop_grpc)
        wanted = self.settings.grpc_port
        try:
            port = self._grpc.add_insecure_port(_address(self.settings.host, wanted))
        except RuntimeError:
            port = 0
        if not port:
            raise _unusable("--grpc-port", self.settings.host, wanted)
        return port

    def _stop_grpc(self):
        self._grpc.stop(_STOP_SECONDS).wait()

    def _drain(self, admission):
        if self.grpc_port is not None:
            self._health.enter_graceful_shutdown()
        admission.drain(self.settings.timeout + 1)

    def stop(self):
        """Refuses new requests with 503, finishes those that run, and frees all."""
        self._started.close()


def serve(path, *, labels=None, on_ready=None, **settings):
    """Serves a model until Ctrl-C or SIGTERM.

    Args:
        path: A base folder with version folders, a `.keras` file or a run folder.
        labels: Dictionary of version by label. Defaults to none.
        on_ready: Function that is given the `Server` when it takes requests.
        **settings: Of `ServeSettings`: name, host, port, grpc_port, ...

    Raises:
        ImportError: If the packages of the extra `serve` are missing.
        ModelFileError: If there is no model, or it cannot be loaded.
        ServingError: If a port cannot be used.
        TaskError: If a setting makes no sense.
    """
    stopping = threading.Event()
    server = Server(path, ServeSettings(**settings), labels)
    with _on_signals(stopping.set), server:
        if on_ready is not None:
            on_ready(server)
        stopping.wait()


@contextlib.contextmanager
def _on_signals(function):
    # The second signal acts as if there were no server: it ends the process.
    before = {}

    def stop(number, frame):
        for each, handler in before.items():
            signal.signal(each, handler)
        function()

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bound(host, port):
    try:
        family, kind, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        listening = socket.socket(family, kind)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise _unusable("--port", host, port, error.strerror) from None
    return listening


def _unusable(option, host, port, reason=None):
    reason = f" ({reason})" if reason else ""
    return ServingError(
        f"The server cannot listen there{reason}: give another {option} or --host. "
        f"Received: host={host!r}, port={port}."
    )


def _address(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _start_http(app, listening):
    """Runs an ASGI application in a thread; returns the function that ends it."""
    import uvicorn

    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_SECONDS,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, daemon=True
    )
    thread.start()
    end = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise ServingError("The HTTP server has not started. Received: nothing.")
        time.sleep(0.01)

    def stop():
        server.should_exit = True
        thread.join()

    return stop
