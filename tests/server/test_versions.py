import concurrent.futures
import gc
import shutil
import socket
import threading
import time
import weakref

import numpy as np
import pytest
import tensorflow as tf
from support.checks import wait_for
from support.embedded_server import DATA
from support.embedded_server import HeldRuns
from support.embedded_server import get
from support.embedded_server import post
from support.embedded_server import predict_request
from support.embedded_server import running
from support.embedded_server import save_version
from support.embedded_server import states
from support.embedded_server import write_warmup

from keras_singan.errors import ModelFileError
from keras_singan.server.servables import versions
from keras_singan.server.servables.loaded_model import LoadedModel


def added(server, path="/v1/models/m:predict"):
    """Gives what the served model adds to its input."""
    status, answer = post(server, {"inputs": [0.0]}, path)
    assert status == 200, answer
    return answer["outputs"][0]


def listens(server):
    """Tells whether the server still takes connections."""
    try:
        socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
    except OSError:
        return False
    return True


def test_the_newest_version_is_served(tmp_path):
    save_version(tmp_path, 2, 2.0)
    save_version(tmp_path, "00010", 10.0)
    (tmp_path / "notes").mkdir()
    (tmp_path / "11").write_text("a file")
    with running(tmp_path) as server:
        assert added(server) == 10
        assert states(server) == {10: "AVAILABLE"}


def test_a_version_is_replaced_under_load(tmp_path):
    save_version(tmp_path, 1, 1.0)
    seen, stopped = [], threading.Event()

    def load():
        while not stopped.is_set():
            seen.append(added(server))

    with running(tmp_path, poll_seconds=0.02, max_concurrency=4) as server:
        clients = [threading.Thread(target=load) for _ in range(4)]
        for client in clients:
            client.start()
        wait_for(lambda: len(seen) > 20)
        save_version(tmp_path, 2, 2.0)
        wait_for(lambda: states(server) == {1: "END", 2: "AVAILABLE"})
        last = len(seen)
        wait_for(lambda: len(seen) > last + 20)
        stopped.set()
        for client in clients:
            client.join()
    # A request that fails ends its client, which `seen` would show.
    assert set(seen) == {1.0, 2.0}
    assert seen[-1] == 2
    assert len(seen) > last + 20


def test_a_request_ends_on_its_version(tmp_path, monkeypatch):
    save_version(tmp_path, 1, 1.0)
    held = HeldRuns(monkeypatch)
    with (
        running(tmp_path, poll_seconds=0.02) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
    ):
        answer = clients.submit(added, server)
        held.wait(1)
        save_version(tmp_path, 2, 2.0)
        wait_for(lambda: states(server) == {1: "UNLOADING", 2: "AVAILABLE"})
        newer = clients.submit(added, server)
        held.release()
        assert (answer.result(), newer.result()) == (1, 2)
        wait_for(lambda: states(server) == {1: "END", 2: "AVAILABLE"})


def test_a_bad_version_leaves_the_old_one(tmp_path):
    save_version(tmp_path, 1, 1.0)
    with running(tmp_path, poll_seconds=0.02) as server:
        bad = tmp_path / "2"
        bad.mkdir()
        wait_for(lambda: states(server) == {1: "AVAILABLE", 2: "END"})
        _, answer = get(server, "/v1/models/m/versions/2")
        (entry,) = answer["model_version_status"]
        assert entry["status"]["error_code"] != "OK"
        assert str(bad) in entry["status"]["error_message"]
        assert added(server) == 1
        # It is tried again when its files change.
        shutil.copytree(save_version(tmp_path, 0), bad, dirs_exist_ok=True)
        wait_for(lambda: states(server).get(2) == "AVAILABLE")


def test_a_version_that_is_taken_away(tmp_path):
    save_version(tmp_path, 1, 1.0)
    save_version(tmp_path, 2, 2.0)
    with running(tmp_path, poll_seconds=0.02) as server:
        assert added(server) == 2
        shutil.rmtree(tmp_path / "2")
        wait_for(lambda: states(server).get(1) == "AVAILABLE")
        wait_for(lambda: states(server)[2] == "END")
        assert added(server) == 1
        shutil.rmtree(tmp_path / "1")
        wait_for(lambda: states(server)[1] == "END")
        assert post(server, {"inputs": [0.0]})[0] == 404


