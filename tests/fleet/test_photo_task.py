"""One photo, from order to outcome, in this process: no Ray."""

import io
import json
import uuid

import numpy as np
import pytest
from PIL import Image
from support.faulty_store import fresh_store
from support.photos import encoded
from support.photos import photo
from support.tiny_models import TINIER
from support.tiny_models import assert_same_weights

import keras_singan
from keras_singan import SinGAN
from keras_singan.errors import FleetError
from keras_singan.fleet import place as place_module
from keras_singan.fleet.extras import open_store
from keras_singan.fleet.place import Place
from keras_singan.fleet.records import STOP
from keras_singan.fleet.records import write_json_to
from keras_singan.fleet.worker.photo_task import train_photo
from keras_singan.fleet.worker.stop_watch import StopWatch

OPTIONS = TINIER | {"steps": 6, "alpha": "composite", "preset": "standard"}


@pytest.fixture(params=["disk", "store"])
def place(request, tmp_path, monkeypatch):
    monkeypatch.setattr(place_module, "_FIRST_WAIT", 0.001)
    fresh_store()
    place = Place(tmp_path / "p" if request.param == "disk" else "faulty://bucket/p")
    place.write("fleet.json", b"{}")
    return place


@pytest.fixture
def order(place, tmp_path):
    Image.fromarray(photo(24, 30)).save(tmp_path / "photo.png")
    return {
        **{"place": place.address, "name": "n", "photo": str(tmp_path / "photo.png")},
        **{"options": OPTIONS, "samples": 2, "export": False, "evaluate": False},
        **{"attempts": 3, "cpus": 1, "gpus": 0, "run": uuid.uuid4().hex},
        "version": keras_singan.__version__,
    }


def trained(place, tmp_path):
    """Loads the model that stands in the place."""
    path = tmp_path / "fetched.keras"
    path.write_bytes(place.read("n/singan.keras"))
    return SinGAN.load(path)


def straight():
    values = {name: v for name, v in OPTIONS.items() if name not in ("alpha", "preset")}
    return SinGAN("standard", **values).fit(photo(24, 30), verbose=0)


def stop_after(monkeypatch, iterations, place, order):
    """Has the driver ask for a stop after so many iterations in all."""
    done = []

    def on_train_batch_end(self, batch, logs=None):
        done.append(batch)
        if len(done) == iterations:
            write_json_to(place, STOP, {"run": order["run"]})
        self._look()

    monkeypatch.setattr(StopWatch, "on_train_batch_end", on_train_batch_end)
    return done


def test_a_photo_is_trained_sampled_and_measured(place, order, tmp_path):
    outcome = train_photo(order | {"evaluate": True, "export": True})
    assert outcome["state"] == "done" and outcome["attempts"] == 1
    assert outcome["swd"] > 0 and outcome["diversity"] > 0
    assert outcome["trained_by"]["keras_singan"] == keras_singan.__version__
    assert json.loads(place.read(".fleet/outcomes/n.json")) == outcome
    assert place.names("n/samples") == {"sample_000.png", "sample_001.png"}
    assert place.exists("n/export/n/1/saved_model.pb")
    assert place.exists("n/scale_01/real.png") and place.exists("n/progress.json")
    assert place.read(".fleet/pairs/n.png").startswith(b"\x89PNG")
    # Of the sets on the way nothing is left.
    assert ".saved.json" not in place.names("n")
    assert place.names("n/.saved") == set()
    assert_same_weights(trained(place, tmp_path), straight())


def test_masks_are_trained_and_samples_come_in_pairs(place, order, tmp_path):
    masks = []
    for index, name in enumerate(("dog", "sky")):
        mask = np.zeros((24, 30), "uint8")
        mask[4 + index : 14, 8:20] = 255
        store, path = open_store(f"faulty://photos/{name}.png")
        store.pipe_file(path, encoded(Image.fromarray(mask), "PNG"))
        masks.append(f"faulty://photos/{name}.png")
    options = OPTIONS | {"masks": masks, "value_range": "auto", "max_pixels": 10**6}
    outcome = train_photo(order | {"options": options, "evaluate": True})
    assert outcome["state"] == "done", outcome
    assert place.names("n/samples") == {
        f"sample_00{index}{ending}.png"
        for index in (0, 1)
        for ending in ("", "_mask_dog", "_mask_sky")
    }
    data = place.read("n/samples/sample_001_mask_sky.png")
    values = np.asarray(Image.open(io.BytesIO(data)))
    assert values.shape == (24, 30) and set(np.unique(values)) <= {0, 255}
    assert trained(place, tmp_path).pyramid_.mask_names == ("dog", "sky")


def test_a_mask_that_is_wrong_is_called_as_it_was_given(place, order):
    options = OPTIONS | {"masks": ["faulty://photos/none.png"]}
    outcome = train_photo(order | {"options": options})
    assert outcome["state"] == "failed"
    assert "Received: 'faulty://photos/none.png'" in outcome["error"]
    store, path = open_store("faulty://photos/black.png")
    black = Image.fromarray(np.zeros((24, 30), "uint8"))
    store.pipe_file(path, encoded(black, "PNG"))
    options = OPTIONS | {"masks": ["faulty://photos/black.png"]}
    outcome = train_photo(order | {"options": options, "run": uuid.uuid4().hex})
    assert outcome["state"] == "failed" and "empty mask" in outcome["error"]
    assert "'faulty://photos/black.png'" in outcome["error"]


