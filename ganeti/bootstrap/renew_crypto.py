"""``gnt-cluster renew-crypto``: new certificates and secrets while the cluster is stopped.

What needs the master daemon (the list of the candidates' certificates, SSH keys) follows as a job: until it ran, only
the master may call nodes, by the entry ``bootstrap`` of that list.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from ganeti import constants as c
from ganeti import pathutils, ssconf
from ganeti.bootstrap import certificates, secretfiles
from ganeti.bootstrap.cluster_shell import ClusterShell, shell_of
from ganeti.bootstrap.setup_input import SslUpdate
from ganeti.bootstrap.stopped_cluster import on_each, stopped_cluster
from ganeti.config.configfile import ConfigFile
from ganeti.config.encode import ConfigEncoder
from ganeti.config.load import load_config
from ganeti.errors import OpExecError, OpPrereqError, X509CertError
from ganeti.ssconf import SsconfReader
from ganeti.utils import sshkeys, x509
from ganeti.utils.accounts import owner
from ganeti.utils.files import backup_file, read_text, write_atomic

_SECRET_MODE: Final = 0o440
_SPICE_CA_MODE: Final = 0o400
_DOMAIN_SECRET_MODE: Final = 0o640


@dataclass(frozen=True)
class Renewal:
    """What to renew; contents are those of files that the administrator brings, hidden in messages.

    Attributes:
      cluster_certificate: a new ``server.pem``, which makes new certificates of all nodes necessary.
      node_certificates: new ``client.pem`` of all nodes.
      rapi, spice, hmac_key, domain_secret: new ones are made.
      rapi_pem, spice_pem, spice_ca_pem, domain_secret_text: given ones are installed.
    """

    cluster_certificate: bool = False
    node_certificates: bool = False
    rapi: bool = False
    spice: bool = False
    hmac_key: bool = False
    domain_secret: bool = False
    rapi_pem: str | None = field(default=None, repr=False)
    spice_pem: str | None = field(default=None, repr=False)
    spice_ca_pem: str | None = field(default=None, repr=False)
    domain_secret_text: str | None = field(default=None, repr=False)

    @property
    def renews_nodes(self) -> bool:
        """Whether nodes get new client certificates."""
        return self.cluster_certificate or self.node_certificates

    @property
    def needs_stop(self) -> bool:
        """Whether there is anything to do in a stopped cluster."""
        return any(
            (
                self.renews_nodes,
                self.rapi or self.rapi_pem,
                self.spice or self.spice_pem,
                self.hmac_key,
                self.domain_secret or self.domain_secret_text,
            )
        )


def check_files(renewal: Renewal) -> None:
    """Check the contents of given files. Raises OpPrereqError."""
    for what, pem in (("RAPI", renewal.rapi_pem), ("SPICE", renewal.spice_pem)):
        if pem is None:
            continue
        try:
            certificates.check_key_matches(pem.encode())
        except X509CertError as err:
            raise OpPrereqError(f"The {what} certificate cannot be used: {err.args[-1]}", c.ECODE_INVAL) from err
    if renewal.spice_ca_pem is not None:
        try:
            certificates.public_key(renewal.spice_ca_pem.encode())
        except X509CertError as err:
            raise OpPrereqError(f"The SPICE CA certificate cannot be used: {err.args[-1]}", c.ECODE_INVAL) from err
    if renewal.domain_secret_text is not None and not renewal.domain_secret_text.strip():
        raise OpPrereqError("The given cluster domain secret is empty", c.ECODE_INVAL)


def renew(
    renewal: Renewal, *, inform: Callable[[str], None], warn: Callable[[str], None], checks_host_key: bool = True
) -> None:
    """Stop the cluster, renew what is asked for, start it again.

    Raises OpPrereqError before anything is changed, OpExecError if something fails.
    """
    check_files(renewal)
    if not renewal.needs_stop:
        return
    shell = shell_of(SsconfReader(), checks_host_key=checks_host_key)
    with stopped_cluster(shell, inform=inform, warn=warn):
        _copy(shell, _renew_files(renewal, inform))
        if renewal.renews_nodes:
            _renew_nodes(shell, inform)


def _write(path: str, content: str, user_role: str, mode: int = _SECRET_MODE) -> None:
    backup_file(path)
    uid, gid = owner(user_role, "masterd")
    write_atomic(path, content if content.endswith("\n") else f"{content}\n", mode=mode, uid=uid, gid=gid)


def _renew_files(renewal: Renewal, inform: Callable[[str], None]) -> list[str]:
    """Renew the files that all nodes share; returns their paths."""
    changed: list[str] = []
    if renewal.cluster_certificate:
        inform("Making a new certificate of the cluster")
        secretfiles.make_certificate(pathutils.NODED_CERT_FILE, "masterd", force=True)
        changed.append(pathutils.NODED_CERT_FILE)
    if renewal.rapi or renewal.rapi_pem:
        inform("Renewing the RAPI certificate")
        if renewal.rapi_pem:
            _write(pathutils.RAPI_CERT_FILE, renewal.rapi_pem, "rapi")
        else:
            secretfiles.make_certificate(pathutils.RAPI_CERT_FILE, "rapi", force=True)
        changed.append(pathutils.RAPI_CERT_FILE)
    if renewal.spice or renewal.spice_pem:
        inform("Renewing the SPICE certificates")
        if renewal.spice_pem and renewal.spice_ca_pem:
            _write(pathutils.SPICE_CERT_FILE, renewal.spice_pem, "noded")
            _write(pathutils.SPICE_CACERT_FILE, renewal.spice_ca_pem, "noded", _SPICE_CA_MODE)
        else:
            secretfiles.make_spice_certificate(force=True)
        changed += [pathutils.SPICE_CERT_FILE, pathutils.SPICE_CACERT_FILE]
    if renewal.hmac_key:
        inform("Making a new HMAC key for confd")
        secretfiles.make_secret(pathutils.CONFD_HMAC_KEY, "confd", force=True)
        changed.append(pathutils.CONFD_HMAC_KEY)
    if renewal.domain_secret or renewal.domain_secret_text:
        inform("Renewing the cluster domain secret")
        text = renewal.domain_secret_text or secretfiles.new_secret()
        _write(pathutils.CLUSTER_DOMAIN_SECRET_FILE, text, "masterd", _DOMAIN_SECRET_MODE)
        changed.append(pathutils.CLUSTER_DOMAIN_SECRET_FILE)
    return changed


def _copy(shell: ClusterShell, paths: list[str]) -> None:
    """Copy files to all other nodes. Raises OpExecError."""

    def copy_all(node: str) -> None:
        for path in paths:
            shell.copy(node, path)

    _all_or_error(on_each(shell.others, copy_all))


def _all_or_error(problems: list[str]) -> None:
    if problems:
        raise OpExecError("\n".join(problems))


def _renew_nodes(shell: ClusterShell, inform: Callable[[str], None]) -> None:
    """Make a new client certificate on every node; the one of the master may call nodes afterwards."""
    inform("Making new certificates of the nodes")
    public = certificates.certificate_part(read_text(pathutils.NODED_CERT_FILE).encode())

    def update(node: str) -> None:
        given = SslUpdate(cluster_name=shell.cluster_name, node_daemon_certificate=public, node_name=node)
        shell.run(node, [pathutils.SSL_UPDATE], msgspec.json.encode(given))

    _all_or_error(on_each(shell.nodes, update))
    certs = {c.CRYPTO_BOOTSTRAP: x509.digest_of_file(pathutils.NODED_CLIENT_CERT_FILE)}
    _write_certs_to_config(certs)
    uid, gid = owner("noded", "noded")
    key = c.SS_MASTER_CANDIDATES_CERTS
    ssconf.write_values({key: "".join(f"{name}={digest}" for name, digest in certs.items())}, uid=uid, gid=gid)
    _copy(shell, [ssconf.key_file(key)])


def _write_certs_to_config(certs: dict[str, str]) -> None:
    """Replace the list of certificates in the configuration, which nobody has open."""
    loaded = load_config()
    config = loaded.config
    cluster = msgspec.structs.replace(
        config.cluster, candidate_certs=certs, serial_no=config.cluster.serial_no + 1
    )
    changed = msgspec.structs.replace(config, cluster=cluster, serial_no=config.serial_no + 1)
    ConfigFile(loaded.identity).replace(ConfigEncoder().encode(changed))


def read_given(path: str | None) -> str | None:
    """Return the content of a file that the administrator names. Raises OpPrereqError."""
    if path is None:
        return None
    try:
        return read_text(os.path.abspath(path))
    except (OSError, ValueError) as err:
        raise OpPrereqError(f"Cannot read {path}: {err}", c.ECODE_INVAL) from err


def collect_public_keys(
    uuids: dict[str, str], kind: str, *, checks_host_key: bool, warn: Callable[[str], None]
) -> None:
    """Write this node's list of all nodes' SSH keys anew, by asking the nodes that are online.

    *uuids* has the UUID of each node by name. A node that cannot be asked keeps what is listed for it.
    """
    shell = shell_of(SsconfReader(), checks_host_key=checks_host_key)
    known = sshkeys.read_public_keys()
    _, public = sshkeys.key_paths(kind)

    def fetch(node: str) -> None:
        key = shell.run(node, ["cat", public]).strip()
        if key and node in uuids:
            known[uuids[node]] = [key]

    for problem in on_each(shell.nodes, fetch):
        warn(problem)
    sshkeys.write_public_keys({uuid: keys for uuid, keys in known.items() if uuid in uuids.values()})
