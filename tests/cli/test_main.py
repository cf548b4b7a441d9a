import os
import subprocess
import sys
import sysconfig
import warnings
from importlib import metadata
from pathlib import Path

import click
import pytest
from support.cli_runner import invoke
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.cli_runner import trained_photo
from support.cli_runner import trained_run

import keras_singan
from keras_singan.cli.command_group import cli
from keras_singan.cli.process.exit_codes import one_line_errors
from keras_singan.errors import ImageWarning
from keras_singan.errors import ModelFileError

SCRIPT = Path(sysconfig.get_path("scripts")) / "keras-singan"

RUN = """
import sys
sys.argv = ["keras-singan", *{args!r}]
from keras_singan.cli.main import main
try:
    main()
finally:
    print("loaded:", {{"tensorflow", "keras"}} & set(sys.modules))
"""


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("args", [["--version"], ["--help"], ["train", "--help"]])
def test_version_and_help_load_no_tensorflow(args):
    code = RUN.format(args=args)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("loaded: set()\n")
    assert ("Usage: keras-singan" in done.stdout) is ("--help" in args)


def test_version_is_the_installed_one():
    expected = f"keras-singan, version {metadata.version('keras-singan')}\n"
    assert succeed("--version").stdout == expected
    assert metadata.version("keras-singan") == keras_singan.__version__


def test_a_variable_with_the_version_asks_for_nothing():
    result = succeed("info", "--help", env={"KERAS_SINGAN_VERSION": "0.1.0"})
    assert result.stdout.startswith("Usage: ")


def test_the_package_installs_the_command():
    (script,) = metadata.entry_points(group="console_scripts", name="keras-singan")
    assert script.dist.name == "keras-singan"
    from keras_singan.cli.main import main

    assert script.load() is main


def test_help_names_every_command_and_the_environment():
    text = succeed("-h").stdout
    for word in ("train", "sample", "info", "evaluate", "KERAS_SINGAN_SAMPLE_SCALE"):
        assert word in text


def test_no_command_shows_the_help():
    result = invoke()
    assert result.exit_code == 2
    assert "Create:" in result.output


def test_an_unknown_command_is_usage_and_names_the_nearest():
    assert "Did you mean 'sample'?" in refuse(2, "smaple")


def test_an_error_is_one_line_without_traceback():
    Path("bad.keras").write_bytes(b"no zip")
    result = invoke("info", "bad.keras")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output


@pytest.mark.parametrize("how", ["option", "environment"])
def test_debug_lets_the_exception_through(how):
    Path("bad.keras").write_bytes(b"no zip")
    if how == "option":
        result = invoke("--debug", "info", "bad.keras")
    else:
        result = invoke("info", "bad.keras", env={"KERAS_SINGAN_DEBUG": "1"})
    assert isinstance(result.exception, ModelFileError)


@pytest.mark.parametrize("options", [[], ["--debug"]])
def test_only_debug_prints_a_traceback(options):
    # Refused before anything is imported, which makes this quick.
    env = os.environ | {"KERAS_BACKEND": "jax"}
    command = [SCRIPT, *options, "info", trained_run()]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is bool(options)
    assert done.stderr.splitlines()[-1].count("Received: KERAS_BACKEND=jax.") == 1


def test_an_option_can_come_from_the_environment():
    env = {"KERAS_SINGAN_SAMPLE_SCALE": "1", "KERAS_SINGAN_SAMPLE_SEED": "5"}
    succeed("sample", "--model", trained_run(), "-n", 1, env=env)
    (written,) = Path("samples").rglob("*.png")
    assert written.name == "sample_scale1_seed0005_000.png"


def test_the_shell_completion_is_produced():
    env = os.environ | {"_KERAS_SINGAN_COMPLETE": "bash_source"}
    done = subprocess.run([SCRIPT], env=env, capture_output=True, text=True)
    assert done.returncode == 0
    assert "complete -o nosort -F _keras_singan_completion keras-singan" in done.stdout


def test_a_real_process_says_nothing_but_its_results():
    env = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    command = [SCRIPT, "sample", "--model", trained_run(), "-n", "1", "--seed", "1"]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # No oneDNN, no cuda, no absl: nothing of what TensorFlow says at its start.
    assert done.stderr == ""
    assert done.stdout.startswith("samples/run/sample_scale0_seed0001_000.png\nNext: ")


class ResourceExhaustedError(Exception):
    """Named as TensorFlow's."""


@pytest.mark.parametrize("kind", [MemoryError, ResourceExhaustedError])
def test_too_little_memory_says_what_to_try(kind):
    with pytest.raises(click.ClickException, match="--max-size") as caught:
        with one_line_errors():
            raise kind("OOM when allocating tensor")
    assert caught.value.exit_code == 1


def test_an_unexpected_error_names_its_kind_and_debug_on_one_line():
    with pytest.raises(click.ClickException) as caught:
        with one_line_errors():
            raise ValueError("first\nsecond")
    assert caught.value.message.startswith("Unexpected ValueError: first second (")
    assert "--debug" in caught.value.message


def test_a_closed_pipe_is_left_to_click():
    with pytest.raises(BrokenPipeError):
        with one_line_errors():
            raise BrokenPipeError


@pytest.mark.filterwarnings("always")
def test_own_warnings_are_lines_and_others_are_dropped(monkeypatch):
    own = str(Path(keras_singan.__file__).with_name("estimator.py"))

    def load_model(path):
        warnings.warn_explicit("Transparency.", UserWarning, own, 1)
        others = "/home/me/keras_singan/.venv/numpy/core.py"
        warnings.warn_explicit("Noise.", UserWarning, others, 1)
        raise ModelFileError("The end.")

    monkeypatch.setattr("keras_singan.models.model_file.load_model", load_model)
    result = invoke("info", trained_run())
    assert result.stderr == "Warning: Transparency.\nError: The end.\n"


def test_help_lists_the_commands_by_what_one_does():
    text = succeed("--help").stdout
    order = "Train train Create sample animate Look info evaluate Serve export query"
    places = [
        text.index(f"\n{word}:") if word.istitle() else text.index(f"\n  {word} ")
        for word in order.split()
    ]
    assert places == sorted(places)
    listed = [
        line.split()[0]
        for line in text.partition("--help  ")[2].splitlines()
        if line.startswith("  ") and line[2] != " "
    ]
    assert sorted(listed) == sorted(cli.commands)


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_summary_in_the_help_is_cut(width):
    text = succeed("--help", env={"COLUMNS": str(width)}).stdout
    assert "..." not in text.partition("Options:")[2]
    flat = " ".join(text.split())
    assert "Turn a clip-art in the colours of the photo into a photo" in flat
    assert "look at home there" in flat


@pytest.mark.filterwarnings("always")
def test_a_warning_is_said_once_and_names_what_the_command_has(monkeypatch):
    own = str(Path(keras_singan.__file__).with_name("estimator.py"))
    warning = ImageWarning("Seen.", "alpha", "train", "keeps it")

    def warn(*args, **kwargs):
        for _ in range(3):
            warnings.warn_explicit(warning, None, own, 1, registry={})
        raise ModelFileError("The end.")

    monkeypatch.setattr("keras_singan.models.model_file.load_model", warn)
    assert invoke("info", trained_run()).stderr == "Warning: Seen.\nError: The end.\n"
    monkeypatch.setattr("keras_singan.estimator.resolve_precision", warn)
    stderr = invoke("train", trained_photo()).stderr
    assert stderr == "Warning: Seen. --alpha train keeps it.\nError: The end.\n"
    assert str(warning) == 'Seen. alpha="train" keeps it.'
