import gzip
import json
import socket

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from support.embedded_server import ask
from support.embedded_server import get
from support.embedded_server import post
from support.embedded_server import running

PREDICT = "/v1/models/m:predict"
ONE = '{"inputs": [1.0]}'
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["a", "n", "x", "b64"]), inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def server():
    with running(max_body_mb=1) as server:
        yield server


@pytest.mark.parametrize(
    "path",
    [
        "/V1/Models/m:predict",
        "/v1/models/%6D:predict",
        "/v1/models/m/versions/0001:predict",
        "/v1/models/m/VERSIONS/1:predict",
    ],
)
def test_paths_are_read_generously(server, path):
    assert post(server, ONE, path) == (200, {"outputs": [2.5]})


@pytest.mark.parametrize(
    "method, path",
    [
        ("POST", "/V1/MODELS/m:PREDICT"),
        ("POST", "/v1/models/m/versions/abc:predict"),
        ("POST", "/v1/models/m/versions/1/labels/x:predict"),
        ("POST", "/v1/models/m/metadata"),
        ("GET", "/v1/models/m:predict"),
        ("GET", "/v1/models/"),
        ("GET", "/v1/"),
        ("DELETE", "/v1/models/m"),
        ("PATCH", PREDICT),
        ("OPTIONS", PREDICT),
    ],
)
def test_other_paths_are_malformed(server, method, path):
    status, body, _ = ask(server, method, path, ONE if method == "POST" else None)
    assert status == 400
    assert json.loads(body) == {"error": f"Malformed request: {method} {path}"}


def test_head_has_no_body(server):
    status, body, headers = ask(server, "HEAD", "/v1/models/m")
    assert (status, body) == (400, b"")
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("version", [2**63, "9" * 30, "1" + "0" * 50, "1" * 5000])
def test_a_version_beyond_64_bits_has_an_empty_answer(server, version):
    path = f"/v1/models/m/versions/{version}"
    assert ask(server, "GET", path)[:2] == (400, b"")
    assert ask(server, "POST", f"{path}:predict", ONE)[:2] == (400, b"")


@pytest.mark.parametrize("path", ["/", "/v2/models/m", "/v1", "/favicon.ico?x"])
def test_other_pages_are_libevents(server, path):
    status, body, headers = ask(server, "GET", path)
    assert status == 404
    assert headers["Content-Type"] == "text/html"
    assert body.startswith(b"<HTML><HEAD>\n<TITLE>404 Not Found</TITLE>\n")


def test_an_unknown_method_is_not_implemented(server):
    assert ask(server, "BREW", PREDICT)[0] == 501


def test_a_whole_url_counts_by_its_path(server):
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall(
            b"GET http://other/v1/models/m HTTP/1.1\r\nHost: other\r\n"
            b"Connection: close\r\n\r\n"
        )
        with connection.makefile("rb") as answer:
            assert answer.read().startswith(b"HTTP/1.1 200 ")


ERRORS = {
    "/v1/models": (400, "Missing model name in request."),
    "/v1/models/versions/1": (400, "Missing model name in request."),
    "/v1/models/m?x=1": (404, "Could not find any versions of model m?x=1"),
    "/v1/models/m/versions/7": (404, "Could not find version 7 of model m"),
    "/v1/models/m/versions/7/metadata": (
        404,
        "Servable not found for request: Specific(m, 7)",
    ),
    "/v1/models/m/labels/x/metadata": (400, "Unrecognized servable version label: x"),
}


@pytest.mark.parametrize("path", ERRORS)
def test_what_is_not_there_is_said_so(server, path):
    status, message = ERRORS[path]
    assert get(server, path) == (status, {"error": message})


SIGNATURES = {
    '{"signature_name": "__saved_model_init_op", "inputs": 1}': (
        "Failed to get input map for signature: __saved_model_init_op"
    ),
    '{"signature_name": "pair", "instances": [{"b64": "AAAA"}]}': (
        "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: "
        'JSON Value: {\n    "b64": "AAAA"\n} Type: Object is not of expected type: '
        "float"
    ),
    '{"signature_name": "scalar", "inputs": {"seed": [1], "size": 1}}': (
        "Shape of tensor "
    ),
    '{"signature_name": "matrix", "instances": [{"m": [1], "flip": true}]}': (
        "The second input must be a scalar, but it has shape [1]"
    ),
}


