"""Node procedures about the certificate with which this node calls others."""

import logging
from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti import pathutils
from ganeti.backend.base import RPCFail, implements
from ganeti.rpc import procedures
from ganeti.utils import net, x509
from ganeti.utils.accounts import owner

_LOG = logging.getLogger(__name__)


@implements(procedures.node_crypto_tokens)
def node_crypto_tokens(token_request: list[tuple[str, str, dict[str, Any] | None]]) -> list[tuple[str, str]]:
    """Return the digest of the client certificate, for ``create`` after making a new one."""
    return [(kind, _token(kind, action, options or {})) for kind, action, options in token_request]


def _token(kind: str, action: str, options: Mapping[str, Any]) -> str:
    if kind not in c.CRYPTO_TYPES:
        raise RPCFail(f"Token type '{kind}' is not supported")
    path = options.get(c.CRYPTO_OPTION_CERT_FILE, pathutils.NODED_CLIENT_CERT_FILE)
    if path not in (pathutils.NODED_CLIENT_CERT_FILE, pathutils.NODED_CERT_FILE):
        raise RPCFail(f"'{path}' is not a certificate of the cluster")
    try:
        if action == c.CRYPTO_ACTION_CREATE:
            return _create(path, options)
        if action == c.CRYPTO_ACTION_GET:
            return x509.digest_of_file(path)
    except (OSError, ValueError) as err:
        raise RPCFail(f"Cannot {action} the certificate {path}: {err}") from err
    raise RPCFail(f"Action '{action}' on certificates is not supported")


def _create(path: str, options: Mapping[str, Any]) -> str:
    if path != pathutils.NODED_CLIENT_CERT_FILE:
        raise RPCFail("Only the client certificate of the node can be made anew")
    serial = options.get(c.CRYPTO_OPTION_SERIAL_NO)
    uid, gid = owner("masterd", "masterd")
    digest = x509.generate_client_certificate(
        path,
        net.own_hostname(),
        pathutils.NODED_CERT_FILE,
        serial=None if serial is None else int(serial),
        uid=uid,
        gid=gid,
    )
    _LOG.info("A new client certificate was made, its digest is %s", digest)
    return digest
