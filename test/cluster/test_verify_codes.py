"""Every way in which a virtual cluster can be broken is found by verification, under its code and no other."""

import re
from collections.abc import Iterator
from typing import Final

import pytest

from ganeti import constants as c
from test.cluster.os_definitions import os_definition
from test.cluster.verify_breakages import ALSO, BREAKAGES, FILE, IMPOSSIBLE, OTHER, SHARED
from test.cluster.virtual import VirtualCluster, running_cluster, virtual_cluster

_FINDING: Final = re.compile(r"  - (ERROR|WARNING):(\w+):(\w+):([^:]+):(.*)$")
_WARNINGS: Final = frozenset({"EEXTAGS", "EINSTANCEPOLICY", "ENODEORPHANLV", "ENODEVERSION"})


@pytest.fixture(scope="module")
def cluster() -> Iterator[VirtualCluster]:
    """Three nodes with three instances."""
    with os_definition("verify-os"), virtual_cluster() as nodes:
        running_cluster(nodes)
        for index, node, template, more in (
            (SHARED, 0, "sharedfile", ()),
            (OTHER, 1, "sharedfile", ()),
            (FILE, 1, "file", ("--no-start",)),
        ):
            nodes.run(
                *("gnt-instance", "add", "-t", template, "-H", "fake", "-o", "verify-os", "-n", nodes.nodes[node]),
                *("--no-nics", "--disk", "0:size=4m", "-B", "memory=8m", *more, nodes.instances[index]),
            )
        yield nodes


def findings(cluster: VirtualCluster) -> tuple[int | None, set[tuple[str, str]], str]:
    """Verify the cluster; return the exit code, level and code of each finding, and all output."""
    result = cluster.run("gnt-cluster", "verify", "--error-codes", check=False)
    found = {(match[1], match[2]) for line in result.output.splitlines() if (match := _FINDING.search(line))}
    return result.exit_code, found, result.output


def test_every_code_is_provoked_or_cannot_be() -> None:
    assert not set(BREAKAGES) & set(IMPOSSIBLE)
    assert set(BREAKAGES) | set(IMPOSSIBLE) == set(c.CV_ALL_ECODES_STRINGS)


@pytest.mark.parametrize("code", sorted(BREAKAGES))
def test_breakage_is_found_under_its_code(cluster: VirtualCluster, code: str) -> None:
    with BREAKAGES[code](cluster):
        exit_code, found, output = findings(cluster)
    expected = {("WARNING" if each in _WARNINGS else "ERROR", each) for each in (code, *ALSO.get(code, ()))}
    assert found == expected, output
    assert exit_code == (0 if code in _WARNINGS else 1)


def test_nothing_is_found_after_all_repairs(cluster: VirtualCluster) -> None:
    exit_code, found, output = findings(cluster)
    assert (exit_code, found) == (0, set()), output
