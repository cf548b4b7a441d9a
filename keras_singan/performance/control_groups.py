"""Limits of Linux's control groups, and so of containers: memory, processors."""

import math
from pathlib import Path

_ROOT, _MEMBER = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def left_to_groups(root=_ROOT, member=_MEMBER):
    """Yields what the limits of this process's control groups leave of memory.

    Args:
        root: Where control groups are mounted. Defaults to `/sys/fs/cgroup`.
        member: File that names this process's. Defaults to `/proc/self/cgroup`.

    Yields:
        ints, bytes; `None` for a group without a limit.
    """
    for version, folder in _folders("memory", root, member):
        if version == 2:
            names = "memory.max", "memory.current", "inactive_file"
        else:
            limit, used = "memory.limit_in_bytes", "memory.usage_in_bytes"
            names = limit, used, "total_inactive_file"
        yield _left(folder, *names)


def processor_quota(root=_ROOT, member=_MEMBER):
    """Returns how many processors the control groups allow to use at a time.

    Args:
        root: Where the groups are mounted. Defaults to `/sys/fs/cgroup`.
        member: File that names this process's groups. Defaults to `/proc/self/cgroup`.

    Returns:
        int, a part counting as a whole, at least 1; `None` without a limit.
    """
    shares = [
        share
        for version, folder in _folders("cpu", root, member)
        if (share := _share(version, folder)) is not None
    ]
    return max(1, math.ceil(min(shares))) if shares else None


def _folders(controller, root, member):
    """Yields version and folder of each group that limits a controller."""
    try:
        lines = member.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            version, base = 2, root
        elif controller in controllers.split(","):
            version, base = 1, root / controller
        else:
            continue
        # Those above it limit it, too. A container may see its own as the root.
        parts = Path(path.lstrip("/")).parts
        for count in range(len(parts) + 1):
            yield version, base.joinpath(*parts[:count])


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


def _share(version, folder):
    try:
        if version == 2:
            quota, period = (folder / "cpu.max").read_text("ascii").split()
        else:
            names = "cpu.cfs_quota_us", "cpu.cfs_period_us"
            quota, period = ((folder / name).read_text("ascii") for name in names)
        share = int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None  # No such group, or no limit: "max".
    return share if share > 0 else None  # -1 is no limit
