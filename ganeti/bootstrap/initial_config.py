"""The configuration of a new cluster, as a function of what was decided and found out."""

import uuid as uuid_module

from ganeti import constants as c
from ganeti.bootstrap.checks import Facts
from ganeti.bootstrap.params import InitParams
from ganeti.objects import Cluster, ConfigData, DataCollector, Node, NodeGroup


def _new_uuid() -> str:
    return str(uuid_module.uuid4())


def initial_cluster(params: InitParams, facts: Facts, *, uuid: str, master_node: str, now: float) -> Cluster:
    """Return the cluster object."""
    uses_lvm = any(name in c.DTS_LVM for name in params.enabled_disk_templates)
    return Cluster(
        uuid=uuid,
        ctime=now,
        mtime=now,
        cluster_name=facts.cluster_name,
        master_node=master_node,
        master_ip=facts.cluster_ip,
        master_netdev=params.master_netdev,
        master_netmask=facts.netmask,
        use_external_mip_script=params.use_external_mip_script,
        primary_ip_family=facts.family,
        rsahostkeypub=facts.rsa_host_key,
        dsahostkeypub=facts.dsa_host_key,
        mac_prefix=facts.mac_prefix,
        volume_group_name=params.vg_name if uses_lvm else None,
        drbd_usermode_helper=params.drbd_helper if c.DT_DRBD8 in params.enabled_disk_templates else None,
        file_storage_dir=facts.file_storage_dir,
        shared_file_storage_dir=facts.shared_file_storage_dir,
        gluster_storage_dir=facts.gluster_storage_dir,
        enabled_hypervisors=params.enabled_hypervisors,
        enabled_disk_templates=params.enabled_disk_templates,
        hvparams=facts.hvparams,
        beparams={c.PP_DEFAULT: facts.beparams},
        nicparams={c.PP_DEFAULT: facts.nicparams},
        ndparams=facts.ndparams,
        diskparams=facts.diskparams,
        ipolicy=facts.ipolicy,
        candidate_pool_size=params.candidate_pool_size,
        modify_etc_hosts=params.modify_etc_hosts,
        modify_ssh_setup=params.modify_ssh_setup,
        maintain_node_health=params.maintain_node_health,
        uid_pool=params.uid_pool,
        default_iallocator=facts.default_iallocator,
        default_iallocator_params=params.default_iallocator_params,
        prealloc_wipe_disks=params.prealloc_wipe_disks,
        hv_state_static=facts.hv_state,
        disk_state_static=facts.disk_state,
        install_image=params.install_image,
        zeroing_image=params.zeroing_image,
        instance_communication_network=params.instance_communication_network,
        compression_tools=params.compression_tools,
        enabled_user_shutdown=params.enabled_user_shutdown,
        data_collectors={name: DataCollector() for name in c.DATA_COLLECTOR_NAMES},
        ssh_key_type=params.ssh_key_type,
        ssh_key_bits=facts.ssh_key_bits,
    )


def initial_config(params: InitParams, facts: Facts, *, now: float) -> ConfigData:
    """Return the whole configuration: the cluster, one group, and this host as its only node."""
    group = NodeGroup(uuid=_new_uuid(), name=c.INITIAL_NODE_GROUP_NAME, ctime=now, mtime=now)
    node = Node(
        uuid=_new_uuid(),
        name=facts.hostname,
        primary_ip=facts.primary_ip,
        secondary_ip=facts.secondary_ip,
        group=group.uuid,
        master_candidate=True,
        ctime=now,
        mtime=now,
    )
    return ConfigData(
        cluster=initial_cluster(params, facts, uuid=_new_uuid(), master_node=node.uuid, now=now),
        nodes={node.uuid: node},
        nodegroups={group.uuid: group},
        instances={},
        disks={},
        networks={},
        filters={},
        ctime=now,
        mtime=now,
    )
