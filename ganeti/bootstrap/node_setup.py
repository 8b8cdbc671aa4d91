"""The part of ``gnt-node add`` that comes before the job: make a host ready to talk to the master.

Runs on the master node as root. The configuration is only read through ssconf and the files that every node has.
"""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.bootstrap import certificates, remote
from ganeti.bootstrap.daemons import wait_for_noded
from ganeti.bootstrap.remote import RemoteHost, SshAccess
from ganeti.bootstrap.setup_input import NodeDaemonSetup, PrepareNodeJoin
from ganeti.ssconf import SsconfReader
from ganeti.utils import sshkeys
from ganeti.utils.files import read_text
from ganeti.utils.ssh import hostname_problem

__all__ = ["NodeSetup", "setup_node"]

_LOG = logging.getLogger(__name__)

_WAIT_S: Final = 10.0


@dataclass(frozen=True)
class NodeSetup:
    """What is needed to prepare a node.

    Attributes:
      node_name: full name.
      node_uuid: of a node that is added again.
      primary_ip: address at which its node daemon will answer.
      ssh_port: TCP port of its SSH daemon.
      modify_ssh_setup: exchange SSH keys (cluster parameter).
      ssh_key_type, ssh_key_bits: kind of root's key pair (cluster parameters).
      checks_host_key: ask about an unknown SSH host key instead of accepting any.
      confirm, ask_password: see ``remote.SshAccess``.
    """

    node_name: str
    primary_ip: str
    node_uuid: str | None = None
    ssh_port: int = 22
    modify_ssh_setup: bool = True
    ssh_key_type: str = c.SSH_DEFAULT_KEY_TYPE
    ssh_key_bits: int = c.SSH_DEFAULT_KEY_BITS
    checks_host_key: bool = True
    debug: bool = False
    verbose: bool = False
    confirm: Callable[[str], bool] | None = None
    ask_password: Callable[[str], str] | None = None


def setup_node(setup: NodeSetup) -> None:
    """Give a host the keys, certificates and ssconf files of the cluster, start its node daemon, wait for its answer.

    Raises OpExecError if the host cannot be reached or refuses, OpPrereqError if a file of this node is missing.
    """
    reader = SsconfReader()
    access = SshAccess(
        host=setup.node_name,
        port=setup.ssh_port,
        cluster_name=reader.cluster_name(),
        checks_host_key=setup.checks_host_key,
        confirm=setup.confirm,
        ask_password=setup.ask_password,
    )
    host = remote.connect(setup.node_name, access)
    try:
        problem = hostname_problem(setup.node_name, host.full_name())
        if problem:
            raise errors.OpExecError(f"{setup.node_name} cannot become a node; {problem}")
        if setup.modify_ssh_setup:
            _exchange_ssh_keys(host, setup, reader)
            # The tool made the SSH daemon read new host keys: what follows must not rely on the old connection.
            host.close()
            host = remote.connect(setup.node_name, replace(access, has_cluster_key=True))
        data = msgspec.json.encode(node_daemon_setup_input(setup.node_name, reader))
        host.run([pathutils.NODE_DAEMON_SETUP, *_options(setup)], data)
    finally:
        host.close()
    wait_for_noded(setup.node_name, setup.primary_ip, _WAIT_S)


def _options(setup: NodeSetup) -> list[str]:
    return [*(["--debug"] if setup.debug else []), *(["--verbose"] if setup.verbose else [])]


def _required(path: str) -> str:
    try:
        return read_text(path)
    except OSError as err:
        raise errors.OpPrereqError(f"Cannot read {path}: {err.strerror}", c.ECODE_ENVIRON) from err


def node_daemon_setup_input(node_name: str, reader: SsconfReader) -> NodeDaemonSetup:
    """Return what the node daemon of a new node needs."""
    return NodeDaemonSetup(
        cluster_name=reader.cluster_name(),
        node_daemon_certificate=_required(pathutils.NODED_CERT_FILE),
        hmac_key=_required(pathutils.CONFD_HMAC_KEY),
        ssconf=present_values(reader),
        node_name=node_name,
        start_node_daemon=True,
    )


def present_values(reader: SsconfReader) -> dict[str, str]:
    """Return all ssconf values that this node has; one that is too large for its file is on no node."""
    values = {}
    for key in c.VALID_SS_KEYS:
        try:
            values[key] = reader.read(key)
        except errors.ConfigurationError as err:
            _LOG.warning("%s is not given to the new node: %s", key, err)
    return values


def prepare_join_input(setup: NodeSetup, reader: SsconfReader) -> PrepareNodeJoin:
    """Return the SSH keys that a new node needs: the cluster's host keys and the candidates' root keys."""
    host_keys = [
        (kind, _required(private), read_text(public, default=""))
        for kind, (private, public) in sorted(c.SSH_DAEMON_KEYFILES.items())
        if os.path.exists(private)
    ]
    # The node gets a new key: its former one is not in force any more.
    candidates = set(reader.master_candidates_certs()) - {setup.node_uuid}
    keys = {uuid: entries for uuid, entries in sshkeys.read_public_keys().items() if uuid in candidates}
    return PrepareNodeJoin(
        cluster_name=reader.cluster_name(),
        node_daemon_certificate=certificates.certificate_part(_required(pathutils.NODED_CERT_FILE).encode()),
        ssh_host_key=tuple(host_keys),
        authorized_keys=keys,
        ssh_key_type=setup.ssh_key_type,
        ssh_key_bits=setup.ssh_key_bits,
    )


def _exchange_ssh_keys(host: RemoteHost, setup: NodeSetup, reader: SsconfReader) -> None:
    """Give the node the cluster's keys and note its own new one, under its name until it has a UUID."""
    data = msgspec.json.encode(prepare_join_input(setup, reader))
    host.run([pathutils.PREPARE_NODE_JOIN, *_options(setup)], data)
    _, public = sshkeys.key_paths(setup.ssh_key_type)
    key = host.run(["cat", public]).strip()
    if not key:
        raise errors.OpExecError(f"Node {setup.node_name} has no public key {public}")
    sshkeys.write_public_keys({**sshkeys.read_public_keys(), setup.node_name: [key]})
