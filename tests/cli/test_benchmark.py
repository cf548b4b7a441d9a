import json

import pytest
from support.cli_runner import TINY_CONFIG
from support.cli_runner import refuse
from support.cli_runner import succeed
from support.cli_runner import type_next
from support.photos import photo_file

from keras_singan.performance import benchmark
from keras_singan.performance import convolution_peak

TINY = [*TINY_CONFIG, "--dtype-policy", "float32"]


@pytest.fixture(autouse=True)
def quickly(tmp_path, monkeypatch):
    """Works in an empty folder, and measures a small peak and few samples."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(convolution_peak, "_SHAPES", ((8, 2), (4, 2)))
    monkeypatch.setattr(benchmark, "_BATCH", 2)
    convolution_peak._peak.cache_clear()
    yield
    convolution_peak._peak.cache_clear()


def rows(result):
    """Gives the rows of the table: a list of cells each."""
    lines = [line for line in result.stdout.splitlines() if "│" in line]
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]


def test_the_table_tells_of_every_scale_and_stderr_of_the_progress():
    result = succeed("benchmark", photo_file("photo.png"), *TINY)
    found = rows(result)
    assert [row[:4] for row in found] == [
        ["0", "24 x 30", "4", "3"],
        ["1", "32 x 40", "4", "1"],
    ]
    for row in found:
        assert float(row[4]) > 0
        assert float(row[6]) > 0
    assert "threads, float32: at most" in result.stdout
    assert "Training: about" in result.stdout and "GiB" in result.stdout
    assert "in a batch of 2" in result.stdout
    lines = result.stderr.splitlines()
    assert lines[1] == "Measuring: scale 0 of 0-1, 24x30"
    assert all(line.startswith("Measuring: ") for line in lines)


def test_json_is_all_there_is_on_standard_output():
    result = succeed("benchmark", photo_file("photo.png"), *TINY, "--json")
    facts = json.loads(result.stdout)
    assert [scale["size"] for scale in facts["scales"]] == [[24, 30], [32, 40]]
    assert facts["configs"][0]["filters"] == 4
    assert facts["training_seconds"] > 0
    assert all(0 < scale["peak_ratio"] for scale in facts["scales"])
    assert {"device", "threads", "peak_memory", "samples_per_second"} <= set(facts)


def test_without_an_image_a_photo_of_the_usual_shape_is_taken():
    found = rows(succeed("benchmark", *TINY))
    assert found[-1][1] == "30 x 40"


def test_crops_are_shown():
    result = succeed(
        "benchmark", photo_file("photo.png"), *TINY, "--set", "crop_size=28"
    )
    assert [row[1] for row in rows(result)][-2:] == ["32 x 40", "in 28 x 28"]


def test_two_configurations_are_compared(monkeypatch):
    names = ("fast,dtype_policy=float32", "draft,steps=9,max_size=30")
    result = succeed(
        "benchmark", photo_file("photo.png"), *TINY[:-2], "--compare", *names
    )
    found = rows(result)
    assert found[0][1] == "24 x 30, 4 filters"
    assert found[0][3] == "24 x 30, 4 filters"
    assert float(found[0][5]) > 0
    # The second has one scale only.
    assert found[1][3:] == ["", "", ""]
    assert f"A: {names[0]} (float32)" in result.stdout
    assert "A / B = " in result.stdout.splitlines()[-1]


def test_a_comparison_is_json_too():
    options = [*TINY, "--json", "--compare", "draft", "draft"]
    facts = json.loads(succeed("benchmark", photo_file("photo.png"), *options).stdout)
    assert len(facts["configs"]) == 2
    assert facts["configs"][0] == facts["configs"][1]
    assert len(facts["a"]) == len(facts["b"]) == len(facts["scale_ratios"]) == 2
    assert facts["ratio"] > 0


def test_the_next_command_can_be_typed(monkeypatch):
    result = succeed("benchmark", photo_file("photo.png"), *TINY)

    def compare(image, a, b, tell):
        typed.append((image.shape, a.max_size, b.max_size, a.max_filters))
        return benchmark.Comparison("device", 1, ("float32",) * 2, speeds, speeds)

    typed, speeds = [], benchmark.run(benchmark_image(), tiny_config()).scales
    monkeypatch.setattr(benchmark, "compare", compare)
    type_next(result)
    assert typed == [((188, 250, 3), 100, 100, 128)]


def benchmark_image():
    import numpy as np

    return np.zeros((24, 30, 3), "float32")


def tiny_config():
    from support.tiny_models import TINIER

    from keras_singan.config import SinGANConfig

    return SinGANConfig(**TINIER | {"min_size": 24, "normalization": "batch"})


USAGE = {
    "missing.png": "'missing.png' does not exist",
    "--preset best": "'best' is not one of 'fast', 'standard', 'draft'",
    "--max-size large": "'large' is not a valid integer",
    "--steps 0": "Received: steps=0.",
    "--set step=3": "Did you mean 'steps'?",
    "--compare fast": "requires 2 arguments",
    "--compare fast best": "Received: preset='best'.",
    "--compare fast,steps draft": "`--compare` must be NAME=VALUE. Received: 'steps'.",
    "--compare fast, draft": "`--compare` must be NAME=VALUE. Received: ''.",
    "--compare fast,step=3 draft": "Did you mean 'steps'?",
    "--compare fast draft,steps=no": "Received: steps='no'.",
    "--compare steps=3 draft": "Received: preset='steps=3'.",
    "--compare fast draft --preset fast": "Either --preset or --compare",
    "--output x": "No such option '--output'",
}


@pytest.mark.parametrize("options", USAGE)
def test_wrong_usage_is_refused_in_a_line(options):
    assert USAGE[options] in refuse(2, "benchmark", *options.split())


@pytest.mark.parametrize("options", [[], ["--compare", "fast", "draft"]])
def test_too_little_memory_is_wrong_usage(monkeypatch, options):
    monkeypatch.setattr(
        "keras_singan.performance.memory.available_bytes", lambda: 2**20
    )
    monkeypatch.setattr("keras_singan.performance.memory.held_bytes", lambda: 0)
    assert "GiB of memory" in refuse(2, "benchmark", *options)


def test_an_image_that_cannot_be_read_is_a_failed_run(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"no image")
    refuse(1, "benchmark", "bad.png")
    assert "at least min_size=25" in refuse(1, "benchmark", photo_file("a.png", 20, 20))
