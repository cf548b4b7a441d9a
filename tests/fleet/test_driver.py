import json
import os
import socket
import time

import pytest
from PIL import Image
from support.checks import assert_one_line
from support.fleet_work import pretend

from keras_singan.errors import ConfigError
from keras_singan.errors import FleetError
from keras_singan.fleet.driver import Work
from keras_singan.fleet.fleet_plan import Settings
from keras_singan.fleet.fleet_plan import read_plan
from keras_singan.fleet.fleet_run import forget_failures
from keras_singan.fleet.fleet_run import plan_fleet
from keras_singan.fleet.fleet_run import run_fleet
from keras_singan.fleet.fleet_status import read_status
from keras_singan.fleet.photo_report import from_csv
from keras_singan.fleet.place import Place

PRETEND = Work(pretend, max_calls=0)


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "place")


@pytest.fixture
def photos(tmp_path):
    for name in ("a", "b", "broken", "c"):
        Image.new("RGB", (30, 30)).save(tmp_path / f"{name}.png")
    return tmp_path


def planned(place, inputs, **settings):
    settings = Settings(**{"cpus_per_photo": 1} | settings)
    return plan_fleet(inputs, place, {"preset": "draft"}, settings)


def run(place, inputs, work=PRETEND, **settings):
    return run_fleet(place, planned(place, inputs, **settings), work=work)


def states(reports):
    return {report.name: report.state for report in reports}


@pytest.mark.slow
def test_every_photo_ends_and_is_reported(ray, place, photos):
    reports = run(place, photos)
    wanted = {"a": "done", "b": "done", "broken": "failed", "c": "done"}
    assert states(reports) == wanted
    assert list(from_csv(place.read("report.csv")).values()) == reports
    assert reports[2].error == "It must be a photo. Received: broken."
    assert read_plan(place).trained_by == [
        {"processor": "p", "threads": 2, "photos": 3}
    ]
    assert not place.exists(".fleet/driver.json")
    status = read_status(place)
    assert status.reports == reports and status.running == []
    assert status.driver is None and status.failures == [reports[2]]


@pytest.mark.slow
def test_what_has_ended_is_not_done_again_and_a_new_photo_is(ray, place, photos):
    run(place, photos)
    before = {
        path.name: path.stat().st_mtime_ns
        for path in place.path(".fleet/outcomes").iterdir()
    }
    Image.new("RGB", (30, 30)).save(photos / "d.png")
    assert states(run(place, photos))["d"] == "done"
    for path in place.path(".fleet/outcomes").iterdir():
        assert before.get(path.name, path.stat().st_mtime_ns) == path.stat().st_mtime_ns


@pytest.mark.slow
def test_a_driver_that_died_before_its_report_is_made_up_for(ray, place, photos):
    reports = run(place, photos)
    place.remove("report.csv")

    def fail(order):
        raise AssertionError

    assert run(place, photos, Work(fail, 0)) == reports
    assert list(from_csv(place.read("report.csv")).values()) == reports


@pytest.mark.slow
def test_a_model_that_was_removed_is_made_again(ray, place, photos):
    run(place, photos)
    place.remove("a/singan.keras")
    assert states(read_status(place).reports)["a"] == "waiting"
    assert states(run(place, photos))["a"] == "done"
    assert place.exists("a/singan.keras")


@pytest.mark.slow
def test_retry_takes_up_what_failed_and_nothing_else(ray, place, photos):
    run(place, photos)

    def repaired(order):
        assert order["name"] == "broken"
        return pretend(order | {"name": "broken"}) and {"state": "done"}

    plan = read_plan(place)
    assert forget_failures(place, plan) == ["broken"]
    assert states(read_status(place).reports)["broken"] == "waiting"
    reports = run_fleet(place, plan, work=Work(repaired, 0))
    assert states(reports)["broken"] == "done"


@pytest.mark.slow
def test_a_process_that_dies_is_replaced_a_bounded_number_of_times(ray, place, photos):
    def die(order):
        import os
        import signal

        from keras_singan.fleet.place import Place
        from keras_singan.fleet.worker.photo_task import _begin

        attempts = _begin(Place(order["place"]), order)
        if order["name"] == "a" or len(attempts) < 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return {"state": "done", "attempts": len(attempts)}

    reports = run(place, [photos / "a.png", photos / "b.png"], Work(die, 1), attempts=2)
    assert states(reports) == {"a": "failed", "b": "done"}
    assert reports[1].attempts == 2
    assert reports[0].attempts == 2
    assert "died 2 times" in reports[0].error
    assert json.loads(place.read(".fleet/outcomes/a.json"))["state"] == "failed"


@pytest.mark.slow
def test_what_a_machine_cannot_do_at_all_stops_the_fleet(ray, place, photos):
    def fail(order):
        raise ModuleNotFoundError("No module named 'keras_singan'")

    with pytest.raises(FleetError, match="Every machine must have keras_singan") as e:
        run(place, photos, Work(fail, 0))
    assert_one_line(e)
    assert states(read_status(place).reports)["a"] == "waiting"


