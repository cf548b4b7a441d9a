import email.utils
import json
import socket
import threading
import time

import pytest
from support.checks import refused
from support.fake_serving import INPUTS
from support.fake_serving import Answer
from support.fake_serving import as_b64
from support.fake_serving import fake_server
from support.fake_serving import patient
from support.photos import png

from keras_singan.client import Client
from keras_singan.errors import ServingError


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


@pytest.fixture
def client(server):
    return Client(server.url)


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_with_growing_pauses(server, status):
    sleeps = []
    server.script = [Answer(status)] * 3
    client = Client(server.url, retries=patient(sleeps))
    assert client.reconstruct().size == (6, 4)
    assert sleeps == [0.5, 1.0, 2.0]
    assert len(server.seen) == 4


@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, {"error": "The model server stopped during the request."}),
        Answer(502, headers={"Retry-After": "1"}),
        Answer(503, b"upstream connect error or disconnect/reset before headers"),
        lambda handler: handler.connection.shutdown(socket.SHUT_RDWR),
    ],
)
def test_a_request_that_may_have_stopped_a_server_goes_to_no_other(server, answer):
    server.script = [answer] * 5
    client = Client(server.url, retries=patient([]))
    text = refused(client.reconstruct, ServingError)
    assert "attempt" not in text
    assert len(server.seen) == 1


@pytest.mark.parametrize("ask", ["status", "metadata"])
def test_a_question_is_safe_to_repeat(server, ask):
    server.script = [Answer(502), Answer(503, b"upstream reset")]
    assert getattr(Client(server.url, retries=patient([])), ask)()
    assert len(server.seen) == 3


def test_the_pauses_are_random_and_bounded():
    sleeps = []
    draws = iter([0.0, 0.5, 1.0, 0.0, 0.0, 0.0])
    retries = patient(sleeps, 5, lambda: next(draws), first=4, longest=10)
    client = Client("http://127.0.0.1:9", retries=retries)
    with pytest.raises(ServingError):
        client.status()
    assert sleeps == [2, 6, 10, 5, 5]


def test_the_attempts_are_bounded_and_counted(server):
    sleeps = []
    server.script = [Answer(503, {"error": "overloaded"})] * 9
    client = Client(server.url, retries=patient(sleeps, 2))
    text = refused(client.reconstruct, ServingError)
    assert "busy or starting. Received: overloaded (HTTP 503), 3 attempts" in text
    assert (len(server.seen), len(sleeps)) == (3, 2)


def test_without_retries_it_is_asked_once(server):
    server.script = [Answer(503)] * 2
    assert ", 1 attempt" in refused(
        Client(server.url, retries=0).reconstruct, ServingError
    )
    assert len(server.seen) == 1


def date_in(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)


@pytest.mark.parametrize(
    "wait, low, high",
    [
        *((lambda: "7", 7, 7), (lambda: "0", 0.5, 0.5), (lambda: "soon", 0.5, 0.5)),
        *((lambda: date_in(20), 15, 20), (lambda: date_in(-20), 0.5, 0.5)),
    ],
)
def test_what_the_server_asks_to_wait_is_waited(server, wait, low, high):
    sleeps = []
    server.script = [Answer(429, headers={"Retry-After": wait()})]
    Client(server.url, retries=patient(sleeps)).reconstruct()
    assert len(sleeps) == 1
    assert low <= sleeps[0] <= high


def test_when_the_server_asks_to_wait_too_long_it_is_an_error(server):
    sleeps = []
    server.script = [Answer(429, headers={"Retry-After": "3600"})]
    refused(Client(server.url, retries=patient(sleeps)).reconstruct, ServingError)
    assert sleeps == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 500, 501, 504])
def test_other_errors_are_not_asked_again(server, status):
    server.script = [Answer(status, {"error": "it said so"})]
    client = Client(server.url, retries=patient([]))
    with pytest.raises(ServingError) as error:
        client.reconstruct()
    assert f"it said so (HTTP {status})" in str(error.value)
    assert error.value.status == status
    assert len(server.seen) == 1


def test_a_server_that_is_only_starting_is_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    sleeps = []
    client = Client(f"http://127.0.0.1:{port}", retries=patient(sleeps, 2))
    text = refused(client.status, ServingError)
    assert f"listening at http://127.0.0.1:{port}" in text
    assert "Connection refused, 3 attempts" in text
    assert len(sleeps) == 2


def test_the_servers_sentence_is_carried_without_names_of_nodes(client):
    text = refused(lambda: client.super_resolve(png(), 5000), ServingError)
    assert "assertion failed: [factor is too large, got] [5000.0] (HTTP 400)" in text
    assert "node" not in text


def test_an_unknown_signature_is_named(server, client, monkeypatch):
    monkeypatch.delitem(INPUTS, "animate")
    assert '"animate" not found in signature def' in refused(
        client.animate, ServingError
    )


