"""prepare-node-join: give this host the SSH keys of a cluster that it is to join (input: JSON on standard input)."""

import logging
from collections.abc import Sequence

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.bootstrap import certificates
from ganeti.bootstrap.daemons import daemon_util
from ganeti.bootstrap.setup_input import PrepareNodeJoin, check_certificate, check_cluster_name
from ganeti.tools.setup_tool import run_setup_tool
from ganeti.utils import accounts, sshkeys

_log = logging.getLogger(__name__)


def check(given: PrepareNodeJoin) -> None:
    """Check everything before anything is written.

    Raises OpPrereqError or X509CertError.
    """
    # Nothing needs them yet, but without them the node could not join in the end.
    accounts.check_all()
    check_cluster_name(given.cluster_name)
    pem = given.node_daemon_certificate.encode()
    if certificates.has_private_key(pem):
        raise errors.OpPrereqError("The certificate must come without its private key", c.ECODE_INVAL)
    # A host that is no node yet has none: then only its form is checked.
    certificates.public_key(pem)
    check_certificate(given.node_daemon_certificate, pathutils.NODED_CERT_FILE, certificates.public_key)
    unknown = [kind for kind, _, _ in (*given.ssh_host_key, *given.ssh_root_key) if kind not in c.SSH_DAEMON_KEYFILES]
    if unknown:
        raise errors.OpPrereqError(f"Unknown kinds of SSH keys: {', '.join(unknown)}", c.ECODE_INVAL)


def apply(given: PrepareNodeJoin) -> None:
    """Install the keys."""
    for kind, private, public in given.ssh_host_key:
        _log.info("Installing the %s host key", kind)
        sshkeys.install_host_key(kind, private, public)
    if given.ssh_host_key:
        daemon_util("reload-ssh-keys")
    # A node that is added again may have missed that keys were replaced, or nodes lost their role: what it was told
    # when it last could be reached is not in force any more.
    former = [key for keys in sshkeys.read_public_keys().values() for key in keys]
    admitted = [key for keys in given.authorized_keys.values() for key in keys]
    sshkeys.replace_authorized_keys(lambda text: sshkeys.with_keys(sshkeys.without_keys(text, former), admitted))
    _log.info("Making root's key pair")
    sshkeys.generate_root_key(given.ssh_key_type, given.ssh_key_bits)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run_setup_tool(
        argv, name="prepare-node-join", description=__doc__, kind=PrepareNodeJoin, check=check, apply=apply
    )
