"""A cluster of three machines, and what dies in it: a process, a machine, the driver.

The machines are processes here; the driver is `keras-singan fleet`, as typed.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.photos import photo
from support.tiny_models import assert_same_weights

from keras_singan import SinGAN

pytestmark = pytest.mark.slow

PHOTOS = int(os.environ.get("KERAS_SINGAN_TEST_FLEET_PHOTOS", "12"))
OPTIONS = {
    **{"max_size": 40, "min_size": 24, "filters": 4, "steps": 150, "num_layers": 2},
    **{"discriminator_steps": 1, "generator_steps": 1, "warm_fraction": 1},
    **{"dtype_policy": "float32"},
}
# What a node shares with all: with one core, a photo at a time.
# And with other tests beside it, its processes do not wait for these.
THREADS = {
    "RAY_worker_niceness": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


@pytest.fixture
def cluster(monkeypatch):
    """Three machines of one core each."""
    pytest.importorskip("ray", reason="needs the extra `fleet`")
    from keras_singan.fleet.extras import need_ray

    need_ray()
    from ray.cluster_utils import Cluster

    for name, value in THREADS.items():
        monkeypatch.setenv(name, value)
    small = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    cluster = Cluster(initialize_head=True, head_node_args=small)
    try:
        for _ in range(2):
            cluster.add_node(**small)
        cluster.wait_for_nodes()
        yield cluster
    finally:
        cluster.shutdown()


def command(place, address):
    options = [f"--set={name}={json.dumps(v)}" for name, v in OPTIONS.items()]
    return [
        *(sys.executable, "-m", "keras_singan", "fleet", "photos"),
        *("--output", place, "--address", address, "--cpus-per-photo", "1"),
        *(*options, "--samples", "1", "--verbose", "2"),
    ]


def lines_of(path):
    return path.read_text("utf-8").splitlines() if path.exists() else []


def until(condition, seconds=600):
    """Waits for something to become true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def at_work(place):
    """The progress of the photos that are being trained: host, pid, iteration."""
    found = []
    for path in Path(place).glob("*/progress.json"):
        progress = json.loads(path.read_text())
        if progress["state"] == "training" and time.time() - progress["updated"] < 3:
            if progress["scale"] or progress["iteration"] > 105:
                found.append(progress | {"name": path.parent.name})
    return found


def attempts(place, name):
    return json.loads(Path(place, f".fleet/attempts/{name}.json").read_text())


def straight(name):
    """Trains a photo alone, as one would; gives its weights' file."""
    code = (
        "import sys, json\nfrom keras_singan import SinGAN\n"
        "SinGAN(**json.loads(sys.argv[1])).fit("
        f"'photos/{name}.png', verbose=0).save('straight/{name}.keras')\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, json.dumps(OPTIONS)],
        env=os.environ | THREADS,
        check=True,
    )
    return f"straight/{name}.keras"


def test_what_dies_costs_a_minute_and_not_a_photo(cluster, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    names = [f"p{index:02d}" for index in range(PHOTOS)]
    for index, name in enumerate(names):
        Image.fromarray(photo(32, 40, seed=index)).save(f"photos/{name}.png")
    broken = names[1], names[-1]
    for name in broken:
        Path(f"photos/{name}.png").write_bytes(b"no photo")

    with open("log", "w") as log:
        driver = subprocess.Popen(
            command("out", cluster.address), stderr=log, stdout=subprocess.DEVNULL
        )
        # A process of a photo that is past its first checkpoint.
        victim = until(lambda: at_work("out"))[0]
        os.kill(victim["pid"], signal.SIGKILL)
        until(lambda: len(attempts("out", victim["name"])) > 1)
        # A whole machine: not the first, which holds the cluster together.
        node = next(iter(cluster.worker_nodes))
        until(lambda: at_work("out"))
        cluster.remove_node(node, allow_graceful=False)
        until(lambda: len(list(Path("out").glob("*/singan.keras"))) >= 3)
        until(lambda: at_work("out"))
        driver.kill()
        driver.wait()
        again = subprocess.run(
            command("out", cluster.address), stderr=log, stdout=subprocess.PIPE
        )
    assert again.returncode == 1, Path("log").read_text()
    with open("out/report.csv", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    states = {name: row["state"] for name, row in rows.items()}
    print(Path("log").read_text())
    assert states == {n: "failed" if n in broken else "done" for n in names}
    for name in broken:
        assert f"photos/{name}.png" in rows[name]["error"]
    assert "Traceback" not in Path("log").read_text()
    taken_up_again = [n for n in names if len(attempts("out", n)) > 1]
    assert len(taken_up_again) >= 3
    for name in names:
        if name not in broken:
            check_history(name)
    chosen = [n for n in taken_up_again if n not in broken][:3]
    chosen += [n for n in names if n not in (*broken, *taken_up_again)][:1]
    if os.environ.get("KERAS_SINGAN_TEST_FLEET_ALL"):
        chosen = [n for n in names if n not in broken]
    for name in chosen:
        model = SinGAN.load(f"out/{name}")
        assert_same_weights(model, SinGAN.load(straight(name)))
    assert rows[chosen[0]]["note"] == ""
    assert np.isfinite(float(rows[chosen[0]]["seconds"]))


def check_history(name):
    """Each iteration of each scale stands in the history once."""
    history = json.loads(Path(f"out/{name}/history.json").read_text())["scales"]
    lengths = {len(values) for scale in history for values in scale.values()}
    assert lengths == {OPTIONS["steps"]}
