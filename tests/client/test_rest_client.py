import io
import json
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image
from support.checks import refused
from support.fake_serving import INPUTS
from support.fake_serving import Answer
from support.fake_serving import as_b64
from support.fake_serving import fake_server
from support.fake_serving import only
from support.photos import png

from keras_singan.client import Client
from keras_singan.errors import ImageError
from keras_singan.errors import ServingError
from keras_singan.errors import SinGANError
from keras_singan.errors import TaskError


@pytest.fixture
def server():
    with fake_server() as double:
        yield double


@pytest.fixture
def client(server):
    return Client(server.url)


def test_sample_sends_a_row_an_image_and_gives_images_in_order(server, client):
    images = client.sample(3, seed=7)
    rows = [{"seed": 7, "index": k, "start_scale": -1} for k in range(3)]
    assert server.requests == [("sample", rows)]
    assert [image.getpixel((0, 0)) for image in images] == [(7, k, 0) for k in range(3)]
    assert all(isinstance(image, Image.Image) for image in images)


def test_sample_of_a_size_and_scale(server, client):
    (image,) = client.sample(seed=-5, start_scale=2, size=(8, 12))
    assert image.size == (12, 8)
    row = {"seed": -5, "index": 0, "start_scale": 2, "height": 8, "width": 12}
    assert only(server) == ("sample_size", row)


@pytest.mark.parametrize("refine, number", [(True, 1), (False, 0)])
def test_refine_asks_the_signature_that_takes_it(server, client, refine, number):
    client.sample(seed=5, refine=refine)
    client.sample(seed=5, size=(8, 12), refine=refine)
    client.edit(png(), png(), refine=refine)
    client.paint_to_image(png(), quantize=True, refine=refine)
    client.vary(1, region=(0, 0, 2, 2), image=png(), refine=refine)
    client.extend(left=3, image=png(), refine=refine)
    names = [signature for signature, _ in server.requests]
    expected = ("sample", "sample", "edit", "paint_to_image", "vary", "extend")
    assert names == [f"{name}_options" for name in expected]
    rows = [row for _, (row,) in server.requests]
    assert {row["refine"] for row in rows} == {number}
    sides = [(row["height"], row["width"]) for row in rows[:2]]
    assert sides == [(0, 0), (8, 12)]
    assert rows[3]["quantize"] == 1
    assert rows[5]["left"] == 3


def test_variation_of_the_photo_and_of_a_sample(server, client):
    client.sample(seed=5, variation=0.5)
    client.sample(seed=5, variation=0, around=(-7, 2), size=(8, 12), start_scale=1)
    plain = {"seed": 5, "index": 0, "refine": -1}
    photo = {"start_scale": -1, "height": 0, "width": 0, "variation": 0.5}
    photo |= {"around_seed": 0, "around_index": -1}
    other = {"start_scale": 1, "height": 8, "width": 12, "variation": 0}
    other |= {"around_seed": -7, "around_index": 2}
    assert server.requests == [
        ("sample_options", [plain | photo]),
        ("sample_options", [plain | other]),
    ]


def test_without_options_the_signatures_of_earlier_servers_suffice(server, client):
    client.sample()
    client.sample(size=(8, 12))
    client.edit(png(), png())
    client.vary(1, region=(0, 0, 2, 2), image=png())
    client.extend(left=3, image=png())
    names = [signature for signature, _ in server.requests]
    assert names == ["sample", "sample_size", "edit", "vary", "extend"]


def test_without_a_seed_each_call_draws_one_and_its_rows_share_it(server, client):
    client.sample(2)
    client.sample(2)
    seeds = [{row["seed"] for row in rows} for _, rows in server.requests]
    assert [len(s) for s in seeds] == [1, 1]
    assert seeds[0] != seeds[1]


def test_reconstruct_sends_a_bare_value_as_one_input_wants(server, client):
    sent = []
    server.script = [lambda handler: sent.append(handler) or answer_png(handler)]
    assert client.reconstruct().size == (6, 4)
    client.reconstruct()
    assert only(server) == ("reconstruct", {"index": 0})


