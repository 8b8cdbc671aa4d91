"""node-daemon-setup: give this host what its node daemon needs, and start it (input: JSON on standard input)."""

import logging
from collections.abc import Sequence

from ganeti import buildcfg, errors, pathutils, ssconf
from ganeti import constants as c
from ganeti.bootstrap import certificates
from ganeti.bootstrap.daemons import daemon_util
from ganeti.bootstrap.secretfiles import make_client_certificate
from ganeti.bootstrap.setup_input import NodeDaemonSetup, check_certificate, check_cluster_name
from ganeti.tools import daemon_control, use_version
from ganeti.tools.setup_tool import run_setup_tool
from ganeti.utils import accounts
from ganeti.utils.accounts import owner
from ganeti.utils.files import backup_file, write_atomic

_log = logging.getLogger(__name__)

_SECRET_MODE = 0o440


def check(given: NodeDaemonSetup) -> None:
    """Check everything before anything is written.

    Raises OpPrereqError, X509CertError or ConfigurationError.
    """
    accounts.check_all()
    check_cluster_name(given.cluster_name)
    name = given.ssconf.get(c.SS_CLUSTER_NAME, "").strip()
    if name != given.cluster_name:
        raise errors.OpPrereqError(f"The ssconf values belong to cluster '{name}'", c.ECODE_INVAL)
    ssconf.check_values(given.ssconf)
    certificates.check_key_matches(given.node_daemon_certificate.encode())
    check_certificate(given.node_daemon_certificate, pathutils.NODED_CERT_FILE, certificates.public_key)
    if not given.hmac_key.strip():
        raise errors.OpPrereqError("The HMAC key is empty", c.ECODE_INVAL)


def _write_secret(path: str, content: str, user_role: str) -> None:
    backup_file(path)
    uid, gid = owner(user_role, "masterd")
    write_atomic(path, content, mode=_SECRET_MODE, uid=uid, gid=gid)


def apply(given: NodeDaemonSetup) -> None:
    """Write the files and start the daemons."""
    # A daemon that runs has the old certificates; it must not answer while they are replaced.
    daemon_util("stop-all")
    if buildcfg.IS_INSTALLED:
        # Other versions may be installed here: what starts at the next boot must be that of the cluster.
        use_version.run()
    uid, gid = owner("noded", "noded")
    ssconf.write_values(given.ssconf, uid=uid, gid=gid)
    _write_secret(pathutils.CONFD_HMAC_KEY, given.hmac_key, "confd")
    _write_secret(pathutils.NODED_CERT_FILE, given.node_daemon_certificate, "masterd")
    make_client_certificate(given.node_name)
    if not given.start_node_daemon:
        return
    for daemon in (c.NODED, c.CONFD, c.MOND):
        if daemon_control.is_installed(daemon):
            daemon_util("start", daemon)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program."""
    return run_setup_tool(
        argv, name="node-daemon-setup", description=__doc__, kind=NodeDaemonSetup, check=check, apply=apply
    )
