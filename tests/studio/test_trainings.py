import os
import signal

import pytest
from PIL import Image
from starlette.testclient import TestClient
from support.photos import encoded
from support.studio import is_alive
from support.studio import wait_for
from support.tiny_models import photo

from keras_singan.errors import RunFolderError
from keras_singan.io.files import write_json
from keras_singan.studio import trainings as trainings_module
from keras_singan.studio.runs_shelf import RunsShelf
from keras_singan.studio.studio_settings import StudioSettings
from keras_singan.studio.training_state import process_mark
from keras_singan.studio.trainings import Trainings
from keras_singan.studio.trainings import option_words
from keras_singan.studio.uploads import read_upload
from keras_singan.studio.web.studio_app import Studio
from keras_singan.studio.web.studio_app import studio_app

OWN = "http://127.0.0.1:8080"
SHORT = {"min_size": 25, "steps": 2, "max_size": 40}
LONG = SHORT | {"steps": 10**6}


@pytest.fixture
def shelf(tmp_path):
    shelf = RunsShelf(tmp_path / "runs")
    yield shelf
    for name in shelf.names():
        pid = shelf.card(name)["pid"]
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
    for child in trainings_module._CHILDREN:
        child.wait(20)


def upload(array=None):
    image = Image.fromarray(photo() if array is None else array)
    return read_upload(encoded(image, "PNG"), 10**6)


def ticked(shelf, trainings, name, *states):
    """Waits until a run is in one of some states."""

    def look():
        trainings.tick()
        card = shelf.card(name)
        return card["state"] in states and card

    return wait_for(look, 180, every=0.3)


def test_trainings_wait_for_each_other_and_end(shelf):
    trainings = Trainings(shelf)
    one = trainings.add(upload(), "one", SHORT)
    two = trainings.add(upload(), "two", SHORT)
    trainings.tick()
    assert shelf.card(one)["state"] in ("planned", "training")
    assert shelf.card(two)["state"] == "waiting"
    card = ticked(shelf, trainings, one, "done", "failed")
    assert card["state"] == "done", card["message"]
    assert card["trained"] and card["pictures"] == [0, 1]
    assert card["scales"] == 2 and card["iterations"] and card["done"] == 1
    ticked(shelf, trainings, two, "planned", "training")


@pytest.fixture
def in_the_background():
    """Children ignore Ctrl-C, as those of a shell's `&` and of `nohup` do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_stop_and_go_on_outlive_the_server(shelf, in_the_background):
    first = Trainings(shelf)
    name = first.add(upload(), "long", LONG)
    first.tick()
    pid = shelf.card(name)["pid"]
    assert is_alive(pid)
    # The server that started it is gone; another finds it.
    again = Trainings(shelf)
    again.tick()
    assert shelf.card(name)["pid"] == pid
    card = ticked(shelf, again, name, "training", "failed", "stopped")
    assert card["state"] == "training" and card["scales"] == 2
    again.stop(name)
    card = ticked(shelf, again, name, "stopped", "failed", "done")
    assert card["state"] == "stopped", card["message"]
    assert not is_alive(pid)
    again.go_on(name)
    ticked(shelf, again, name, "planned", "training")
    again.stop(name)
    ticked(shelf, again, name, "stopped")


def test_a_training_that_ends_after_its_iteration_is_stopping(shelf):
    trainings = Trainings(shelf)
    name = trainings.add(upload(), "long", LONG)
    request = shelf.root / name / ".studio" / "request.json"
    pid = os.getpid()
    at_work = {"state": "begun", "pid": pid, "mark": process_mark(pid)}
    write_json(request, at_work)
    assert shelf.card(name)["state"] == "planned"
    write_json(request, at_work | {"stopped": True})
    assert shelf.card(name)["state"] == "stopping"
    with pytest.raises(RunFolderError, match=r"must be stopped before"):
        shelf.delete(name)
    # No process for the cleaning up to end.
    write_json(request, {"state": "begun", "stopped": True})
    assert shelf.card(name)["state"] == "stopped"


def test_a_size_is_the_photo_s_until_there_is_a_model(shelf):
    name = Trainings(shelf).add(upload(), "wide", LONG)
    assert shelf.card(name)["size"] == list(photo().shape[:2])


def test_a_training_that_is_killed_can_go_on(shelf):
    trainings = Trainings(shelf)
    name = trainings.add(upload(), "killed", LONG)
    trainings.tick()
    os.kill(shelf.card(name)["pid"], signal.SIGKILL)
    card = ticked(shelf, trainings, name, "stopped")
    assert card["can_go_on"]


def test_what_waits_can_be_taken_out(shelf):
    trainings = Trainings(shelf)
    name = trainings.add(upload(), "x", LONG)
    trainings.stop(name)
    trainings.tick()
    assert shelf.card(name)["state"] == "stopped"
    with pytest.raises(RunFolderError, match=r"must be at work"):
        trainings.stop(name)


def test_a_refusal_is_the_command_s_own_line(shelf):
    trainings = Trainings(shelf)
    name = trainings.add(upload(photo(9, 9)), "small", SHORT)
    card = ticked(shelf, trainings, name, "failed", "stopped", "done")
    assert card["state"] == "failed"
    assert "Received" in card["message"] and "Error" not in card["message"]


def test_options_are_those_of_the_command():
    assert option_words({"preset": "draft", "max_size": 60, "task": ""}) == [
        "--preset=draft",
        "--max-size=60",
    ]
    for options in ({"output": "/tmp/x"}, {"log_dir": "x"}, {"steps": [1]}, {"a": {}}):
        with pytest.raises(RunFolderError, match=r"option must be one of"):
            option_words(options)


def test_over_http(shelf):
    app = studio_app(Studio(StudioSettings(shelf.root)))
    client = TestClient(app, base_url=OWN, headers={"origin": OWN})
    data = encoded(Image.fromarray(photo()), "PNG")
    name = client.post("/api/uploads", content=data).json()["upload"]
    body = {"upload": name, "name": "../evil", "options": SHORT | {"steps": 10**6}}
    run = client.post("/api/trainings", json=body).json()["name"]
    assert run == "evil" and (shelf.root / "evil").is_dir()
    assert client.post(f"/api/runs/{run}/go-on").status_code == 400
    assert client.delete(f"/api/runs/{run}").status_code == 400
    assert client.post(f"/api/runs/{run}/stop").status_code == 200
    wait_for(lambda: shelf.card(run)["state"] == "stopped")
    assert client.post("/api/runs/nothing/stop").status_code == 404
    bad = client.post("/api/trainings", json={"upload": name, "options": [1]})
    assert bad.status_code == 400