@pytest.mark.slow
def test_another_version_stops_the_fleet(ray, place, photos):
    def old(order):
        from keras_singan.fleet.worker.photo_task import train_photo

        return train_photo(order | {"version": "9.9"})

    with pytest.raises(FleetError, match=r"must have keras_singan 9\.9") as error:
        run(place, photos, Work(old, 0))
    assert_one_line(error)


@pytest.mark.slow
def test_a_place_that_machines_do_not_share_stops_the_fleet(ray, place, photos):
    def elsewhere(order):
        from keras_singan.fleet.worker.photo_task import train_photo

        return train_photo(order | {"place": order["place"] + "/elsewhere"})

    with pytest.raises(FleetError, match="must see the place") as error:
        run(place, photos, Work(elsewhere, 0))
    assert_one_line(error)


@pytest.mark.slow
def test_a_stop_lets_the_running_ones_stop_and_the_rest_wait(ray, place, photos):
    def work(order):
        import time

        from keras_singan.fleet.place import Place
        from keras_singan.fleet.records import STOP
        from keras_singan.fleet.records import read_json

        place = Place(order["place"])
        if order["name"] == "a":
            return {"state": "done"}
        while read_json(place, STOP).get("run") != order["run"]:
            time.sleep(0.05)
        return {"state": "stopped"}

    plan = planned(place, photos)
    seen = []

    def watch(driver, names):
        seen.extend(names)
        if seen == ["a"]:
            driver.stop()

    reports = run_fleet(place, plan, watch=watch, work=Work(work, 0))
    found = states(reports)
    assert found.pop("a") == "done" and set(found.values()) == {"waiting"}


def beat(place, **values):
    now = {
        "host": "elsewhere",
        "pid": 1,
        "began": 0,
        "ended": 0,
        "updated": time.time(),
    }
    place.write(".fleet/driver.json", json.dumps(now | values).encode())


@pytest.mark.slow
def test_two_drivers_at_once_are_refused(ray, place, photos):
    beat(place)
    with pytest.raises(FleetError, match="process 1 on elsewhere") as error:
        run(place, photos)
    assert_one_line(error)
    # The refused one does not end the other's sign of life.
    assert place.exists(".fleet/driver.json")


@pytest.mark.parametrize(
    "values",
    [{"updated": 0}, {"host": socket.gethostname(), "pid": 2**22 + 1}],
    ids=["silent", "gone"],
)
@pytest.mark.slow
def test_a_dead_driver_is_followed(ray, place, photos, values):
    beat(place, **values)
    assert states(run(place, photos))["a"] == "done"


@pytest.mark.slow
def test_cores_that_no_machine_has_are_refused(ray, place, photos):
    with pytest.raises(ConfigError, match="largest has 2 cores") as error:
        run(place, photos, cpus_per_photo=3)
    assert_one_line(error)
    with pytest.raises(ConfigError, match="largest has 0 GPUs"):
        run(place, photos, gpus_per_photo=0.5)
    assert not place.exists("fleet.json")


@pytest.mark.slow
def test_memory_that_no_machine_has_is_refused(ray, place, tmp_path, monkeypatch):
    Image.new("RGB", (30, 30)).save(tmp_path / "a.png")
    monkeypatch.setattr("keras_singan.fleet.survey.needed_bytes", lambda *a: 2**50)
    with pytest.raises(ConfigError, match=r"1048576\.0 GiB of memory") as error:
        run(place, tmp_path / "a.png")
    assert_one_line(error)


def test_a_store_that_one_process_alone_sees_is_refused(photos):
    with pytest.raises(FleetError, match="memory:// is not") as error:
        run(Place("memory://place"), photos)
    assert_one_line(error)


@pytest.mark.slow
def test_the_sheets_show_what_is_done(ray, place, photos):
    import io

    import numpy as np

    from keras_singan.fleet.contact_pages import draw_pair

    def work(order):
        from keras_singan.fleet.place import Place

        image = np.full((20, 30, 3), 9, np.uint8)
        place = Place(order["place"])
        place.write(f".fleet/pairs/{order['name']}.png", draw_pair(image, image))
        return pretend(order)

    run(place, [{"photo": photos / "a.png", "name": f"n{i}"} for i in range(25)])
    assert place.names("sheets") == set()
    other = Place(place.path("other"))
    entries = [{"photo": photos / "a.png", "name": f"n{i}"} for i in range(25)]
    run(other, entries, Work(work, 0))
    assert other.names("sheets") == {"001.png", "002.png"}
    sizes = [
        Image.open(io.BytesIO(other.read(f"sheets/00{n}.png"))).size for n in (1, 2)
    ]
    # Four pairs of 62 px (30 + 2 + 30) and 8 px around each; one pair.
    assert [width for width, _ in sizes] == [4 * 70, 70]
    assert sizes[0][1] == 6 * sizes[1][1]


def test_ray_is_not_told_where_we_are():
    from keras_singan.fleet.extras import need_ray

    need_ray()
    assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
