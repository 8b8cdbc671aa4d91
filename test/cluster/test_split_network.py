"""The network is cut while the role of the master moves: a few cases of the many in ``test/lab``."""

from collections.abc import Iterator

import pytest

from test.cluster.side_by_side import SideBySide
from test.cluster.split_case import Case, run_case
from test.cluster.split_network import SplitCluster, split_cluster

CASES = (
    # The old master is alone: the others go on without it.
    Case(3, (0,), "_check_votes"),
    # The new one is alone: what it told the others, but they did not hear, must not reach them later.
    Case(3, (0, 2), "_take_role"),
    # The old one is there again before the votes have changed.
    Case(3, (0,), "_stop_old_master", "_tell_others"),
    # Neither half of two is a majority.
    Case(2, (0,), "_tell_others"),
)

Results = SideBySide[SplitCluster, Case]


@pytest.fixture(scope="module")
def results() -> Iterator[Results]:
    """What comes out of the cases; they mostly wait, so all of them run at the same time."""
    running = SideBySide(CASES, len(CASES), lambda case: case.size, split_cluster, run_case)
    yield running
    running.close()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cut_never_makes_two_masters(results: Results, case: Case) -> None:
    results.result(case)
