"""A studio as a process, requests of it, and a browser that opens it."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    *("--no-sandbox", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@contextlib.contextmanager
def studio_process(runs, *options):
    """Runs `keras-singan studio`: yields the process and its address."""
    child = subprocess.Popen(
        [
            *(sys.executable, "-m", "keras_singan", "studio", "--no-open"),
            *("--runs", str(runs), "--port", "0", *options),
        ],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        line = child.stderr.readline()
        assert line.startswith("Studio: http"), line + child.stderr.read()
        yield child, line.split()[1]
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGINT)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
        child.stderr.close()
        child.wait()


@contextlib.contextmanager
def browser(**options):
    """A headless Chromium with a profile of its own; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with tempfile.TemporaryDirectory() as profile, playwright.sync_playwright() as pw:
        context = pw.chromium.launch_persistent_context(
            profile, executable_path=CHROMIUM, args=ARGUMENTS, **options
        )
        context.set_default_timeout(60_000)
        try:
            yield context
        finally:
            context.close()


@contextlib.contextmanager
def page_of(context, address):
    """A page that must end without an error in its console."""
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: m.type == "error" and errors.append(m.text))
    page.goto(address)
    yield page
    page.close()
    assert errors == []


def wait_for(happens, seconds=120, every=0.1):
    """Waits until a function gives something true, and returns it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = happens()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"did not happen within {seconds} s: {happens}")


def is_alive(pid):
    """Whether a process is at work: a zombie is not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def kill(pid):
    """Ends a process at once, as a loss of power would."""
    os.kill(pid, signal.SIGKILL)
