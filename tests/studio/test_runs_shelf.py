import json
import os

import pytest
from starlette.testclient import TestClient
from support.studio_runs import new_run

from keras_singan.config import PRESETS
from keras_singan.config import resolve_config
from keras_singan.errors import RunFolderError
from keras_singan.studio.runs_shelf import RunsShelf
from keras_singan.studio.studio_settings import StudioSettings
from keras_singan.studio.training_state import process_mark
from keras_singan.studio.web.studio_app import Studio
from keras_singan.studio.web.studio_app import studio_app
from keras_singan.training.run_lock import RunLock

OWN = "http://127.0.0.1:8080"
ESCAPES = [
    *("..", ".", "", "../outside", "..%2foutside", "%2e%2e%2foutside", ".studio"),
    *("tiny/../../outside", "/etc", "tiny%00", "..\\outside", "outside"),
]


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    new_run(folder)
    # Neighbours that no name may reach.
    new_run(tmp_path, "outside")
    return folder


@pytest.fixture
def client(runs):
    app = studio_app(Studio(StudioSettings(runs)))
    return TestClient(app, base_url=OWN, headers={"origin": OWN})


def test_a_card_tells_what_the_folder_holds(runs):
    card = RunsShelf(runs).card("tiny")
    assert card["state"] == "done" and card["trained"]
    assert card["size"] == [32, 40]
    assert card["pictures"] == [0, 1, 2]
    # Those of the command line.
    wanted = {"edit": 1, "harmonize": 2, "paint_to_image": 1}
    assert card["start_scales"] == wanted
    assert not card["can_go_on"] and card["message"] is None


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("changes", [{}, {"steps": 77}, {"task": "animation"}])
def test_a_card_names_the_preset_of_a_run_from_the_command_line(runs, preset, changes):
    config = resolve_config(preset, **changes).to_dict()
    path = runs / "tiny" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"config": config}))
    assert RunsShelf(runs).card("tiny")["preset"] == preset


def test_the_newest_comes_first(runs):
    new_run(runs, "later")
    os.utime(runs / "later" / "config.json", (4e9, 4e9))
    assert RunsShelf(runs).names() == ["later", "tiny"]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_name_never_leads_out(runs, name):
    with pytest.raises(KeyError):
        RunsShelf(runs).folder(name)


@pytest.mark.parametrize("name", ESCAPES)
@pytest.mark.parametrize(
    "rest", ["/history", "/photo", "/scales/0/real", "/results", "/palette/4"]
)
def test_no_request_leads_out(client, name, rest):
    answer = client.get(f"/api/runs/{name}{rest}")
    assert answer.status_code in (404, 405)
    assert client.delete(f"/api/runs/{name}").status_code in (404, 405)


@pytest.mark.parametrize(
    "kind", ["..%2f..%2fconfig.json", "config", "real.png", "../real"]
)
def test_a_picture_is_one_of_three_kinds(client, kind):
    assert client.get("/api/runs/tiny/scales/0/real").status_code == 200
    assert client.get(f"/api/runs/tiny/scales/0/{kind}").status_code == 404
    assert client.get("/api/runs/tiny/scales/7/real").status_code == 404


@pytest.mark.parametrize(
    "path", ["/static/../studio_settings.py", "/static/%2e%2e/studio_settings.py"]
)
def test_static_files_are_those_of_the_page(client, path):
    assert client.get(path).status_code == 404
    assert client.get("/static/js/start.js").status_code == 200


def test_delete_undo_and_empty(client, runs):
    place = client.delete("/api/runs/tiny").json()["place"]
    assert not (runs / "tiny").exists()
    assert RunsShelf(runs).trash() == [(place, "tiny")]
    new_run(runs)
    # The name is taken meanwhile: nothing is replaced.
    answer = client.post("/api/trash/restore", json={"place": place})
    assert answer.json() == {"name": "tiny-2"}
    assert (runs / "tiny-2" / "singan.keras").is_file()
    client.delete("/api/runs/tiny-2")
    assert client.delete("/api/trash").status_code == 200
    assert RunsShelf(runs).trash() == []
    assert RunsShelf(runs).names() == ["tiny"]


@pytest.mark.parametrize("place", [None, "..", "../..", 3, "x", ["a"], {"b": 1}])
def test_only_what_is_in_the_trash_comes_back(client, place):
    assert client.post("/api/trash/restore", json={"place": place}).status_code == 404


def progress(folder, **values):
    (folder / "progress.json").write_text(json.dumps(values))


def test_a_training_whose_process_has_gone_is_stopped(runs):
    folder = runs / "tiny"
    (folder / "singan.keras").unlink()
    numbers = {"pid": os.getpid(), "scale": 1, "scales": 3}
    progress(folder, state="training", **numbers)
    assert RunsShelf(runs).card("tiny")["state"] == "stopped"
    # Whoever trains, here or on the command line, holds the folder's lock.
    lock = RunLock(folder)
    card = RunsShelf(runs).card("tiny")
    assert (card["state"], card["scale"], card["scales"]) == ("training", 1, 3)
    with pytest.raises(RunFolderError, match=r"must be stopped"):
        RunsShelf(runs).delete("tiny")
    lock.release()
    progress(folder, state="failed", message="The disk is full.", **numbers)
    card = RunsShelf(runs).card("tiny")
    assert (card["state"], card["message"]) == ("failed", "The disk is full.")


def test_a_process_is_told_from_a_later_one():
    assert process_mark(os.getpid()) == process_mark(os.getpid()) is not None
    assert process_mark(os.getpid()) != process_mark(1)
    assert process_mark(2**22 + 1) is None


def test_a_folder_that_holds_something_else_is_no_run(runs):
    (runs / "notes").mkdir()
    (runs / "file").write_text("x")
    assert RunsShelf(runs).names() == ["tiny"]


def test_the_palette_holds_the_photo_s_colours(client):
    colours = client.get("/api/runs/tiny/palette/6").json()
    assert 2 <= len(colours) <= 6
    assert all(len(colour) == 7 and colour[0] == "#" for colour in colours)


def test_the_names_of_new_runs(runs):
    shelf = RunsShelf(runs)
    assert shelf.free_name("tiny") == "tiny-2"
    assert shelf.free_name("../../etc/passwd") == "etc-passwd"
    assert shelf.free_name("...") == "photo"
    assert shelf.free_name("Mein Bild (1)") == "Mein-Bild-1"
