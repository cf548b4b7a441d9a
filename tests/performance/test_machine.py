import os
import sys

import pytest

from keras_singan.performance.machine import available_to_all
from keras_singan.performance.machine import free_bytes
from keras_singan.performance.machine import held_bytes
from keras_singan.performance.machine import left_to_groups


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n", "utf-8")


def left(tmp_path, line):
    """Gives the limits of a process whose groups are named by a line."""
    (tmp_path / "member").write_text(line, "utf-8")
    found = left_to_groups(tmp_path / "root", tmp_path / "member")
    return [limit for limit in found if limit is not None]


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_this_machine_has_memory_and_this_process_holds_some():
    assert free_bytes() > 2**20
    assert held_bytes() > 2**20


def test_what_linux_calls_available_is_read(tmp_path):
    path = tmp_path / "meminfo"
    path.write_text("MemTotal: 9 kB\nMemFree: 1 kB\nMemAvailable:    5 kB\n", "ascii")
    assert available_to_all(path) == 5 * 1024


@pytest.mark.parametrize("text", ["", "MemAvailable:\n", "MemAvailable: much kB\n"])
def test_elsewhere_the_system_is_asked(tmp_path, text):
    path = tmp_path / "meminfo"
    path.write_text(text, "ascii")
    most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < available_to_all(path) <= most
    assert 0 < available_to_all(tmp_path / "missing") <= most


def test_a_system_that_tells_nothing_is_unknown(tmp_path, monkeypatch):
    def sysconf(name):
        raise ValueError(name)

    monkeypatch.setattr(os, "sysconf", sysconf)
    assert available_to_all(tmp_path / "missing") is None


def test_a_container_is_limited(tmp_path):
    group = tmp_path / "root" / "docker" / "x"
    write(group, memory__max=1000, memory__current=300, memory__stat="inactive_file 50")
    # The group above it has no limit.
    write(group.parent, memory__max="max", memory__current=9, memory__stat="")
    assert left(tmp_path, "0::/docker/x\n") == [1000 - 300 + 50]


def test_a_container_that_sees_itself_as_the_root_is_limited(tmp_path):
    write(
        tmp_path / "root", memory__max=1000, memory__current=400, memory__stat="anon 1"
    )
    assert left(tmp_path, "0::/not/seen/here\n") == [600]


def test_the_older_kind_of_groups_is_known_too(tmp_path):
    write(
        tmp_path / "root" / "memory" / "job",
        memory__limit_in_bytes=1000,
        memory__usage_in_bytes=1200,
        memory__stat="inactive_file 5\ntotal_inactive_file 10",
    )
    assert left(tmp_path, "5:cpu,cpuacct:/job\n4:memory:/job\n") == [0]


def test_no_groups_are_no_limit(tmp_path):
    assert list(left_to_groups(tmp_path, tmp_path / "missing")) == []
    assert left(tmp_path, "4:memory:/job\n") == []