def test_a_long_sentence_is_cut(server, client):
    server.script = [Answer(400, {"error": "word " * 10_000})]
    assert len(refused(client.reconstruct, ServingError)) < 700


def test_an_unknown_model_is_named(server):
    text = refused(Client(server.url, "lion").reconstruct, ServingError)
    assert "model='lion'" in text
    assert "Servable not found for request: Latest(x) (HTTP 404)" in text


def test_an_unknown_version_is_named(server):
    server.script = [Answer(404, {"error": "Could not find version 9 of model singan"})]
    text = refused(Client(server.url, version=9).status, ServingError)
    assert "model='singan', version=9." in text


def test_a_wrong_path_is_told_from_a_wrong_model(server):
    text = refused(Client(f"{server.url}/wrong").reconstruct, ServingError)
    assert "mind the port (8501) and the path" in text
    assert "HTML (HTTP 404)" in text


@pytest.mark.parametrize("body", [b"<html><body>Welcome</body></html>", b"hello", b""])
def test_another_kind_of_server_is_told(server, client, body):
    server.script = [Answer(200, body)]
    assert "TensorFlow Serving's REST" in refused(client.reconstruct, ServingError)


def test_a_body_that_is_too_large_is_named_with_its_size(server, client):
    server.script = [Answer(413, b"<html>413 Request Entity Too Large</html>")]
    text = refused(client.reconstruct, ServingError)
    sent = len(json.dumps({"signature_name": "reconstruct", "instances": [0]}))
    assert f"{sent} bytes" in text
    assert "HTTP 413" in text


def test_the_servers_own_time_limit_is_told(server, client):
    server.script = [Answer(504, {"error": "Timed out"})]
    assert "its own time limit" in refused(client.reconstruct, ServingError)


def test_an_answer_that_is_cut_off_is_told(server, client):
    server.script = [Answer(200, b'{"predictions": [', length=999)]
    text = refused(client.reconstruct, ServingError)
    assert "must be whole" in text
    assert "17 bytes read" in text
    assert len(server.seen) == 1


def test_an_error_that_is_cut_off_still_gives_its_status(server, client):
    server.script = [Answer(500, b'{"err', length=999)]
    assert "HTTP 500" in refused(client.reconstruct, ServingError)


def test_a_server_that_hangs_up_is_told_and_not_asked_again(server, client):
    server.script = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)]
    assert "stay alive" in refused(client.reconstruct, ServingError)
    assert len(server.seen) == 1


def test_a_server_that_speaks_no_http_is_told(server, client):
    server.script = [lambda handler: handler.wfile.write(b"\0\0\x18\x04\0\0\0\0\0\r\n")]
    assert "port 8500 is gRPC's" in refused(client.reconstruct, ServingError)


def test_a_server_that_says_nothing_is_left_in_time(server):
    done = threading.Event()
    server.script = [lambda handler: done.wait(10)]
    client = Client(server.url, timeout=0.2, retries=patient([]))
    text = refused(client.reconstruct, ServingError)
    done.set()
    assert "timeout=0.2" in text
    assert len(server.seen) == 1


def test_an_answer_that_stops_midway_is_left_in_time(server):
    done = threading.Event()

    def stop_midway(handler):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n{")
        done.wait(10)

    server.script = [stop_midway]
    text = refused(Client(server.url, timeout=0.2).reconstruct, ServingError)
    done.set()
    assert "in time" in text


def test_an_unknown_host_is_told(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    text = refused(Client("http://nowhere.invalid:8501").reconstruct, ServingError)
    assert "The host of http://nowhere.invalid:8501 must be known." in text


def test_https_to_a_server_of_plain_http_is_told(server):
    url = server.url.replace("http:", "https:")
    assert "must speak TLS" in refused(Client(url).reconstruct, ServingError)


@pytest.mark.parametrize(
    "answer",
    [
        *({}, [], {"predictions": []}, {"predictions": 3}, {"outputs": [1]}, None),
        *({"predictions": [1]}, {"predictions": [{"b64": "!!"}]}),
        *({"predictions": [{"b64": 3}]}, {"predictions": ["text"]}),
        *({"predictions": [as_b64(b"no png")]}, {"predictions": [[as_b64(png())]]}),
        {"predictions": [as_b64(png()), as_b64(png())]},
        {"predictions": [as_b64(png((60, 40))[:60])]},
    ],
)
def test_an_answer_without_the_images_is_told(server, client, answer):
    server.script = [Answer(200, answer)]
    assert "must answer with" in refused(client.reconstruct, ServingError)


def test_an_image_in_place_of_frames_is_told(server, client):
    server.script = [Answer(200, {"predictions": [as_b64(png())]})]
    assert "one image where frames" in refused(client.animate, ServingError)


def test_named_outputs_are_taken_too(server, client):
    server.script = [Answer(200, {"predictions": [{"image_bytes": as_b64(png())}]})]
    assert client.reconstruct().size == (6, 4)
