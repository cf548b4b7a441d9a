"""The machines that Ray knows: connecting to them, and what fits on them."""

import contextlib
import dataclasses
import logging
import os
import socket

from keras_singan.errors import ConfigError
from keras_singan.errors import FleetError
from keras_singan.fleet.extras import need_ray
from keras_singan.performance.threads import core_count

# Ray's smallest: outcomes are all that goes through it.
_OBJECT_STORE_BYTES = 80 * 2**20
_KNOCK_SECONDS = 10.0
_GIB = 2**30


@dataclasses.dataclass(frozen=True)
class Node:
    """What one machine of a cluster has in all.

    Attributes:
        cpus: Cores.
        gpus: GPUs.
        memory: Bytes that tasks may take.
    """

    cpus: float
    gpus: float
    memory: float

    def fits(self, cpus, gpus, memory=0):
        """Returns how many photos are trained here at once."""
        parts = [self.cpus / cpus]
        parts += [self.gpus / gpus] if gpus else []
        parts += [self.memory / memory] if memory else []
        # Shares such as 0.1 are no exact numbers.
        return int(min(parts) + 1e-9)


@contextlib.contextmanager
def connected(address=None, cores=None):
    """Connects to a Ray cluster, or starts one on this machine, for the block.

    Args:
        address: `"auto"`, `HOST:PORT` or `ray://HOST:PORT`. Defaults to `None`:
            what the environment variable RAY_ADDRESS says, else this machine
            alone.
        cores: Cores to use where this machine is alone. Defaults to `None`: all
            that this process may use.

    Yields:
        The module `ray`.

    Raises:
        FleetError: If Ray is not installed, or the cluster does not answer.
    """
    ray = need_ray()
    if ray.is_initialized():
        # Whoever has connected will disconnect.
        yield ray
        return
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    own = {"log_to_driver": False, "logging_level": logging.CRITICAL}
    if address == "local":
        own |= {
            "num_cpus": core_count() if cores is None else cores,
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES,
        }
    try:
        _knock(address)
        ray.init(address, **own)
    except Exception as error:
        # Ray raises a dozen kinds when nobody answers.
        reason = " ".join(str(error).split())[:300]
        raise FleetError(
            "A Ray cluster must answer; `ray start --head` starts one "
            f"({type(error).__name__}: {reason}). Received: address={address!r}."
        ) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address):
    """Raises `OSError` where nobody listens: Ray itself would try for minutes."""
    host, found, port = address.removeprefix("ray://").rpartition(":")
    if found and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK_SECONDS).close()


def list_nodes(ray):
    """Returns a `Node` for each machine that is alive.

    Args:
        ray: The module, connected.
    """
    found = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return [
        Node(each.get("CPU", 0), each.get("GPU", 0), each.get("memory", 0))
        for each in found
    ]


def count_slots(nodes, settings, memory=0):
    """Returns how many photos a cluster trains at once.

    Args:
        nodes: List of `Node`.
        settings: The `Settings`.
        memory: Bytes that a photo needs. Defaults to `0`: unknown.

    Raises:
        ConfigError: If not even one fits on any machine.
    """
    cpus, gpus = settings.cpus_per_photo, settings.gpus_per_photo
    slots = sum(node.fits(cpus, gpus, memory) for node in nodes)
    if slots:
        return slots
    for name, needed, most, unit in (
        ("cpus_per_photo", cpus, max((n.cpus for n in nodes), default=0), "cores"),
        ("gpus_per_photo", gpus, max((n.gpus for n in nodes), default=0), "GPUs"),
    ):
        if needed > most:
            raise ConfigError(
                f"`{name}` must be what a machine has: the largest has {most:g} "
                f"{unit}. Received: {name}={needed:g}."
            )
    most = max(node.memory for node in nodes) / _GIB
    raise ConfigError(
        f"A photo needs about {memory / _GIB:.1f} GiB of memory, and no machine with "
        f"the cores for it has that (the largest has {most:.1f} GiB): set a smaller "
        f"max_size. Received: cpus_per_photo={cpus:g}, gpus_per_photo={gpus:g}."
    )
