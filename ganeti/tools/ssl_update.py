"""ssl-update: give this node a new client certificate as the master asks (input: JSON on standard input)."""

import logging
from collections.abc import Sequence

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.bootstrap import certificates
from ganeti.bootstrap.secretfiles import make_client_certificate
from ganeti.bootstrap.setup_input import SslUpdate, check_certificate, check_cluster_name
from ganeti.tools.setup_tool import run_setup_tool

_log = logging.getLogger(__name__)


def check(given: SslUpdate) -> None:
    """Check everything before anything is written.

    Raises OpPrereqError or X509CertError.
    """
    check_cluster_name(given.cluster_name)
    certificates.public_key(given.node_daemon_certificate.encode())
    check_certificate(given.node_daemon_certificate, pathutils.NODED_CERT_FILE, certificates.public_key)
    if given.action != c.CRYPTO_ACTION_CREATE:
        raise errors.OpPrereqError(f"Unknown action '{given.action}' on the certificate", c.ECODE_INVAL)


def apply(given: SslUpdate) -> None:
    """Make the certificate; the old one is kept as a backup."""
    digest = make_client_certificate(given.node_name)
    _log.info("The new client certificate has the digest %s", digest)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run_setup_tool(argv, name="ssl-update", description=__doc__, kind=SslUpdate, check=check, apply=apply)
