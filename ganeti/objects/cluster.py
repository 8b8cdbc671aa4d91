"""The cluster and job filter rules."""

from typing import Any

from ganeti import constants as c
from ganeti.objects.base import ConfigObject, Params, TaggedObject, written
from ganeti.types import Private


class DataCollector(ConfigObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Settings of one data collector of the monitoring agent; ``interval`` in microseconds."""

    active: bool = written(lambda: True)
    interval: int = written(lambda: 5_000_000)


class Cluster(TaggedObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """What concerns the whole cluster. Parameter dictionaries are complete: every known key is set."""

    cluster_name: str
    master_node: str
    master_ip: str
    master_netdev: str
    rsahostkeypub: str
    master_netmask: int = written(lambda: 32)
    use_external_mip_script: bool = written(lambda: False)
    primary_ip_family: int = written(lambda: 2)
    dsahostkeypub: str | None = None
    highest_used_port: int = written(lambda: c.FIRST_DRBD_PORT - 1)
    tcpudp_port_pool: tuple[int, ...] = written(tuple)
    mac_prefix: str = written(lambda: c.DEFAULT_MAC_PREFIX)
    volume_group_name: str | None = None
    reserved_lvs: tuple[str, ...] = written(tuple)
    drbd_usermode_helper: str | None = None
    file_storage_dir: str = written(str)
    shared_file_storage_dir: str = written(str)
    gluster_storage_dir: str = written(str)
    enabled_hypervisors: tuple[str, ...]
    hvparams: dict[str, Params] = written(dict)
    os_hvp: dict[str, dict[str, Params]] = written(dict)
    beparams: dict[str, Params] = written(dict)
    nicparams: dict[str, Params] = written(dict)
    ndparams: Params = written(dict)
    diskparams: dict[str, Params] = written(dict)
    osparams: dict[str, Params] = written(dict)
    osparams_private_cluster: dict[str, dict[str, Private[Any]]] = written(dict)
    ipolicy: Params = written(dict)
    enabled_disk_templates: tuple[str, ...] = written(tuple)
    candidate_pool_size: int = written(lambda: c.MASTER_POOL_SIZE_DEFAULT)
    candidate_certs: dict[str, str] = written(dict)
    modify_etc_hosts: bool = written(lambda: True)
    modify_ssh_setup: bool = written(lambda: True)
    maintain_node_health: bool = written(lambda: False)
    uid_pool: tuple[tuple[int, int], ...] = written(tuple)
    default_iallocator: str = written(str)
    default_iallocator_params: Params = written(dict)
    hidden_os: tuple[str, ...] = written(tuple)
    blacklisted_os: tuple[str, ...] = written(tuple)
    prealloc_wipe_disks: bool = written(lambda: False)
    hv_state_static: Params = written(dict)
    disk_state_static: Params = written(dict)
    max_running_jobs: int = written(lambda: 20)
    max_tracked_jobs: int = written(lambda: 25)
    install_image: str = written(str)
    zeroing_image: str = written(str)
    instance_communication_network: str = written(str)
    compression_tools: tuple[str, ...] = written(lambda: c.IEC_DEFAULT_TOOLS)
    enabled_user_shutdown: bool = written(lambda: False)
    data_collectors: dict[str, DataCollector] = written(dict)
    ssh_key_type: str = written(lambda: "rsa")
    ssh_key_bits: int = written(lambda: 2048)

    @property
    def primary_hypervisor(self) -> str:
        """The hypervisor of instances for which none is asked."""
        return self.enabled_hypervisors[0]


class FilterRule(ConfigObject, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule that decides which jobs may start; evaluated in order of (priority, watermark, uuid)."""

    uuid: str
    watermark: int
    priority: int
    predicates: tuple[tuple[str, Any], ...]
    action: str | tuple[str, int]
    reason_trail: tuple[Any, ...] = written(tuple)
