"""The machine: memory that is free and held, processor, device, threads."""

import os
import platform
import sys
from pathlib import Path

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
    """What Linux calls available; elsewhere what is free, or else all there is.

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


def left_to_groups(root=Path("/sys/fs/cgroup"), member=Path("/proc/self/cgroup")):
    """Yields what the limits of this process's control groups leave, if any.

    Args:
        root: Where control groups are mounted. Defaults to `/sys/fs/cgroup`.
        member: File that names this process's. Defaults to `/proc/self/cgroup`.
    """
    try:
        lines = member.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            base, names = root, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            base = root / "memory"
            limit, used = "memory.limit_in_bytes", "memory.usage_in_bytes"
            names = limit, used, "total_inactive_file"
        else:
            continue
        # Those above it limit it, too. A container may see its own as the root.
        parts = Path(path.lstrip("/")).parts
        for count in range(len(parts) + 1):
            yield _left(base.joinpath(*parts[:count]), *names)


def _left(folder, limit, used, cache):
    try:
        most = int((folder / limit).read_text("ascii"))
        taken = int((folder / used).read_text("ascii"))
        text = (folder / "memory.stat").read_text("ascii")
    except (OSError, ValueError):
        return None  # No such group, or no limit: "max".
    facts = dict(line.split()[:2] for line in text.splitlines())
    # Files that are only kept in case they are read again can go.
    return max(0, most - taken + int(facts.get(cache, 0)))


def core_count():
    """How many cores this process may use, at least 1."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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


def thread_count():
    """How many processors operations are spread over, inside and side by side."""
    import tensorflow as tf

    threading = tf.config.threading
    given = (
        threading.get_intra_op_parallelism_threads(),
        threading.get_inter_op_parallelism_threads(),
    )
    return max(given) or core_count()
