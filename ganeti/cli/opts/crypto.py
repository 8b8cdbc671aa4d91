"""Options of gnt-cluster renew-crypto."""

from ganeti.cli.options import Option


def _switch(flag: str, dest: str, help: str, default: bool | None = False) -> Option:  # noqa: A002 (as in Option)
    return Option((flag,), dest, help=help, action="store_true", default=default)


def _file(flag: str, dest: str, help: str) -> Option:  # noqa: A002
    return Option((flag,), dest, help=help, metavar="FILE")


CLUSTER_DOMAIN_SECRET = _file(
    "--cluster-domain-secret", "cluster_domain_secret", "take the secret shared with other clusters from a file"
)
NEW_CLUSTER_CERTIFICATE = _switch(
    "--new-cluster-certificate", "new_cluster_cert", "make a new certificate of the cluster and of all nodes"
)
NEW_CLUSTER_DOMAIN_SECRET = _switch(
    "--new-cluster-domain-secret", "new_cluster_domain_secret", "make a new secret shared with other clusters"
)
NEW_CONFD_HMAC_KEY = _switch("--new-confd-hmac-key", "new_confd_hmac_key", "make a new key for questions to confd")
NEW_NODE_CERTIFICATES = _switch("--new-node-certificates", "new_node_cert", "make new certificates of all nodes")
NEW_RAPI_CERTIFICATE = _switch(
    "--new-rapi-certificate", "new_rapi_cert", "make a new self-signed certificate of the remote API", None
)
NEW_SPICE_CERTIFICATE = _switch(
    "--new-spice-certificate", "new_spice_cert", "make new self-signed certificates of SPICE consoles", None
)
NEW_SSH_KEYS = _switch("--new-ssh-keys", "new_ssh_keys", "make new SSH keys of root on all nodes")
RAPI_CERTIFICATE = _file("--rapi-certificate", "rapi_cert", "take certificate and key of the remote API from a file")
SPICE_CA_CERTIFICATE = _file(
    "--spice-ca-certificate", "spice_cacert", "take the certificate that signed the one of SPICE from a file"
)
SPICE_CERTIFICATE = _file("--spice-certificate", "spice_cert", "take certificate and key of SPICE from a file")
