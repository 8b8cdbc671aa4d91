"""What follows a change of a node's role: who may call nodes, who holds copies of the configuration and the queue."""

from collections.abc import Collection
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.objects import Node
from ganeti.rpc import procedures


def certificate_digest(lu: LogicalUnit[Any], node: Node) -> str:
    """Return the digest of the node's client certificate. Raises OpExecError if the node does not tell."""
    answer = lu.rpc.call_one(
        node.uuid, procedures.node_crypto_tokens, [(c.CRYPTO_TYPE_SSL_DIGEST, c.CRYPTO_ACTION_GET, None)]
    )
    return answer.raise_(f"Cannot get the digest of the client certificate of node {node.name}")[0][1]


def after_role_change(lu: LogicalUnit[Any], old: Node | None, new: Node) -> None:
    """Let a node that became a candidate call the others and hold copies; take both from one that no longer is.

    *old* is None for a node that just joined. Raises OpExecError if a new candidate does not tell its certificate.
    """
    queue = lu.context.queue
    if new.master_candidate:
        lu.cfg.set_candidate_cert(new.uuid, certificate_digest(lu, new))
        if queue is not None:
            queue.add_node(new)
        return
    lu.cfg.set_candidate_cert(new.uuid, None)
    if queue is not None:
        queue.remove_node(new.uuid)
    if old is not None and old.master_candidate and not new.offline:
        lu.rpc.call_one(new.uuid, procedures.node_demote_from_mc).warn(
            f"Node {new.name} failed to demote itself", lu.log_warning
        )


def maintain_pool(lu: LogicalUnit[Any], excluded: Collection[str] = ()) -> None:
    """Promote nodes until there are as many candidates as there should be; too many are only mentioned."""
    for node in lu.cfg.maintain_candidate_pool(excluded):
        lu.log_info(f"Node {node.name} becomes a master candidate")
        after_role_change(lu, msgspec.structs.replace(node, master_candidate=False), node)
    pool = lu.cfg.candidate_pool_counts(excluded)
    if pool.now > pool.should:
        lu.log_info(f"There are {pool.now} master candidates, {pool.should} would be enough")
