import contextlib
import http.client
import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import urllib.request
import webbrowser
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from support.photos import encoded
from support.photos import photo
from support.studio import is_alive
from support.studio import kill
from support.studio import studio_process
from support.studio import wait_for

from keras_singan.cli.command_group import cli
from keras_singan.errors import needs_extra
from keras_singan.studio.web import studio_server


def run(*options):
    return CliRunner().invoke(cli, ["studio", "--no-open", *map(str, options)])


def test_a_port_that_is_taken_is_one_line(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run("--runs", tmp_path / "runs", "--port", port)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and f"port={port}" in lines[0]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    result = run("--runs", tmp_path / "file" / "runs")
    assert result.exit_code == 1
    assert "must be one that can be written to" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_extra_names_what_to_install(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "starlette" else find(name, *rest),
    )
    result = run("--runs", tmp_path / "runs")
    assert result.exit_code == 1
    assert needs_extra("The studio", "studio") in result.stderr
    assert "Received: no starlette." in result.stderr


def test_a_foreign_address_is_one_line(tmp_path):
    result = run("--runs", tmp_path / "runs", "--host", "192.0.2.1", "--port", 0)
    assert result.exit_code == 1
    assert "this machine's" in result.stderr


def test_a_folder_has_one_studio(tmp_path):
    with studio_process(tmp_path / "runs") as (first, _):
        result = run("--runs", tmp_path / "runs", "--port", 0)
        assert result.exit_code == 1
        assert "one studio at a time" in result.stderr
        # However the first one ends, the next may begin.
        kill(first.pid)
        first.wait()
    with studio_process(tmp_path / "runs") as (_, address):
        assert address.startswith("http://127.0.0.1:")


def test_a_plan_does_not_outlive_the_studio(tmp_path):
    with studio_process(tmp_path / "runs") as (studio, address):

        def post(path, data):
            headers = {"origin": address.rstrip("/")}
            request = urllib.request.Request(f"{address}{path}", data, headers)
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)

        def ask():
            with contextlib.suppress(OSError, http.client.HTTPException):
                post("api/plan", json.dumps(body).encode())

        picture = encoded(Image.fromarray(photo(200, 250)), "PNG")
        body = {"upload": post("api/uploads", picture)["upload"]}
        asking = threading.Thread(target=ask)
        asking.start()
        (plan,) = wait_for(lambda: children(studio.pid))
        # It takes as long as one likes.
        os.kill(plan, signal.SIGSTOP)
        studio.send_signal(signal.SIGINT)
        assert studio.wait(60) is not None
        wait_for(lambda: not is_alive(plan))
        asking.join()


def test_a_page_that_is_open_does_not_disturb_the_end(tmp_path):
    with studio_process(tmp_path / "runs") as (studio, address):
        with urllib.request.urlopen(f"{address}api/events", timeout=60) as page:
            assert page.readline().startswith(b"data: ")
            studio.send_signal(signal.SIGINT)
            page.read()
        assert studio.wait(60) == 0
        told = studio.stderr.read()
    assert told == "Ctrl-C ends it; a training goes on.\n"


@pytest.mark.parametrize("display, opened", [(":0", 1), (None, 0)])
def test_a_browser_opens_where_there_is_a_screen(
    tmp_path, monkeypatch, display, opened
):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("DISPLAY", raising=False)
    if display:
        monkeypatch.setenv("DISPLAY", display)
    addresses = []
    monkeypatch.setattr(webbrowser, "open", addresses.append)
    monkeypatch.setattr(
        studio_server, "serve_studio", lambda settings, announce: announce("http://x")
    )
    result = CliRunner().invoke(cli, ["studio", "--runs", str(tmp_path / "runs")])
    assert result.exit_code == 0 and "Studio: http://x" in result.stderr
    assert addresses == ["http://x"] * opened


def children(pid):
    """The processes that a process has begun."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if stat.read_text("utf-8").rpartition(")")[2].split()[1] == str(pid):
                found.append(int(stat.parent.name))
    return found
