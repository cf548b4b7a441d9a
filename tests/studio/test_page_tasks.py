"""The page in a headless Chromium: every view does its task."""

import io

import numpy as np
import pytest
from PIL import Image
from support.photos import encoded
from support.studio import wait_for
from support.studio_page import drag
from support.studio_page import images_of
from support.studio_page import send
from support.studio_page import view
from support.tiny_models import trained

from keras_singan import SinGAN

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIDES = "left", "right", "top", "bottom"


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
    # A line that encircles nothing cuts nothing out.
    page.click(".tools >> text=Cut out")
    drag(page, (0.2, 0.2), (0.6, 0.6))
    page.wait_for_selector("text=Draw a line around the part")
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
    # Another tab does not lose the drawing.
    drawn = (
        "() => [...document.querySelectorAll('.board canvas')].map(c => c.toDataURL())"
    )
    before = page.evaluate(drawn)
    page.click(".tabs >> text=Sample")
    page.wait_for_selector(".view.sample form")
    page.click(".tabs >> text=Paint")
    page.wait_for_selector(".view.paint form")
    assert page.evaluate(drawn) == before


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
