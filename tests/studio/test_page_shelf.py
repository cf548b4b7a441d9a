"""The page in a headless Chromium: trainings, runs, tabs, and its own size."""

import pytest
from PIL import Image
from support.photos import encoded
from support.studio import page_of
from support.studio import wait_for
from support.studio_page import images_of
from support.studio_page import send
from support.studio_page import view
from support.studio_runs import new_run
from support.tiny_models import photo

from keras_singan.io.files import write_json
from keras_singan.studio.runs_shelf import RunsShelf

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_from_a_drop_to_samples_while_no_tab_is_open(chromium, address, runs):
    data = encoded(Image.fromarray(photo(30, 36, seed=3)), "PNG")
    file = {"name": "meadow.png", "mimeType": "image/png", "buffer": data}
    with page_of(chromium, address) as page:
        page.set_input_files(".drop input", file)
        page.wait_for_selector("text=30 x 36 px")
        assert page.input_value("#run-name") == "meadow"
        page.wait_for_selector(".plan table")
        assert "memory" in page.inner_text(".plan")
        # Another choice has another plan, at once and without being asked for.
        page.get_by_label("Preset").select_option("draft")
        assert page.get_by_label("Max size").get_attribute("placeholder") == "100"
        page.wait_for_selector(".plan .working")
        page.wait_for_selector(".plan table")
        page.click("text=More settings")
        page.get_by_label("Steps").fill("2")
        page.click("form button:has-text('Train')")
        page.wait_for_url("**#/run/meadow/training")
        # From the first moment on.
        page.wait_for_selector(".view.training .state")
        page.wait_for_selector("text=Losses")
        assert page.locator("text=two scales at least").count() == 0
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


def test_a_run_that_has_just_begun_is_waited_for(page, address, runs):
    page.goto(f"{address}#/run/late")
    page.wait_for_selector("text=Looking for the run")
    new_run(runs, "late")
    page.wait_for_selector(".view.sample form")
    page.goto(f"{address}#/run/never")
    page.wait_for_selector("text=There is no run of that name")


def test_one_scale_is_too_few_for_a_picture_to_enter(page, address, runs):
    progress = new_run(runs, "single") / "progress.json"
    write_json(progress, {"scales": 1})
    page.goto(f"{address}#/run/single/place")
    page.wait_for_selector("text=This needs a model of two scales")
    page.goto(f"{address}#/run/single/paint")
    page.wait_for_selector(".view.paint >> text=This needs a model of two scales")


def test_a_refusal_is_a_line_on_the_page(chromium, address):
    page = chromium.new_page()
    page.goto(address)
    file = {"name": "x.png", "mimeType": "image/png", "buffer": b"no picture"}
    page.set_input_files(".drop input", file)
    page.wait_for_selector("text=must be a file that can be read")
    page.close()


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