def answer_png(handler):
    body = json.dumps({"predictions": [as_b64(png())]}).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize(
    "factor, size", [(None, (24, 16)), (2, (12, 8)), (1.5, (9, 6))]
)
def test_super_resolve_sends_its_factor(server, client, factor, size):
    assert client.super_resolve(png(), factor).size == size
    row = {"image_bytes": png(), "factor": factor or 0, "seed": -1}
    assert only(server) == ("super_resolution", row)


def test_super_resolve_with_noise(server, client):
    client.super_resolve(png(), seed=4)
    assert only(server)[1]["seed"] == 4


@pytest.mark.parametrize("task", ["harmonize", "edit"])
def test_a_composite_and_its_mask(server, client, task):
    mask = Image.new("L", (6, 4), 255)
    image = getattr(client, task)(png(), mask, start_scale=3, seed=1)
    assert image.size == (6, 4)
    signature, row = only(server)
    assert signature == task
    assert (row["image_bytes"], row["start_scale"], row["seed"]) == (png(), 3, 1)
    assert Image.open(io.BytesIO(row["mask_bytes"])).getextrema() == (255, 255)


@pytest.mark.parametrize("task", ["harmonize", "edit"])
def test_without_a_mask_an_empty_one_is_sent(server, client, task):
    getattr(client, task)(png())
    row = only(server)[1]
    assert (row["mask_bytes"], row["start_scale"]) == (b"", -1)


@pytest.mark.parametrize("quantize", [False, True])
def test_paint_to_image(server, client, quantize):
    client.paint_to_image(png(), start_scale=1, quantize=quantize, seed=2)
    row = {"image_bytes": png(), "start_scale": 1, "seed": 2, "quantize": int(quantize)}
    assert only(server) == ("paint_to_image", row)


def test_animate_gives_the_frames_without_the_padding(server, client):
    frames = client.animate(7, start_scale=1, alpha=0.25, beta=1, loop=True, seed=3)
    assert [x.getpixel((0, 0))[0] for x in frames] == list(range(0, 280, 40))
    row = {
        "seed": 3,
        "start_scale": 1,
        "frames": 7,
        "alpha": 0.25,
        "beta": 1,
        "loop": 1,
    }
    assert only(server) == ("animate", row)


def test_animate_leaves_defaults_to_the_server(server, client):
    assert len(client.animate(seed=0)) == 5
    row = {
        "start_scale": -1,
        "frames": 0,
        "alpha": -1,
        "beta": -1,
        "loop": 0,
        "seed": 0,
    }
    assert only(server) == ("animate", row)


def test_the_numbers_that_mean_default_cannot_be_given_by_mistake(client):
    for call in (
        lambda: client.sample(start_scale=-1),
        lambda: client.sample(size=(0, 0)),
        lambda: client.super_resolve(png(), 0),
        lambda: client.super_resolve(png(), seed=-1),
        lambda: client.animate(0),
        lambda: client.animate(alpha=-1),
        lambda: client.animate(beta=-1),
        lambda: client.harmonize(png(), b""),
    ):
        with pytest.raises((TaskError, ImageError)):
            call()


