"""The smoke test passes where all is well, and sees what is not."""

import runpy
import socket
import subprocess
import sys

import pytest
from support.deployment_files import SERVING
from support.fake_serving import INPUTS
from support.fake_serving import Answer
from support.fake_serving import fake_server

SMOKE_TEST = SERVING / "smoke_test.py"


def smoke_test(url, *options):
    """Runs it without the package; gives the exit code and the lines."""
    done = subprocess.run(
        [sys.executable, "-I", SMOKE_TEST, url, *options],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout.splitlines()


def failures(lines):
    return [line for line in lines if line.startswith("FAIL")]


def test_the_smoke_test_passes_where_all_is_well():
    with fake_server() as server:
        code, lines = smoke_test(server.url)
    assert failures(lines) == []
    assert (code, lines[-1]) == (0, "All checks passed")
    for name in (*INPUTS, "serving_default"):
        assert any(line.startswith(f"ok    {name}: ") for line in lines)
    assert sum(line.startswith("ok    refused: ") for line in lines) >= 15


def test_the_smoke_test_sends_the_token():
    with fake_server() as server:
        server.token = "abc"
        assert smoke_test(server.url, "--token", "abc")[0] == 0
        code, lines = smoke_test(server.url)
    assert code == 1
    assert "HTTP 401" in failures(lines)[0]


def test_the_smoke_test_needs_a_model_of_that_name():
    with fake_server() as server:
        code, lines = smoke_test(server.url, "--model", "other")
    assert code == 1
    assert "HTTP 404" in failures(lines)[0]


def test_the_smoke_test_needs_a_server():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    code, lines = smoke_test(f"http://127.0.0.1:{port}")
    assert code == 1
    assert "no answer" in failures(lines)[0]


@pytest.mark.parametrize(
    "broken, name",
    [
        # What the server of the tests does instead, and the check that sees it.
        ({"predict_row": lambda *_: {"b64": "AAAA"}}, "sample: no PNG"),
        ({"predict_row": lambda *_: 1.0}, "sample: no b64"),
        ({"predict": lambda *_: []}, "sample: 0 predictions"),
        ({"predict": lambda *_: [{"b64": ""}]}, "refused: no rows: HTTP 200"),
        ({"predict": None}, "sample: no answer"),
    ],
)
def test_the_smoke_test_sees_what_is_broken(broken, name, monkeypatch):
    with fake_server() as server:
        for method, instead in broken.items():
            if instead is None:
                # An exception in its thread: the connection closes.
                monkeypatch.setattr(
                    "socketserver.BaseServer.handle_error", lambda *_: None
                )
            monkeypatch.setattr(server, method, instead)
        code, lines = smoke_test(server.url)
    assert code == 1
    assert any(name in line for line in failures(lines)), lines


def test_the_smoke_test_sees_a_server_that_stopped():
    with fake_server() as server:
        right = server.answer

        def stop_at_a_gif(method, path, headers, body):
            if b"R0lGODlh" in body:
                server.answer = lambda *_: Answer(503)
            return right(method, path, headers, body)

        server.answer = stop_at_a_gif
        code, lines = smoke_test(server.url)
    assert code == 1
    assert any("status afterwards: HTTP 503" in line for line in failures(lines))


@pytest.mark.parametrize("channels, shape", [(4, [64, 48, 4]), (-1, [64, 48, 3])])
def test_the_smoke_test_knows_float_signatures(channels, shape):
    test = runpy.run_path(str(SMOKE_TEST))

    def tensor(*sides):
        dim = [{"size": str(side)} for side in sides]
        return {"dtype": "DT_FLOAT", "tensor_shape": {"dim": dim}}

    inputs = {"images": tensor(-1, -1, -1, -1), "masks": tensor(-1, -1, -1)}
    outputs = {"images": tensor(-1, -1, -1, channels)}
    row = test["row_for"]({"inputs": inputs, "outputs": outputs})
    assert test["shape_of"](row["images"]) == shape
    assert test["shape_of"](row["masks"]) == [64, 48]
    assert {value for line in row["masks"] for value in line} == {-1, 1}
