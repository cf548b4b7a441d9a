import asyncio
import subprocess
import sys

import pytest
from PIL import Image
from support.tiny_models import photo

from keras_singan.errors import RunFolderError
from keras_singan.studio import plans as plans_module
from keras_singan.studio.plans import Plans
from keras_singan.studio.plans import plan

SHORT = {"min_size": 25, "steps": 2, "max_size": 40}


def test_a_plan_tells_what_the_command_tells(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(photo()).save(path)
    told = plan(path, SHORT)
    assert told["rows"][0] == [
        "scale",
        "height x width",
        "filters",
        "iterations",
        "about",
    ]
    assert [row[1] for row in told["rows"][1:]] == ["25 x 31", "32 x 40"]
    assert "memory" in told["summary"]
    with pytest.raises(RunFolderError, match=r"--steps|steps"):
        plan(path, {"steps": "many"})
    with pytest.raises(RunFolderError, match=r"preset"):
        plan(path, {"preset": "slow"})


def test_an_option_never_becomes_another(tmp_path):
    path = tmp_path / "photo.png"
    Image.fromarray(photo()).save(path)
    with pytest.raises(RunFolderError):
        plan(path, {"preset": "draft --output=/tmp/x"})
    with pytest.raises(RunFolderError):
        plan(path, {"seed": "--help"})


@pytest.fixture
def processes(monkeypatch):
    """The processes of plans that end only when they are killed."""
    begun = []

    def sleep(*words):
        return [sys.executable, "-c", "import time; time.sleep(600)"]

    class Watched(subprocess.Popen):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            begun.append(self)

    monkeypatch.setattr(plans_module, "command", sleep)
    monkeypatch.setattr(plans_module.subprocess, "Popen", Watched)
    yield begun
    for process in begun:
        process.kill()


async def until(happens):
    while not happens():
        await asyncio.sleep(0.01)


def test_a_newer_plan_of_a_photo_ends_the_older_one(processes):
    async def choose_twice():
        plans = Plans()
        older = asyncio.create_task(plans.make("a", "a.png", {}))
        await until(lambda: len(processes) == 1)
        newer = asyncio.create_task(plans.make("a", "a.png", {}))
        with pytest.raises(RunFolderError):
            await older
        await until(lambda: len(processes) == 2)
        assert processes[0].poll() is not None and processes[1].poll() is None
        plans.close()
        with pytest.raises(RunFolderError):
            await newer

    asyncio.run(choose_twice())


def test_plans_of_two_photos_wait_for_each_other(processes):
    async def choose():
        plans = Plans()
        one = asyncio.create_task(plans.make("a", "a.png", {}))
        await until(lambda: len(processes) == 1)
        two = asyncio.create_task(plans.make("b", "b.png", {}))
        three = asyncio.create_task(plans.make("c", "c.png", {}))
        await asyncio.sleep(0.1)
        assert len(processes) == 1 and processes[0].poll() is None
        # What waits and is given up never begins.
        plans.give_up("b")
        plans.give_up("a")
        for task in (one, two):
            with pytest.raises(RunFolderError):
                await task
        await until(lambda: len(processes) == 2)
        plans.close()
        with pytest.raises(RunFolderError):
            await three

    asyncio.run(choose())
