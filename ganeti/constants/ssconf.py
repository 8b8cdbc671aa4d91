"""Simple configuration files."""

from typing import Final

# ssconf
SSCONF_FILEPREFIX: Final = "ssconf_"
SS_CLUSTER_NAME: Final = "cluster_name"
SS_CLUSTER_TAGS: Final = "cluster_tags"
SS_ENABLED_USER_SHUTDOWN: Final = "enabled_user_shutdown"
SS_FILE_PERMS: Final = 0o444
SS_FILE_STORAGE_DIR: Final = "file_storage_dir"
SS_GLUSTER_STORAGE_DIR: Final = "gluster_storage_dir"
SS_HVPARAMS_PREF: Final = "hvparams_"
SS_HVPARAMS_XEN_CHROOT: Final = "hvparams_chroot"
SS_HVPARAMS_XEN_FAKE: Final = "hvparams_fake"
SS_HVPARAMS_XEN_HVM: Final = "hvparams_xen-hvm"
SS_HVPARAMS_XEN_KVM: Final = "hvparams_kvm"
SS_HVPARAMS_XEN_LXC: Final = "hvparams_lxc"
SS_HVPARAMS_XEN_PVM: Final = "hvparams_xen-pvm"
SS_HYPERVISOR_LIST: Final = "hypervisor_list"
SS_INSTANCE_LIST: Final = "instance_list"
SS_MAINTAIN_NODE_HEALTH: Final = "maintain_node_health"
SS_MASTER_CANDIDATES: Final = "master_candidates"
SS_MASTER_CANDIDATES_CERTS: Final = "master_candidates_certs"
SS_MASTER_CANDIDATES_IPS: Final = "master_candidates_ips"
SS_MASTER_IP: Final = "master_ip"
SS_MASTER_NETDEV: Final = "master_netdev"
SS_MASTER_NETMASK: Final = "master_netmask"
SS_MASTER_NODE: Final = "master_node"
SS_NETWORKS: Final = "networks"
SS_NODEGROUPS: Final = "nodegroups"
SS_NODE_LIST: Final = "node_list"
SS_NODE_PRIMARY_IPS: Final = "node_primary_ips"
SS_NODE_SECONDARY_IPS: Final = "node_secondary_ips"
SS_NODE_VM_CAPABLE: Final = "node_vm_capable"
SS_OFFLINE_NODES: Final = "offline_nodes"
SS_ONLINE_NODES: Final = "online_nodes"
SS_PRIMARY_IP_FAMILY: Final = "primary_ip_family"
SS_RELEASE_VERSION: Final = "release_version"
SS_SHARED_FILE_STORAGE_DIR: Final = "shared_file_storage_dir"
SS_SSH_PORTS: Final = "ssh_ports"
SS_UID_POOL: Final = "uid_pool"
VALID_SS_HVPARAMS_KEYS: Final[tuple[str, ...]] = (
    "hvparams_chroot",
    "hvparams_fake",
    "hvparams_kvm",
    "hvparams_lxc",
    "hvparams_xen-hvm",
    "hvparams_xen-pvm",
)
VALID_SS_KEYS: Final[tuple[str, ...]] = (
    "cluster_name",
    "cluster_tags",
    "enabled_user_shutdown",
    "file_storage_dir",
    "gluster_storage_dir",
    "hvparams_chroot",
    "hvparams_fake",
    "hvparams_kvm",
    "hvparams_lxc",
    "hvparams_xen-hvm",
    "hvparams_xen-pvm",
    "hypervisor_list",
    "instance_list",
    "maintain_node_health",
    "master_candidates",
    "master_candidates_certs",
    "master_candidates_ips",
    "master_ip",
    "master_netdev",
    "master_netmask",
    "master_node",
    "networks",
    "node_list",
    "node_primary_ips",
    "node_secondary_ips",
    "node_vm_capable",
    "nodegroups",
    "offline_nodes",
    "online_nodes",
    "primary_ip_family",
    "release_version",
    "shared_file_storage_dir",
    "ssh_ports",
    "uid_pool",
)

# ssconf limits
MAX_SIZE: Final = 131072
