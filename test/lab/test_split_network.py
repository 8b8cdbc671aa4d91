"""The network between the nodes is cut in two while the role of the master moves: there is never a second master.

Tests in ``test/unit/mastership`` do the same on a model that makes the same decisions.
"""

import os
from collections.abc import Iterator

import pytest

from test.cluster.side_by_side import SideBySide
from test.cluster.split_case import (
    Case,
    cuts_of_one_direction,
    cuts_that_heal,
    cuts_that_last,
    killed_commands,
    run_case,
)
from test.cluster.split_network import SplitCluster, split_cluster

CASES = [
    *(case for size in (2, 3, 4, 5) for case in cuts_that_last(size)),
    *(case for size in (2, 3) for case in cuts_that_heal(size)),
    *cuts_of_one_direction(3),
    *(case for size in (2, 3) for case in killed_commands(size)),
]
WORKERS = int(os.environ.get("GANETI_TEST_SPLIT_WORKERS", "12"))

Results = SideBySide[SplitCluster, Case]


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest) -> Iterator[Results]:
    """What comes out of the cases that were chosen."""
    chosen = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module
    ]
    running = SideBySide(chosen, WORKERS, lambda case: case.size, split_cluster, run_case)
    yield running
    running.close()


# A case may be one of the last to be tried.
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_cut_never_makes_two_masters(results: Results, case: Case) -> None:
    results.result(case)
