import concurrent.futures
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

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
from keras_singan.errors import needs_extra
from keras_singan.server.servables import export_cache
from keras_singan.server.servables import model_source
from keras_singan.server.servables.loaded_model import LoadedModel
from keras_singan.server.servables.versions import find_versions
from keras_singan.server.server import serve as serve_until_stopped

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
    assert needs_extra("The server", "serve") in line
    assert f"Received: no {module}." in line


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

    monkeypatch.setattr(export_cache, "export_to", export)
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


@pytest.mark.parametrize("trouble", ["no home", "a file", "read only"])
def test_a_cache_that_cannot_be_written_is_no_trouble(tmp_path, monkeypatch, trouble):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if trouble == "no home":
        monkeypatch.setattr(Path, "home", _no_home)
    else:
        (tmp_path / "cache").touch()
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    if trouble == "read only":
        (tmp_path / "cache").unlink()
        monkeypatch.setattr(os, "rename", _read_only)
    monkeypatch.setattr(export_cache, "export_to", lambda _, base: _version_in(base))
    file = tmp_path / "singan.keras"
    file.write_bytes(b"one")
    with pytest.warns(UserWarning, match="XDG_CACHE_HOME") as warnings:
        base = model_source.base_folder(file)
    assert len(warnings) == 1
    with running(base) as server:
        assert post(server, {"inputs": [0.0]}) == (200, {"outputs": [1.0]})


def _no_home():
    raise RuntimeError("Could not determine home directory.")


def _read_only(*paths):
    raise OSError(errno.EROFS, "Read-only file system")


def _version_in(base):
    base.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "rename", _rename)
        save_version(base, 1)
    return base


_rename = os.rename


def test_two_that_start_at_once_export_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    began, exports = threading.Event(), []

    def export(file, base):
        exports.append(file)
        began.set()
        time.sleep(0.3)
        return _version_in(base)

    monkeypatch.setattr(export_cache, "export_to", export)
    file = tmp_path / "singan.keras"
    file.write_bytes(b"one")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(model_source.base_folder, file)
        assert began.wait(10)
        second = pool.submit(model_source.base_folder, file)
        assert first.result() == second.result()
    assert exports == [file]
    # Nothing else is left in the cache.
    assert sorted(p.name for p in first.result().parent.iterdir()) == [
        ".lock",
        "singan",
    ]


def test_without_locks_the_first_export_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(export_cache, "fcntl", None)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    both = threading.Barrier(2, timeout=10)

    def export(file, base):
        both.wait()
        return _version_in(base)

    monkeypatch.setattr(export_cache, "export_to", export)
    file = tmp_path / "singan.keras"
    file.write_bytes(b"one")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        bases = list(pool.map(model_source.base_folder, [file, file]))
    assert bases[0] == bases[1]
    assert find_versions(bases[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_what_still_loads(tmp_path, monkeypatch, number):
    begun = []

    def load(self, path, version):
        begun.append(path)
        os.kill(os.getpid(), number)
        # A load that runs on for a minute.
        for _ in range(6000):
            time.sleep(0.01)

    save_version(tmp_path, 1)
    monkeypatch.setattr(LoadedModel, "__init__", load)
    handler = signal.getsignal(number)
    start = time.monotonic()
    serve_until_stopped(tmp_path, port=0, grpc_port=0, on_ready=begun.append)
    # Not asserted to the second: a tenth of what it would take.
    assert time.monotonic() - start < 6
    assert len(begun) == 1
    assert signal.getsignal(number) is handler


def test_variables_that_kubernetes_sets_do_not_count(tmp_path, monkeypatch):
    save_version(tmp_path, 1)
    for name in ("PORT", "GRPC_PORT"):
        monkeypatch.setenv(f"KERAS_SINGAN_SERVE_{name}", "tcp://10.0.0.1:8501")
    seen = {}
    monkeypatch.setattr(
        "keras_singan.server.server.serve", lambda path, **kwargs: seen.update(kwargs)
    )
    result = CliRunner().invoke(
        cli, ["serve", str(tmp_path)], auto_envvar_prefix="KERAS_SINGAN"
    )
    assert result.exit_code == 0, result.output
    assert (seen["port"], seen["grpc_port"]) == (8501, 8500)


def test_a_wrong_variable_is_named(tmp_path, monkeypatch):
    save_version(tmp_path, 1)
    monkeypatch.setenv("KERAS_SINGAN_SERVE_PORT", "eighty")
    result = CliRunner().invoke(
        cli, ["serve", str(tmp_path)], auto_envvar_prefix="KERAS_SINGAN"
    )
    assert result.exit_code == 2
    assert "'eighty'" in result.output
    assert "the variable KERAS_SINGAN_SERVE_PORT" in result.output
    assert "variable" not in refuse(2, "serve", tmp_path, "--port", "tcp://x:1")


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


def test_a_path_that_is_no_utf8_is_served(tmp_path):
    base = Path(os.fsdecode(os.fsencode(tmp_path) + b"/models-\xff"))
    shutil.copytree(DATA / "model", base)
    save_version(base, 2)
    with running(base) as server:
        status, answer = post(server, {"inputs": [1.0]})
        assert status == 200, answer
        with urllib.request.urlopen(f"{server.url}/v1/models/m", timeout=10) as states:
            assert json.load(states)["model_version_status"][0]["version"] == "2"


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(ModelFileError, match="Received: path="):
        model_source.base_folder(tmp_path / "none")
