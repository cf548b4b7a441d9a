import signal
import subprocess
import sys
import urllib.request

import numpy as np
import pytest
from click.testing import CliRunner
from support.cli_runner import refuse
from support.cli_runner import saved_model
from support.embedded_server import DATA
from support.embedded_server import post
from support.embedded_server import running
from support.embedded_server import save_version

from keras_singan import SinGAN
from keras_singan.cli.command_group import cli
from keras_singan.cli.commands.serve import serve
from keras_singan.client import Client
from keras_singan.errors import ModelFileError
from keras_singan.server.servables import model_source

cli.add_command(serve)


def test_serve_answers_until_it_is_told_to_stop(tmp_path):
    code = (
        "from keras_singan.cli.command_group import cli\n"
        "from keras_singan.cli.main import main\n"
        "from keras_singan.cli.commands.serve import serve\n"
        "cli.add_command(serve)\nmain()"
    )
    options = ["--name", "m", "--port", "0", "--grpc-port", "0"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "serve", str(DATA / "model"), *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        lines = [process.stderr.readline().strip() for _ in range(6)]
        url = lines[1].removeprefix("REST: ")
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert b"AVAILABLE" in answer.read()
        process.send_signal(signal.SIGTERM)
        rest = process.stderr.read()
    assert process.returncode == 0
    assert lines[0] == f"Model: {DATA / 'model'} (loading and warming up)"
    assert url.startswith("http://127.0.0.1:")
    assert lines[2].startswith("gRPC: 127.0.0.1:")
    assert lines[4] == f"Next: keras-singan query {url} sample"
    assert rest == ""


def test_wrong_usage_is_refused_in_a_line(tmp_path):
    save_version(tmp_path, 1)
    assert "does not exist" in refuse(2, "serve", tmp_path / "none")
    assert "name='a/b'" in refuse(2, "serve", tmp_path, "--name", "a/b")
    assert "'x=y'" in refuse(2, "serve", tmp_path, "--label", "x=y")
    assert "is not in the range" in refuse(2, "serve", tmp_path, "--port", "70000")
    assert "not a valid integer" in refuse(2, "serve", tmp_path, "--grpc-port", "no")


def test_a_folder_without_versions_is_refused_in_a_line(tmp_path):
    assert "with version folders" in refuse(1, "serve", tmp_path, "--port", "0")
    (tmp_path / "m").mkdir()
    save_version(tmp_path / "m", 1)
    assert "did you mean" in refuse(1, "serve", tmp_path, "--port", "0")
    inside = tmp_path / "m" / "1"
    assert "give the one above" in refuse(1, "serve", inside, "--port", "0")


def test_a_model_that_cannot_be_loaded_is_refused_in_a_line(tmp_path):
    (tmp_path / "1").mkdir()
    line = refuse(1, "serve", tmp_path, "--port", "0", "--grpc-port", "none")
    assert "cannot be loaded" in line


def test_a_port_in_use_is_refused_in_a_line():
    with running() as server:
        line = refuse(1, "serve", DATA / "model", "--port", server.port)
    assert f"port={server.port}" in line


@pytest.mark.parametrize("module", ["h11", "grpc", "tensorflow_serving.apis"])
def test_a_missing_package_is_named(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    line = refuse(1, "serve", DATA / "model", "--port", "0")
    assert "pip install 'keras-singan[serve]'" in line


def test_the_help_names_every_option():
    text = CliRunner().invoke(cli, ["serve", "--help"]).output
    for option in ("--name", "--host", "--port", "--grpc-port", "--poll-seconds"):
        assert option in text
    for option in ("--label", "--max-body-mb", "--max-concurrency", "--timeout"):
        assert option in text


def test_a_keras_file_is_exported_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    exports = []

    def export(file, base):
        exports.append(file)
        save_version(base, 1, 4.0)
        return base

    monkeypatch.setattr(model_source, "export_to", export)
    run = tmp_path / "run"
    run.mkdir()
    file = run / "singan.keras"
    file.write_bytes(b"one")
    for path in (file, run):
        with running(path) as server:
            assert post(server, {"inputs": [0.0]}) == (200, {"outputs": [4.0]})
    assert exports == [file]
    file.write_bytes(b"two")
    model_source.base_folder(run)
    assert exports == [file, file]


def test_a_real_model_is_exported_and_served(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    # Without the warm-up, which takes a second for each of its signatures.
    monkeypatch.setattr(
        "keras_singan.server.servables.versions.warm_up", lambda *args: None
    )
    file = saved_model(tmp_path / "tiny.keras")
    with running(file, name="singan") as server:
        client = Client(server.url)
        (image,) = client.sample(1, seed=3, start_scale=0)
    expected = SinGAN.load(file).sample(1, start_scale=0, seed=3)[0]
    assert np.array_equal(np.asarray(image), expected)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="Received: path="):
        model_source.base_folder(tmp_path / "none")
