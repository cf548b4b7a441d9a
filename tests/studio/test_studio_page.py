"""The page in a headless Chromium, on a tiny model: every view does its work."""

import io
import json
import os
import urllib.request

import numpy as np
import pytest
from PIL import Image
from support.photos import encoded
from support.studio import browser
from support.studio import is_alive
from support.studio import kill
from support.studio import page_of
from support.studio import studio_process
from support.studio import wait_for
from support.studio_runs import new_run
from support.tiny_models import photo
from support.tiny_models import trained

from keras_singan import SinGAN
from keras_singan.studio.runs_shelf import RunsShelf

pytestmark = [pytest.mark.browser, pytest.mark.slow]
# The page and the process that runs tasks share few cores with other tests.
LONG = 240_000
SIDES = "left", "right", "top", "bottom"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page") / "runs"
    new_run(folder)
    return folder


@pytest.fixture(scope="module")
def address(runs):
    with studio_process(runs) as (_, address):
        yield address


@pytest.fixture(scope="module")
def chromium():
    with browser(viewport={"width": 1200, "height": 900}) as context:
        context.set_default_timeout(LONG)
        yield context


@pytest.fixture
def page(chromium, address):
    with page_of(chromium, address) as page:
        yield page


def view(page, address, name, run="tiny"):
    page.goto(f"{address}#/run/{run}/{name}")
    return page.wait_for_selector(f".view.{name} form")


def picture(data):
    return np.asarray(Image.open(io.BytesIO(data)))


def images_of(page, address):
    """The images of the newest job in view, once all are there."""
    job = page.locator(".job").first
    job.locator("text=Copy the command").wait_for()
    urls = [image.get_attribute("src") for image in job.locator(".grid img").all()]
    return [picture(page.request.get(address.rstrip("/") + url).body()) for url in urls]


def send(page, text):
    """Presses the button of the form, and waits for a job to begin."""
    before = page.locator(".job").count()
    page.click(f"form button[type=submit]:has-text('{text}')")
    page.wait_for_function(
        "n => document.querySelectorAll('.job').length > n", arg=before
    )


