"""SSH."""

from typing import Final

# ssh
SCP: Final = "scp"
SSH: Final = "ssh"
SSHAK_ALL: Final[tuple[str, ...]] = ("ssh-dss", "ssh-rsa")
SSHAK_DSS: Final = "ssh-dss"
SSHAK_RSA: Final = "ssh-rsa"
SSHK_ALL: Final[tuple[str, ...]] = ("dsa", "ecdsa", "rsa")
SSHK_DSA: Final = "dsa"
SSHK_ECDSA: Final = "ecdsa"
SSHK_RSA: Final = "rsa"
SSHS_ACTIONS: Final[tuple[str, ...]] = ("add", "clear", "override", "remove", "replace_or_add")
SSHS_ADD: Final = "add"
SSHS_CLEAR: Final = "clear"
SSHS_CLUSTER_NAME: Final = "cluster_name"
SSHS_GENERATE: Final = "generate"
SSHS_MASTER_SUFFIX: Final = "_master_tmp"
SSHS_MAX_RETRIES: Final = 3
SSHS_NODE_DAEMON_CERTIFICATE: Final = "node_daemon_certificate"
SSHS_OVERRIDE: Final = "override"
SSHS_REMOVE: Final = "remove"
SSHS_REPLACE_OR_ADD: Final = "replace_or_add"
SSHS_SSH_AUTHORIZED_KEYS: Final = "authorized_keys"
SSHS_SSH_HOST_KEY: Final = "ssh_host_key"
SSHS_SSH_KEY_BITS: Final = "ssh_key_bits"
SSHS_SSH_KEY_TYPE: Final = "ssh_key_type"
SSHS_SSH_PUBLIC_KEYS: Final = "public_keys"
SSHS_SSH_ROOT_KEY: Final = "ssh_root_key"
SSHS_SUFFIX: Final = "suffix"
SSH_DAEMON_KEYFILES: Final[dict[str, tuple[str, ...]]] = {
    "dsa": ("/etc/ssh/ssh_host_dsa_key", "/etc/ssh/ssh_host_dsa_key.pub"),
    "ecdsa": ("/etc/ssh/ssh_host_ecdsa_key", "/etc/ssh/ssh_host_ecdsa_key.pub"),
    "rsa": ("/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_rsa_key.pub"),
}
SSH_DEFAULT_KEY_BITS: Final = 2048
SSH_DEFAULT_KEY_TYPE: Final = "rsa"
SSH_HOST_DSA_PRIV: Final = "/etc/ssh/ssh_host_dsa_key"
SSH_HOST_DSA_PUB: Final = "/etc/ssh/ssh_host_dsa_key.pub"
SSH_HOST_ECDSA_PRIV: Final = "/etc/ssh/ssh_host_ecdsa_key"
SSH_HOST_ECDSA_PUB: Final = "/etc/ssh/ssh_host_ecdsa_key.pub"
SSH_HOST_RSA_PRIV: Final = "/etc/ssh/ssh_host_rsa_key"
SSH_HOST_RSA_PUB: Final = "/etc/ssh/ssh_host_rsa_key.pub"

# ssh keys
VALID_BITS: Final[dict[str, dict[str, int]]] = {
    "dsa": {"default": 1024},
    "rsa": {"default": 2048},
    "ecdsa": {"default": 384},
}
