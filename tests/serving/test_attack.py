import json
import runpy
import subprocess
import sys
import types
from pathlib import Path

import pytest
from support.embedded_server import save_version

SCRIPT = Path(__file__).parents[2] / "serving" / "attack.py"


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="it measures memory in /proc"
)
def test_ordinary_requests_are_answered_under_attack(tmp_path):
    save_version(tmp_path, 1)
    body = json.dumps({"inputs": [1.0]})
    # A machine that runs tests is no place to measure time.
    options = ["--seconds", "4", "--clients", "1", "--body", body, "--p99", "120"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), *options],
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "All is well."
    sent = next(line for line in lines if line.startswith("sent: "))
    for kind in ("claim", "slow_text", "broken", "large", "bomb", "give_up"):
        assert f" {kind}" in sent
    for kind in ("predict", "status", "health"):
        assert any(line.startswith(f"{kind}: ") for line in lines)


FEW = {"memory": 500, "files": 20, "threads": 30}
FLAT = [500.0] * 3 + [700.0] * 9


def found(after=(), failed=(), taken=(), memory=FLAT):
    """What the script finds wrong in figures that are good but for those given."""
    quick = {kind: [0.01] * 300 for kind in ("predict", "status", "health")}
    ordinary = types.SimpleNamespace(taken=quick | dict(taken), failed=[*failed])
    faults = runpy.run_path(str(SCRIPT))["faults"]
    return faults(FEW, FEW | dict(after), ordinary, memory)


def test_a_server_that_bears_it_is_well():
    assert found() == []
    peak = [500.0, 1900.0, *FLAT[2:]]
    assert found(after={"memory": 699}, memory=peak) == []
    assert found(taken={"status": [0.1] * 298 + [30.0]}) == []


@pytest.mark.parametrize(
    "figures, wrong",
    [
        ({"after": {"memory": 701}}, ["memory has grown"]),
        ({"after": {"files": 21}}, ["more files"]),
        ({"after": {"threads": 31}}, ["more threads"]),
        ({"memory": [500.0] * 6 + [701.0] * 6}, ["memory has grown"]),
        ({"memory": [*range(500, 1100, 50)]}, ["memory has grown"]),
        ({"failed": ["health: 503"] * 2}, ["2 not answered", "health: 503"]),
        ({"taken": {"predict": [2.1] * 9}}, ["p99 of predict is over 2 s"]),
        (
            {"taken": {"health": [0.1] * 96 + [2.1] * 4}},
            ["p99 of health is over 2 s"],
        ),
        ({"taken": {"status": []}}, ["no status was asked"]),
    ],
)
def test_whatever_is_wrong_is_named(figures, wrong):
    assert found(**figures) == wrong
