"""`ServeSettings`: the settings of the embedded server, checked once."""

import dataclasses
import math
import re

from keras_singan.errors import TaskError
from keras_singan.performance.threads import core_count
from keras_singan.task_specs import DEFAULT_MODEL

_PORTS = (0, 65535)


@dataclasses.dataclass(frozen=True)
class ServeSettings:
    """Where and how to serve.

    Args:
        name: The model's name in URLs. Defaults to the client's default.
        host: Address to listen at. Defaults to this machine alone.
        port: Of HTTP; 0 takes a free one. Defaults to 8501.
        grpc_port: Of gRPC; 0 takes a free one, `None` leaves it out. Defaults to
            8500.
        poll_seconds: How often to look for new versions; 0 is never. Defaults to 1.
        max_body_mb: Largest body of a request, inflated if it comes compressed, and
            most that the tensors of a gRPC request take, in MB. Eight times as much
            is held at once. Defaults to 16.
        max_concurrency: Requests that run at once, of which half may be heavy. As
            many heavy ones may wait, and 4 times as many light ones; what comes
            beyond is answered 429. Defaults to the processors that it may use, 2 at
            least.
        timeout: Seconds until a request is given up with 504. Defaults to 30.

    Raises:
        TaskError: If a value makes no sense.
    """

    name: str = DEFAULT_MODEL
    host: str = "127.0.0.1"
    port: int = 8501
    grpc_port: int | None = 8500
    poll_seconds: float = 1.0
    max_body_mb: float = 16.0
    max_concurrency: int | None = None
    timeout: float = 30.0

    def __post_init__(self):
        if not isinstance(self.name, str) or not re.fullmatch(r"[^/:\s]+", self.name):
            raise TaskError(
                "`name` must be a text without slash, colon or space. "
                f"Received: name={self.name!r}."
            )
        self._check_whole("port", *_PORTS)
        if self.grpc_port is not None:
            self._check_whole("grpc_port", *_PORTS)
        if self.max_concurrency is None:
            # One request keeps all processors busy: what waits can still be dropped.
            object.__setattr__(self, "max_concurrency", max(2, core_count()))
        self._check_whole("max_concurrency", 1, 1024)
        self._check_number("poll_seconds", 0, 86400)
        self._check_number("max_body_mb", 0.001, 2000)
        self._check_number("timeout", 0.001, 86400)

    def _check_whole(self, name, low, high):
        value = getattr(self, name)
        if type(value) is not int or not low <= value <= high:
            raise TaskError(
                f"`{name}` must be a whole number from {low} to {high}. "
                f"Received: {name}={value!r}."
            )

    def _check_number(self, name, low, high):
        value = getattr(self, name)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or math.isnan(value) or not low <= value <= high:
            raise TaskError(
                f"`{name}` must be a number from {low} to {high}. "
                f"Received: {name}={value!r}."
            )

    @property
    def max_body_bytes(self):
        """Largest body of a request, in bytes."""
        return round(self.max_body_mb * (1 << 20))