@pytest.mark.parametrize(
    "call, text",
    [
        (lambda c: c.sample(0), "n=0"),
        (lambda c: c.sample(True), "n=True"),
        (lambda c: c.sample(2.0), "n=2.0"),
        (lambda c: c.sample(seed=2**63), f"seed={2**63}"),
        (lambda c: c.sample(seed="1"), "seed='1'"),
        (lambda c: c.sample(start_scale=1.5), "start_scale=1.5"),
        (lambda c: c.sample(size=8), "size=8"),
        (lambda c: c.sample(size=(8, 2**31)), f"size=(8, {2**31})"),
        (lambda c: c.super_resolve(png(), float("nan")), "factor=nan"),
        (lambda c: c.super_resolve(png(), "4"), "factor='4'"),
        (lambda c: c.animate(alpha=1.5), "alpha=1.5"),
        (lambda c: c.animate(beta=None, alpha=float("inf")), "alpha=inf"),
        (lambda c: c.animate(frames=2**31), f"frames={2**31}"),
        (lambda c: c.edit(png(), refine=1), "refine=1"),
        (lambda c: c.sample(refine="yes"), "refine='yes'"),
        (lambda c: c.sample(tile="x", refine=True), "refine=True"),
        (lambda c: c.sample(tile="x", start_scale=1), "start_scale=1"),
        (lambda c: c.sample(tile="z"), "tile='z'"),
        (lambda c: c.sample(variation=1.5), "variation=1.5"),
        (lambda c: c.sample(variation=-1), "variation=-1"),
        (lambda c: c.sample(around=(3, 1)), "variation=None"),
        (lambda c: c.sample(variation=1, around=(3, 1)), "variation=1"),
        (lambda c: c.sample(variation=0.5, around=3), "around=3"),
        (lambda c: c.sample(variation=0.5, around=(3, -1)), "around number=-1"),
        (lambda c: c.sample(variation=0.5, around=("a", 1)), "around seed='a'"),
        (lambda c: c.sample(variation=0.5, tile="x"), "variation=0.5"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_sent(
    server, client, call, text
):
    assert text in refused(lambda: call(client), TaskError)
    assert server.seen == []


def test_numpy_numbers_are_numbers(server, client):
    client.sample(np.int64(1), seed=np.int64(3), size=np.array([8, 12]))
    client.animate(alpha=np.float32(0.5))
    assert server.requests[0][1][0]["seed"] == 3
    assert server.requests[1][1][0]["alpha"] == 0.5


def test_many_images_are_asked_for_in_bounded_requests(server):
    done = []
    client = Client(server.url, batch_size=4)
    images = client.sample(10, seed=1, progress=lambda *counts: done.append(counts))
    assert [len(rows) for _, rows in server.requests] == [4, 4, 2]
    assert [image.getpixel((0, 0))[1] for image in images] == list(range(10))
    assert done == [(4, 10), (8, 10), (10, 10)]


def test_images_come_as_they_are_made(server):
    images = Client(server.url, batch_size=2).iterate_samples(6, seed=1)
    next(images)
    assert len(server.requests) == 1
    assert len(list(images)) == 5


def test_an_iterator_checks_its_arguments_at_once(client):
    with pytest.raises(TaskError):
        client.iterate_samples(0)


def test_a_client_serves_several_threads(server, client):
    seeds = range(8)
    results = dict.fromkeys(seeds)

    def work(seed):
        results[seed] = client.sample(2, seed=seed)

    threads = [threading.Thread(target=work, args=[seed]) for seed in seeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in seeds:
        assert [x.getpixel((0, 0)) for x in results[seed]] == [
            (seed, 0, 0),
            (seed, 1, 0),
        ]


def test_status(client):
    assert client.status() == [{"version": 1, "state": "AVAILABLE", "error": ""}]


def test_metadata(client):
    found = client.metadata()
    assert (found["name"], found["version"]) == ("singan", 1)
    assert set(found["signatures"]) == {*INPUTS, "serving_default"}
    assert found["signatures"]["animate"] == {
        "inputs": {
            "alpha": {"dtype": "float32", "shape": [-1]},
            "beta": {"dtype": "float32", "shape": [-1]},
            "frames": {"dtype": "int32", "shape": [-1]},
            "loop": {"dtype": "int32", "shape": [-1]},
            "seed": {"dtype": "int64", "shape": [-1]},
            "start_scale": {"dtype": "int32", "shape": [-1]},
        },
        "outputs": {"frames_bytes": {"dtype": "string", "shape": [-1, -1]}},
    }


@pytest.mark.parametrize("body", [[], {}, {"model_version_status": 3}, 1, None])
def test_strange_status_and_metadata_are_errors(server, client, body):
    server.script = [Answer(200, body), Answer(200, body)]
    assert "status" in refused(client.status, ServingError)
    assert "metadata" in refused(client.metadata, ServingError)


def test_the_client_loads_neither_tensorflow_nor_numpy():
    code = (
        "import sys\n"
        "from keras_singan.client import Client, GrpcClient, save_frames\n"
        "Client('http://host:8501')\n"
        "bad = {'tensorflow', 'keras', 'numpy', 'grpc', 'scipy'} & set(sys.modules)\n"
        "assert not bad, bad\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_error_is_one_of_the_package():
    assert issubclass(ServingError, SinGANError)
    assert ServingError("text").status is None


def test_a_client_closes(server):
    with Client(server.url) as client:
        assert client.reconstruct().size == (6, 4)
