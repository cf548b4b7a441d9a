"""The machine: memory that is free and held, its processor, its device."""

import os
import platform
import sys
from pathlib import Path

from keras_singan.performance.control_groups import left_to_groups

try:
    import resource
except ImportError:  # Windows
    resource = None


def free_bytes():
    """Memory that this process can still get, or `None` if that is unknown.

    What the system calls available, or what a container's limit leaves, if that
    is less.
    """
    limits = [available_to_all(), *left_to_groups()]
    return min((limit for limit in limits if limit is not None), default=None)


def held_bytes():
    """Memory that this process holds now; 0 if that is unknown."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def peak_bytes():
    """The most memory that this process has held, or `None` if that is unknown."""
    if resource is None:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Kilobytes everywhere but there.
    return most if sys.platform == "darwin" else most * 1024


def available_to_all(path=Path("/proc/meminfo")):
    """Returns the memory that Linux calls available; elsewhere what is free, or all.

    Args:
        path: Where Linux tells it. Defaults to `/proc/meminfo`.
    """
    try:
        for line in path.read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    for name in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES"):
        try:
            return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            continue
    return None


def processor_name():
    """Names it in words."""
    return _linux_name() or platform.processor() or platform.machine()


def _linux_name():
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return None
    names = [x.partition(":")[2] for x in text.splitlines() if x[:10] == "model name"]
    return names[0].strip() if names else None


def device_name():
    """Names, in words, the device that does the work."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("device_name", "GPU")
    return processor_name()
