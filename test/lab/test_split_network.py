"""The network between the nodes is cut in two while the role of the master moves: there is never a second master.

GANETI_TEST_SPLITS=all takes every two-way split of 2 to 5 nodes at every step, which takes hours (a number: those of
so many nodes); otherwise each way to split two and three nodes is taken, at one step. Tests in ``test/unit/mastership``
take all of them on a model that makes the same decisions.
"""

import contextlib
import itertools
import os
from collections.abc import Iterator

import pytest

from test.cluster.split_network import (
    SplitNetwork,
    SteppingFailover,
    check_one_master_at_a_time,
    probing,
    wait_for_one_master,
)
from test.cluster.stepping_failover import STEPS
from test.cluster.virtual import running_cluster, virtual_cluster

Case = tuple[int, tuple[int, ...], str]

#: (number of nodes, nodes on the side of the first master, step before which the network is cut); node 1 takes over.
SOME: tuple[Case, ...] = (
    (2, (0,), "_tell_others"),
    (3, (0,), "_tell_others"),
    (3, (0, 1), "_tell_others"),
    (3, (0, 2), "_take_role"),
)


def _all() -> Iterator[Case]:
    for size in (2, 3, 4, 5):
        for count in range(size - 1):
            for chosen in itertools.combinations(range(1, size), count):
                yield from ((size, (0, *chosen), step) for step in STEPS)


def _cases() -> list[Case]:
    chosen = os.environ.get("GANETI_TEST_SPLITS", "")
    if chosen == "all":
        return list(_all())
    # A number: all cases of that size.
    return [case for case in _all() if case[0] == int(chosen)] if chosen else list(SOME)


class Networks:
    """The cluster with as many nodes as a test needs; one at a time, since small machines have no room for more."""

    def __init__(self) -> None:
        self._size = 0
        self._network: SplitNetwork | None = None
        self._open = contextlib.ExitStack()

    def of(self, size: int) -> SplitNetwork:
        """Return a cluster of so many nodes; the first one is the master."""
        if self._network is None or self._size != size:
            self.close()
            cluster = running_cluster(self._open.enter_context(virtual_cluster(nodes=size)))
            self._network = self._open.enter_context(SplitNetwork(cluster))
            self._size = size
            self._network.move_daemons_in()
        return self._network

    def close(self) -> None:
        """Stop and remove it."""
        self._open.close()
        self._network = None


@pytest.fixture(scope="module")
def networks() -> Iterator[Networks]:
    """Clusters by number of nodes."""
    made = Networks()
    yield made
    made.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "side", "step"), _cases())
def test_a_cut_never_makes_two_masters(networks: Networks, size: int, side: tuple[int, ...], step: str) -> None:
    network = networks.of(size)
    label = f"{size}-{'.'.join(map(str, side))}{step}"
    with probing(network.cluster, (0, 1), label) as probers:
        attempt = SteppingFailover(network, 1)
        while attempt.step not in (None, step):
            attempt.advance()
        network.cut(side)
        attempt.finish()
        network.repair()
        master = wait_for_one_master(network, probers)
    check_one_master_at_a_time(probers)
    number = network.cluster.nodes.index(master)
    tags = network.run(number, "gnt-cluster", "list-tags").stdout.split()
    if number == 1:
        # Whatever the new master accepted is still there: no copy of the old one came over it.
        assert {change.tag for change in probers[1].accepted()} <= set(tags)
        network.run(0, "gnt-cluster", "master-failover", check=False)
    elif network.daemon_util(0, "check", "ganeti-masterd", check=False).failed:
        network.daemon_util(0, "start-all")
