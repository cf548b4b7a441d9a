"""A studio on a tiny model, and a browser, for the tests of its page."""

import pytest
from support.studio import browser
from support.studio import page_of
from support.studio import studio_process
from support.studio_runs import new_run

# The page and the process that runs tasks share few cores with other tests.
LONG = 240_000


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
