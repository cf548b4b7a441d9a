"""Standard streams that are closed or pipes, and Ctrl-C while modules are imported."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_runner import TINY_OPTIONS
from support.cli_runner import invoke
from support.cli_runner import refuse
from support.cli_runner import stop_training
from support.cli_runner import trained_photo
from support.cli_runner import trained_run
from support.photos import photo_file


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def shell(line, *args, input=None):
    """Runs a line of shell in which "$@" is `keras-singan` and arguments."""
    command = [sys.executable, "-m", "keras_singan", *map(str, args)]
    return subprocess.run(
        ["bash", "-c", line, "bash", *command], capture_output=True, input=input
    )


SAMPLE = ("sample", "-n", "1", "--seed", "1")
WRITTEN = Path("samples/run/sample_scale0_seed0001_000.png")


@pytest.mark.parametrize("closed", ["2>&-", "<&- >&-"])
def test_closed_streams_do_not_matter(closed):
    done = shell(f'exec {closed}; "$@"', *SAMPLE, "--model", trained_run())
    assert done.returncode == 0, done.stderr
    assert WRITTEN.stat().st_size > 100
    assert b"Traceback" not in done.stderr


def test_a_file_never_gets_the_number_of_a_closed_stream():
    code = (
        "from keras_singan.cli.process.streams import open_missing_streams\n"
        "open_missing_streams()\n"
        "assert open('file', 'w').fileno() > 2\n"
        "import sys; print('said', file=sys.stderr)\n"
    )
    line = f'exec 2>&-; {sys.executable} -c "$1"'
    done = subprocess.run(["bash", "-c", line, "bash", code])
    assert done.returncode == 0


def test_an_image_that_a_closed_input_should_hold_is_one_line():
    done = shell('exec <&-; "$@"', "paint-to-image", "-", "--model", trained_run())
    assert done.returncode == 1
    assert b"Standard input must hold an image" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_an_empty_input_is_one_line():
    line = refuse(1, "super-resolve", "-", "--model", trained_run())
    assert "Standard input must hold an image" in line


@pytest.mark.parametrize(
    "line", ['"$@" <(cat photo.png)', 'cat photo.png | "$@" /dev/stdin']
)
def test_an_image_through_a_pipe(line):
    photo_file("photo.png")
    done = shell(line, "super-resolve", "--factor", 1.5, "--model", trained_run())
    assert done.returncode == 0, done.stderr
    assert len(list(Path("samples/run").iterdir())) == 1


def test_training_on_standard_input(monkeypatch):
    stop_training(monkeypatch)
    data = trained_photo().read_bytes()
    result = invoke("train", "-", *TINY_OPTIONS, input=data)
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("Trained: runs/stdin/singan.keras\n")
    again = invoke("train", "-", *TINY_OPTIONS, input=data)
    assert again.stdout.startswith("Trained already: runs/stdin/singan.keras\n")


# Sends Ctrl-C when a module is about to be imported.
INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.{handler})
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["keras-singan", *{args!r}]
from keras_singan.cli.main import main
main()
"""
COMMANDS = {
    "train": ["train", "photo.png"],
    "sample": ["sample", "--model", "run"],
    "info": ["info", "run"],
    "help": ["--help"],
}


def interrupted(module, args, handler="default_int_handler"):
    code = INTERRUPTED.format(module=module, args=args, handler=handler)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)


@pytest.mark.parametrize(
    "name, module",
    [
        ("help", "click"),
        ("train", "numpy"),
        ("train", "tensorflow"),
        ("sample", "keras"),
        ("info", "tensorflow"),
    ],
)
def test_ctrl_c_during_imports_is_one_line(name, module):
    photo_file("photo.png")
    os.symlink(trained_run(), "run")
    before = set(Path().iterdir())
    done = interrupted(module, COMMANDS[name])
    assert done.returncode == 1
    assert done.stderr == "\nInterrupted before anything was begun.\n"
    assert set(Path().iterdir()) == before


def test_an_ignored_ctrl_c_stays_ignored():
    done = interrupted("numpy", ["--help"], handler="SIG_IGN")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ")
