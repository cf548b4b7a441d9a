import importlib.util
import socket

from click.testing import CliRunner
from support.studio import kill
from support.studio import studio_process

from keras_singan.cli.command_group import cli
from keras_singan.studio.studio_extra import EXTRA


def run(*options):
    return CliRunner().invoke(cli, ["studio", "--no-open", *map(str, options)])


def test_a_port_that_is_taken_is_one_line(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run("--runs", tmp_path / "runs", "--port", port)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == 1 and f"port={port}" in lines[0]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    result = run("--runs", tmp_path / "file" / "runs")
    assert result.exit_code == 1
    assert "must be one that can be written to" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_extra_names_what_to_install(tmp_path, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *rest: None if name == "starlette" else find(name, *rest),
    )
    result = run("--runs", tmp_path / "runs")
    assert result.exit_code == 1
    assert EXTRA in result.stderr


def test_a_foreign_address_is_one_line(tmp_path):
    result = run("--runs", tmp_path / "runs", "--host", "192.0.2.1", "--port", 0)
    assert result.exit_code == 1
    assert "this machine's" in result.stderr


def test_a_folder_has_one_studio(tmp_path):
    with studio_process(tmp_path / "runs") as (first, _):
        result = run("--runs", tmp_path / "runs", "--port", 0)
        assert result.exit_code == 1
        assert "one studio at a time" in result.stderr
        # However the first one ends, the next may begin.
        kill(first.pid)
        first.wait()
    with studio_process(tmp_path / "runs") as (_, address):
        assert address.startswith("http://127.0.0.1:")
