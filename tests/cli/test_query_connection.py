"""`keras-singan query` reaches a server, or says why it does not."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from support.cli_runner import invoke
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.fake_serving import Answer
from support.fake_serving import fake_server
from support.photos import png
from support.query_runner import query

from keras_singan.task_specs import image_tasks

FOLDER = Path("samples/singan")
TASKS = {
    "sample": [],
    "reconstruct": [],
    "super-resolve": ["photo.png"],
    **{task.command: ["photo.png"] for task in image_tasks()},
    "animate": [],
    "vary": ["--region", "1,1,2,2"],
    "extend": ["--left", "5"],
    "status": [],
}


@pytest.fixture(autouse=True)
def in_a_folder_with_a_photo(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(png())


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


@pytest.mark.parametrize("task", TASKS)
def test_every_task_takes_the_options_of_the_connection(server, task):
    server.token = "abc"
    options = ["--token", "abc", "--timeout", 9, "--retries", 0]
    query(server, task, *TASKS[task], *options, "--model-name", "singan")
    assert server.seen[0][2]["Authorization"] == "Bearer abc"


def test_the_environment_gives_the_options_of_every_task(server):
    server.token = "abc"
    query(server, "status", env={"KERAS_SINGAN_QUERY_TOKEN": "abc"})
    refuse(1, "query", server.url, "status", "--token", "wrong")
    text = refuse(
        1, "query", server.url, "status", env={"KERAS_SINGAN_QUERY_MODEL_NAME": "lion"}
    )
    assert "token" in text


def test_the_name_and_version_make_the_path(server):
    args = ["reconstruct", "--model-name", "lion", "--model-version", 3]
    assert "model='lion', version=3" in refuse(1, "query", server.url, *args)
    assert server.seen[0][1] == "/v1/models/lion/versions/3:predict"


def test_the_models_name_is_the_folders(server):
    server.script = [Answer(200, {"predictions": [{"b64": ""}]})]
    text = refuse(1, "query", f"{server.url}/v1/models/lion", "reconstruct")
    assert "no PNG" in text
    assert not Path("samples").exists()


@pytest.mark.parametrize(
    "answer, text",
    [
        (Answer(400, {"error": "assertion failed: [no]"}), "assertion failed: [no]"),
        (Answer(404, {"error": "Servable not found"}), "model='singan'"),
        (Answer(200, b"<html>"), "TensorFlow Serving's REST"),
        (Answer(200, b"{", length=9), "must be whole"),
        (Answer(413, b"<html>"), "smaller"),
        (Answer(500), "HTTP 500"),
        (Answer(503), "busy or starting"),
    ],
)
def test_a_failed_request_is_one_line_and_writes_nothing(server, answer, text):
    server.script = [answer]
    line = refuse(1, "query", server.url, "sample", "--retries", 0)
    assert text in line
    assert os.listdir() == ["photo.png"]


def test_no_server_is_one_line():
    line = refuse(1, "query", "http://127.0.0.1:9", "status", "--retries", 0)
    assert "Connection refused, 1 attempt" in line


def test_a_server_that_says_nothing_is_left_in_time(server):
    done = threading.Event()
    server.script = [lambda handler: done.wait(10)]
    line = refuse(1, "query", server.url, "status", "--timeout", 0.2)
    done.set()
    assert "timeout=0.2" in line


def test_what_came_before_a_failure_stays(server):
    busy = [None, Answer(500)]
    server.script = busy
    result = invoke("query", server.url, "sample", "-n", 9, "--seed", 1)
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 8 == len(list(FOLDER.iterdir()))


def test_an_image_that_cannot_be_read_is_one_line(server):
    Path("bad.png").write_bytes(png((60, 40))[:60])
    line = refuse(1, "query", server.url, "edit", "photo.png", "bad.png")
    assert "mask=" in line
    assert "bad.png" in line
    assert server.seen == []


def test_asking_loads_no_tensorflow(server):
    code = (
        "import sys\n"
        f"sys.argv = ['keras-singan', 'query', {server.url!r}, 'reconstruct']\n"
        "from keras_singan.cli.main import main\n"
        "try:\n"
        "    main()\n"
        "finally:\n"
        "    print({'tensorflow', 'keras', 'grpc'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [str(FOLDER / "reconstruct.png"), "set()"]


@pytest.mark.parametrize("args", [[], ["http://host", "sample"]])
def test_help(args):
    text = succeed("query", *args, "--help").stdout
    assert ("super-resolve" in text) is (not args)
    assert ("KERAS_SINGAN_QUERY_TOKEN" in text) is bool(args)
