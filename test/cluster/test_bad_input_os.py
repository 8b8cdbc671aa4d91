"""Broken OS definitions, and disks that are full or too small for what shall be put on them."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ganeti.utils.process import run_cmd
from test.cluster.os_definitions import os_definition
from test.cluster.unchanged import unchanged
from test.cluster.virtual import VirtualCluster

NAME: Final = "installed"
_FAILING: Final = "#!/bin/sh\necho 'the moon is wrong' >&2\nexit 3\n"
_FILLING: Final = '#!/bin/sh\nhead -c 8388608 /dev/zero > "$DISK_0_PATH"\n'


@pytest.fixture
def os_name(cluster: VirtualCluster) -> str:
    """A name of an OS that no other test run uses."""
    return f"broken-{cluster.name.replace('.', '-')}"


def add(cluster: VirtualCluster, os_name: str, *more: str) -> tuple[int | None, str]:
    """Create an instance with a disk file and an OS; returns exit code and error output."""
    place = ("-n", cluster.nodes[1], "-H", "fake", "-t", "file", "--disk", "0:size=4m", "--no-nics", "--no-start")
    result = cluster.run("gnt-instance", "add", *place, "-B", "memory=8m", "-o", os_name, *more, NAME, check=False)
    return result.exit_code, result.stderr


def exists(cluster: VirtualCluster) -> bool:
    """Tell whether the instance is in the configuration."""
    return NAME in cluster.lines("gnt-instance", "list", "--no-headers", "-o", "name")


@contextlib.contextmanager
def small_storage(cluster: VirtualCluster, options: str) -> Iterator[Path]:
    """Give the directory of disk files, one for all virtual nodes, a file system of its own."""
    path = cluster.root() / "srv/ganeti/file-storage"
    path.mkdir(parents=True, exist_ok=True)
    mounted = run_cmd(["mount", "-t", "tmpfs", "-o", options, "small", str(path)], timeout_s=10)
    assert not mounted.failed, mounted.output
    try:
        yield path
    finally:
        assert not run_cmd(["umount", str(path)], timeout_s=10).failed


@contextlib.contextmanager
def nothing_left(cluster: VirtualCluster, directory: Path) -> Iterator[None]:
    """Check that the block leaves neither an instance, which may have been in the configuration, nor files."""
    yield
    assert not exists(cluster)
    assert not list(directory.iterdir())
    assert "ERROR" not in cluster.run("gnt-cluster", "verify").output


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({"ganeti_api_version": None}, "ganeti_api_version"),
        ({"ganeti_api_version": "twenty\n"}, "API version"),
        ({"ganeti_api_version": "5\n"}, "API version mismatch"),
        ({"ganeti_api_version": ""}, "API version"),
        ({"create": None}, "create script"),
        ({"create": "no script"}, "not executable"),
        ({"export": None}, "export"),
        ({"verify": None}, "verify"),
        ({"verify": _FAILING}, "the moon is wrong"),
        ({"variants.list": "small\nlarge\n"}, "must include a variant"),
    ],
    ids=lambda value: next(iter(value.items())) if isinstance(value, dict) else "",
)
def test_broken_definition_is_refused(
    cluster: VirtualCluster, os_name: str, files: dict[str, str | None], text: str
) -> None:
    with os_definition(os_name, files), unchanged(cluster):
        exit_code, error = add(cluster, os_name)
        assert exit_code == 1
        assert text in error
        assert cluster.nodes[1] in error


def test_broken_definition_is_diagnosed(cluster: VirtualCluster, os_name: str) -> None:
    with os_definition(os_name, {"ganeti_api_version": "5\n"}):
        result = cluster.run("gnt-os", "diagnose", check=False)
        assert result.exit_code == 1
        assert f"OS: {os_name}" in result.stdout
        assert "API version mismatch" in result.stdout
        assert os_name not in cluster.lines("gnt-os", "list", "--no-headers")


def test_parameter_that_the_definition_does_not_have(cluster: VirtualCluster, os_name: str) -> None:
    with os_definition(os_name), unchanged(cluster):
        exit_code, error = add(cluster, os_name, "-O", "colour=red")
        assert exit_code == 1
        assert "'colour'" in error


def test_failing_script_is_quoted_and_leaves_an_instance_to_reinstall(cluster: VirtualCluster, os_name: str) -> None:
    with os_definition(os_name, {"create": _FAILING}) as definition:
        exit_code, error = add(cluster, os_name)
        assert exit_code == 1
        assert "the moon is wrong" in error
        assert exists(cluster)
        (definition / "create").write_text("#!/bin/sh\nexit 0\n")
        cluster.run("gnt-instance", "reinstall", "--force", NAME)
        assert cluster.run("gnt-cluster", "verify").exit_code == 0


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ("size=1m", "4 MiB wanted, 1 MiB free"),
        # One inode for the file system's own directory, one for that of the instance, none for its disk.
        ("size=8m,nr_inodes=2", "No space left on device"),
    ],
)
def test_full_disk_during_creation_is_rolled_back(
    cluster: VirtualCluster, os_name: str, options: str, text: str
) -> None:
    with small_storage(cluster, options) as path, os_definition(os_name), nothing_left(cluster, path):
        exit_code, error = add(cluster, os_name)
        assert exit_code == 1
        assert text in error


def test_full_disk_while_wiping_is_rolled_back(cluster: VirtualCluster, os_name: str) -> None:
    cluster.run("gnt-cluster", "modify", "--prealloc-wipe-disks=yes")
    try:
        with small_storage(cluster, "size=6m") as path, os_definition(os_name), nothing_left(cluster, path):
            # There is room for each of them, but not for both.
            exit_code, error = add(cluster, os_name, "--disk", "1:size=4m")
            assert exit_code == 1
            assert "No space left on device" in error
    finally:
        cluster.run("gnt-cluster", "modify", "--prealloc-wipe-disks=no")


def test_full_disk_during_the_installation_is_told(cluster: VirtualCluster, os_name: str) -> None:
    with small_storage(cluster, "size=6m"), os_definition(os_name, {"create": _FILLING}):
        exit_code, error = add(cluster, os_name)
        assert exit_code == 1
        assert "No space left on device" in error
        # As with every failed installation: the instance stays, to be reinstalled or removed.
        cluster.run("gnt-instance", "remove", "--force", NAME)
        assert not exists(cluster)
