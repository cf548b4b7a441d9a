import io
import json
import time
import zipfile

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient
from support.photos import encoded
from support.studio import wait_for
from support.studio_runs import new_run
from support.tiny_models import trained

from keras_singan.models import pyramid_graphs
from keras_singan.studio.studio_settings import StudioSettings
from keras_singan.studio.web.studio_app import Studio
from keras_singan.studio.web.studio_app import studio_app
from keras_singan.studio.worker.task_calls import run_task

OWN = "http://127.0.0.1:8080"


def client_of(runs, **settings):
    app = studio_app(Studio(StudioSettings(runs, **settings)))
    return TestClient(app, base_url=OWN, headers={"origin": OWN})


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studio") / "runs"
    new_run(folder)
    return folder


@pytest.fixture(scope="module")
def client(runs):
    # One for all tests: the process that runs tasks takes a while to begin.
    with client_of(runs) as client:
        yield client


def begin(client, task, inputs=None, **arguments):
    body = {"task": task, "arguments": arguments, "inputs": inputs or {}}
    answer = client.post("/api/runs/tiny/results", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["id"]


def job_of(client, job_id):
    jobs = client.get("/api/runs/tiny/results").json()
    return next(job for job in jobs if job["id"] == job_id)


def ended(client, job_id):
    def look():
        job = job_of(client, job_id)
        return job["state"] not in ("waiting", "running") and job

    return wait_for(look)


def pixels(client, job, name):
    data = client.get(f"/api/runs/tiny/results/{job['id']}/files/{name}").content
    return np.asarray(Image.open(io.BytesIO(data)))


def test_samples_are_those_of_python(client):
    job = ended(client, begin(client, "sample", n=3, start_scale=1, seed=5))
    assert job["state"] == "done" and job["of"] == 3
    assert job["files"] == [f"sample_{index:03d}.png" for index in range(3)]
    wanted = trained()[0].sample(3, start_scale=1, seed=5)
    for index, name in enumerate(job["files"]):
        assert (pixels(client, job, name) == wanted[index]).all()
    assert job["command"].startswith("keras-singan sample --model ")
    assert job["command"].endswith(" -n 3 --scale 1 --seed 5")


def test_favourites_zip_and_delete(client, runs):
    job = ended(client, begin(client, "sample", n=2, seed=1))
    path = f"/api/runs/tiny/results/{job['id']}"
    body = {"favourites": ["sample_001.png", "../../config.json"]}
    assert client.post(f"{path}/favourites", json=body).json()["favourites"] == [
        "sample_001.png"
    ]
    assert job_of(client, job["id"])["favourites"] == ["sample_001.png"]
    archive = zipfile.ZipFile(io.BytesIO(client.get(f"{path}/all.zip").content))
    assert archive.namelist() == job["files"]
    assert client.delete(path).status_code == 200
    assert not (runs / "tiny" / "studio" / job["id"]).exists()


@pytest.mark.parametrize("task", ["sample", "vary"])
def test_each_image_is_told_of_before_the_next_is_drawn(monkeypatch, tmp_path, task):
    model, drawn = trained()[0], []
    inputs = {}
    if task == "vary":
        white = np.full(model.training_image().shape[:2], 255, np.uint8)
        white[:, :20] = 0
        Image.fromarray(white).save(tmp_path / "mask.png")
        inputs = {"mask": tmp_path / "mask.png"}
    draw = pyramid_graphs.PyramidGraphs.fresh_noise

    def count(*args, **options):
        drawn.append(1)
        return draw(*args, **options)

    monkeypatch.setattr(pyramid_graphs.PyramidGraphs, "fresh_noise", count)
    told = []
    for event in run_task(model, task, {"n": 3, "seed": 2}, inputs, tmp_path):
        if event["event"] == "file":
            told.append(len(drawn))
    assert len(set(told)) == 3


@pytest.mark.parametrize(
    "name", ["..%2fjob.json", "job.json%00", "..", "x.png", "%2fetc"]
)
def test_only_a_job_s_own_files_are_given(client, name):
    job = ended(client, begin(client, "sample", seed=1))
    answer = client.get(f"/api/runs/tiny/results/{job['id']}/files/{name}")
    assert answer.status_code in (404, 405)


@pytest.mark.parametrize(
    "arguments, text",
    [
        ({"n": 0}, "`n` must be"),
        ({"n": 65}, "`n` must be at most 64"),
        ({"start_scale": 9}, "`start_scale` must be"),
        ({"size": [9000, 9000]}, "at most 16000000 pixels"),
        ({"weather": 1}, "argument must be one of"),
        ({"seed": "x"}, "`seed` must be"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(client, arguments, text):
    job = ended(client, begin(client, "sample", **arguments))
    assert job["state"] == "failed"
    assert text in job["message"] and "\n" not in job["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"task": "rm"},
        {"task": "fit"},
        {"task": None},
        {"task": "animate", "arguments": {"path": "/tmp/x.gif"}},
        {"task": "export", "arguments": {"path": "/tmp/x"}},
        {"task": "sample", "arguments": [1]},
        {"task": "sample", "arguments": {"n": {"a": 1}}},
        {"task": "sample", "arguments": {"n": "9" * 200}},
        {"task": "edit", "inputs": {"../x": {"photo": True}}},
    ],
)
def test_a_request_of_the_wrong_kind_is_refused(client, body):
    answer = client.post("/api/runs/tiny/results", json=body)
    assert answer.status_code == 400
    assert "Received" in answer.json()["error"]


@pytest.mark.parametrize(
    "reference",
    [
        *("x", None, {}, {"upload": "../../config"}, {"upload": "/etc/passwd"}),
        *(
            {"result": "../..", "file": "config.json"},
            {"result": "x"},
            {"url": "file:/"},
        ),
    ],
)
def test_an_input_is_only_what_the_page_has_a_name_of(client, reference):
    body = {"task": "edit", "inputs": {"image": reference}}
    assert client.post("/api/runs/tiny/results", json=body).status_code == 404


def test_a_task_with_pictures(client):
    model = trained()[0]
    composite = model.training_image().copy()
    composite[10:20, 10:20] = 200
    mask = np.zeros((32, 40), np.uint8)
    mask[10:20, 10:20] = 255
    inputs = {}
    for name, array in (("image", composite), ("mask", mask)):
        data = encoded(Image.fromarray(array), "PNG")
        inputs[name] = {
            "upload": client.post("/api/uploads", content=data).json()["upload"]
        }
    job = ended(client, begin(client, "harmonize", inputs, start_scales=[1, 2], seed=3))
    assert job["state"] == "done", job["message"]
    assert job["files"] == ["harmonize_scale1.png", "harmonize_scale2.png"]
    wanted = model.harmonize(composite, mask, start_scale=[1, 2], seed=3)
    for name, image in zip(job["files"], wanted, strict=True):
        assert (pixels(client, job, name) == image).all()


def test_more_like_this_starts_from_a_result(client):
    first = ended(client, begin(client, "sample", seed=2))
    source = {"image": {"result": first["id"], "file": "sample_000.png"}}
    job = ended(client, begin(client, "paint_to_image", source, n=2, start_scale=2))
    assert job["state"] == "done", job["message"]
    images = [pixels(client, job, name).astype(int) for name in job["files"]]
    assert len(images) == 2 and (images[0] != images[1]).any()


def test_figures_and_bicubic(client):
    job = ended(client, begin(client, "evaluate", n=2))
    assert set(job["figures"]) >= {"swd", "coherence", "diversity", "rmse"}
    job = ended(client, begin(client, "super_resolve", factor=2))
    assert job["state"] == "done", job["message"]
    assert job["files"] == ["enlarged.png", "bicubic.png"]
    assert [pixels(client, job, name).shape for name in job["files"]] == [
        (64, 80, 3)
    ] * 2


def test_one_waits_for_the_other_and_can_be_cancelled(client):
    long = begin(client, "animate", frames=900, format="gif", start_scale=0)
    second = begin(client, "sample", seed=1)
    third = begin(client, "sample", seed=2)
    assert job_of(client, second)["state"] == "waiting"
    assert client.post(f"/api/jobs/{second}/cancel").status_code == 200
    assert client.post(f"/api/jobs/{long}/cancel").status_code == 200
    assert ended(client, long)["state"] == "cancelled"
    assert ended(client, second)["state"] == "cancelled"
    assert ended(client, third)["state"] == "done"
    assert client.post(f"/api/jobs/{third}/cancel").status_code == 404


def test_a_server_that_starts_again_runs_what_was_at_work(tmp_path):
    runs = tmp_path / "runs"
    new_run(runs)
    with client_of(runs) as client:
        job_id = begin(client, "sample", n=2, seed=4)
        path = runs / "tiny" / "studio" / job_id / "job.json"
        wait_for(lambda: json.loads(path.read_text())["state"] == "running")
    # As a server leaves it that was killed.
    job = json.loads(path.read_text())
    path.write_text(json.dumps(job | {"state": "running"}))
    with client_of(runs) as client:
        again = ended(client, job_id)
        assert again["state"] == "done" and len(again["files"]) == 2
        wanted = trained()[0].sample(2, seed=4)
        assert (pixels(client, again, again["files"][1]) == wanted[1]).all()


def test_a_task_that_takes_too_much_memory_is_ended(tmp_path):
    runs = tmp_path / "runs"
    new_run(runs)
    # TensorFlow alone takes more.
    with client_of(runs, memory_bytes=100 * 2**20) as client:
        job = ended(client, begin(client, "sample"))
        assert job["state"] == "failed"
        assert "memory" in job["message"] and "GiB" in job["message"]


def test_the_least_recently_used_model_goes(tmp_path):
    from keras_singan.studio.worker.model_cache import ModelCache

    folders = [str(new_run(tmp_path, name)) for name in "abc"]
    cache = ModelCache(2)
    one, two = cache.get(folders[0]), cache.get(folders[1])
    assert cache.get(folders[0]) is one
    cache.get(folders[2])
    assert cache.get(folders[0]) is one
    assert cache.get(folders[1]) is not two


def test_a_run_without_a_model_takes_no_task(client, runs):
    (runs / "young").mkdir()
    (runs / "young" / "config.json").write_text("{}")
    answer = client.post("/api/runs/young/results", json={"task": "sample"})
    assert answer.status_code == 400
    assert "finished training" in answer.json()["error"]


def test_the_stream_tells_what_changes(client):
    with client.stream("GET", "/api/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        line = next(answer.iter_lines())
    told = json.loads(line.removeprefix("data: "))
    assert "tiny" in [run["name"] for run in told["runs"]]
    assert time.time() - told["runs"][0]["begun"] < 1e9
