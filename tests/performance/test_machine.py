import os
import sys

import pytest

from keras_singan.performance.machine import available_to_all
from keras_singan.performance.machine import free_bytes
from keras_singan.performance.machine import held_bytes


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
