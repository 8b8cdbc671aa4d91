"""Procedures about root's SSH keys; they run on the master and reach the other nodes by SSH."""

# mypy: disable-error-code="empty-body"

from typing import TypeAlias

from ganeti.rpc.declaration import Timeout, procedure

#: (node name, why it could not be changed)
FailedNode: TypeAlias = tuple[str, str]


@procedure(timeout=Timeout.FAST, multi=True)
def node_ssh_key_add(
    node_uuid: str,
    node_name: str,
    potential_master_candidates: list[str],
    to_authorized_keys: bool,
    to_public_keys: bool,
    get_public_keys: bool,
    /,
) -> list[FailedNode]:
    """Make the key of a node known to the others, and let the node itself know all keys."""


@procedure(timeout=Timeout.FAST, multi=True)
def node_ssh_key_remove(
    node_uuid: str,
    node_name: str,
    master_candidate_uuids: list[str],
    potential_master_candidates: list[str],
    from_authorized_keys: bool,
    from_public_keys: bool,
    clear_authorized_keys: bool,
    clear_public_keys: bool,
    readd: bool,
    /,
) -> list[FailedNode]:
    """Take the key of a node away from the others, and from the node itself what it knows."""


@procedure(timeout=Timeout.FOUR_HOURS, multi=True)
def node_ssh_keys_renew(
    node_uuids: list[str],
    node_names: list[str],
    master_candidate_uuids: list[str],
    potential_master_candidates: list[str],
    old_key_type: str,
    new_key_type: str,
    new_key_bits: int,
    /,
) -> list[FailedNode]:
    """Make new keys on all nodes and let them replace the old ones everywhere."""
