"""Starting and stopping the embedded server."""

import contextlib
import signal
import socket
import threading

from keras_singan.errors import ModelFileError
from keras_singan.errors import ServingError
from keras_singan.server.extra import require_extra
from keras_singan.server.servables.model_source import base_folder
from keras_singan.server.settings import ServeSettings

_STOP_SECONDS = 5
# Bytes of requests that are held at once, in largest bodies.
_BODIES_AT_ONCE = 8


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

        It takes them when the first signature is warm; the rest is warmed behind.

        Raises:
            ModelFileError: If there is no model, or it cannot be loaded.
            ServingError: If a port cannot be used.
        """
        with contextlib.ExitStack() as stack:
            self._start(stack)
            self._started = stack.pop_all()

    def _start(self, stack):
        from keras_singan.server.network.bounded_log import bound_logs
        from keras_singan.server.network.event_loop import EventLoop
        from keras_singan.server.servables.versions import Versions

        listening = stack.enter_context(_bound(self.settings.host, self.settings.port))
        stack.callback(bound_logs())
        base = base_folder(self._path)
        versions = Versions(self.settings.name, base, self._labels)
        stack.callback(versions.close)
        loop = EventLoop()
        stack.callback(loop.close)
        network = _Network(self.settings, versions, loop)
        stack.callback(network.close)
        self.grpc_port = network.bind_grpc()
        self._load(versions)
        network.start(listening)
        stack.callback(versions.stop_loading)
        self.port = listening.getsockname()[1]

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

    def stop(self):
        """Refuses new requests with 503, finishes those that run, and frees all."""
        self._started.close()


class _Network:
    """Both interfaces in one event loop, and what they share."""

    def __init__(self, settings, versions, loop):
        from keras_singan.server.admission import Admission
        from keras_singan.server.asgi_app import HttpApp
        from keras_singan.server.grpc_api import ModelService
        from keras_singan.server.grpc_api import PredictionService
        from keras_singan.server.json_codec.reading_process import ReadingProcess
        from keras_singan.server.network.byte_budget import ByteBudget
        from keras_singan.server.network.connections import Connections
        from keras_singan.server.network.connections import connection_limit
        from keras_singan.server.network.grpc_front import GrpcFront
        from keras_singan.server.network.http_front import HttpFront
        from keras_singan.server.prometheus import Metrics
        from keras_singan.server.rest_api import Rest

        self._settings, self._loop = settings, loop
        count = settings.max_concurrency
        self._admission = Admission(count, count)
        self._process = ReadingProcess()
        budget = ByteBudget(_BODIES_AT_ONCE * settings.max_body_bytes)
        metrics = Metrics(settings.name)
        shared = (self._admission, budget, metrics, settings)
        rest = Rest(versions, self._process, metrics.runtime)
        most = connection_limit()
        self._http = HttpFront(HttpApp(rest, *shared), Connections(most))
        services = {
            "PredictionService": PredictionService(versions, *shared),
            "ModelService": ModelService(versions),
        }
        self._grpc = GrpcFront(services, settings.max_body_bytes, most)
        self._stops = contextlib.ExitStack()

    def bind_grpc(self):
        """Returns the port of gRPC, or `None`; raises `ServingError`."""
        wanted, host = self._settings.grpc_port, self._settings.host
        if wanted is None:
            return None
        port = self._loop.run(self._grpc.bind(_address(host, wanted)))
        if not port:
            raise _unusable("--grpc-port", host, wanted)
        return port

    def start(self, listening):
        """Takes requests from now on."""
        if self._settings.grpc_port is not None:
            self._loop.run(self._grpc.start())
            self._stops.callback(lambda: self._loop.run(self._grpc.stop(_STOP_SECONDS)))
        self._loop.run(self._http.start(listening))
        self._stops.callback(lambda: self._loop.run(self._http.stop(_STOP_SECONDS)))
        self._stops.callback(self._drain)

    def _drain(self):
        if self._settings.grpc_port is not None:
            self._loop.run(self._grpc.refuse())
        self._admission.drain(self._settings.timeout + 1)

    def close(self):
        """Refuses new requests, finishes those that run, ends threads and process."""
        self._stops.close()
        self._admission.close()
        self._process.close()


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
    server = Server(path, ServeSettings(**settings), labels)
    with _Signals() as signals, contextlib.suppress(_Stop):
        with server:
            signals.wait_from_now_on()
            if on_ready is not None:
                on_ready(server)
            signals.stopped.wait()


class _Stop(BaseException):
    """Ctrl-C or SIGTERM while the model is loading."""


class _Signals:
    """Ends a server at Ctrl-C or SIGTERM: at once while it loads, else gracefully.

    The second signal acts as if there were no server: it ends the process.

    Attributes:
        stopped: Event that is set by the first signal.
    """

    def __init__(self):
        self.stopped = threading.Event()
        self._before, self._loading = {}, True

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._stop)
        return self

    def __exit__(self, *exception):
        self._restore()

    def _restore(self):
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _stop(self, number, frame):
        self._restore()
        self.stopped.set()
        if self._loading:
            raise _Stop

    def wait_from_now_on(self):
        """Tells that the server takes requests, which a signal lets it finish."""
        self._loading = False


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
