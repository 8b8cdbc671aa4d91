"""What an administrator decides when creating a cluster."""

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.objects import Params


class InitParams(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of ``gnt-cluster init``.

    Parameter dictionaries may be partial and hold text as typed by the user: they are checked, converted and filled
    with defaults by ``checks``. None means "not given" where that differs from empty.

    Attributes:
      cluster_name: name that resolves to the address of the master role.
      primary_ip_version: 4 or 6.
      vg_name: LVM volume group, None for no LVM.
      drbd_helper: DRBD's user mode helper, None without DRBD.
      file_storage_dir, shared_file_storage_dir, gluster_storage_dir: None for the default, "" for none.
      default_iallocator: None chooses one that is installed.
      uid_pool: (first, last) user ids.
    """

    cluster_name: str
    master_netdev: str
    enabled_hypervisors: tuple[str, ...] = (c.DEFAULT_ENABLED_HYPERVISOR,)
    enabled_disk_templates: tuple[str, ...] = c.DEFAULT_ENABLED_DISK_TEMPLATES
    secondary_ip: str | None = None
    primary_ip_version: int = 4
    master_netmask: int | None = None
    use_external_mip_script: bool = False
    vg_name: str | None = None
    drbd_helper: str | None = None
    mac_prefix: str = c.DEFAULT_MAC_PREFIX
    file_storage_dir: str | None = None
    shared_file_storage_dir: str | None = None
    gluster_storage_dir: str | None = None
    candidate_pool_size: int = c.MASTER_POOL_SIZE_DEFAULT
    beparams: Params = msgspec.field(default_factory=dict)
    nicparams: Params = msgspec.field(default_factory=dict)
    ndparams: Params = msgspec.field(default_factory=dict)
    hvparams: dict[str, Params] = msgspec.field(default_factory=dict)
    diskparams: dict[str, Params] = msgspec.field(default_factory=dict)
    ipolicy: Params = msgspec.field(default_factory=dict)
    hv_state: Params = msgspec.field(default_factory=dict)
    disk_state: Params = msgspec.field(default_factory=dict)
    modify_etc_hosts: bool = True
    modify_ssh_setup: bool = True
    maintain_node_health: bool = False
    uid_pool: tuple[tuple[int, int], ...] = ()
    default_iallocator: str | None = None
    default_iallocator_params: dict[str, Any] = msgspec.field(default_factory=dict)
    prealloc_wipe_disks: bool = False
    install_image: str = ""
    zeroing_image: str = ""
    compression_tools: tuple[str, ...] = c.IEC_DEFAULT_TOOLS
    enabled_user_shutdown: bool = False
    instance_communication_network: str = ""
    ssh_key_type: str = c.SSH_DEFAULT_KEY_TYPE
    ssh_key_bits: int | None = None
