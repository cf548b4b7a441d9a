"""The processor that this process runs on."""

import os
import platform
from pathlib import Path


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
