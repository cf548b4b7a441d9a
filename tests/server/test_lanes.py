import asyncio
import concurrent.futures
import contextlib
import functools
import gc
import io
import socket
import threading
import time
import weakref

import grpc
import numpy as np
import pytest
from PIL import Image
from support.embedded_server import HeldRuns
from support.embedded_server import ask
from support.embedded_server import post
from support.embedded_server import predict_request
from support.embedded_server import running
from support.embedded_server import save_version
from support.embedded_server import wait_for
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_singan.server.admission import HEAVY
from keras_singan.server.admission import LIGHT
from keras_singan.server.admission import Admission
from keras_singan.server.admission import Continuation
from keras_singan.server.admission import Deadline
from keras_singan.server.servables.prediction import begin
from keras_singan.server.servables.request_cost import Costs
from keras_singan.server.servables.request_cost import file_pixels
from keras_singan.server.servables.request_cost import output_pixels
from keras_singan.server.status_codes import StatusError

NATIVE = 200 * 100
HUGE = {"signature_name": "draw", "inputs": {"height": [2048], "width": [2048]}}
SMALL = {"signature_name": "draw", "inputs": {"height": [8], "width": [8]}}


def picture(kind, size=(30, 20)):
    stream = io.BytesIO()
    Image.new("RGB", size).save(stream, kind)
    return stream.getvalue()


@pytest.fixture(autouse=True)
def few_wait(monkeypatch):
    """As many light requests wait as run: a full queue needs few of them."""
    monkeypatch.setattr("keras_singan.server.admission._LIGHT_WAITING", 1)


@pytest.fixture
def admission():
    admission = Admission(4, 4)
    yield admission
    admission.close()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    save_version(base, 1)
    return base


PIXELS = [
    ({"seed": [1, 2], "index": [0, 1], "start_scale": [0, 0]}, 2 * NATIVE),
    ({"index": [0, 1, 2], "height": [10, 0, 5], "width": [20, 0, 5]}, NATIVE + 225),
    ({"seed": [1, 1], "frames": [10, 0]}, 50 * NATIVE),
    ({"images": np.zeros((2, 30, 20, 3)), "factor": [2.0, 4.0]}, 600 * 20),
    ({"image_bytes": [picture("PNG")], "factor": [0.0]}, 600 * 16),
    ({"image_bytes": [picture("JPEG"), b"none"], "mask_bytes": [b"", b""]}, 600),
    ({"x": [1.0]}, 0),
    ({"height": [b"a"], "width": [1]}, 0),
    ({"height": [float("nan")], "width": [1]}, 0),
]


@pytest.mark.parametrize("inputs, expected", PIXELS, ids=range(len(PIXELS)))
def test_the_cost_is_known_from_the_inputs(inputs, expected):
    assert output_pixels(inputs, NATIVE) == expected


def test_a_file_tells_its_pixels():
    assert file_pixels(picture("PNG", (7, 5))) == 35
    assert file_pixels(picture("JPEG", (7, 5))) == 35
    assert file_pixels(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 10_000_000) == 0
    for data in (b"", b"\xff\xd8", picture("PNG")[:12], "text", None):
        assert file_pixels(data) == 0


def test_costs_are_learned_from_answers():
    costs = Costs()
    sample = {"seed": [1], "index": [0], "start_scale": [0]}
    large = {"height": [1000], "width": [1000]}
    assert costs.estimate("draw", large) == (True, 0)
    assert costs.estimate("sample", sample) == (False, 0)
    encoded = np.array([picture("PNG", (200, 100))], object)
    # The first run compiles the signature, and says nothing of the next one's time.
    costs.learn("sample", sample, [encoded], 99.0)
    assert costs.native == NATIVE
    assert costs.estimate("sample", sample) == (False, 0)
    for seconds in (0.4, 0.2, 0.6):
        costs.learn("sample", sample, [encoded], seconds)
    heavy, seconds = costs.estimate("sample", {"index": [0] * 10})
    assert (heavy, seconds) == (True, pytest.approx(2.0))
    heavy, seconds = costs.estimate("sample", {"index": [0] * 2})
    assert (heavy, seconds) == (False, pytest.approx(0.4))
    # Small images say nothing of large ones.
    small = {"height": [10], "width": [10]}
    for _ in range(3):
        costs.learn("draw", small, [], 1.0)
    assert costs.estimate("draw", large) == (True, 0)


