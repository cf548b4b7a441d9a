import concurrent.futures
import gzip
import json
import os
import signal
import threading
import time

import pytest
from support.embedded_server import get
from support.embedded_server import post
from support.embedded_server import running
from support.embedded_server import save_version
from support.embedded_server import wait_for

from keras_singan.server.admission import Deadline
from keras_singan.server.json_codec.reading_process import ReadingProcess
from keras_singan.server.json_codec.reading_process import is_slow_to_read
from keras_singan.server.network import byte_budget
from keras_singan.server.network.byte_budget import ByteBudget
from keras_singan.server.signature_types import SignatureTypes
from keras_singan.server.status_codes import StatusError

MANY = json.dumps({"inputs": [1.0] * 60_000})
FLOAT = 1
TYPES = SignatureTypes({"serving_default": {"x": FLOAT}})


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    save_version(base, 1)
    return base


@pytest.fixture
def process():
    process = ReadingProcess()
    yield process
    process.close()


def test_many_values_are_read_elsewhere(base, monkeypatch):
    assert is_slow_to_read(MANY.encode())
    assert not is_slow_to_read(b'{"inputs": {"b64": "' + b"A" * 10_000_000 + b'"}}')
    here = []
    for name in ("rest_api", "json_codec.reading_process"):
        monkeypatch.setattr(
            f"keras_singan.server.{name}.read_predict", lambda *_: here.append(1)
        )
    with running(base) as server:
        status, answer = post(server, MANY)
        assert (status, answer) == (200, {"outputs": [2.0] * 60_000})
        wrong = MANY.replace("[", '["a", ')
        status, answer = post(server, wrong)
        assert status == 400
        assert "Type: String is not of expected type: float" in answer["error"]
        assert post(server, MANY[:-1])[1]["error"].startswith("JSON Parse error: ")
        assert post(server, MANY[:-1], "/v1/models/zz:predict")[0] == 400
        assert post(server, MANY, "/v1/models/zz:predict")[0] == 404
        status, answer = post(server, MANY, "/v1/models/m:classify")
        assert (status, "use predict" in answer["error"]) == (501, True)
    assert here == []


def test_the_deadline_holds_while_a_body_is_read(process):
    assert process.read(MANY.encode(), TYPES, Deadline(30))[2] is False
    first = process._process.pid
    # It stands still in the midst of its work.
    os.kill(first, signal.SIGSTOP)
    with pytest.raises(StatusError) as error:
        process.read(MANY.encode(), TYPES, Deadline(0.2))
    assert error.value.code == "DEADLINE_EXCEEDED"
    # The next one is read by another process.
    name, arrays, rows = process.read(MANY.encode(), TYPES, Deadline(30))
    assert arrays["x"].shape == (60_000,)


def test_a_process_that_dies_is_replaced(process):
    process.read(MANY.encode(), TYPES, Deadline(30))
    os.kill(process._process.pid, signal.SIGSTOP)
    killer = threading.Timer(0.2, process._process.kill)
    killer.start()
    with pytest.raises(StatusError) as error:
        process.read(MANY.encode(), TYPES, Deadline(30))
    assert error.value.code == "RESOURCE_EXHAUSTED"
    killer.join()
    assert process.read(MANY.encode(), TYPES, Deadline(30))[0] == ""


def test_a_process_that_died_between_bodies_leaves_no_open_files(process):
    process.read(MANY.encode(), TYPES, Deadline(30))
    first = process._process
    first.kill()
    first.wait()
    assert process.read(MANY.encode(), TYPES, Deadline(30))[0] == ""
    assert first.stdin.closed
    assert first.stdout.closed


def test_nothing_starts_once_closed(process):
    process.close()
    with pytest.raises(StatusError, match="stopping"):
        process.read(MANY.encode(), TYPES, Deadline(30))
    assert process._process is None


