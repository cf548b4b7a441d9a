"""A fleet whose place is a bucket: moto's S3 server, in a process of its own."""

import csv
import io
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from PIL import Image
from support.checks import wait_for
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import assert_same_weights

from keras_singan import SinGAN
from keras_singan.fleet.fleet_status import read_status
from keras_singan.fleet.place import Place

pytestmark = pytest.mark.slow

OPTIONS = TINIER | {"steps": 400}
THREADS = {
    "RAY_worker_niceness": "0",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
}


def listens(port):
    with socket.socket() as knock:
        return knock.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    """Gives the address of a bucket, `s3://bucket`."""
    for name in ("moto", "flask", "s3fs", "ray"):
        pytest.importorskip(name, reason="needs the extras `fleet`, `s3` and moto")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    code = (
        "from moto.server import ThreadedMotoServer\nimport time\n"
        f"ThreadedMotoServer('127.0.0.1', {port}, verbose=False).start()\n"
        "time.sleep(3600)\n"
    )
    for name, value in {
        **{"AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "x"},
        **{"AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "us-east-1"},
        **THREADS,
    }.items():
        monkeypatch.setenv(name, value)
    server = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: listens(port))
        import s3fs

        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("bucket")
        yield "s3://bucket"
    finally:
        server.kill()
        server.wait()


def test_a_bucket_holds_the_fleet_and_a_stop_costs_nothing(bucket, tmp_path):
    place = Place(f"{bucket}/trained")
    for index in range(2):
        buffer = io.BytesIO()
        Image.fromarray(photo(24, 30, seed=index)).save(buffer, "PNG")
        Place(f"{bucket}/photos").write(f"p{index}.png", buffer.getvalue())
    Place(f"{bucket}/photos").write("broken.png", b"no photo")
    command = [
        *(sys.executable, "-m", "keras_singan", "fleet", f"{bucket}/photos"),
        *("--output", place.address, "--cpus-per-photo", "1", "--samples", "1"),
        *(f"--set={name}={json.dumps(value)}" for name, value in OPTIONS.items()),
    ]
    driver = subprocess.Popen(command, cwd=tmp_path)
    end = time.monotonic() + 300
    while not any(place.exists(f"p{i}/.saved.json") for i in range(2)):
        assert time.monotonic() < end and driver.poll() is None
        time.sleep(0.5)
    driver.send_signal(signal.SIGTERM)
    assert driver.wait(200) == 1
    found = read_status(place)
    assert found.count("done") < 2 and found.driver is None
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "broken: failed" in done.stdout and "Traceback" not in done.stderr
    text = place.read("report.csv").decode()
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    states = {name: row["state"] for name, row in rows.items()}
    assert states == {"broken": "failed", "p0": "done", "p1": "done"}
    assert "2" in (rows["p0"]["attempts"], rows["p1"]["attempts"])
    assert place.exists("sheets/001.png")
    for index in range(2):
        names = place.names(f"p{index}")
        assert "singan.keras" in names and ".saved.json" not in names
        assert not any(name.startswith(".part-") for name in names)
        path = tmp_path / f"p{index}.keras"
        path.write_bytes(place.read(f"p{index}/singan.keras"))
        check_straight(path, index, tmp_path)


def check_straight(path, index, tmp_path):
    """Compares a model with one that was trained without a stop."""
    Image.fromarray(photo(24, 30, seed=index)).save(tmp_path / "photo.png")
    code = (
        "import json, sys\nfrom keras_singan import SinGAN\n"
        "model = SinGAN(**json.loads(sys.argv[1])).fit('photo.png', verbose=0)\n"
        "model.save('straight.keras')\n"
    )
    subprocess.run(
        [sys.executable, "-c", code, json.dumps(OPTIONS)],
        cwd=tmp_path,
        env=os.environ | THREADS,
        check=True,
    )
    straight = SinGAN.load(tmp_path / "straight.keras")
    assert_same_weights(SinGAN.load(path), straight)
