"""Providers of external storage as gnt-storage tells about them."""

import contextlib
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ganeti import constants as c
from test.cluster.node_daemons import node_daemon_without
from test.cluster.virtual import VirtualCluster

#: Virtual nodes search for providers where real ones do.
_DIRECTORY: Final = Path("/srv/ganeti/extstorage")


@pytest.fixture
def search_path() -> Iterator[Path]:
    """The directory for providers; it is removed afterwards if it was not there before."""
    made = [path for path in (_DIRECTORY.parent, _DIRECTORY) if not path.exists()]
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    yield _DIRECTORY
    for path in reversed(made):
        with contextlib.suppress(OSError):
            path.rmdir()


@contextlib.contextmanager
def _provider(directory: Path, name: str, parameters: str, *, without: str = "") -> Iterator[Path]:
    """Make a provider whose scripts do nothing; *without* is a script that cannot be executed."""
    path = directory / name
    path.mkdir()
    try:
        (path / c.ES_PARAMETERS_FILE).write_text(parameters)
        for script in c.ES_SCRIPTS:
            (path / script).write_text("#!/bin/sh\nexit 0\n")
            (path / script).chmod(stat.S_IRUSR if script == without else stat.S_IRWXU)
        yield path
    finally:
        shutil.rmtree(path)


@pytest.fixture
def good(search_path: Path) -> Iterator[Path]:
    """A usable provider."""
    with _provider(search_path, "test10good", "fromsnap the snapshot to start from\nsize2\n") as path:
        yield path


@pytest.fixture
def bad(search_path: Path) -> Iterator[Path]:
    """A provider with a script that cannot be executed."""
    with _provider(search_path, "test2bad", "speed how fast\n", without=c.ES_SCRIPT_GROW) as path:
        yield path


def _about(lines: list[str], first: str) -> list[str]:
    """Return the lines from *first* to the next empty one."""
    start = lines.index(first)
    return lines[start : lines.index("", start)]


def test_good_and_bad_providers_are_diagnosed(cluster: VirtualCluster, good: Path, bad: Path) -> None:
    lines = cluster.lines("gnt-storage", "diagnose")
    assert _about(lines, f"Provider: {good.name}") == [
        f"Provider: {good.name}",
        "---",
        *(f"  Node: {n}, status: valid (path: {good}) [parameters: fromsnap, size2]" for n in cluster.nodes),
        "  --",
        "  For nodegroup: default --> valid",
    ]
    problem = f"invalid - Script '{bad}/grow' is not executable (path: {bad}) [no parameters]"
    assert _about(lines, f"Provider: {bad.name}")[2:] == [
        *(f"  Node: {node}, status: {problem}" for node in cluster.nodes),
        "  --",
        "  For nodegroup: default --> invalid",
    ]
    providers = [line for line in lines if line.startswith("Provider: test")]
    assert providers == [f"Provider: {bad.name}", f"Provider: {good.name}"]


def test_information_about_named_providers(cluster: VirtualCluster, good: Path, bad: Path) -> None:
    assert cluster.lines("gnt-storage", "info", good.name, "nobody", bad.name) == [
        f"{good.name}:",
        "  - Valid for nodegroups:",
        "      default",
        "  - Supported parameters:",
        "      fromsnap: the snapshot to start from",
        "      size2: ",
        "",
        "nobody: Not Found",
        "",
        f"{bad.name}:",
        "  - Invalid for all nodegroups",
        "",
    ]


def test_provider_that_one_node_lacks_is_invalid_in_its_group(cluster: VirtualCluster, good: Path) -> None:
    node = cluster.nodes[2]
    with node_daemon_without(cluster, str(_DIRECTORY)):
        lines = _about(cluster.lines("gnt-storage", "diagnose"), f"Provider: {good.name}")
        assert lines[-3:] == [
            f"  Node: {node}, status: ExtStorage provider not found",
            "  --",
            "  For nodegroup: default --> invalid",
        ]
        assert cluster.lines("gnt-storage", "info", good.name)[1] == "  - Invalid for all nodegroups"
        # What an offline node has does not count.
        cluster.run("gnt-node", "modify", "--offline=yes", "--auto-promote", node)
        try:
            lines = _about(cluster.lines("gnt-storage", "diagnose"), f"Provider: {good.name}")
            assert lines[-1] == "  For nodegroup: default --> valid"
            assert not [line for line in lines if node in line]
        finally:
            cluster.run("gnt-node", "modify", "-f", "--offline=no", node)


def test_no_provider_is_a_failure(cluster: VirtualCluster, search_path: Path) -> None:
    assert list(search_path.iterdir()) == []
    for words in (["diagnose"], ["info"], ["info", "some"]):
        result = cluster.run("gnt-storage", *words, check=False)
        assert (result.exit_code, result.stdout) == (1, "")
