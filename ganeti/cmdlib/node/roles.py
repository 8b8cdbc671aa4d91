"""The roles of a node as a state machine: pure decisions."""

from collections.abc import Collection
from typing import Final

import msgspec

from ganeti import constants as c
from ganeti.config.operations import pool_counts
from ganeti.objects import ConfigData, Node

CANDIDATE: Final = c.NR_MCANDIDATE
DRAINED: Final = c.NR_DRAINED
OFFLINE: Final = c.NR_OFFLINE
REGULAR: Final = c.NR_REGULAR

#: Flag of the node object that each role sets.
FLAG_OF_ROLE: Final = {CANDIDATE: "master_candidate", DRAINED: "drained", OFFLINE: "offline"}


def promotes_itself(config: ConfigData, excluded: Collection[str] = ()) -> bool:
    """Tell whether a node that joins, or comes back, becomes a candidate because there are too few."""
    size = config.cluster.candidate_pool_size
    pool = pool_counts(list(config.nodes.values()), size, excluded)
    return pool.now < min(pool.should + 1, size)


def leaves_too_few(config: ConfigData, uuid: str) -> bool:
    """Tell whether the cluster would lack candidates if this one were demoted."""
    pool = pool_counts(list(config.nodes.values()), config.cluster.candidate_pool_size, [uuid])
    return pool.now < pool.should


def role_of(node: Node) -> str:
    """Return the role of a node, that of master apart."""
    return next((role for role, flag in FLAG_OF_ROLE.items() if getattr(node, flag)), REGULAR)


def with_role(node: Node, role: str) -> Node:
    """Return the node in another role."""
    return msgspec.structs.replace(node, **{flag: role == name for name, flag in FLAG_OF_ROLE.items()})
