"""What a client takes of a server: so many bytes, for so long, as plain text."""

import socket
import time
import tracemalloc

import pytest
from PIL import Image
from support.checks import refused
from support.fake_serving import Answer
from support.fake_serving import as_b64
from support.fake_serving import fake_server
from support.fake_serving import patient
from support.photos import encoded

from keras_singan.client import Client
from keras_singan.client import failures
from keras_singan.client.one_line import one_line
from keras_singan.errors import ServingError

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


def endless(*begin, piece=b"x" * 2**16, pause=0.0):
    """An answer that does not end before the client goes, or the test is over."""

    def write(handler):
        end = time.monotonic() + 20
        try:
            for part in begin:
                handler.wfile.write(part)
            while time.monotonic() < end:
                handler.wfile.write(piece)
                time.sleep(pause)
        except OSError:
            handler.close_connection = True

    return write


CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        endless(HEAD + b"\r\n"),
        endless(HEAD + b"Content-Length: 400000000\r\n\r\n"),
        endless(HEAD + b"Content-Length: 99999999999999\r\n\r\n"),
        endless(CHUNKED, piece=b"8000\r\n" + bytes(2**15) + b"\r\n"),
        endless(CHUNKED + b"ffffffffffff\r\n"),
        endless(piece=b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    ],
    ids=["no length", "400 MB", "claimed only", "chunks", "one chunk", "continue"],
)
def test_an_answer_that_is_too_large_is_not_read_to_its_end(server, answer):
    server.script = [answer]
    client = Client(server.url, max_answer_mb=1, retries=patient([]))
    tracemalloc.start()
    text = refused(client.reconstruct, ServingError)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "max_answer_mb=1" in text and "--max-answer-mb" in text
    assert most < 8 * 2**20
    assert len(server.seen) == 1


def test_an_answer_up_to_the_limit_is_read(server):
    noise = Image.effect_noise((600, 600), 99)
    body = {"predictions": [as_b64(encoded(noise))]}
    server.script = [Answer(200, body)]
    image = Client(server.url, max_answer_mb=1).reconstruct()
    assert image.tobytes() == noise.tobytes()


@pytest.mark.parametrize("status", [400, 500])
def test_of_an_error_only_the_beginning_is_read(server, status):
    head = f"HTTP/1.1 {status} x\r\nContent-Length: 400000000\r\n\r\n".encode()
    server.script = [endless(head)]
    tracemalloc.start()
    text = refused(Client(server.url).reconstruct, ServingError)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"HTTP {status}" in text
    assert most < 8 * 2**20


@pytest.mark.parametrize(
    "answer",
    [
        endless(HEAD, piece=b"X-A: b\r\n", pause=0.05),
        endless(HEAD + b"\r\n", piece=b" ", pause=0.05),
        endless(HEAD + b"Content-Length: 999\r\n\r\n", piece=b" ", pause=0.05),
        endless(CHUNKED, piece=b"1\r\n \r\n", pause=0.05),
        endless(b"HTTP/1.1 500 x\r\n\r\n", piece=b" ", pause=0.05),
        endless(piece=b"H", pause=0.05),
    ],
    ids=["headers", "body", "body of a length", "chunks", "an error", "first line"],
)
def test_a_server_that_drips_is_left_in_time(server, answer):
    server.script = [answer]
    begin = time.monotonic()
    refused(Client(server.url, timeout=0.4, retries=patient([])).status, ServingError)
    # Each byte came in time; a server may drip for 20 s.
    assert time.monotonic() - begin < 15
    assert len(server.seen) == 1


def test_a_host_of_many_silent_addresses_is_left_in_time(monkeypatch):
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent:
        place = silent.getsockname()
        entry = (socket.AF_INET, socket.SOCK_STREAM, 6, "", place)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args: [entry] * 50)
        # Fills the queue of connections that the server has not taken.
        held = [socket.socket() for _ in range(4)]
        for one in held:
            one.setblocking(False)
            one.connect_ex(place)
        client = Client(f"http://127.0.0.1:{place[1]}", timeout=0.4, retries=0)
        begin = time.monotonic()
        assert "in time" in refused(client.status, ServingError)
        assert time.monotonic() - begin < 10
        for one in held:
            one.close()


ESCAPES = "a\x1b[31mred\x07\x00\x9b2J\u202eb\u2028c\r\nd\ud800"


def test_one_line_is_plain_text():
    assert one_line(ESCAPES) == "a [31mred 2J b c d"
    assert one_line(b"caf\xc3\xa9 \xff") == "café \ufffd"
    assert one_line("x" * 600) == "x" * 500 + "..."
    assert one_line(" " * 10**6 + "x", 20) == ""


@pytest.mark.parametrize("status", [400, 500, 503])
def test_no_control_character_of_an_error_reaches_the_terminal(server, status):
    server.script = [Answer(status, {"error": ESCAPES})]
    text = refused(Client(server.url, retries=0).reconstruct, ServingError)
    assert text.isprintable()
    assert "a [31mred" in text