def drag(page, *points):
    """Draws over the board; points are shares of its width and height."""
    box = page.locator(".board").bounding_box()
    at = [
        (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points
    ]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at[1:]:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()


def test_from_a_drop_to_samples_while_no_tab_is_open(chromium, address, runs):
    data = encoded(Image.fromarray(photo(30, 36, seed=3)), "PNG")
    file = {"name": "meadow.png", "mimeType": "image/png", "buffer": data}
    with page_of(chromium, address) as page:
        page.set_input_files(".drop input", file)
        page.wait_for_selector("text=30 x 36 px")
        assert page.input_value("#run-name") == "meadow"
        page.wait_for_selector(".plan table")
        assert "memory" in page.inner_text(".plan")
        page.click("text=More settings")
        page.get_by_label("Steps").fill("2")
        page.click("form button:has-text('Train')")
        page.wait_for_url("**#/run/meadow/training")
    shelf = RunsShelf(runs)
    wait_for(lambda: shelf.card("meadow")["state"] == "done", 300)
    with page_of(chromium, address) as page:
        page.click(".card >> text=meadow")
        page.wait_for_selector(".view.sample form")
        page.get_by_label("How many").fill("2")
        send(page, "Sample")
        assert [image.shape for image in images_of(page, address)] == [(30, 36, 3)] * 2
        page.click(".tabs >> text=Training")
        page.wait_for_selector("text=Scale 1")
        assert page.locator(".panel svg").count() == 2


def test_a_refusal_is_a_line_on_the_page(chromium, address):
    page = chromium.new_page()
    page.goto(address)
    file = {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.set_input_files(".drop input", file)
    page.wait_for_selector("text=must be a file that can be read")
    page.close()


def test_sample_favourite_and_more_like_this(page, address):
    view(page, address, "sample")
    page.get_by_label("Start scale").fill("1")
    page.get_by_label("How many").fill("3")
    page.get_by_label("Seed").fill("7")
    send(page, "Sample")
    wanted = trained()[0].sample(3, start_scale=1, seed=7)
    assert (np.stack(images_of(page, address)) == wanted).all()
    page.locator(".tile .look").first.click()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("dialog >> text=2 of 3")
    page.keyboard.press("f")
    page.wait_for_selector("dialog .star[aria-pressed=true]")
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector(".tile .star[aria-pressed=true]")
    # One after the other, faster than the server answers.
    stars = page.locator(".job").first.locator(".tile .star")
    stars.nth(0).click()
    stars.nth(2).click()
    results = f"{address}api/runs/tiny/results"
    wait_for(lambda: len(page.request.get(results).json()[0]["favourites"]) == 3)
    page.reload()
    page.wait_for_selector(".tile .star[aria-pressed=true]")
    assert page.locator(".job").first.locator(".star[aria-pressed=true]").count() == 3
    page.locator("text=More like this").first.click()
    page.wait_for_selector("text=around 7, 0")
    near = images_of(page, address)
    assert len(near) == 4
    apart = np.abs(np.stack(near).astype(float) - wanted[0]).mean()
    assert 0 < apart < np.abs(wanted[1].astype(float) - wanted[0]).mean()
    # Of what was varied the noise is not known: it is painted on.
    page.locator("text=More like this").first.click()
    page.wait_for_selector("text=Paint to image")
    assert len(images_of(page, address)) == 4


def test_place_keeps_what_is_outside(page, address):
    view(page, address, "place")
    red = np.zeros((8, 8, 4), np.uint8)
    red[...] = 220, 30, 30, 255
    file = {"name": "o.png", "mimeType": "image/png"}
    file["buffer"] = encoded(Image.fromarray(red), "PNG")
    page.set_input_files("form .drop input", file)
    page.wait_for_timeout(500)
    drag(page, (0.5, 0.5), (0.7, 0.6))
    page.click("text=Mirror")
    page.keyboard.press("ArrowLeft")
    send(page, "Fit it in")
    images = images_of(page, address)
    real = trained()[0].training_image()
    assert len(images) == 2
    for image in images:
        assert image.shape == real.shape
        # Far from the object every pixel is the photo's.
        assert (image[:, :8] == real[:, :8]).all()
        assert (image != real).any()
    page.locator("text=Go on from this").first.click()
    page.wait_for_selector("text=Step 1 of 1")
    page.click(".history >> text=Undo")
    page.wait_for_selector(".history >> text=The photo")


def test_cut_out_and_edit_with_the_keyboard(page, address):
    view(page, address, "place")
    page.click("text=Cut out a rectangle by numbers")
    for name, value in (("x", 4), ("y", 4), ("width", 10), ("height", 10)):
        page.get_by_label(name, exact=True).fill(str(value))
    page.locator("form button:has-text('Cut out a rectangle')").click()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("r")
    assert page.input_value("form select") == "edit"
    send(page, "Fit it in")
    images_of(page, address)
    assert page.locator(".job h3").first.inner_text() == "Edit"


def test_paint(page, address):
    view(page, address, "paint")
    page.locator(".swatch").nth(2).click()
    drag(page, (0.1, 0.6), (0.9, 0.7))
    page.click(".tools >> text=Fill")
    page.locator(".swatch").nth(4).click()
    box = page.locator(".board").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 5)
    page.click(".over-board >> text=Undo")
    send(page, "Paint to image")
    assert [image.shape for image in images_of(page, address)] == [(32, 40, 3)] * 2


@pytest.mark.skipif(not hasattr(SinGAN, "vary"), reason="this version has no vary")
def test_vary_twice_and_undo(page, address):
    real = trained()[0].training_image()
    view(page, address, "vary")
    page.get_by_label("How many").fill("2")
    # Without a brush stroke it says what is missing.
    page.click("form button[type=submit]")
    page.wait_for_selector("text=Brush over a part of the photo first.")
    drag(page, (0.7, 0.4), (0.8, 0.5))
    send(page, "Draw anew")
    first = images_of(page, address)
    for image in first:
        assert (image[:, :12] == real[:, :12]).all()
        assert (image != real).any()
    page.locator("text=Go on from this").first.click()
    page.wait_for_selector("text=Step 1 of 1")
    drag(page, (0.15, 0.5), (0.2, 0.6))
    send(page, "Draw anew")
    second = images_of(page, address)
    assert (second[0][:, 28:] == first[0][:, 28:]).all()
    assert (second[0] != first[0]).any()
    page.locator("text=Go on from this").first.click()
    page.wait_for_selector("text=Step 2 of 2")
    page.click(".history >> text=Undo")
    page.wait_for_selector("text=Step 1 of 2")


@pytest.mark.skipif(not hasattr(SinGAN, "extend"), reason="this version has no extend")
def test_extend_and_tile(page, address):
    real = trained()[0].training_image()
    view(page, address, "extend")
    boxes = [page.get_by_label(f"Extend {s}, px").bounding_box() for s in SIDES]
    lengths = [sorted((box["width"], box["height"])) for box in boxes]
    assert lengths == lengths[:1] * 4
    handle = page.get_by_label("Extend right, px")
    handle.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.get_by_label("right", exact=True).input_value() == "10"
    send(page, "Extend")
    for image in images_of(page, address):
        assert image.shape == (32, 50, 3)
        assert (image[:, :24] == real[:, :24]).all()
    page.click("text=Sample a tile")
    page.wait_for_selector(".tiled")


def test_animate(page, address):
    view(page, address, "animate")
    page.get_by_label("Frames", exact=True).fill("4")
    send(page, "Animate")
    page.wait_for_selector(".film img")
    url = page.locator(".film img").first.get_attribute("src")
    data = page.request.get(address.rstrip("/") + url).body()
    with Image.open(io.BytesIO(data)) as film:
        assert film.n_frames == 4 and film.size == (40, 32)


def test_enlarge_beside_bicubic(page, address):
    view(page, address, "enlarge")
    page.get_by_label("Factor").fill("2")
    send(page, "Super-resolve")
    before, after = images_of(page, address)
    assert before.shape == after.shape == (64, 80, 3)
    slider = page.get_by_label("How much of Bicubic is seen")
    slider.focus()
    page.keyboard.press("End")
    assert "100%" in page.locator(".pair img").nth(1).get_attribute("style")


def test_measure_and_export(page, address):
    view(page, address, "measure")
    page.get_by_label("Samples").fill("2")
    page.click("text=Evaluate")
    page.wait_for_selector(".figures")
    assert "coherence" in page.inner_text(".figures")
    page.click("form button:has-text('Export')")
    page.wait_for_selector("text=Download models.zip")
    assert "keras-singan serve models/singan" in page.inner_text("pre")


def test_delete_and_undo(page, address, runs):
    new_run(runs, "short-lived")
    page.goto(address)
    page.get_by_label("Delete short-lived").click()
    page.click(".toast >> text=Undo")
    page.wait_for_selector(".card >> text=short-lived")
    assert (runs / "short-lived" / "singan.keras").is_file()


def test_two_tabs_do_not_disturb_each_other(chromium, address):
    with page_of(chromium, address) as one, page_of(chromium, address) as two:
        for page, seed in ((one, "11"), (two, "12")):
            view(page, address, "sample")
            page.get_by_label("How many").fill("2")
            page.get_by_label("Seed").fill(seed)
        one.click("form button[type=submit]")
        two.click("form button[type=submit]")
        for page in (one, two):
            for seed in (11, 12):
                job = page.locator(f".job:has-text('seed {seed}')")
                job.locator("text=Copy the command").wait_for()
                assert job.locator(".tile").count() == 2


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_window(chromium, address, width):
    with page_of(chromium, address) as page:
        page.set_viewport_size({"width": width, "height": 800})
        for name in ("sample", "place", "paint", "animate", "enlarge", "measure"):
            view(page, address, name)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, name


def test_every_control_has_a_name(page, address):
    for name in ("sample", "place", "paint", "animate", "enlarge", "measure"):
        view(page, address, name)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll('button, a, input, select')]
            .filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim()
                || e.closest('label')))
            .map(e => e.outerHTML)"""
        )
        assert nameless == [], name


def test_the_page_itself_is_small(chromium, address):
    sizes, responses = {}, []
    with page_of(chromium, address) as page:
        page.on("response", lambda response: responses.append(response))
        page.reload()
        view(page, address, "place")
        page.wait_for_selector(".board canvas")
        for url in {one.url for one in responses if "/static/" in one.url}:
            sizes[url] = len(page.request.get(url).body())
    assert len(sizes) > 20
    assert sum(sizes.values()) < 400_000


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
        page.wait_for_selector("text=No run yet")
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
