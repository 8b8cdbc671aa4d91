"""What the set-up tools of a node read from standard input: shared by the tools and by who starts them."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from ganeti import constants as c
from ganeti import errors, ssconf
from ganeti.utils.files import read_text

T = TypeVar("T")


class NodeDaemonSetup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Input of ``node-daemon-setup``; ``node_daemon_certificate`` holds key and certificate."""

    cluster_name: str
    node_daemon_certificate: str
    hmac_key: str
    ssconf: dict[str, str]
    node_name: str
    start_node_daemon: bool = False

    def __repr__(self) -> str:
        """Show no secrets."""
        return f"NodeDaemonSetup(cluster_name={self.cluster_name!r}, node_name={self.node_name!r})"


class PrepareNodeJoin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Input of ``prepare-node-join``.

    Attributes:
      node_daemon_certificate: public part of the cluster's certificate.
      ssh_host_key: (kind, private, public) keys that all hosts of the cluster have.
      ssh_root_key: the same for root, as old clusters send it.
      authorized_keys: keys of the master candidates by node UUID.
    """

    cluster_name: str
    node_daemon_certificate: str
    ssh_host_key: tuple[tuple[str, str, str], ...] = ()
    ssh_root_key: tuple[tuple[str, str, str], ...] = ()
    authorized_keys: dict[str, list[str]] = msgspec.field(default_factory=dict)
    ssh_key_type: str = "rsa"
    ssh_key_bits: int = 2048

    def __repr__(self) -> str:
        """Show no secrets."""
        return f"PrepareNodeJoin(cluster_name={self.cluster_name!r})"


class SshUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Input of ``ssh-update``.

    Attributes:
      public_keys: (action, keys by node) for the file of all nodes' keys.
      authorized_keys: (action, keys by node) for root's authorized keys.
      generate: (kind, bits, suffix of the file names) for a new key pair of root.
    """

    cluster_name: str
    node_daemon_certificate: str | None = None
    public_keys: tuple[str, dict[str, list[str]]] | None = None
    authorized_keys: tuple[str, dict[str, list[str]]] | None = None
    generate: tuple[str, int, str] | None = None
    ssh_key_type: str | None = None
    ssh_key_bits: int | None = None


class SslUpdate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Input of ``ssl-update``.

    Attributes:
      node_daemon_certificate: the certificate of the cluster, with or without its key; must be that of the node.
      action: what to do with the client certificate of the node; "create" is all there is.
    """

    cluster_name: str
    node_daemon_certificate: str
    node_name: str
    action: str = c.CRYPTO_ACTION_CREATE

    def __repr__(self) -> str:
        """Show no secrets."""
        return f"SslUpdate(node_name={self.node_name!r}, action={self.action!r})"


def parse_input(data: bytes, kind: type[T]) -> T:
    """Return what a tool was given on standard input.

    Raises ParseError; the message never shows the data, which holds secrets.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.ValidationError as err:
        raise errors.ParseError(f"Wrong input: {err}") from None
    except msgspec.DecodeError:
        raise errors.ParseError("The input is not JSON") from None


def check_cluster_name(name: str, reader: ssconf.SsconfReader | None = None) -> None:
    """Check that this node belongs to no other cluster; raises OpPrereqError."""
    try:
        local = (reader or ssconf.SsconfReader()).cluster_name()
    except errors.ConfigurationError:
        return
    if local != name:
        raise errors.OpPrereqError(f"This node belongs to cluster '{local}', not to '{name}'", errors.ECODE_STATE)


def check_certificate(given: str, path: str, public_part_of: Callable[[bytes], object]) -> None:
    """Check that a certificate is the one that this node has already, if it has one.

    *public_part_of* gives what must agree. Raises OpPrereqError.
    """
    local = read_text(path, default="")
    if local and public_part_of(local.encode()) != public_part_of(given.encode()):
        raise errors.OpPrereqError(f"The certificate differs from that in {path}", errors.ECODE_STATE)