def test_nor_one_of_a_status_or_of_metadata(server):
    status = {"error_message": ESCAPES}
    versions = [{"version": "1", "state": ESCAPES, "status": status}]
    signature = {"inputs": {ESCAPES: {"dtype": ESCAPES}}}
    metadata = {
        "model_spec": {"name": ESCAPES, "version": "1"},
        "metadata": {"signature_def": {"signature_def": {ESCAPES: signature}}},
    }
    server.script = [Answer(200, {"model_version_status": versions})]
    server.script.append(Answer(200, metadata))
    client = Client(server.url)
    ((_, state), (_, error)) = list(client.status()[0].items())[1:]
    answer = client.metadata()
    ((name, tensors),) = answer["signatures"].items()
    ((key, tensor),) = tensors["inputs"].items()
    for text in (state, error, answer["name"], name, key, tensor["dtype"]):
        assert text.isprintable() and text.lower().startswith("a [31mred")


@pytest.mark.parametrize(
    "answer",
    [
        lambda h: h.wfile.write(b"HTTP/1.1 \x1b[2J\x07 no\r\n\r\n"),
        lambda h: h.wfile.write(b"\x1b[2J\x07\r\n\r\n"),
        Answer(200, b"\x1b[2J\x07 no JSON"),
        Answer(200, {"predictions": [{"b64\x1b": 3}]}),
        Answer(404, b"<html>\x1b[2J\x07</html>"),
    ],
)
def test_nor_one_of_what_is_no_answer(server, answer):
    server.script = [answer]
    assert refused(Client(server.url).reconstruct, ServingError).isprintable()


@pytest.mark.parametrize("blanks", [10**4, 10**6])
def test_blanks_in_an_error_are_read_once(server, blanks):
    # The time for a regular expression of the old kind grew with their square.
    server.script = [Answer(400, {"error": "why" + " " * blanks + "x"})]
    assert "why" in refused(Client(server.url).reconstruct, ServingError)


def test_the_node_s_name_is_left_out_whatever_stands_before_it():
    body = b'{"error": "too large' + b" " * 60_000 + b'[[{{node x}}]]"}'
    assert failures._sentence(body) == "too large"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_an_answer_of_any_png_has_8_bits_and_plain_channels(server, mode):
    image = Image.new("L", (6, 4), 255).convert("I" if mode == "I;16" else mode)
    if mode == "I;16":
        image = image.point(lambda value: value * 257).convert("I;16")
    data = encoded(image)
    server.script = [Answer(200, {"predictions": [as_b64(data)]})]
    (answer,) = Client(server.url).sample(1)
    assert answer.mode == {"1": "L", "I;16": "L", "P": "RGB"}.get(
        mode, "RGBA" if mode == "LA" else mode
    )
    assert answer.convert("L").getextrema() == (255, 255)


def test_an_answer_that_unpacks_to_too_much_is_told(server):
    data = encoded(Image.new("1", (20_000, 20_000)))
    server.script = [Answer(200, {"predictions": [as_b64(data)]})]
    assert "no PNG" in refused(Client(server.url).reconstruct, ServingError)


@pytest.fixture
def proxy(server, monkeypatch):
    """A proxy, which is the server of the tests, before a host that is not there."""
    for name in ("no_proxy", "NO_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    place = server.url.removeprefix("http://")
    monkeypatch.setenv("http_proxy", f"http://me:secret@{place}")
    monkeypatch.setenv("https_proxy", f"http://me:secret@{place}")
    return place


@pytest.mark.parametrize("status", [403, 407, 502, 503, 504])
def test_a_proxy_that_refuses_is_told_from_the_server(server, proxy, status):
    server.script = [Answer(status, b"<html>no</html>")]
    client = Client("http://singan.invalid:8501", retries=0)
    text = refused(client.reconstruct, ServingError)
    assert f"The proxy {proxy} must" in text and "secret" not in text


def test_with_the_servers_own_sentence_it_is_the_server(server, proxy):
    server.script = [Answer(503, {"error": "the model is loading"})]
    client = Client("http://singan.invalid:8501", retries=0)
    text = refused(client.reconstruct, ServingError)
    assert "proxy" not in text and "busy or starting" in text


def test_a_tunnel_that_is_refused_is_told_of_the_proxy(server, proxy):
    client = Client("https://singan.invalid:8501", retries=patient([]))
    text = refused(client.reconstruct, ServingError)
    assert f"The proxy {proxy} (of http_proxy, https_proxy) must connect" in text
    assert "secret" not in text and "Tunnel connection failed" in text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_listen_is_told(monkeypatch, scheme):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    sleeps = []
    client = Client(f"{scheme}://singan.invalid", retries=patient(sleeps, 1))
    text = refused(client.reconstruct, ServingError)
    assert f"The proxy 127.0.0.1:{port}" in text and "2 attempts" in text


def test_no_proxy_is_heeded(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "singan.invalid")
    text = refused(Client("http://singan.invalid:8501").status, ServingError)
    assert "The host of http://singan.invalid:8501 must be known" in text
