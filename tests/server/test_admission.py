import concurrent.futures
import contextlib
import socket
import time

import grpc
import pytest
from prometheus_client import parser
from support.checks import wait_for
from support.embedded_server import HeldRuns
from support.embedded_server import ask
from support.embedded_server import get
from support.embedded_server import post
from support.embedded_server import predict_request
from support.embedded_server import running
from support.embedded_server import save_version
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_singan.errors import ServingError
from keras_singan.errors import TaskError
from keras_singan.server.prometheus import LIMITS
from keras_singan.server.prometheus import Metrics
from keras_singan.server.settings import ServeSettings

METRICS = "/monitoring/prometheus/metrics"
ENDLESS = {"signature_name": "slow", "inputs": 10**12}


@pytest.fixture(autouse=True)
def few_wait(monkeypatch):
    """As many light requests wait as run: a full queue needs few of them."""
    monkeypatch.setattr("keras_singan.server.admission._LIGHT_WAITING", 1)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    save_version(base, 1)
    return base


def test_a_request_that_takes_too_long_is_given_up(base):
    with running(base, timeout=0.5) as server:
        status, answer = post(server, ENDLESS)
        assert (status, "Timed out" in answer["error"]) == (504, True)
        assert post(server, {"inputs": [1.0]})[0] == 200


def test_what_comes_beyond_those_that_run_and_wait_is_refused(base, monkeypatch):
    held = HeldRuns(monkeypatch)
    with (
        running(base, max_concurrency=1, grpc_port=0) as server,
        concurrent.futures.ThreadPoolExecutor() as clients,
        grpc.insecure_channel(server.grpc_target) as channel,
    ):
        # One runs and one waits; who comes third is refused, and so on.
        answers = [clients.submit(post, server, {"inputs": [1.0]}) for _ in range(5)]
        wait_for(lambda: sum(answer.done() for answer in answers) == 3)
        assert get(server, "/v1/models/m")[0] == 200
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as error:
            stub.Predict(predict_request(x=[1.0]))
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        held.release()
        statuses = sorted(answer.result()[0] for answer in answers)
        assert statuses == [200, 200, 429, 429, 429]
        # The places are free again.
        assert post(server, {"inputs": [1.0]})[0] == 200
        assert stub.Predict(predict_request(x=[1.0])).outputs["y"].float_val == [2]


def test_bodies_that_do_not_come_take_nobodys_place(base):
    start = (
        b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{"
    )
    with running(base, max_concurrency=1) as server, contextlib.ExitStack() as stack:
        for _ in range(60):
            address = ("127.0.0.1", server.port)
            connection = stack.enter_context(socket.create_connection(address))
            connection.sendall(start)
        assert get(server, "/v1/models/m")[0] == 200
        assert post(server, {"inputs": [1.0]})[0] == 200


def test_a_body_that_does_not_come_is_given_up(base):
    with (
        running(base, timeout=0.3) as server,
        socket.create_connection(("127.0.0.1", server.port)) as connection,
    ):
        connection.sendall(
            b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 99\r\n\r\n{"
        )
        with connection.makefile("rb") as answer:
            assert answer.readline().startswith(b"HTTP/1.1 408 ")


def test_stopping_finishes_what_runs_and_refuses_the_rest(base, monkeypatch):
    held = HeldRuns(monkeypatch)
    with concurrent.futures.ThreadPoolExecutor() as clients, running(base) as server:
        answer = clients.submit(post, server, {"inputs": [1.0]})
        held.wait(1)
        stopped = clients.submit(server.stop)
        # Until it has heard of it, it takes requests, which are held as well.
        refused = (503, {"error": "The server is stopping."})
        more = []
        while not any(each.done() for each in more):
            more.append(clients.submit(post, server, {"inputs": [1.0]}))
            time.sleep(0.1)
        assert refused in [each.result() for each in more if each.done()]
        assert not stopped.done()
        held.release()
        assert answer.result() == (200, {"outputs": [2.0]})
        stopped.result()
        with pytest.raises(ConnectionError):
            post(server, {"inputs": [1.0]})


def test_metrics_have_tensorflow_servings_names(base):
    with running(base) as server:
        post(server, {"inputs": [1.0]})
        post(server, {"inputs": [1.0]}, "/v1/models/m/versions/1:predict")
        post(server, {"inputs": ["a"]})
        post(server, {"inputs": [1.0]}, "/v1/models/zz:predict")
        status, page, headers = ask(server, "GET", METRICS)
        wrong = ask(server, "GET", f"{METRICS}?x=1")
    assert status == 200
    assert headers["Content-Type"] == "text/plain"
    line = ':tensorflow:serving:request_count{model_name="m",status="OK"} 2'
    assert line in page.decode().splitlines()
    name = ":tensorflow:serving:"
    families = parser.text_string_to_metric_families(page.decode())
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }
    # The parser adds what newer clients end counters with.
    count = f"{name}request_count_total"
    assert samples[count, ("model_name", "m"), ("status", "OK")] == 2
    wrong_key = (count, ("model_name", "m"), ("status", "INVALID_ARGUMENT"))
    assert samples[wrong_key] == 1
    assert samples[count, ("model_name", "unknown"), ("status", "NOT_FOUND")] == 1
    labels = (("API", "predict"), ("entrypoint", "REST"))
    last = ("le", "+Inf")
    bucket = (f"{name}request_latency_bucket", *labels, last, ("model_name", "m"))
    assert samples[bucket] == 2
    labels = (("API", "Predict"), ("model_name", "m"), ("runtime", "TF1"))
    assert samples[f"{name}runtime_latency_count", *labels] == 2
    assert wrong[0] == 400
    assert wrong[1].decode() == f"Unexpected path: {METRICS}?x=1. Should be {METRICS}"


def test_a_histogram_adds_up():
    metrics = Metrics('a"\\')
    for micros in (5, 10, 17.9, 1e12):
        metrics.runtime(micros / 1e6)
    lines = metrics.page().splitlines()
    buckets = [line for line in lines if "_bucket" in line]
    assert len(buckets) == len(LIMITS) + 1 == 34
    counts = [int(line.split()[-1]) for line in buckets]
    assert counts[:3] == [1, 3, 3]
    assert counts[-2:] == [3, 4]
    assert 'model_name="a\\"\\\\"' in buckets[0]
    assert 'le="10"' in buckets[0]
    assert 'le="18"' in buckets[1]


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a/b"},
        {"name": ""},
        {"name": 3},
        {"port": 65536},
        {"port": True},
        {"grpc_port": -1},
        {"poll_seconds": float("nan")},
        {"max_body_mb": 0},
        {"max_concurrency": 0},
        {"timeout": "1"},
    ],
    ids=str,
)
def test_settings_that_make_no_sense_are_refused(wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(TaskError) as error:
        ServeSettings(**wrong)
    assert f"Received: {name}={value!r}." in str(error.value)


@pytest.mark.parametrize("option", ["port", "grpc_port"])
def test_a_port_in_use_is_refused(base, option):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with (
            pytest.raises(ServingError, match=f"Received: .*port={port}"),
            running(base, **{option: port}),
        ):
            pass


def test_a_host_that_is_none_is_refused(base):
    with (
        pytest.raises(ServingError, match="Received: host='no.invalid'"),
        running(base, host="no.invalid"),
    ):
        pass
