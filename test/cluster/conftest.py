"""Fixtures: virtual nodes, and a running cluster of three of them."""

import os
from collections.abc import Iterator

import pytest

from test.cluster.virtual import VirtualCluster, running_cluster, virtual_cluster


@pytest.fixture(scope="session", autouse=True)
def _needs_root() -> None:
    """Fail, not skip: a run that could not check anything must not look like success."""
    if os.getuid() != 0:
        pytest.fail("the cluster tests need root: they add addresses to lo and names to /etc/hosts")


@pytest.fixture
def virtual_nodes() -> Iterator[VirtualCluster]:
    """Three virtual nodes that belong to no cluster; for tests that create or break one."""
    with virtual_cluster() as nodes:
        yield nodes


@pytest.fixture(scope="session")
def _shared_cluster() -> Iterator[VirtualCluster]:
    with virtual_cluster() as nodes:
        yield running_cluster(nodes)


@pytest.fixture
def cluster(_shared_cluster: VirtualCluster) -> Iterator[VirtualCluster]:
    """The session's running cluster of three nodes.

    A test leaves all daemons running; instances that it leaves behind are removed.
    """
    yield _shared_cluster
    left = _shared_cluster.lines("gnt-instance", "list", "--no-headers", "-o", "name")
    for name in left:
        _shared_cluster.run("gnt-instance", "remove", "-f", "--shutdown-timeout=0", name)
