import pytest
from support.checks import refused
from support.fake_serving import MODEL
from support.fake_serving import Answer
from support.fake_serving import as_b64
from support.fake_serving import fake_server
from support.photos import png

from keras_singan.client import Client
from keras_singan.errors import ServingError
from keras_singan.errors import TaskError


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


@pytest.fixture
def client(server):
    return Client(server.url)


@pytest.mark.parametrize(
    "end, model",
    [
        *(("", None), ("/", None), ("", "singan"), ("/v1/models/singan", None)),
        *(("/v1/models/singan:predict", None), ("/v1/models/other", "singan")),
    ],
)
def test_urls_that_mean_the_same(server, end, model):
    Client(server.url + end, model).reconstruct()
    assert server.seen[0][:2] == ("POST", f"{MODEL}:predict")


@pytest.mark.parametrize(
    "end, options, path",
    [
        ("/a/b/", {}, "/a/b/v1/models/singan:predict"),
        ("", {"model": "mein Löwe"}, None),
        ("", {"model": "löwe"}, "/v1/models/l%C3%B6we:predict"),
        ("", {"version": 3}, "/v1/models/singan/versions/3:predict"),
        ("/p/v1/models/x/versions/3", {}, "/p/v1/models/x/versions/3:predict"),
        ("/v1/models/x/versions/3", {"version": 4}, "/v1/models/x/versions/4:predict"),
    ],
)
def test_prefixes_names_and_versions_make_the_path(server, end, options, path):
    if path is None:
        refused(lambda: Client(server.url + end, **options), TaskError)
        return
    server.script = [Answer(200, {"predictions": [as_b64(png())]})]
    Client(server.url + end, **options).reconstruct()
    assert server.seen[0][1] == path


def test_the_scheme_may_be_left_out(server):
    Client(server.url.removeprefix("http://")).reconstruct()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://", "ftp://host", "http://host:port", "http://host:99999", None),
        *("http://host/?a=1", "http://host/#x", "http://ho st", "http://[::1", 8501),
        *("http://host\nX: y", "http://höst"),
    ],
)
def test_a_url_that_is_none_is_refused(url):
    refused(lambda: Client(url), TaskError)


def test_a_password_in_a_url_is_refused_and_not_repeated():
    text = refused(lambda: Client("http://me:secret@host"), TaskError)
    assert "secret" not in text


@pytest.mark.parametrize(
    "options",
    [
        *({"model": ""}, {"model": "a/b"}, {"model": "a:predict"}, {"version": -1}),
        *({"version": 1.5}, {"version": 2**63}, {"timeout": 0}, {"timeout": "9"}),
        *({"retries": -1}, {"retries": None}, {"token": "a b"}, {"token": "a\r\nb"}),
        *({"batch_size": 0}, {"timeout": None}),
    ],
)
def test_options_that_make_no_sense_are_refused(options):
    refused(lambda: Client("http://host", **options), TaskError)


def test_a_bad_token_is_not_repeated():
    assert "pass" not in refused(
        lambda: Client("http://h", token="pass word"), TaskError
    )


def test_a_local_server_is_asked_without_the_proxy(server, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    Client(server.url).reconstruct()
    assert len(server.requests) == 1


def test_another_server_is_asked_through_the_proxy(server, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    server.script = [Answer(200, {"predictions": [as_b64(png())]})]
    Client("http://example.invalid").reconstruct()
    assert server.seen[0][1] == f"http://example.invalid{MODEL}:predict"


def test_the_token_is_sent(server):
    server.token = "abc"
    Client(server.url, token="abc").reconstruct()
    assert server.seen[0][2]["Authorization"] == "Bearer abc"


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_without_the_right_token_the_error_says_so(server, token):
    server.token = "abc"
    text = refused(lambda: Client(server.url, token=token).reconstruct(), ServingError)
    assert "accept the token. Received: HTTP 401" in text
    assert "wrong" not in text
    assert len(server.seen) == 1


def test_a_redirect_is_not_followed_lest_the_token_go_elsewhere(server):
    server.script = [Answer(307, headers={"Location": f"{server.url}/v1/elsewhere"})]
    text = refused(lambda: Client(server.url, token="abc").reconstruct(), ServingError)
    assert "points elsewhere. Received: HTTP 307" in text
    assert len(server.seen) == 1
