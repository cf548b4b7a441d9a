import pytest
from starlette.testclient import TestClient

from keras_singan.errors import ConfigError
from keras_singan.studio.studio_settings import StudioSettings
from keras_singan.studio.web.studio_app import Studio
from keras_singan.studio.web.studio_app import studio_app

OWN = "http://127.0.0.1:8080"


@pytest.fixture
def client(tmp_path):
    return TestClient(studio_app(Studio(StudioSettings(tmp_path))), base_url=OWN)


@pytest.fixture
def guarded(tmp_path):
    settings = StudioSettings(tmp_path, host="0.0.0.0", token="right")
    return TestClient(
        studio_app(Studio(settings)),
        base_url="http://192.0.2.7:8080",
        follow_redirects=False,
    )


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_own_names_are_let_in(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:8080", "127.0.0.1.evil.example", "192.0.2.7"),
        *("localhost.evil.example:8080", "user@evil.example", "", "[::1", "127.0.0.2"),
    ],
)
def test_a_foreign_host_is_refused(client, host):
    answer = client.get("/api/about", headers={"host": host})
    assert answer.status_code == 403
    assert "Host" in answer.text


def test_two_hosts_are_refused(client):
    headers = [("host", "127.0.0.1:8080"), ("host", "evil.example")]
    assert client.get("/", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        *("http://evil.example", "null", "https://127.0.0.1:8080"),
        *("http://127.0.0.1:8081", "http://localhost:8080", "file://"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_foreign_origin_is_refused(client, origin, method):
    answer = client.request(method, "/api/trash", headers={"origin": origin})
    assert answer.status_code == 403
    assert "Origin" in answer.text


def test_a_change_needs_an_origin(client):
    assert client.delete("/api/trash").status_code == 403
    assert client.delete("/api/trash", headers={"origin": OWN}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_from_elsewhere_reads_nothing(client, site):
    headers = {"sec-fetch-site": site}
    assert client.get("/api/about", headers=headers).status_code == 403
    # A link opens the page.
    assert client.get("/", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/api/about", "/static/js/start.js", "/nothing"])
def test_every_answer_has_a_strict_policy(client, path):
    policy = client.get(path).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert "frame-ancestors 'none'" in policy


def test_other_machines_need_a_token(tmp_path):
    with pytest.raises(ConfigError, match=r"`token` must be given"):
        StudioSettings(tmp_path, host="0.0.0.0")


@pytest.mark.parametrize("path", ["/", "/api/about", "/static/js/start.js"])
def test_without_the_token_nothing_is_answered(guarded, path):
    assert guarded.get(path).status_code == 401
    assert guarded.get(f"{path}?token=wrong").status_code == 401


def test_the_token_of_the_address_becomes_a_cookie(guarded):
    first = guarded.get("/?token=right")
    assert first.status_code == 303
    assert first.headers["location"] == "/"
    cookie = first.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert guarded.get("/").status_code == 200
    assert guarded.get("/api/about").status_code == 200


def test_the_token_opens_the_page_only(guarded):
    assert guarded.get("/api/about?token=right").status_code == 401


def test_a_broken_cookie_is_no_token(guarded):
    for cookie in ("keras_singan_studio=wrong", "=;;=", "keras_singan_studio"):
        assert guarded.get("/", headers={"cookie": cookie}).status_code == 401


def test_on_the_network_a_foreign_name_is_refused(guarded):
    headers = {"host": "evil.example", "cookie": "keras_singan_studio=right"}
    assert guarded.get("/", headers=headers).status_code == 403
