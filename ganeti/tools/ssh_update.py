"""ssh-update: change root's SSH keys on this node as the master asks (input: JSON on standard input)."""

import logging
import re
from collections.abc import Sequence
from typing import Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.bootstrap import certificates
from ganeti.bootstrap.setup_input import SshUpdate, check_certificate, check_cluster_name
from ganeti.tools.setup_tool import run_setup_tool
from ganeti.utils import sshkeys

_log = logging.getLogger(__name__)

#: What may be appended to the name of a key file.
_SUFFIX_RE: Final = re.compile(r"^[A-Za-z0-9_.-]*$")


def check(given: SshUpdate) -> None:
    """Check everything before anything is written.

    Raises OpPrereqError or X509CertError.
    """
    check_cluster_name(given.cluster_name)
    if given.node_daemon_certificate is not None:
        certificates.public_key(given.node_daemon_certificate.encode())
        check_certificate(given.node_daemon_certificate, pathutils.NODED_CERT_FILE, certificates.public_key)
    # Both raise for an unknown action.
    if given.public_keys is not None:
        sshkeys.updated_public_keys({}, *given.public_keys)
    if given.authorized_keys is not None:
        sshkeys.updated_authorized_keys("", *given.authorized_keys)
    if given.generate is not None:
        kind, _, suffix = given.generate
        if kind not in c.SSHK_ALL or not _SUFFIX_RE.fullmatch(suffix):
            raise errors.OpPrereqError(f"Cannot make an SSH key of kind '{kind}', suffix '{suffix}'", c.ECODE_INVAL)


def apply(given: SshUpdate) -> None:
    """Change the files."""
    if given.authorized_keys is not None:
        action, keys = given.authorized_keys
        _log.info("Authorized keys: %s", action)
        sshkeys.replace_authorized_keys(lambda text: sshkeys.updated_authorized_keys(text, action, keys))
    if given.public_keys is not None:
        _log.info("Public keys of the nodes: %s", given.public_keys[0])
        sshkeys.write_public_keys(sshkeys.updated_public_keys(sshkeys.read_public_keys(), *given.public_keys))
    if given.generate is not None:
        _log.info("Making root's key pair")
        sshkeys.generate_root_key(*given.generate)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run_setup_tool(argv, name="ssh-update", description=__doc__, kind=SshUpdate, check=check, apply=apply)
