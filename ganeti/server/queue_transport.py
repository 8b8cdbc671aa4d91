"""Calls that keep the copies of the job queue on master candidates."""

from collections.abc import Callable, Mapping, Sequence

from ganeti import pathutils
from ganeti.rpc import procedures, uploads
from ganeti.rpc.client import RpcClient


class RpcCandidates:
    """Reaches candidates by RPC (``jqueue.replication.CandidateTransport``)."""

    def __init__(self, rpc: RpcClient, may_act: Callable[[], str | None]) -> None:
        """*may_act* returns why this node may not act as the master now, None if it may."""
        self._rpc = rpc
        self._may_act = may_act

    def update(self, node_uuid: str, contents: Mapping[str, bytes]) -> str | None:
        """Write files of the queue."""
        if (problem := self._may_act()) is not None:
            return problem
        packed = [(_remote(name), uploads.compress(content)) for name, content in contents.items()]
        if len(packed) > 1 and self._rpc.call_one(node_uuid, procedures.jobqueue_update_many, packed).fail_msg is None:
            return None
        # Node daemons of 3.1 only know how to write one file at a time.
        for path, content in packed:
            failure = self._rpc.call_one(node_uuid, procedures.jobqueue_update, path, content).fail_msg
            if failure is not None:
                return failure
        return None

    def rename(self, node_uuid: str, pairs: Sequence[tuple[str, str]]) -> str | None:
        """Rename files of the queue."""
        if (problem := self._may_act()) is not None:
            return problem
        paths = [(_remote(old), _remote(new)) for old, new in pairs]
        return self._rpc.call_one(node_uuid, procedures.jobqueue_rename, paths).fail_msg

    def set_drain_flag(self, node_uuid: str, is_drained: bool) -> str | None:
        """Set or remove the drain flag."""
        if (problem := self._may_act()) is not None:
            return problem
        return self._rpc.call_one(node_uuid, procedures.jobqueue_set_drain_flag, is_drained).fail_msg

    def purge(self, node_uuid: str) -> str | None:
        """Remove all files of the queue."""
        if (problem := self._may_act()) is not None:
            return problem
        return self._rpc.call_one(node_uuid, procedures.jobqueue_purge).fail_msg


def _remote(name: str) -> str:
    """Return the path of a file of the queue as other nodes understand it."""
    return pathutils.to_virtual(f"{pathutils.QUEUE_DIR}/{name}")
