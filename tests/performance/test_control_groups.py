"""What control groups leave of memory and processors."""

import pytest

from keras_singan.performance.control_groups import left_to_groups
from keras_singan.performance.control_groups import processor_quota


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(f"{text}\n", "utf-8")


def left(tmp_path, line):
    """Gives the limits of memory of a process whose groups are named by a line."""
    (tmp_path / "member").write_text(line, "utf-8")
    found = left_to_groups(tmp_path / "root", tmp_path / "member")
    return [limit for limit in found if limit is not None]


def test_a_container_is_limited(tmp_path):
    group = tmp_path / "root" / "docker" / "x"
    write(group, memory__max=1000, memory__current=300, memory__stat="inactive_file 50")
    # The group above it has no limit.
    write(group.parent, memory__max="max", memory__current=9, memory__stat="")
    assert left(tmp_path, "0::/docker/x\n") == [1000 - 300 + 50]


def test_a_container_that_sees_itself_as_the_root_is_limited(tmp_path):
    write(
        tmp_path / "root", memory__max=1000, memory__current=400, memory__stat="anon 1"
    )
    assert left(tmp_path, "0::/not/seen/here\n") == [600]


def test_the_older_kind_of_groups_is_known_too(tmp_path):
    write(
        tmp_path / "root" / "memory" / "job",
        memory__limit_in_bytes=1000,
        memory__usage_in_bytes=1200,
        memory__stat="inactive_file 5\ntotal_inactive_file 10",
    )
    assert left(tmp_path, "5:cpu,cpuacct:/job\n4:memory:/job\n") == [0]


def test_no_groups_are_no_limit(tmp_path):
    assert list(left_to_groups(tmp_path, tmp_path / "missing")) == []
    assert left(tmp_path, "4:memory:/job\n") == []


def quota(tmp_path, line):
    """Gives how many processors a process may use whose groups are named by a line."""
    (tmp_path / "member").write_text(line, "utf-8")
    return processor_quota(tmp_path / "root", tmp_path / "member")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("max 100000", None),
        ("150000 100000", 2),
        ("50000 100000", 1),
        ("400000 100000", 4),
        ("", None),
        ("many few", None),
        ("100000 0", None),
    ],
)
def test_a_container_has_a_quota_of_processors(tmp_path, text, wanted):
    write(tmp_path / "root" / "docker" / "x", cpu__max=text)
    assert quota(tmp_path, "0::/docker/x\n") == wanted


def test_the_least_quota_above_counts(tmp_path):
    write(tmp_path / "root" / "a" / "b", cpu__max="800000 100000")
    write(tmp_path / "root" / "a", cpu__max="300000 100000")
    assert quota(tmp_path, "0::/a/b\n") == 3


@pytest.mark.parametrize(("microseconds", "wanted"), [(250_000, 3), (-1, None)])
def test_the_older_kind_of_groups_has_quotas_too(tmp_path, microseconds, wanted):
    folder = tmp_path / "root" / "cpu" / "job"
    write(folder, cpu__cfs_quota_us=microseconds, cpu__cfs_period_us=100_000)
    assert quota(tmp_path, "4:memory:/job\n5:cpu,cpuacct:/job\n") == wanted
    assert quota(tmp_path, "4:memory:/job\n") is None


def test_no_groups_are_no_quota(tmp_path):
    assert processor_quota(tmp_path, tmp_path / "missing") is None
