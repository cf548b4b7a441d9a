"""nginx with nginx.conf, before a server: tokens, paths, limits."""

import contextlib
import getpass
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import threading
from concurrent import futures

import pytest
from support.checks import refused
from support.checks import wait_for
from support.deployment_files import compose
from support.deployment_files import number
from support.deployment_files import text
from support.fake_serving import Answer
from support.fake_serving import fake_server
from support.fake_serving import patient

from keras_singan.client import Client
from keras_singan.errors import ServingError


@pytest.fixture
def proxy(tmp_path, monkeypatch):
    """Runs nginx.conf before a server; gives its URL, the server and the folder."""
    with fake_server() as server:
        upstream = server.url.removeprefix("http://")
        with running_proxy(tmp_path, upstream, monkeypatch) as url:
            yield url, server, tmp_path


@contextlib.contextmanager
def running_proxy(folder, upstream, monkeypatch):
    """Runs nginx.conf before an address, trusted by clients here; gives its URL."""
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if not nginx or not openssl:
        pytest.skip("needs nginx and openssl")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "tls_key", "-out", folder / "tls_certificate"),
        ],
        check=True,
        capture_output=True,
    )
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
    tokens = ("abc", "alice"), ("xyz", "bob"), ("uvw", "carol"), ("rst", "dan")
    lines = [f'"Bearer {token}" {name};\n' for token, name in tokens]
    (folder / "tokens").write_text("".join(lines))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    write_config(folder, upstream, port)
    command = [nginx, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    # pytest's folders are closed to the user that nginx would take.
    process = subprocess.Popen(
        [*command, "-g", f"daemon off; user {getpass.getuser()};"]
    )
    try:
        wait_for(lambda: listening(port))
        yield f"https://localhost:{port}"
    finally:
        process.terminate()
        process.wait(10)


def write_config(folder, upstream, port):
    """Writes nginx.conf with the addresses and files of a test."""
    changes = {
        "/run/secrets/": f"{folder}/",
        "serving:8501": upstream,
        "listen 8443": f"listen 127.0.0.1:{port}",
        "/tmp/": f"{folder}/",
        "/dev/stdout": f"{folder}/access.log",
        "/dev/stderr": f"{folder}/error.log",
    }
    # Longest first: the folder of the tests is itself in /tmp.
    pattern = "|".join(map(re.escape, changes))
    config = re.sub(pattern, lambda found: changes[found[0]], text("nginx.conf"))
    (folder / "nginx.conf").write_text(config)


def listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_the_proxy_lets_through_who_has_a_token(proxy):
    url, server, folder = proxy
    assert len(Client(url, token="abc").sample(2)) == 2
    assert Client(url, token="xyz").status()[0]["state"] == "AVAILABLE"
    assert Client(url, token="xyz").metadata()["name"] == "singan"
    assert all("Authorization" not in headers for _, _, headers in server.seen)
    assert "abc" not in (folder / "access.log").read_text()
    count = len(server.seen)
    for token in (None, "wrong", "ab", "abcd"):
        assert "token" in refused(Client(url, token=token).status, ServingError)
    assert len(server.seen) == count


def test_the_proxy_shows_nothing_else(proxy):
    url, server, folder = proxy
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    assert ask(url, "/v1/models/singan", context)[0] == 200
    count = len(server.seen)
    for path in (
        "/monitoring/prometheus/metrics",
        "/",
        "/v1/models",
        "/v1/models/singan:classify",
        "/v1/models/singan/../../x",
        "/V1/models/singan",
    ):
        status, body = ask(url, path, context)
        assert (status, list(json.loads(body))) == (404, ["error"]), path
    status, body = ask(url, "/v1/models/singan", context, method="DELETE")
    assert (status, list(json.loads(body))) == (405, ["error"])
    assert len(server.seen) == count


def ask(url, path, context, method="GET", body=None, token="abc"):
    connection = http.client.HTTPSConnection(
        url.removeprefix("https://"), context=context
    )
    try:
        connection.request(method, path, body, {"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_proxy_bounds_bodies_and_rates(proxy):
    url, server, folder = proxy
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    path = "/v1/models/singan:predict"
    try:
        status, body = ask(url, path, context, "POST", bytes(33 * 2**20))
        assert (status, list(json.loads(body))) == (413, ["error"])
    except OSError:
        # It hung up before all was sent, which is as good.
        pass
    assert server.seen == []
    codes = [ask(url, "/v1/models/singan", context)[0] for _ in range(40)]
    assert set(codes) == {200, 429}
    text = refused(Client(url, token="abc", retries=0).status, ServingError)
    assert "5 requests a second" in text
    assert Client(url, token="abc").status()[0]["version"] == 1


def test_questions_go_on_while_predictions_are_at_their_limit(proxy):
    url, server, folder = proxy
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    path = "/v1/models/singan:predict"
    end = threading.Event()
    server.script = [lambda handler: end.wait(30)] * 20
    tokens = ("abc",) * 6 + ("xyz",) * 4 + ("uvw",) * 4
    with futures.ThreadPoolExecutor(14) as pool:
        jobs = [
            pool.submit(ask, url, path, context, "POST", b"{}", token)
            for token in tokens
        ]
        # 4 of a client, 10 of all: the rest is refused while these wait.
        wait_for(lambda: sum(job.done() for job in jobs) == 4)
        done = [job.result()[0] for job in jobs if job.done()]
        assert done == [429] * 4
        assert len(server.script) == 10
        server.script = []
        # A client that has no prediction on its way asks for the status.
        assert ask(url, "/v1/models/singan", context, token="rst")[0] == 200
        end.set()


def test_a_request_that_stops_the_server_is_sent_to_it_once(proxy):
    url, server, folder = proxy
    hang_up = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)]
    server.script = hang_up * 6
    client = Client(url, token="abc", retries=patient([]))
    text = refused(client.reconstruct, ServingError)
    assert "not repeated" in text and "HTTP 502" in text
    assert len(server.seen) == 1
    # A question may be asked again, since it can stop nothing.
    server.script = hang_up
    assert client.status()[0]["state"] == "AVAILABLE"
    assert len(server.seen) == 3


def test_a_server_that_is_starting_is_waited_for(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        gone = f"127.0.0.1:{taken.getsockname()[1]}"
    sleeps = []
    with running_proxy(tmp_path, gone, monkeypatch) as url:
        client = Client(url, token="abc", retries=patient(sleeps, 2))
        text = refused(client.reconstruct, ServingError)
    assert "starting, or restarting. (HTTP 503), 3 attempts" in text
    assert sleeps == [2, 2]


def test_the_proxy_s_headers(proxy):
    url, server, folder = proxy
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    server.script = [
        Answer(503, {"error": "busy"}),
        Answer(503, {"error": "busy"}, headers={"Retry-After": "9"}),
    ]
    path = "/v1/models/singan"
    for answer, token, header, value in (
        (503, "abc", "Retry-After", ["2"]),
        (503, "abc", "Retry-After", ["9"]),
        (200, "abc", "Retry-After", None),
        (401, "no", "WWW-Authenticate", ['Bearer realm="singan"']),
    ):
        status, headers = head(url, path, context, token)
        assert (status, headers.get_all(header)) == (answer, value)
        assert "max-age=" in headers["Strict-Transport-Security"]


def head(url, path, context, token):
    connection = http.client.HTTPSConnection(
        url.removeprefix("https://"), context=context
    )
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        return answer.status, answer.headers


@pytest.mark.parametrize(
    "ciphers, works",
    [
        ("ECDHE+AESGCM", True),
        ("AES128-GCM-SHA256", False),
        ("ECDHE+AES:!AESGCM", False),
    ],
)
def test_old_traffic_stays_secret_without_the_key(proxy, ciphers, works):
    url, _, folder = proxy
    context = ssl.create_default_context(cafile=str(folder / "tls_certificate"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(ciphers)
    if works:
        assert ask(url, "/v1/models/singan", context)[0] == 200
        return
    with pytest.raises(ssl.SSLError):
        ask(url, "/v1/models/singan", context)


def test_bodies_at_the_limit_fit_into_memory():
    each = number(r"client_max_body_size (\d+)m;", "nginx.conf")
    most = number(r"limit_conn predictions (\d+);", "nginx.conf")
    (place,) = compose()["services"]["proxy"]["tmpfs"]
    room = int(re.fullmatch(r"/tmp:size=(\d+)m", place)[1])
    memory = int(compose()["services"]["proxy"]["mem_limit"].removesuffix("m"))
    assert each * most < room < memory
    # Threads are left for questions, which tell whether the server lives.
    threads = number(r"--rest_api_num_threads=(\d+)", "compose.yaml")
    assert most < threads
