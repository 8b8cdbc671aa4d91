"""Changing the votes of nodes."""

from collections.abc import Collection
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.bootstrap.votes import Votes
from ganeti.mastership.tenure import TELLING_TIMEOUT_S
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult, failure


class Nodes:
    """Nodes with votes; some do not answer, some know no votes with a condition."""

    def __init__(self) -> None:
        self.votes = {"n1": "n1", "n2": "n1", "n3": "n3", "n4": "n1", "n5": "n1"}
        self.silent = {"n4"}
        self.ancient = {"n5"}
        self.limit_s = 0.0

    def with_limit(self, limit_s: float) -> "Nodes":
        self.limit_s = limit_s
        return self

    def call(self, nodes: Collection[str], proc: Any, *args: Any) -> dict[str, RpcResult[Any]]:
        return {node: self._call(node, proc, *args) for node in nodes}

    def _call(self, node: str, proc: Any, *args: Any) -> RpcResult[Any]:
        if node in self.silent:
            return failure(node, proc.name, "Error 28: no answer")
        if proc is procedures.write_ssconf_files:
            self.votes[node] = args[0][c.SS_MASTER_NODE]
            return RpcResult(node, proc.name, None, None)
        assert proc is procedures.change_master_node_name
        if node in self.ancient:
            return failure(node, proc.name, "HTTP error 404: Not Found")
        if self.votes[node] == args[0]:
            self.votes[node] = args[1]
        return RpcResult(node, proc.name, None, self.votes[node])


def test_votes_change_from_the_expected_one_only() -> None:
    nodes = Nodes()
    outcome = Votes(nodes, is_forced=False).change(sorted(nodes.votes), "n1", "n2")  # type: ignore[arg-type]
    assert outcome.failed == {"n4": "Error 28: no answer"}
    assert outcome.refused == {"n3": "n3"}
    assert outcome.problems["n3"] == "it takes n3 for the master"
    assert nodes.votes == {"n1": "n2", "n2": "n2", "n3": "n3", "n4": "n1", "n5": "n2"}
    assert nodes.limit_s == TELLING_TIMEOUT_S


@pytest.mark.parametrize("old", ["n1", "n9"])
def test_an_administrator_who_decides_changes_every_vote(old: str) -> None:
    nodes = Nodes()
    outcome = Votes(nodes, is_forced=True).change(sorted(nodes.votes), old, "n2")  # type: ignore[arg-type]
    assert outcome.problems == {"n4": "Error 28: no answer"}
    assert nodes.votes == {"n1": "n2", "n2": "n2", "n3": "n2", "n4": "n1", "n5": "n2"}


def test_changing_votes_twice_is_like_once() -> None:
    nodes = Nodes()
    votes = Votes(nodes, is_forced=False)  # type: ignore[arg-type]
    votes.change(["n1", "n2"], "n1", "n2")
    assert votes.change(["n1", "n2"], "n1", "n2").problems == {}
