"""What follows a change of a node's role: who may call nodes, who holds copies of the configuration and the queue."""

from collections.abc import Collection
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.node import ssh_keys
from ganeti.errors import OpExecError
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
    if old is not None and old.master_candidate != new.master_candidate:
        if new.master_candidate:
            ssh_keys.announce(lu, new, is_new=False)
        else:
            ssh_keys.withdraw(lu, new)
    if new.master_candidate:
        lu.cfg.set_candidate_cert(new.uuid, certificate_digest(lu, new))
        if queue is not None:
            queue.add_node(new)
        return
    lu.cfg.set_candidate_cert(new.uuid, None)
    if queue is not None:
        queue.remove_node(new.uuid)
    if old is not None and old.master_candidate:
        demote(lu, new)


def demote(lu: LogicalUnit[Any], node: Node) -> None:
    """Let a node, unless it is offline, put its copy of the configuration away."""
    if not node.offline:
        lu.rpc.call_one(node.uuid, procedures.node_demote_from_mc).warn(
            f"Node {node.name} failed to demote itself", lu.log_warning
        )


def maintain_pool(lu: LogicalUnit[Any], excluded: Collection[str] = ()) -> None:
    """Promote nodes until there are as many candidates as there should be; too many are only mentioned.

    A node that does not tell its certificate stays a candidate that cannot call others, which verification names.
    """
    for node in lu.cfg.maintain_candidate_pool(excluded):
        lu.log_info(f"Node {node.name} becomes a master candidate")
        try:
            after_role_change(lu, msgspec.structs.replace(node, master_candidate=False), node)
        except OpExecError as err:
            lu.log_warning(str(err), "repair the node, then demote it and make it a candidate again")
    pool = lu.cfg.candidate_pool_counts(excluded)
    if pool.now > pool.should:
        lu.log_info(f"There are {pool.now} master candidates, {pool.should} would be enough")
