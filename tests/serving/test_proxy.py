"""nginx with nginx.conf, before a server: tokens, paths, limits."""

import getpass
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess

import pytest
from support.checks import refused
from support.checks import wait_for
from support.deployment_files import text
from support.fake_serving import fake_server

from keras_singan.client import Client
from keras_singan.errors import ServingError


@pytest.fixture
def proxy(tmp_path):
    """Runs nginx.conf before a server; gives both, and the certificate's path."""
    nginx, openssl = shutil.which("nginx"), shutil.which("openssl")
    if not nginx or not openssl:
        pytest.skip("needs nginx and openssl")
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", tmp_path / "tls_key", "-out", tmp_path / "tls_certificate"),
        ],
        check=True,
        capture_output=True,
    )
    (tmp_path / "tokens").write_text('"Bearer abc" alice;\n"Bearer xyz" bob;\n')
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with fake_server() as server:
        changes = {
            "/run/secrets/": f"{tmp_path}/",
            "serving:8501": server.url.removeprefix("http://"),
            "listen 8443": f"listen 127.0.0.1:{port}",
            "/tmp/": f"{tmp_path}/",
            "/dev/stdout": f"{tmp_path}/access.log",
            "/dev/stderr": f"{tmp_path}/error.log",
        }
        # Longest first: the folder of the tests is itself in /tmp.
        pattern = "|".join(map(re.escape, changes))
        config = re.sub(pattern, lambda found: changes[found[0]], text("nginx.conf"))
        (tmp_path / "nginx.conf").write_text(config)
        command = [nginx, "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"]
        subprocess.run([*command, "-t"], check=True, capture_output=True)
        # pytest's folders are closed to the user that nginx would take.
        process = subprocess.Popen(
            [*command, "-g", f"daemon off; user {getpass.getuser()};"]
        )
        try:
            wait_for(lambda: listening(port))
            yield f"https://localhost:{port}", server, tmp_path
        finally:
            process.terminate()
            process.wait(10)


def listening(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def test_the_proxy_lets_through_who_has_a_token(proxy, monkeypatch):
    url, server, folder = proxy
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
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


def ask(url, path, context, method="GET", body=None):
    connection = http.client.HTTPSConnection(
        url.removeprefix("https://"), context=context
    )
    try:
        connection.request(method, path, body, {"Authorization": "Bearer abc"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_the_proxy_bounds_bodies_and_rates(proxy, monkeypatch):
    url, server, folder = proxy
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
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


def test_the_proxy_tells_that_the_server_is_gone(proxy, monkeypatch):
    url, server, folder = proxy
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "tls_certificate"))
    server.script = [lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)]
    text = refused(Client(url, token="abc", retries=0).status, ServingError)
    assert "starting, or restarting" in text
