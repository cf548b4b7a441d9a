import json
import subprocess
import sys
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
    options = ["--seconds", "4", "--clients", "1", "--body", body]
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
