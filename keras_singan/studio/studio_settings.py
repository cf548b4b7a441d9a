"""What the options of `keras-singan studio` say."""

import dataclasses
import ipaddress
from pathlib import Path

from keras_singan.errors import ConfigError


@dataclasses.dataclass(frozen=True)
class StudioSettings:
    """Settings of one studio.

    Args:
        runs: Folder of the run folders; made if it is missing.
        host: Address to listen at. Defaults to `"127.0.0.1"`.
        port: Port; 0 takes a free one. Defaults to `8080`.
        token: What a browser must know; `None` on this machine alone. Defaults
            to `None`.
        memory_bytes: Most memory of the process that runs the tasks. Defaults to
            4 GiB.
        models: Most models that it holds at once. Defaults to `3`.
        upload_bytes: Largest picture that is taken, as a file. Defaults to 64 MiB.
        upload_pixels: Largest picture that is taken, in pixels. Defaults to
            50 million.

    Raises:
        ConfigError: If another machine could come in without a token.
    """

    runs: Path
    host: str = "127.0.0.1"
    port: int = 8080
    token: str | None = None
    memory_bytes: int = 4 * 2**30
    models: int = 3
    upload_bytes: int = 64 * 2**20
    upload_pixels: int = 50_000_000

    def __post_init__(self):
        object.__setattr__(self, "runs", Path(self.runs))
        if self.token is None and not is_loopback(self.host):
            raise ConfigError(
                "`token` must be given where other machines can come in. "
                f"Received: host={self.host!r}, token=None."
            )


def is_loopback(host):
    """Tells whether an address is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
