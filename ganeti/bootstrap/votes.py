"""Changing whom nodes take for the master, on the way to become it."""

from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from ganeti import constants as c
from ganeti.mastership.tenure import TELLING_TIMEOUT_S
from ganeti.rpc import procedures
from ganeti.rpc.client import RpcClient
from ganeti.rpc.result import RpcResult

#: How a node daemon of 3.1 answers, which has no way to change a vote only if it is the expected one.
_UNKNOWN_PROCEDURE: Final = "HTTP error 404"


class Outcome(NamedTuple):
    """What came out of a change, by node: why it did not answer, or whom else it names."""

    failed: dict[str, str]
    refused: dict[str, str]

    @property
    def problems(self) -> dict[str, str]:
        """Why nodes do not have the new vote."""
        return {**self.failed, **{name: f"it takes {vote} for the master" for name, vote in self.refused.items()}}


class Votes:
    """The votes of the nodes."""

    def __init__(self, rpc: RpcClient, *, is_forced: bool) -> None:
        """With *is_forced* it does not matter what the vote of a node was."""
        self._rpc = rpc.with_limit(TELLING_TIMEOUT_S)
        self._is_forced = is_forced

    def change(self, nodes: Collection[str], old: str, new: str) -> Outcome:
        """Let nodes that name *old* name *new*.

        A node that names a third one has given its vote to somebody else who takes over, and keeps it: two candidates
        that take over from the same master never both get more than half of the votes.
        """
        if self._is_forced:
            return Outcome(_failures(self._write(nodes, new)), {})
        results = self._rpc.call(nodes, procedures.change_master_node_name, old, new)
        ancient = [name for name, result in results.items() if (result.fail_msg or "").startswith(_UNKNOWN_PROCEDURE)]
        failed = {name: text for name, text in _failures(results).items() if name not in ancient}
        refused = {
            name: result.payload
            for name, result in results.items()
            if result.fail_msg is None and result.payload != new
        }
        return Outcome({**failed, **_failures(self._write(ancient, new))}, refused)

    def _write(self, nodes: Collection[str], new: str) -> dict[str, RpcResult[None]]:
        return self._rpc.call(nodes, procedures.write_ssconf_files, {c.SS_MASTER_NODE: new})


def _failures(results: Mapping[str, RpcResult[Any]]) -> dict[str, str]:
    return {name: result.fail_msg for name, result in results.items() if result.fail_msg is not None}
