"""SSH keys of root and the hosts: files in their usual formats, text functions pure."""

import os
import pwd
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.utils.accounts import owner
from ganeti.utils.files import backup_file, read_text, write_atomic
from ganeti.utils.process import run_cmd

_KEYGEN_TIMEOUT_S = 300.0
#: Types of keys as they begin a line; anything before the type is options.
_KEY_TYPES = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")


#: Allowed sizes of keys; RSA has a lower limit only.
_ECDSA_BITS: Final = (256, 384, 521)
_DSA_BITS: Final = 1024
_LEAST_RSA_BITS: Final = 768


def checked_key_size(kind: str, bits: int | None) -> int:
    """Return the size of keys of a kind, its usual one if *bits* is None. Raises OpPrereqError (wrong_input)."""

    def invalid(text: str) -> errors.OpPrereqError:
        return errors.OpPrereqError(text, c.ECODE_INVAL)

    if kind not in c.SSHK_ALL:
        raise invalid(f"Invalid SSH key type {kind}; valid are {', '.join(c.SSHK_ALL)}")
    if kind == c.SSHK_DSA:
        if bits not in (None, _DSA_BITS):
            raise invalid(f"DSA keys have {_DSA_BITS} bits, not {bits}")
        return _DSA_BITS
    if kind == c.SSHK_ECDSA:
        if bits is not None and bits not in _ECDSA_BITS:
            raise invalid(f"ECDSA keys have 256, 384 or 521 bits, not {bits}")
        return bits or _ECDSA_BITS[1]
    if bits is not None and bits < _LEAST_RSA_BITS:
        raise invalid(f"RSA keys have at least {_LEAST_RSA_BITS} bits, not {bits}")
    return bits or c.SSH_DEFAULT_KEY_BITS


def root_ssh_dir() -> str:
    """Return root's directory of SSH files."""
    return os.path.join(pwd.getpwuid(0).pw_dir, ".ssh")


def key_paths(kind: str, suffix: str = "") -> tuple[str, str]:
    """Return the paths of root's private and public key; *suffix* is appended to both names."""
    private = os.path.join(root_ssh_dir(), f"id_{kind}{suffix}")
    return private, f"{private}.pub"


def authorized_keys_path() -> str:
    """Return the path of root's authorized keys."""
    return os.path.join(root_ssh_dir(), "authorized_keys")


# text


def key_identity(line: str) -> tuple[str, str] | str:
    """Return what makes two lines mean the same key: type and blob; the whole line if it has options."""
    words = line.split()
    if len(words) >= 2 and words[0].startswith(_KEY_TYPES):
        return words[0], words[1]
    return line.strip()


def with_keys(text: str, keys: Iterable[str]) -> str:
    """Return authorized keys with *keys* added where they are absent; other lines stay."""
    lines = text.splitlines()
    present = {key_identity(line) for line in lines}
    for key in keys:
        if key.strip() and key_identity(key) not in present:
            present.add(key_identity(key))
            lines.append(key.strip())
    return "".join(f"{line}\n" for line in lines)


def without_keys(text: str, keys: Iterable[str]) -> str:
    """Return authorized keys without *keys*; other lines stay."""
    gone = {key_identity(key) for key in keys}
    return "".join(f"{line}\n" for line in text.splitlines() if key_identity(line) not in gone)


def parse_public_keys(text: str) -> dict[str, list[str]]:
    """Return the keys by node from the lines ``<node> <key>``."""
    result: dict[str, list[str]] = {}
    for line in text.splitlines():
        node, _, key = line.strip().partition(" ")
        if key:
            result.setdefault(node, []).append(key.strip())
    return result


def format_public_keys(keys: Mapping[str, Iterable[str]]) -> str:
    """Return the file of all nodes' keys."""
    return "".join(f"{node} {key}\n" for node, entries in keys.items() for key in entries)


def updated_public_keys(
    keys: Mapping[str, list[str]], action: str, given: Mapping[str, list[str]]
) -> dict[str, list[str]]:
    """Return the keys of all nodes after an action (SSHS_*) with the *given* ones.

    ``add`` appends what is absent, ``replace_or_add`` sets the keys of the given nodes, ``remove`` drops the given
    nodes, ``override`` replaces everything, ``clear`` leaves nothing.

    Raises OpPrereqError for another action.
    """
    if action == c.SSHS_CLEAR:
        return {}
    if action == c.SSHS_OVERRIDE:
        return {node: list(entries) for node, entries in given.items()}
    if action == c.SSHS_REMOVE:
        return {node: entries for node, entries in keys.items() if node not in given}
    if action == c.SSHS_REPLACE_OR_ADD:
        return {**keys, **given}
    if action == c.SSHS_ADD:
        result = {node: list(entries) for node, entries in keys.items()}
        for node, entries in given.items():
            present = result.setdefault(node, [])
            present.extend(entry for entry in entries if entry not in present)
        return result
    raise errors.OpPrereqError(f"Unknown action '{action}' on public keys", c.ECODE_INVAL)