class Model:
    """Stands for a model whose requests take a second a pixel."""

    class costs:
        @staticmethod
        def estimate(signature_name, inputs):
            return inputs["n"] > 1, inputs["n"]


def test_what_cannot_end_in_time_is_refused_at_once():
    def never():
        raise AssertionError

    with pytest.raises(StatusError) as error:
        begin(Model, "draw", {"n": 100}, Deadline(30), never)
    assert error.value.code == "INVALID_ARGUMENT"
    assert "takes about 100 s on this server" in error.value.message
    assert "within 30 s" in error.value.message
    later = begin(Model, "draw", {"n": 20}, Deadline(30), never)
    assert (later.call, later.lane, later.seconds) == (never, HEAVY, 20)
    assert begin(Model, "draw", {"n": 1}, Deadline(30), lambda: 5) == 5


def test_heavy_requests_leave_half_of_the_threads(admission):
    go_on = threading.Event()
    heavy = [admission.submit(lambda: go_on.wait(30), HEAVY) for _ in range(6)]
    with pytest.raises(StatusError) as error:
        admission.submit(lambda: None, HEAVY)
    assert error.value.code == "RESOURCE_EXHAUSTED"
    assert admission.submit(lambda: 3).result(10) == 3
    assert sum(future.running() for future in heavy) == 2
    light = [admission.submit(lambda: go_on.wait(30)) for _ in range(6)]
    wait_for(lambda: sum(future.running() for future in light) == 2)
    go_on.set()
    assert all(future.result(10) for future in heavy + light)


def test_one_thread_for_all_is_not_taken_by_heavy_requests():
    admission, go_on = Admission(1, 1), threading.Event()
    heavy = admission.submit(lambda: go_on.wait(30), HEAVY)
    assert admission.submit(lambda: 3).result(10) == 3
    go_on.set()
    assert heavy.result(10)
    admission.close()


def test_more_light_requests_may_wait_than_heavy_ones(monkeypatch):
    monkeypatch.undo()
    admission, go_on = Admission(2, 1), threading.Event()
    heavy = [admission.submit(lambda: go_on.wait(30), HEAVY) for _ in range(2)]
    light = [admission.submit(lambda: go_on.wait(30)) for _ in range(6)]
    for lane in (HEAVY, LIGHT):
        with pytest.raises(StatusError, match="run or wait already"):
            admission.submit(lambda: None, lane)
    go_on.set()
    assert all(future.result(10) for future in heavy + light)
    admission.close()


def test_a_place_is_free_when_a_waiting_request_is_dropped(admission):
    go_on = threading.Event()
    running = [admission.submit(lambda: go_on.wait(30)) for _ in range(4)]
    waiting = [admission.submit(lambda: None) for _ in range(4)]
    with pytest.raises(StatusError):
        admission.submit(lambda: None)
    for future in waiting:
        assert future.cancel()
    more = [admission.submit(lambda: 5) for _ in range(4)]
    go_on.set()
    assert [future.result(10) for future in running + more] == [True] * 4 + [5] * 4


def test_a_queue_that_leaves_too_little_time_is_refused(admission):
    go_on = threading.Event()
    first = admission.submit(lambda: go_on.wait(30), HEAVY, seconds=20)
    with pytest.raises(StatusError) as error:
        admission.submit(lambda: None, HEAVY, seconds=15, remaining=30)
    assert error.value.code == "RESOURCE_EXHAUSTED"
    assert 15 < error.value.retry_after <= 20
    second = admission.submit(lambda: 7, HEAVY, seconds=5, remaining=30)
    go_on.set()
    assert (first.result(10), second.result(10)) == (True, 7)


def test_what_is_left_goes_on_in_another_lane(admission):
    names = []

    def rest():
        names.append(threading.current_thread().name)
        return 8

    def begin_():
        return Continuation(rest, HEAVY)

    assert asyncio.run(admission.run(begin_, Deadline(10))) == 8
    assert len(names) == 1


def test_an_error_in_a_thread_is_the_requests_own(admission):
    with pytest.raises(KeyError):
        admission.submit(lambda: {}["a"]).result(10)
    assert admission.submit(lambda: 1).result(10) == 1