@pytest.mark.parametrize("iterations", [3, 8])
def test_a_stopped_photo_goes_on_where_it_was(
    place, order, tmp_path, monkeypatch, iterations
):
    with monkeypatch.context() as patched:
        stop_after(patched, iterations, place, order)
        assert train_photo(order)["state"] == "stopped"
    assert not place.exists(".fleet/outcomes/n.json")
    again = order | {"run": uuid.uuid4().hex}
    done = stop_after(monkeypatch, 0, place, again)
    outcome = train_photo(again)
    assert outcome["state"] == "done" and outcome["attempts"] == 2
    # 6 iterations of 2 scales: not one of them was done twice.
    assert len(done) == 12 - iterations
    assert outcome["note"] == ""
    assert_same_weights(trained(place, tmp_path), straight())


def test_who_was_thought_dead_leaves_the_photo_to_the_next(place, order, monkeypatch):
    other = [{"id": "other", "run": order["run"], "machine": "m"}]

    def on_train_batch_end(self, batch, logs=None):
        write_json_to(place, ".fleet/attempts/n.json", other)
        self._look()

    monkeypatch.setattr(StopWatch, "on_train_batch_end", on_train_batch_end)
    assert train_photo(order) == {"state": "stopped"}
    assert json.loads(place.read(".fleet/attempts/n.json")) == other
    assert not place.exists(".fleet/outcomes/n.json")


def test_a_change_of_machines_is_noted(place, order, monkeypatch):
    with monkeypatch.context() as patched:
        stop_after(patched, 3, place, order)
        train_photo(order)
    monkeypatch.setattr(
        "keras_singan.performance.machine.processor_name", lambda: "Another Processor"
    )
    outcome = train_photo(order | {"run": "second"})
    assert "Trained on unlike machines" in outcome["note"]
    assert "Another Processor" in outcome["note"]


def test_a_broken_photo_is_a_sentence(place, order, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no jpeg")
    outcome = train_photo(order | {"photo": str(tmp_path / "broken.jpg")})
    assert outcome["state"] == "failed"
    assert "broken.jpg" in outcome["error"] and "\n" not in outcome["error"]
    assert json.loads(place.read(".fleet/outcomes/n.json")) == outcome


def test_a_refused_photo_is_named_as_the_user_did(place, order):
    buffer = io.BytesIO()
    np.save(buffer, photo(24, 30).astype("float32"))
    place.write("loud.npy", buffer.getvalue())
    named = place.describe("loud.npy")
    outcome = train_photo(order | {"photo": named})
    assert outcome["error"].endswith(f"Received: image={named!r}.")


def test_a_missing_photo_of_a_store_is_a_sentence(place, order):
    fresh = order | {"photo": "faulty://bucket/missing.png"}
    outcome = train_photo(fresh)
    assert outcome["state"] == "failed"
    assert "must exist" in outcome["error"]


def test_a_warning_becomes_a_note(place, order, tmp_path):
    clear = np.dstack([photo(24, 30), np.full((24, 30), 128, np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    outcome = train_photo(order | {"photo": str(tmp_path / "clear.png")})
    assert outcome["state"] == "done"
    assert "Transparency" in outcome["note"]


def test_a_photo_whose_processes_died_too_often_is_given_up(place, order):
    died = [
        {"id": str(i), "run": order["run"], "machine": "m", "began": 0}
        for i in range(3)
    ]
    write_json_to(place, ".fleet/attempts/n.json", died)
    outcome = train_photo(order)
    assert outcome["state"] == "failed" and "died 3 times" in outcome["error"]


def test_deaths_of_an_earlier_run_do_not_count(place, order):
    died = [
        {"id": str(i), "run": "earlier", "machine": "m", "began": 0} for i in range(3)
    ]
    write_json_to(place, ".fleet/attempts/n.json", died)
    assert train_photo(order)["state"] == "done"


def test_an_answer_that_was_lost_is_given_again(place, order):
    outcome = {"state": "done", "run": order["run"], "seconds": 3}
    write_json_to(place, ".fleet/outcomes/n.json", outcome)
    assert train_photo(order) == outcome


def test_the_seconds_of_an_attempt_that_died_are_known(place, order, monkeypatch):
    with monkeypatch.context() as patched:
        stop_after(patched, 3, place, order)
        train_photo(order)
    (attempt,) = json.loads(place.read(".fleet/attempts/n.json"))
    del attempt["seconds"]
    attempt["began"] = 90.0
    write_json_to(place, ".fleet/attempts/n.json", [attempt])
    progress = json.loads(place.read("n/progress.json"))
    progress |= {"started": 100.0, "updated": 600.0}
    write_json_to(place, "n/progress.json", progress)
    assert train_photo(order | {"run": "second"})["seconds"] > 510


def test_an_attempt_that_died_at_once_took_no_time(place, order):
    died = [{"id": "1", "run": "earlier", "machine": "m", "began": 700.0}]
    write_json_to(place, ".fleet/attempts/n.json", died)
    progress = {"started": 100.0, "updated": 600.0}
    write_json_to(place, "n/progress.json", progress)
    train_photo(order)
    attempts = json.loads(place.read(".fleet/attempts/n.json"))
    assert attempts[0]["seconds"] == 0


def test_another_version_or_an_unseen_place_is_an_error(place, order, tmp_path):
    with pytest.raises(FleetError, match="must have keras_singan 0.0"):
        train_photo(order | {"version": "0.0"})
    with pytest.raises(FleetError, match="must see the place"):
        train_photo(order | {"place": str(tmp_path / "elsewhere")})