@pytest.mark.parametrize("body", SIGNATURES)
def test_what_a_signature_cannot_take_is_refused(server, body):
    status, answer = post(server, body)
    assert status == 400
    assert answer["error"].startswith(SIGNATURES[body])


def test_shapes_that_the_graph_takes_are_let_through(server):
    assert post(server, '{"inputs": 3}') == (200, {"outputs": 3.5})
    nested = post(server, '{"instances": [[1, 2], [3, 4]]}')
    assert nested == (200, {"predictions": [[2.5, 3.0], [3.5, 4.0]]})
    assert post(server, '{"inputs": []}') == (200, {"outputs": []})
    assert post(server, '{"inputs": [1]} and more') == (200, {"outputs": [2.5]})


@pytest.mark.parametrize(
    "verb, body, status, message",
    [
        ("classify", "[1]", 400, "JSON Value: [1] Is not object"),
        ("regress", "{}", 400, "When method is classify, key 'examples' is expected"),
        (
            "classify",
            '{"examples": 1}',
            400,
            "Expecting 'examples' value to be an list",
        ),
        ("classify", '{"examples": []}', 400, "'examples' value is an empty array"),
        ("classify", '{"examples": [1]}', 400, "object but got JSON Number"),
        (
            "regress",
            '{"examples": [{"x": 1}]}',
            400,
            "Expected regression signature method_name to be "
            "tensorflow/serving/regress. Was: tensorflow/serving/predict",
        ),
        (
            "classify",
            '{"examples": [{}], "signature_name": "no"}',
            400,
            "No signature was found with the name: no",
        ),
    ],
)
def test_classify_and_regress_are_refused(server, verb, body, status, message):
    got, answer = post(server, body, f"/v1/models/m:{verb}")
    assert got == status
    assert message in answer["error"]


def test_a_compressed_body_is_inflated(server):
    def send(body):
        return post(server, body, headers={"Content-Encoding": "gzip"})

    assert send(gzip.compress(ONE.encode())) == (200, {"outputs": [2.5]})
    empty = (400, {"error": "JSON Parse error: The document is empty"})
    assert send(b"no gzip") == empty
    assert send(gzip.compress(ONE.encode())[:-9]) == empty
    # What it becomes counts, not what it was.
    message = "The request's body is larger than 1048576 bytes."
    assert send(gzip.compress(b" " * (5 << 20))) == (413, {"error": message})
    assert send(gzip.compress((ONE + " " * (1 << 20)).encode()))[0] == 413


def test_a_body_has_a_limit(server):
    status, answer = post(server, ONE + " " * (1 << 20))
    assert status == 413
    assert answer == {"error": "The request's body is larger than 1048576 bytes."}
    assert post(server, ONE + " " * ((1 << 20) - len(ONE)))[0] == 200


def test_a_chunked_body_has_a_limit_too(server):
    status, _, _ = ask(server, "POST", PREDICT, iter([b" " * 1000] * 2000))
    assert status == 413


BODIES = st.builds(
    lambda signature, key, value: {"signature_name": signature, key: value},
    st.sampled_from(["serving_default", "pair", "echo", "matrix", "scalar", "bounded"]),
    st.sampled_from(["inputs", "instances"]),
    VALUES,
)


@given(BODIES)
@settings(max_examples=150, deadline=None)
def test_no_body_is_the_servers_fault(server, body):
    status, answer, _ = ask(server, "POST", PREDICT, json.dumps(body))
    assert status in (200, 400)
    assert answer


@given(st.binary(max_size=60))
@settings(max_examples=50, deadline=None)
def test_no_bytes_are_the_servers_fault(server, body):
    status, answer, _ = ask(server, "POST", PREDICT, body)
    assert status == 400
    assert b'"error": "JSON ' in answer or b"Missing '" in answer


def test_the_server_still_answers(server):
    assert get(server, "/v1/models/m")[0] == 200
