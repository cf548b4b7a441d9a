"""What a person does on the page: opens a view, presses, draws, looks."""

import io

import numpy as np
from PIL import Image


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
