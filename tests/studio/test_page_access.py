"""The page when its server is killed, or opened from another machine."""

import json
import os
import urllib.request

import pytest
from PIL import Image
from support.photos import encoded
from support.studio import is_alive
from support.studio import kill
from support.studio import studio_process
from support.studio import wait_for
from support.studio_runs import new_run
from support.tiny_models import photo

from keras_singan.studio.runs_shelf import RunsShelf

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_killed_server_loses_nothing(tmp_path, chromium):
    runs = tmp_path / "runs"
    new_run(runs)
    shelf = RunsShelf(runs)

    def ask(address, path, body=None):
        request = urllib.request.Request(
            address.rstrip("/") + path, headers={"origin": address.rstrip("/")}
        )
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        request.data = data.encode() if isinstance(data, str) else data
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    with studio_process(runs) as (server, address):
        data = encoded(Image.fromarray(photo()), "PNG")
        name = ask(address, "/api/uploads", data)["upload"]
        options = {"min_size": 25, "max_size": 40, "steps": 10**6}
        body = {"upload": name, "name": "long", "options": options}
        ask(address, "/api/trainings", body)
        ask(address, "/api/trainings", body | {"name": "next"})
        body = {"task": "sample", "arguments": {"n": 2, "seed": 3}}
        jobs = [ask(address, "/api/runs/tiny/results", body)["id"] for _ in range(2)]
        wait_for(lambda: shelf.card("long")["state"] == "training", 300)
        pid = shelf.card("long")["pid"]
        kill(server.pid)
        server.wait()
    try:
        assert is_alive(pid)
        with studio_process(runs) as (_, address):
            page = chromium.new_page()
            page.goto(address)
            page.wait_for_selector(".card[data-run=long] >> text=Training: scale 0")
            page.wait_for_selector(".card[data-run=next] >> text=Waiting")
            for job in jobs:
                wait_for(
                    lambda job=job: (
                        [
                            one["state"] == "done"
                            for one in ask(address, "/api/runs/tiny/results")
                            if one["id"] == job
                        ]
                        == [True]
                    )
                )
            page.goto(f"{address}#/run/next/training")
            page.click("text=Take out of the queue")
            page.goto(f"{address}#/run/long/training")
            page.click("button:has-text('Stop')")
            page.wait_for_selector("text=Stopped at scale 0")
            page.wait_for_selector("button:has-text('Go on')")
            assert not is_alive(pid)
            page.close()
    finally:
        if is_alive(pid):
            kill(pid)


def test_from_another_machine_it_needs_the_token(tmp_path, chromium):
    with studio_process(tmp_path / "runs", "--host", "0.0.0.0") as (_, address):
        assert "?token=" in address
        port = address.split(":")[2].split("/")[0]
        bare = f"http://127.0.0.1:{port}/"
        page = chromium.new_page()
        assert page.goto(bare).status == 401
        page.goto(bare + "?" + address.split("?")[1])
        page.wait_for_selector("text=Nothing is trained yet")
        assert "token" not in page.url
        assert page.goto(bare).status == 200
        page.close()


def test_what_it_prints_holds_the_token_once(tmp_path):
    with studio_process(tmp_path / "runs", "--host", "0.0.0.0") as (child, address):
        token = address.split("=")[1]
        port = address.split(":")[2].split("/")[0]
        for path in (f"/?token={token}", "/"):
            request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
            request.add_header("cookie", f"keras_singan_studio={token}")
            urllib.request.urlopen(request, timeout=30).close()
        os.kill(child.pid, 2)
        assert token not in child.stderr.read()
