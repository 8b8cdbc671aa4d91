"""Node procedures about root's SSH keys; the master calls itself, and changes the other nodes by SSH.

Every node may log in where the keys of the master candidates are authorized, which is everywhere. The file of public
keys (``ganeti_pub_keys``) is on every node that could become a candidate.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.ssh_peers import Failures, Keys, Peers, SshPeers, for_each
from ganeti.rpc import procedures
from ganeti.ssconf import SsconfReader
from ganeti.utils import net, sshkeys
from ganeti.utils.files import backup_file


def _peers() -> Peers:
    try:
        return SshPeers()
    except (errors.ConfigurationError, OSError, ValueError) as err:
        raise RPCFail(f"The nodes of the cluster are not known: {err}") from err


class _Fleet:
    """The other nodes, which get the same change all at once."""

    def __init__(self, peers: Peers, names: Iterable[str]) -> None:
        own = net.own_hostname()
        self._peers = peers
        self._names = [name for name in names if name != own and peers.is_online(name)]
        self.failures: dict[str, str] = {}

    def update(self, changes: Mapping[str, Any], *, only: Iterable[str] | None = None, without: str = "") -> None:
        """Change all of them, or *only* some; those that failed before are left out."""
        chosen = self._names if only is None else [name for name in self._names if name in set(only)]
        targets = [name for name in chosen if name != without and name not in self.failures]
        self.failures.update(for_each(targets, lambda name: self._peers.update(name, changes)))

    def read_public_keys(self, kind: str) -> dict[str, str]:
        """Return root's public key by node, of those that did not fail."""
        found: dict[str, str] = {}

        def read(name: str) -> None:
            found[name] = self._peers.read_public_key(name, kind)

        self.failures.update(for_each([name for name in self._names if name not in self.failures], read))
        return found

    def result(self) -> Failures:
        """Return the nodes that could not be changed."""
        return sorted(self.failures.items())


def _authorized(action: str, keys: Keys) -> dict[str, Any]:
    return {c.SSHS_SSH_AUTHORIZED_KEYS: [action, dict(keys)]}


def _public(action: str, keys: Keys) -> dict[str, Any]:
    return {c.SSHS_SSH_PUBLIC_KEYS: [action, dict(keys)]}


def _authorize_here(action: str, keys: Keys) -> None:
    sshkeys.replace_authorized_keys(lambda text: sshkeys.updated_authorized_keys(text, action, keys))


# a node comes, or gets another role


@implements(procedures.node_ssh_key_add)
def node_ssh_key_add(
    node_uuid: str,
    node_name: str,
    potential_master_candidates: list[str],
    to_authorized_keys: bool,
    to_public_keys: bool,
    get_public_keys: bool,
) -> Failures:
    """Make the key of a node known to the others, and let the node itself know all keys."""
    known = sshkeys.read_public_keys()
    if node_name in known:
        # It was noted under its name when it joined, before it had a UUID.
        known = {**{key: value for key, value in known.items() if key != node_name}, node_uuid: known[node_name]}
        sshkeys.write_public_keys(known)
    if not known.get(node_uuid):
        raise RPCFail(f"There is no SSH key of node {node_name}")
    own = {node_uuid: known[node_uuid]}
    fleet = _Fleet(_peers(), SsconfReader().node_list())
    if get_public_keys:
        fleet.update(_public(c.SSHS_OVERRIDE, known), only=[node_name])
    if to_authorized_keys:
        _authorize_here(c.SSHS_ADD, own)
        fleet.update(_authorized(c.SSHS_ADD, own), without=node_name)
    if to_public_keys:
        fleet.update(_public(c.SSHS_REPLACE_OR_ADD, own), only=potential_master_candidates, without=node_name)
    return fleet.result()


@implements(procedures.node_ssh_key_remove)
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
) -> Failures:
    """Take the key of a node away from the others, and from the node itself what it knows."""
    if not (from_authorized_keys or from_public_keys or clear_authorized_keys or clear_public_keys):
        raise RPCFail("There is nothing to remove")
    if node_name == net.own_hostname():
        raise RPCFail("The SSH keys of the master cannot be removed")
    known = sshkeys.read_public_keys()
    own = {node_uuid: known.get(node_uuid, [])}
    fleet = _Fleet(_peers(), SsconfReader().node_list())
    if from_authorized_keys:
        _authorize_here(c.SSHS_REMOVE, own)
        fleet.update(_authorized(c.SSHS_REMOVE, own), without=node_name)
    # One call for both: after the first the master may not be able to log in any more.
    changes: dict[str, Any] = {}
    if clear_authorized_keys:
        foreign = {uuid: known[uuid] for uuid in master_candidate_uuids if uuid != node_uuid and uuid in known}
        if readd:
            # The master goes on with this node: it must be able to log in.
            foreign.pop(_uuid_of_own_key(known), None)
        changes.update(_authorized(c.SSHS_REMOVE, foreign))
    if clear_public_keys:
        changes.update(_public(c.SSHS_CLEAR, {}))
    if changes:
        fleet.update(changes, only=[node_name])
    if from_public_keys:
        sshkeys.write_public_keys({uuid: keys for uuid, keys in known.items() if uuid != node_uuid})
        fleet.update(_public(c.SSHS_REMOVE, own), only=potential_master_candidates, without=node_name)
    return fleet.result()


