"""Keys, certificates and secrets of the cluster: made on the first node, the same files on all nodes."""

import os
import secrets

from ganeti import pathutils
from ganeti.utils import x509
from ganeti.utils.accounts import owner
from ganeti.utils.files import backup_file, write_atomic

_SECRET_BYTES = 20
#: Secrets and certificates are readable by their owner and group.
_MODE = 0o440
_SPICE_CA_MODE = 0o400


def new_secret() -> str:
    """Return a random secret in the form of the files: hexadecimal, one line."""
    return secrets.token_hex(_SECRET_BYTES) + "\n"


def _is_wanted(path: str, *, force: bool) -> bool:
    return force or not os.path.exists(path)


def make_secret(path: str, user_role: str, *, force: bool, mode: int = _MODE) -> None:
    """Write a random secret if there is none, or *force* a new one."""
    if _is_wanted(path, force=force):
        backup_file(path)
        uid, gid = owner(user_role, "masterd")
        write_atomic(path, new_secret(), mode=mode, uid=uid, gid=gid)


def make_certificate(path: str, user_role: str, *, force: bool) -> None:
    """Write a self-signed certificate with its key if there is none, or *force* a new one."""
    if _is_wanted(path, force=force):
        uid, gid = owner(user_role, "masterd")
        x509.generate_cluster_certificate(path, uid=uid, gid=gid)


def make_spice_certificate(*, force: bool) -> None:
    """Write the certificate of SPICE consoles, and its public part for clients."""
    if not _is_wanted(pathutils.SPICE_CERT_FILE, force=force):
        return
    uid, gid = owner("noded", "masterd")
    pair = x509.generate_cluster_certificate(pathutils.SPICE_CERT_FILE, uid=uid, gid=gid)
    backup_file(pathutils.SPICE_CACERT_FILE)
    write_atomic(pathutils.SPICE_CACERT_FILE, pair.certificate_pem(), mode=_SPICE_CA_MODE, uid=uid, gid=gid)


def make_cluster_secrets(*, new_cluster_certificate: bool) -> None:
    """Make everything that is missing; the certificate of the cluster anew if asked."""
    make_certificate(pathutils.NODED_CERT_FILE, "masterd", force=new_cluster_certificate)
    make_secret(pathutils.CONFD_HMAC_KEY, "confd", force=False)
    make_certificate(pathutils.RAPI_CERT_FILE, "rapi", force=False)
    make_spice_certificate(force=False)
    make_secret(pathutils.CLUSTER_DOMAIN_SECRET_FILE, "masterd", force=False, mode=0o640)


def make_client_certificate(node_name: str) -> str:
    """Make this node's own certificate, signed with the cluster's key; returns its digest."""
    uid, gid = owner("masterd", "masterd")
    return x509.generate_client_certificate(
        pathutils.NODED_CLIENT_CERT_FILE, node_name, pathutils.NODED_CERT_FILE, uid=uid, gid=gid
    )