def test_a_base_folder_that_vanishes_changes_nothing(tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    save_version(base, 1, 1.0)
    with running(base, poll_seconds=0.02) as server:
        base.rename(tmp_path / "away")
        time.sleep(0.2)
        assert added(server) == 1


def test_labelled_versions_are_served_beside_the_newest(tmp_path):
    for version in (1, 2, 3):
        save_version(tmp_path, version, float(version))
    with running(tmp_path, labels={"stable": 1, "same": 3}) as server:
        assert added(server) == 3
        assert added(server, "/v1/models/m/labels/stable:predict") == 1
        assert added(server, "/v1/models/m/labels/same:predict") == 3
        assert added(server, "/v1/models/m/versions/1:predict") == 1
        assert states(server) == {1: "AVAILABLE", 3: "AVAILABLE"}


@pytest.mark.parametrize("change", ["empty", "bad", "label"])
def test_a_server_without_a_model_does_not_start(tmp_path, change):
    labels = {}
    if change == "bad":
        (tmp_path / "1").mkdir()
    if change == "label":
        save_version(tmp_path, 1)
        labels = {"stable": 7}
    with pytest.raises(ModelFileError) as error, running(tmp_path, labels):
        pass
    assert "\n" not in str(error.value)
    assert f"Received: path={str(tmp_path)!r}." in str(error.value)


def test_warm_up_requests_are_replayed(tmp_path, monkeypatch):
    seen = []
    run = LoadedModel.run

    def spied(self, feeds, *args):
        seen.append((id(self), [array.tolist() for array in feeds.values()]))
        return run(self, feeds, *args)

    monkeypatch.setattr(LoadedModel, "run", spied)
    path = save_version(tmp_path, 1)
    write_warmup(
        path,
        predict_request(x=np.float32([3])),
        predict_request("slow", steps=np.int64(2)),
    )
    with running(tmp_path) as server:
        wait_for(lambda: len(seen) == 3)
        # The first session answers; the second is warmed up whole, and replaces it.
        wait_for(lambda: added(server) == 1 and seen[-1][0] == seen[1][0])
    assert [values for _, values in seen[:3]] == [[[3.0]], [[3.0]], [2]]
    assert seen[0][0] != seen[1][0] == seen[2][0]


def test_the_first_version_answers_when_its_first_signature_is_warm(
    tmp_path, monkeypatch
):
    held = HeldRuns(monkeypatch, lambda feeds: 7 in [np.sum(each) for each in feeds])
    path = save_version(tmp_path, 1)
    write_warmup(
        path,
        predict_request(x=np.float32([3])),
        predict_request("slow", steps=np.int64(7)),
    )
    with running(tmp_path) as server:
        held.wait(1)
        assert states(server) == {1: "AVAILABLE"}
        assert added(server) == 1
        held.release()


def test_a_later_version_is_warm_before_it_answers(tmp_path, monkeypatch):
    held = HeldRuns(monkeypatch, lambda feeds: 7 in [np.sum(each) for each in feeds])
    save_version(tmp_path, 1, 1.0)
    path = save_version(tmp_path, "soon", 2.0)
    write_warmup(
        path,
        predict_request(x=np.float32([3])),
        predict_request("slow", steps=np.int64(7)),
    )
    with running(tmp_path, poll_seconds=0.02) as server:
        path.rename(tmp_path / "2")
        held.wait(1)
        assert states(server) == {1: "AVAILABLE", 2: "LOADING"}
        assert added(server) == 1
        held.release()
        wait_for(lambda: states(server) == {1: "END", 2: "AVAILABLE"})


def test_a_version_whose_warm_up_fails_later_is_withdrawn(tmp_path):
    path = save_version(tmp_path, 1)
    write_warmup(
        path,
        predict_request(x=np.float32([3])),
        predict_request("slow", steps=np.float64(1)),
    )
    with running(tmp_path) as server:
        wait_for(lambda: states(server) == {1: "END"})
        _, answer = get(server, "/v1/models/m/versions/1")
        (entry,) = answer["model_version_status"]
        assert entry["status"]["error_code"] == "INVALID_ARGUMENT"
        assert post(server, {"inputs": [0.0]})[0] == 404


def test_a_version_whose_folder_goes_while_it_warms_up_goes_on(tmp_path, monkeypatch):
    tried = []

    class Once(LoadedModel):
        def __init__(self, *args):
            tried.append(args)
            if len(tried) > 1:
                raise OSError("gone")
            super().__init__(*args)

    monkeypatch.setattr(versions, "LoadedModel", Once)
    path = save_version(tmp_path, 1)
    requests = predict_request(x=np.float32([3])), predict_request(x=np.float32([4]))
    write_warmup(path, *requests)
    with running(tmp_path) as server:
        wait_for(lambda: len(tried) == 2)
        wait_for(
            lambda: "warm-up" not in " ".join(t.name for t in threading.enumerate())
        )
        assert states(server) == {1: "AVAILABLE"}
        assert added(server) == 1


def test_a_version_that_has_gone_leaves_nothing(tmp_path, monkeypatch):
    graphs = []
    init = LoadedModel.__init__

    def spied(self, *args):
        init(self, *args)
        graphs.append(weakref.ref(self._graph))

    monkeypatch.setattr(LoadedModel, "__init__", spied)
    # What the cycles hold is freed by the server, not by chance.
    gc.disable()
    try:
        save_version(tmp_path, 1, 1.0)
        with running(tmp_path, poll_seconds=0.02) as server:
            assert added(server) == 1
            save_version(tmp_path, 2, 2.0)
            wait_for(lambda: states(server) == {1: "END", 2: "AVAILABLE"})
            assert graphs[0]() is None
            assert graphs[1]() is not None
    finally:
        gc.enable()


def test_stopping_does_not_wait_for_a_warm_up(tmp_path, monkeypatch):
    save_version(tmp_path, 1)
    path = save_version(tmp_path, "soon")
    write_warmup(path, *[predict_request("slow", steps=np.int64(1))] * 900)
    held = HeldRuns(monkeypatch)
    with (
        concurrent.futures.ThreadPoolExecutor() as helpers,
        running(tmp_path, poll_seconds=0.02) as server,
    ):
        path.rename(tmp_path / "2")
        held.wait(1)
        assert states(server)[2] == "LOADING"
        stopped = helpers.submit(server.stop)
        wait_for(lambda: not listens(server))
        held.release()
        stopped.result()
    # The one that ran has ended; none of the 899 others has begun.
    assert held.count == 1


@pytest.mark.parametrize("record", ["request", "bytes", "kind", "number"])
def test_a_failing_warm_up_request_fails_the_load(tmp_path, record):
    path = save_version(tmp_path, 1)
    if record == "request":
        write_warmup(path, predict_request(x=np.float64([3])))
    elif record == "number":
        write_warmup(path, *[predict_request(x=np.float32([3]))] * 1001)
    else:
        write_warmup(path)
        file = path / "assets.extra" / "tf_serving_warmup_requests"
        if record == "bytes":
            file.write_bytes(b"no records at all")
        else:
            with tf.io.TFRecordWriter(str(file)) as writer:
                writer.write(b"")
    message = {
        "request": "float but double",
        "bytes": "corrupted record",
        "kind": "Unsupported log_type for warmup: None",
        "number": r"exceeds the maximum \(1000\)",
    }[record]
    with pytest.raises(ModelFileError, match=message), running(tmp_path):
        pass


def test_the_golden_model_is_left_as_it_is():
    assert sorted(p.name for p in (DATA / "model" / "1").iterdir()) == [
        "fingerprint.pb",
        "saved_model.pb",
        "variables",
    ]