def updated_authorized_keys(text: str, action: str, given: Mapping[str, list[str]]) -> str:
    """Return authorized keys after ``add`` or ``remove`` of the *given* ones; raises OpPrereqError."""
    keys = [key for entries in given.values() for key in entries]
    if action == c.SSHS_ADD:
        return with_keys(text, keys)
    if action == c.SSHS_REMOVE:
        return without_keys(text, keys)
    raise errors.OpPrereqError(f"Unknown action '{action}' on authorized keys", c.ECODE_INVAL)


def known_hosts_text(cluster_name: str, rsa_blob: str, dsa_blob: str | None) -> str:
    """Return the known hosts of a cluster whose nodes share their host keys."""
    keys = (("ssh-rsa", rsa_blob), ("ssh-dss", dsa_blob or ""))
    return "".join(f"{cluster_name} {kind} {blob}\n" for kind, blob in keys if blob)


# files


def write_known_hosts(cluster_name: str, rsa_blob: str, dsa_blob: str | None) -> None:
    """Write the cluster's known hosts."""
    uid, gid = owner("masterd", "masterd")
    text = known_hosts_text(cluster_name, rsa_blob, dsa_blob)
    write_atomic(pathutils.SSH_KNOWN_HOSTS_FILE, text, mode=0o644, uid=uid, gid=gid)


def _ensure_ssh_dir() -> None:
    directory = root_ssh_dir()
    os.makedirs(directory, mode=0o700, exist_ok=True)


def authorize(keys: Iterable[str]) -> None:
    """Let the owners of *keys* log in as root."""
    replace_authorized_keys(lambda text: with_keys(text, keys))


def replace_authorized_keys(change: Callable[[str], str]) -> None:
    """Replace root's authorized keys by what *change* makes of them."""
    _ensure_ssh_dir()
    path = authorized_keys_path()
    text = read_text(path, default="")
    new = change(text)
    if new != text:
        write_atomic(path, new, mode=0o600)


def generate_root_key(kind: str, bits: int, suffix: str = "") -> str:
    """Make root's key pair (an old one is kept as a backup) and let it log in here; returns the public key.

    *suffix* is appended to the file names of a pair that is to be used later. Raises OpExecError.
    """
    _ensure_ssh_dir()
    private, public = key_paths(kind, suffix)
    for path in (private, public):
        if backup_file(path) is not None:
            os.unlink(path)
    argv = ["ssh-keygen", "-b", str(bits), "-t", kind, "-f", private, "-q", "-N", ""]
    result = run_cmd(argv, timeout_s=_KEYGEN_TIMEOUT_S)
    if result.failed:
        raise errors.OpExecError(f"Making root's SSH key failed: {result.fail_reason} {result.output}")
    key = read_text(public).strip()
    authorize([key])
    return key


def read_public_keys() -> dict[str, list[str]]:
    """Return the public keys of root on all nodes by node UUID (or name, while a node joins)."""
    return parse_public_keys(read_text(pathutils.SSH_PUB_KEYS, default=""))


def write_public_keys(keys: Mapping[str, Iterable[str]]) -> None:
    """Replace the file of all nodes' keys."""
    write_atomic(pathutils.SSH_PUB_KEYS, format_public_keys(keys), mode=0o600)


def install_host_key(kind: str, private: str, public: str) -> None:
    """Replace a host key of this machine; the old one is kept as a backup.

    Raises OpPrereqError for an unknown kind of key.
    """
    if kind not in c.SSH_DAEMON_KEYFILES:
        raise errors.OpPrereqError(f"Unknown kind of SSH host key: {kind}", c.ECODE_INVAL)
    private_path, public_path = c.SSH_DAEMON_KEYFILES[kind]
    for path, content, mode in ((private_path, private, 0o600), (public_path, public, 0o644)):
        if read_text(path, default="") != content:
            backup_file(path)
            write_atomic(path, content, mode=mode)
