"""Keys, certificates and secrets of the cluster: made on the first node, the same files on all nodes."""

import os
import secrets
from collections.abc import Callable

from ganeti import pathutils
from ganeti.utils import x509
from ganeti.utils.accounts import owner
from ganeti.utils.files import backup_file, write_atomic

_SECRET_BYTES = 20
#: Secrets and certificates are readable by their owner and group.
_MODE = 0o440
_SPICE_CA_MODE = 0o400


#: Returns where the file with a usual path is.
Place = Callable[[str], str]


def _own_place(path: str) -> str:
    return path


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


def make_spice_certificate(*, force: bool, place: Place = _own_place) -> None:
    """Write the certificate of SPICE consoles, and its public part for clients."""
    if not _is_wanted(place(pathutils.SPICE_CERT_FILE), force=force):
        return
    uid, gid = owner("noded", "masterd")
    pair = x509.generate_cluster_certificate(place(pathutils.SPICE_CERT_FILE), uid=uid, gid=gid)
    backup_file(place(pathutils.SPICE_CACERT_FILE))
    write_atomic(place(pathutils.SPICE_CACERT_FILE), pair.certificate_pem(), mode=_SPICE_CA_MODE, uid=uid, gid=gid)


def make_cluster_secrets(*, new_cluster_certificate: bool, directory: str | None = None) -> None:
    """Make everything that is missing; the certificate of the cluster anew if asked.

    With *directory* the files are there instead of in the data directory of this node.
    """
    place = _own_place if directory is None else lambda path: f"{directory}/{os.path.basename(path)}"
    make_certificate(place(pathutils.NODED_CERT_FILE), "masterd", force=new_cluster_certificate)
    make_secret(place(pathutils.CONFD_HMAC_KEY), "confd", force=False)
    make_certificate(place(pathutils.RAPI_CERT_FILE), "rapi", force=False)
    make_spice_certificate(force=False, place=place)
    make_secret(place(pathutils.CLUSTER_DOMAIN_SECRET_FILE), "masterd", force=False, mode=0o640)


def make_client_certificate(node_name: str) -> str:
    """Make this node's own certificate, signed with the cluster's key; returns its digest."""
    uid, gid = owner("masterd", "masterd")
    return x509.generate_client_certificate(
        pathutils.NODED_CLIENT_CERT_FILE, node_name, pathutils.NODED_CERT_FILE, uid=uid, gid=gid
    )