def test_light_requests_are_answered_beside_heavy_ones(base, monkeypatch):
    held = HeldRuns(monkeypatch, lambda feeds: 2048 in map(np.max, feeds))
    with (
        running(base, max_concurrency=2) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
    ):
        heavy = [clients.submit(post, server, HUGE) for _ in range(4)]
        wait_for(lambda: sum(future.done() for future in heavy) == 1)
        for _ in range(3):
            assert post(server, SMALL)[0] == 200
        held.release()
        statuses = sorted(future.result()[0] for future in heavy)
    # One runs and two wait.
    assert statuses == [200] * 3 + [429]


def test_a_busy_server_says_when_to_come_again(base, monkeypatch):
    held = HeldRuns(monkeypatch)
    with (
        running(base, max_concurrency=1) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
    ):
        body = '{"inputs": [1.0]}'
        path = "/v1/models/m:predict"
        asked = [clients.submit(ask, server, "POST", path, body) for _ in range(4)]
        wait_for(lambda: sum(future.done() for future in asked) == 2)
        refused = [future.result() for future in asked if future.done()]
        assert {status for status, _, _ in refused} == {429}
        assert all(int(headers["Retry-After"]) >= 1 for _, _, headers in refused)
        held.release()
        answered = [future.result() for future in asked]
        assert [h["Retry-After"] for s, _, h in answered if s == 200] == [None, None]


def test_requests_whose_clients_have_gone_are_dropped(base, monkeypatch):
    held = HeldRuns(monkeypatch)
    start = (
        b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 17\r\n\r\n"
        b'{"inputs": [1.0]}'
    )
    with (
        running(base, max_concurrency=1) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
    ):
        running_one = clients.submit(post, server, {"inputs": [1.0]})
        held.wait(1)
        address = ("127.0.0.1", server.port)
        for _ in range(5):
            with contextlib.closing(socket.create_connection(address)) as gone:
                gone.sendall(start)
                # It has been read, and waits, when another one is refused.
                wait_for(lambda: busy(server))
            wait_for(lambda: not busy(server))
        last = clients.submit(post, server, {"inputs": [1.0]})
        held.release()
        assert (running_one.result()[0], last.result()[0]) == (200, 200)
    assert held.count == 2


def busy(server):
    """Tells whether one more request would be refused."""
    path, body = "/v1/models/m:predict", b'{"inputs": [1.0]}'
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.settimeout(0.3)
        connection.sendall(head.encode() + body)
        try:
            return connection.recv(100).startswith(b"HTTP/1.1 429 ")
        except TimeoutError:
            # It waits, and is dropped as soon as this connection ends.
            return False


class Held:
    """What a request holds; it counts how many there are."""

    count = 0

    def __init__(self):
        Held.count += 1

    def __del__(self):
        Held.count -= 1


@pytest.mark.parametrize("end", ["result", "error", "drop"])
def test_nothing_of_a_request_waits_for_a_collection(admission, end):
    def work(held):
        if end == "error":
            raise StatusError("INTERNAL", "It failed.")
        return held

    async def ask_all():
        for _ in range(5):
            with contextlib.suppress(StatusError):
                call = functools.partial(work, Held())
                if end == "drop":
                    call = functools.partial(time.sleep, 0.1)
                    call.held = Held()
                    asking = asyncio.ensure_future(admission.run(call, Deadline(9)))
                    await asyncio.sleep(0)
                    asking.cancel()
                else:
                    await admission.run(call, Deadline(9))
            call = asking = None
            await asyncio.sleep(0.01)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(ask_all())
        wait_for(lambda: Held.count == 0)
    finally:
        gc.enable()


def test_refused_messages_leave_nothing(base, monkeypatch):
    held = []

    def refuse(protos, max_bytes):
        array = np.zeros(1)
        held.append(weakref.ref(array))
        raise StatusError("INVALID_ARGUMENT", "It holds nothing.")

    monkeypatch.setattr("keras_singan.server.grpc_api.arrays_from_protos", refuse)
    gc.collect()
    gc.disable()
    try:
        with (
            running(base, grpc_port=0) as server,
            grpc.insecure_channel(server.grpc_target) as channel,
        ):
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            for _ in range(5):
                with pytest.raises(grpc.RpcError):
                    stub.Predict(predict_request(x=[1.0]))
            wait_for(lambda: not any(each() is not None for each in held))
        assert len(held) == 5
    finally:
        gc.enable()
