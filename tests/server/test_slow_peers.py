import contextlib
import logging
import socket
import threading

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1 import health_pb2_grpc
from support.embedded_server import get
from support.embedded_server import post
from support.embedded_server import predict_request
from support.embedded_server import running
from support.embedded_server import save_version
from support.embedded_server import wait_for
from tensorflow_serving.apis import prediction_service_pb2_grpc

from keras_singan.server.network import connections
from keras_singan.server.network import grpc_front
from keras_singan.server.network import http_front
from keras_singan.server.network.bounded_log import BoundedLog
from keras_singan.server.network.connections import Connections

ONE = {"inputs": [1.0]}
HEADERS = b"POST /v1/models/m:predict HTTP/1.1\r\nHost: x\r\n"
CHUNKED = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    base = tmp_path_factory.mktemp("base")
    save_version(base, 1)
    return base


@contextlib.contextmanager
def opened(server, count, start=b""):
    """Opens connections that send no more than `start`."""
    with contextlib.ExitStack() as stack:
        address = ("127.0.0.1", server.port)
        peers = []
        for _ in range(count):
            peer = stack.enter_context(socket.create_connection(address, timeout=30))
            peer.sendall(start)
            peers.append(peer)
        yield peers


def answer_of(peer):
    """Reads until the server closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := peer.recv(1 << 16):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("start", [b"", b"GET /v1/mod", HEADERS + b"X-Y: "])
def test_a_peer_without_a_whole_header_is_given_up(base, monkeypatch, start):
    monkeypatch.setattr(http_front, "HEADER_SECONDS", 0.2)
    with running(base) as server, opened(server, 3, start) as peers:
        assert {answer_of(peer) for peer in peers} == {b""}
        assert post(server, ONE)[0] == 200


def test_dripping_headers_have_one_time_limit_in_all(base, monkeypatch):
    monkeypatch.setattr(http_front, "HEADER_SECONDS", 0.5)
    with running(base) as server, opened(server, 1) as (peer,):
        sent = 0
        with contextlib.suppress(ConnectionError):
            for byte in HEADERS * 100:
                peer.sendall(bytes([byte]))
                sent += 1
                threading.Event().wait(0.05)
        assert sent < 100


def test_an_idle_connection_is_closed(base, monkeypatch):
    monkeypatch.setattr(http_front, "IDLE_SECONDS", 0.2)
    start = b"GET /v1/models/m HTTP/1.1\r\nHost: x\r\n\r\n"
    with running(base) as server, opened(server, 1, start) as (peer,):
        assert answer_of(peer).startswith(b"HTTP/1.1 200 ")


def test_a_body_without_progress_is_given_up(base, monkeypatch):
    monkeypatch.setattr(http_front, "STALL_SECONDS", 0.2)
    start = HEADERS + b"Content-Length: 99\r\n\r\n{"
    with running(base) as server, opened(server, 1, start) as (peer,):
        assert answer_of(peer).startswith(b"HTTP/1.1 408 ")


def test_slow_peers_make_room_for_others(base, monkeypatch):
    monkeypatch.setattr(connections, "connection_limit", lambda: 20)
    monkeypatch.setattr(connections, "_MOST", 20)
    bodies = HEADERS + b"Content-Length: 99\r\n\r\n{"
    with (
        running(base) as server,
        opened(server, 15),
        opened(server, 15, HEADERS),
        opened(server, 15, bodies),
    ):
        for _ in range(5):
            assert post(server, ONE)[0] == 200
            assert get(server, "/v1/models/m")[0] == 200


def test_who_is_answered_makes_no_room():
    table, ended = Connections(2), []
    for name in "ab":
        assert table.add(name, lambda name=name: ended.append(name))
    table.works("a")
    assert table.add("c", lambda: ended.append("c"))
    assert ended == ["b"]
    table.works("c")
    assert not table.add("d", lambda: ended.append("d"))
    table.waits("a")
    table.remove("c")
    assert table.add("d", None)
    assert (ended, len(table)) == (["b"], 2)


@pytest.mark.parametrize(
    "bytes_, status",
    [
        (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
        (b"GET\r\n\r\n", b"400"),
        (HEADERS + b"Content-Length: x\r\n\r\n", b"400"),
        (CHUNKED + b"zz\r\n", b"400"),
        (HEADERS + b"Content-Length: 2\r\n\r\n{}\x00\x01garbage\r\n\r\n", b"400"),
        (
            HEADERS
            + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n\x00\r\n\r\n",
            b"400",
        ),
        (b"GET /v1/models/m HTTP/1.1\r\nX: " + b"a" * 200_000, b"431"),
    ],
    ids=range(7),
)
def test_broken_http_is_refused_without_a_line_in_the_log(base, caplog, bytes_, status):
    with running(base) as server, opened(server, 1) as (peer,):
        with contextlib.suppress(ConnectionError):
            peer.sendall(bytes_)
        answer = answer_of(peer)
        assert b"HTTP/1.1 " + status in answer
        assert post(server, ONE)[0] == 200
    assert caplog.records == []


def test_a_request_may_follow_at_once(base):
    start = b"GET /v1/models/m HTTP/1.1\r\nHost: x\r\n\r\n"
    last = start.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with running(base) as server, opened(server, 1, start * 3 + last) as (peer,):
        assert answer_of(peer).count(b"HTTP/1.1 200 ") == 4


def test_a_client_may_ask_before_it_sends_its_body(base):
    start = HEADERS + b"Expect: 100-continue\r\nContent-Length: 17\r\n\r\n"
    with running(base) as server, opened(server, 1, start) as (peer,):
        assert peer.recv(100) == b"HTTP/1.1 100 \r\n\r\n"
        peer.sendall(b'{"inputs": [1.0]}')
        assert b'"outputs"' in peer.recv(1000)


def test_an_answer_that_nobody_takes_is_dropped(base, monkeypatch):
    monkeypatch.setattr(http_front, "STALL_SECONDS", 0.3)
    # The answer is longer than what sockets keep.
    body = b'{"inputs": [' + b"1," * 1_000_000 + b"1]}"
    start = HEADERS + b"Content-Length: %d\r\n\r\n" % len(body)
    ended = []
    close = http_front._closed

    async def closed(writer):
        ended.append(writer)
        await close(writer)

    monkeypatch.setattr(http_front, "_closed", closed)
    with running(base) as server, opened(server, 2, start + body) as peers:
        wait_for(lambda: len(ended) == len(peers))
        assert post(server, ONE)[0] == 200


def test_calls_whose_message_does_not_come_stop_nobody(base, monkeypatch):
    monkeypatch.setattr(grpc_front, "MESSAGE_SECONDS", 1.0)
    with (
        running(base, grpc_port=0, max_concurrency=1) as server,
        grpc.insecure_channel(server.grpc_target) as channel,
    ):
        # A stream looks like a call whose message has not come yet.
        hang = channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
        never = threading.Event()
        calls = [hang.future(iter(never.wait, True)) for _ in range(100)]
        check = health_pb2_grpc.HealthStub(channel).Check
        status = check(health_pb2.HealthCheckRequest(), timeout=10).status
        assert status == health_pb2.HealthCheckResponse.SERVING
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        answer = stub.Predict(predict_request(x=[1.0]), timeout=10)
        assert answer.outputs["y"].float_val == [2]
        codes = {call.exception(timeout=30).code() for call in calls}
        assert codes == {grpc.StatusCode.DEADLINE_EXCEEDED}
        never.set()


def test_a_call_without_a_message_is_refused(base):
    with (
        running(base, grpc_port=0) as server,
        grpc.insecure_channel(server.grpc_target) as channel,
    ):
        call = channel.stream_unary("/tensorflow.serving.PredictionService/Predict")
        with pytest.raises(grpc.RpcError) as error:
            call(iter(()))
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
        one = channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
        with pytest.raises(grpc.RpcError) as error:
            one(b"\xff\xff\xff")
        assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_log_is_bounded(caplog):
    logger, limit = logging.getLogger("a stranger's"), BoundedLog(per_minute=3)
    logger.addFilter(limit)
    try:
        for number in range(100):
            try:
                raise ValueError("x\x1b[31m\n" * 1000)
            except ValueError:
                logger.exception("%s: %s", number, "y" * 10_000)
    finally:
        logger.removeFilter(limit)
    assert len(caplog.records) == 3
    for record in caplog.records:
        text = logging.Formatter().format(record)
        assert len(text) < 1000
        assert text.isprintable()