def test_a_process_that_took_much_memory_ends(process):
    process.read(MANY.encode(), TYPES, Deadline(30))
    first = process._process
    numbers = b'{"inputs": [' + b"0.5," * 6_000_000 + b"0.5]}"
    assert process.read(numbers, TYPES, Deadline(60))[1]["x"].sum() == 3_000_000.5
    assert process._process is None
    assert first.poll() is not None


def test_closing_does_not_wait_for_a_body(process):
    process.read(MANY.encode(), TYPES, Deadline(30))
    os.kill(process._process.pid, signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor() as helpers:
        reading = helpers.submit(process.read, MANY.encode(), TYPES, Deadline(30))
        wait_for(process._lock.locked)
        process.close()
        with pytest.raises(StatusError):
            reading.result(10)
    with pytest.raises(StatusError):
        process.read(MANY.encode(), TYPES, Deadline(1))


def test_light_requests_do_not_wait_for_a_large_body(base, monkeypatch):
    read, go_on = ReadingProcess.read, threading.Event()

    def held(self, *args):
        assert go_on.wait(30)
        return read(self, *args)

    monkeypatch.setattr(ReadingProcess, "read", held)
    with (
        running(base, max_concurrency=1) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
    ):
        large = [clients.submit(post, server, MANY) for _ in range(4)]
        for _ in range(5):
            assert post(server, {"inputs": [1.0]}) == (200, {"outputs": [2.0]})
            assert get(server, "/v1/models/m")[0] == 200
        go_on.set()
        assert {each.result()[0] for each in large} == {200}


def test_inflated_bytes_count(base):
    bomb = gzip.compress(b'{"inputs": [1.0]}' + b" " * (40 << 20))
    assert len(bomb) < 1 << 20
    with running(base, max_body_mb=4) as server:
        status, answer = post(server, bomb, headers={"Content-Encoding": "gzip"})
    assert (status, "larger than 4194304 bytes" in answer["error"]) == (413, True)


@pytest.mark.parametrize("value", [b"1,", b"[],", b"{},"])
def test_short_values_have_a_limit_of_their_own(base, value):
    with running(base, max_body_mb=1) as server:
        body = b'{"inputs": [' + value * 140_000 + b"1]}"
        assert len(body) < 1 << 20
        status, answer = post(server, body)
        assert (status, "more than 131072 values" in answer["error"]) == (413, True)


def test_bytes_of_all_requests_are_bounded():
    budget = ByteBudget(100)
    with budget.holder() as one, budget.holder() as other:
        one.add(60)
        with pytest.raises(StatusError) as error:
            other.add(41)
        assert error.value.code == "RESOURCE_EXHAUSTED"
        other.add(40)
        assert budget.held == 100
    assert budget.held == 0


def test_a_slow_body_makes_room(monkeypatch):
    budget, ended = ByteBudget(100), []
    with (
        budget.holder(lambda: ended.append("old")) as old,
        budget.holder(lambda: ended.append("here")) as here,
        budget.holder(lambda: ended.append("young")) as young,
        budget.holder() as new,
    ):
        old.add(40)
        here.add(30)
        here.arrived()
        with pytest.raises(StatusError):
            new.add(70)
        monkeypatch.setattr(byte_budget, "_SLOW_SECONDS", -1)
        young.add(10)
        new.add(50)
        assert ended == ["old"]
        assert budget.held == 90
    assert budget.held == 0


def test_reading_stops_what_other_code_does_for_a_moment_only(base):
    """The interpreter's lock is free while another process reads a body."""
    numbers = b'{"inputs": [' + b"0.5," * 2_000_000 + b"0.5]}"
    with (
        running(base) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
    ):
        post(server, MANY)
        large = clients.submit(post, server, numbers)
        answered = 0
        while not large.done():
            assert get(server, "/v1/models/m")[0] == 200
            answered += 1
            time.sleep(0.01)
        assert large.result()[0] == 200
    assert answered >= 5
