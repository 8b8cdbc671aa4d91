"""Whether root's SSH keys on this node are those of the cluster: what is in the files, and what is wrong with it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ganeti import pathutils
from ganeti.utils import sshkeys
from ganeti.utils.files import read_text


@dataclass(frozen=True, slots=True)
class Member:
    """What the master says about a node of the cluster."""

    uuid: str
    name: str
    is_candidate: bool
    #: It could become a candidate, so that the others know its key.
    is_potential_candidate: bool
    is_online: bool


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """Contents of the files of this node; None for a file that does not exist."""

    private_path: str
    public_path: str
    has_private: bool
    public: str | None
    authorized: str | None
    known: str | None


def read_key_files(kind: str) -> KeyFiles:
    """Return what is in root's key files. Raises OSError for one that exists but cannot be read."""

    def read(path: str) -> str | None:
        return read_text(path) if os.path.exists(path) else None

    private, public = sshkeys.key_paths(kind)
    return KeyFiles(
        private_path=private,
        public_path=public,
        has_private=os.path.exists(private),
        public=read(public),
        authorized=read(sshkeys.authorized_keys_path()),
        known=read(pathutils.SSH_PUB_KEYS),
    )


def setup_problems(own_name: str, members: Sequence[Member], files: KeyFiles) -> list[str]:
    """Return what is wrong with the key files of the node *own_name*; empty if they are as they should be."""
    own = next((member for member in members if member.name == own_name), None)
    if own is None:
        return [f"the node is not among those that the master listed: {own_name}"]
    missing = list(_missing_files(files))
    known = sshkeys.parse_public_keys(files.known or "")
    problems = [f"the file {path} does not exist" for path in missing]
    if files.known is not None:
        problems += _membership_problems(members, known)
        problems += _own_key_problems(known.get(own.uuid, []), files)
    if files.authorized is not None:
        problems += _authorization_problems(own, members, known, files)
    return problems


def _missing_files(files: KeyFiles) -> Iterator[str]:
    if not files.has_private:
        yield files.private_path
    if files.public is None:
        yield files.public_path
    if files.authorized is None:
        yield sshkeys.authorized_keys_path()
    if files.known is None:
        yield pathutils.SSH_PUB_KEYS


def _membership_problems(members: Iterable[Member], known: Mapping[str, object]) -> Iterator[str]:
    """Compare whose keys are listed with whose should be; offline nodes may have been away when keys were renewed."""
    potential = {member.uuid: member for member in members if member.is_potential_candidate}
    missing = [member.name for uuid, member in potential.items() if member.is_online and uuid not in known]
    for name in sorted(missing):
        yield f"{pathutils.SSH_PUB_KEYS} has no key of node {name}"
    for uuid in sorted(set(known) - set(potential)):
        yield f"{pathutils.SSH_PUB_KEYS} has a key of {uuid}, which is no node that could become a master candidate"


def _own_key_problems(listed: Sequence[str], files: KeyFiles) -> Iterator[str]:
    if len(listed) > 1:
        yield f"{pathutils.SSH_PUB_KEYS} has {len(listed)} keys of this node, there should be one"
    if not listed or files.public is None:
        # Said already.
        return
    if sshkeys.key_identity(files.public) not in {sshkeys.key_identity(key) for key in listed}:
        yield f"{pathutils.SSH_PUB_KEYS} has another key of this node than {files.public_path}"


def _authorization_problems(
    own: Member, members: Sequence[Member], known: Mapping[str, Sequence[str]], files: KeyFiles
) -> Iterator[str]:
    path = sshkeys.authorized_keys_path()
    admitted = {sshkeys.key_identity(line) for line in (files.authorized or "").splitlines() if line.strip()}
    own_key = sshkeys.key_identity(files.public) if files.public is not None else None
    if own_key is not None and own_key not in admitted:
        yield f"{path} lacks the key of this node itself"
    keys = {m.uuid: {sshkeys.key_identity(key) for key in known.get(m.uuid, ())} for m in members}
    # Nodes may share a key, as those of old clusters did.
    needed = {own_key}.union(*(keys[member.uuid] for member in members if member.is_candidate))
    for member in sorted(members, key=lambda member: member.name):
        if member.uuid == own.uuid:
            continue
        if member.is_candidate and not keys[member.uuid] <= admitted:
            yield f"{path} lacks the key of master candidate {member.name}"
        if not member.is_candidate and (keys[member.uuid] - needed) & admitted:
            yield f"{path} has the key of node {member.name}, which is no master candidate"


def clutter_problems(authorized: str) -> list[str]:
    """Return for which user@host the authorized keys hold several keys; other comments are free text."""
    keys: dict[str, set[tuple[str, str] | str]] = {}
    for line in authorized.splitlines():
        identity = sshkeys.key_identity(line)
        comment = line.split()[2:] if isinstance(identity, tuple) else []
        if len(comment) == 1 and "@" in comment[0]:
            keys.setdefault(comment[0], set()).add(identity)
    path = sshkeys.authorized_keys_path()
    return [f"{path} has {len(found)} keys of {who}" for who, found in sorted(keys.items()) if len(found) > 1]
