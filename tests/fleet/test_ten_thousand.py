"""Ten thousand photos with a stand-in for the training: memory, report, status."""

import csv
import subprocess
import sys
import time

import pytest
from support.fleet_work import pretend

from keras_singan.fleet.driver import Work
from keras_singan.fleet.fleet_plan import Settings
from keras_singan.fleet.fleet_run import plan_fleet
from keras_singan.fleet.fleet_run import run_fleet
from keras_singan.fleet.fleet_status import read_status
from keras_singan.fleet.place import Place
from keras_singan.performance.machine import peak_bytes

pytestmark = pytest.mark.slow

COUNT = 10_000


def test_ten_thousand_photos(ray, tmp_path):
    (tmp_path / "m.csv").write_text(
        "photo,name\n" + "".join(f"{i}.png,{kind(i)}{i}\n" for i in range(COUNT))
    )
    place = Place(tmp_path / "place")
    settings = Settings(cpus_per_photo=1)
    options = {"preset": "draft", "steps": 1}
    plan = plan_fleet([tmp_path / "m.csv"], place, options, settings)
    before = peak_bytes()
    began = time.monotonic()
    reports = run_fleet(place, plan, work=Work(pretend, max_calls=0))
    print(
        f"{time.monotonic() - began:.0f} s, {(peak_bytes() - before) / 2**20:.0f} MiB"
    )
    assert peak_bytes() - before < 300 * 2**20
    assert len(reports) == COUNT
    failed = [report for report in reports if report.state == "failed"]
    assert len(failed) == COUNT // 100
    with open(place.path("report.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == [report.state for report in reports]
    began = time.process_time()
    status = read_status(place)
    print(f"status: {time.process_time() - began:.2f} s of processor time")
    assert status.count("done") == COUNT - len(failed)
    command = [sys.executable, "-m", "keras_singan", "fleet", "status", place.address]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert f"{COUNT - len(failed)} of {COUNT} photos done" in done.stdout


def kind(index):
    return "broken" if index % 100 == 0 else "photo"