def _uuid_of_own_key(known: Keys) -> str:
    """Return the UUID under which the keys of this node are listed, "" if they are not."""
    try:
        text = "".join(_read_own(kind) for kind in c.SSHK_ALL if os.path.exists(sshkeys.key_paths(kind)[1]))
    except OSError:
        return ""
    mine = {sshkeys.key_identity(line) for line in text.splitlines()}
    return next((uuid for uuid, keys in known.items() if any(sshkeys.key_identity(key) in mine for key in keys)), "")


def _read_own(kind: str) -> str:
    with open(sshkeys.key_paths(kind)[1], encoding="utf-8") as file:
        return file.read()


# all keys anew


@implements(procedures.node_ssh_keys_renew)
def node_ssh_keys_renew(
    node_uuids: list[str],
    node_names: list[str],
    master_candidate_uuids: list[str],
    potential_master_candidates: list[str],
    old_key_type: str,
    new_key_type: str,
    new_key_bits: int,
) -> Failures:
    """Make new keys on all nodes and let them replace the old ones everywhere."""
    names = dict(zip(node_uuids, node_names, strict=True))
    renewal = _Renewal(_peers(), names, master_candidate_uuids, potential_master_candidates)
    return renewal.run(old_key_type, new_key_type, new_key_bits)


class _Renewal:
    """Replaces all keys.

    The master can log in everywhere at each moment: with its old key until its new one is known.
    """

    def __init__(self, peers: Peers, names: Mapping[str, str], candidates: list[str], potential: list[str]) -> None:
        self._peers = peers
        self._names = names
        self._candidates = candidates
        self._potential = potential
        self._fleet = _Fleet(peers, names.values())
        self._known = sshkeys.read_public_keys()
        self._renewed: list[str] = []

    def run(self, old_kind: str, new_kind: str, bits: int) -> Failures:
        """Do it. Raises RPCFail before anything is changed if a key is not known."""
        own_name = net.own_hostname()
        own_uuid = next((uuid for uuid, name in self._names.items() if name == own_name), None)
        if own_uuid is None:
            raise RPCFail(f"This node ({own_name}) is not among those whose keys are to be renewed")
        missing = [name for uuid, name in self._names.items() if not self._known.get(uuid)]
        if missing:
            raise RPCFail(f"There is no SSH key of {', '.join(sorted(missing))}; nothing was changed")
        old_own = list(self._known[own_uuid])
        self._withdraw_others(own_uuid, old_own)
        self._renew_others(own_uuid, new_kind, bits)
        # Old keys of nodes that could not be renewed stay withdrawn: those nodes have to be added again.
        self._publish({uuid: self._known[uuid] for uuid in self._renewed if uuid in self._candidates})
        self._replace_own(own_uuid, old_own, old_kind, new_kind, bits)
        return self._fleet.result()

    def _withdraw_others(self, own_uuid: str, old_own: list[str]) -> None:
        """Let nobody but the master log in with an old key; nodes that are no candidates are admitted by themselves."""
        own = {sshkeys.key_identity(key) for key in old_own}
        others = {
            uuid: [key for key in self._known[uuid] if sshkeys.key_identity(key) not in own]
            for uuid in self._names
            if uuid != own_uuid
        }
        _authorize_here(c.SSHS_REMOVE, others)
        self._fleet.update(_authorized(c.SSHS_REMOVE, others))

    def _renew_others(self, own_uuid: str, kind: str, bits: int) -> None:
        """Make new pairs on the other nodes and note them."""
        self._fleet.update({c.SSHS_GENERATE: [kind, bits, ""]})
        found = self._fleet.read_public_keys(kind)
        for uuid, name in self._names.items():
            if uuid != own_uuid and name in found:
                self._known[uuid] = [found[name]]
                self._renewed.append(uuid)
        sshkeys.write_public_keys(self._known)

    def _publish(self, authorized: Keys) -> None:
        """Let all nodes know all keys, and the given ones log in."""
        _authorize_here(c.SSHS_ADD, authorized)
        self._fleet.update(_authorized(c.SSHS_ADD, authorized))
        self._fleet.update(_public(c.SSHS_OVERRIDE, self._known), only=self._potential)

    def _replace_own(self, own_uuid: str, old_own: list[str], old_kind: str, kind: str, bits: int) -> None:
        """Make a new pair for the master beside the old one, let it be known, then use it."""
        self._known[own_uuid] = [sshkeys.generate_root_key(kind, bits, c.SSHS_MASTER_SUFFIX)]
        sshkeys.write_public_keys(self._known)
        self._publish({own_uuid: self._known[own_uuid]})
        for old in {*sshkeys.key_paths(old_kind), *sshkeys.key_paths(kind)}:
            if backup_file(old) is not None:
                os.unlink(old)
        for new, place in zip(sshkeys.key_paths(kind, c.SSHS_MASTER_SUFFIX), sshkeys.key_paths(kind), strict=True):
            os.rename(new, place)
        gone = {own_uuid: old_own}
        _authorize_here(c.SSHS_REMOVE, gone)
        self._fleet.update(_authorized(c.SSHS_REMOVE, gone))
