"""Changes of the cluster's parameters: what is stored, what is refused, what nodes are told."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.cluster.params import plain
from ganeti.cmdlib.cluster.params.policy import updated_policy
from ganeti.config import ippool
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.objects import Instance, Network, NodeGroup
from ganeti.types import Private
from test.unit.cmdlib.clusterworld import ClusterWorld, digest_of, healthy_config
from test.unit.cmdlib.instance.world import set_node
from test.unit.factories import GROUP_UUID, make_disk, make_instance, node_uuid


@pytest.fixture
def world() -> ClusterWorld:
    """Three nodes and a running instance with a shared file disk."""
    disk = make_disk(1)
    return ClusterWorld(healthy_config(instances=(make_instance(1, disks=(disk.uuid,)),), disks=(disk,)))


def modify(world: ClusterWorld, **changes: Any) -> Any:
    return world.run(opcodes.OpClusterSetParams(**changes))


def std(**changes: int) -> dict[str, int]:
    return {**c.IPOLICY_DEFAULTS["std"], **changes}


#: (changes, fields of the cluster afterwards)
STORED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"candidate_pool_size": 2}, {"candidate_pool_size": 2}),
    ({"max_running_jobs": 7, "max_tracked_jobs": 9}, {"max_running_jobs": 7, "max_tracked_jobs": 9}),
    ({"maintain_node_health": True}, {"maintain_node_health": True}),
    ({"mac_prefix": "AA:BB:CC"}, {"mac_prefix": "aa:bb:cc"}),
    ({"reserved_lvs": ["xenvg/.*"]}, {"reserved_lvs": ("xenvg/.*",)}),
    ({"install_image": "/img"}, {"install_image": "/img"}),
    ({"install_image": "", "zeroing_image": ""}, {"install_image": "", "zeroing_image": ""}),
    ({"gluster_storage_dir": "/srv/gluster"}, {"gluster_storage_dir": "/srv/gluster"}),
    ({"zeroing_image": "http://x/img"}, {"zeroing_image": "http://x/img"}),
    ({"compression_tools": ["gzip", "zstd"]}, {"compression_tools": ("gzip", "zstd")}),
    ({"default_iallocator": ""}, {"default_iallocator": ""}),
    ({"default_iallocator_params": {"x": 1}}, {"default_iallocator_params": {"x": 1}}),
    ({"uid_pool": [(1000, 1010)], "add_uids": [(2000, 2001)]}, {"uid_pool": ((1000, 1010),)}),
    ({"add_uids": [(2000, 2001)]}, {"uid_pool": ((2000, 2001),)}),
    ({"hidden_os": [("add", "x")], "blacklisted_os": [("remove", "y")]}, {"hidden_os": ("x",), "blacklisted_os": ()}),
    ({"file_storage_dir": "/srv/other/"}, {"file_storage_dir": "/srv/other"}),
    ({"vg_name": "", "drbd_helper": "", "instance_communication_network": ""}, {"volume_group_name": None}),
    ({"enabled_disk_templates": ["sharedfile", "diskless"], "ipolicy": {"disk-templates": ["sharedfile"]}},
     {"enabled_disk_templates": ("sharedfile", "diskless")}),
    ({"beparams": {"memory": "1g"}}, {"beparams": {"default": {**c.BEC_DEFAULTS, "maxmem": 1024, "minmem": 1024}}}),
    ({"ndparams": {"spindle_count": "5"}}, {"ndparams": {**c.NDC_DEFAULTS, "spindle_count": 5}}),
    ({"nicparams": {"mode": "ext"}}, {"nicparams": {"default": {**c.NICC_DEFAULTS, "link": "br0", "mode": "ext"}}}),
    ({"osparams": {"busybox": {"size": "1"}}}, {"osparams": {"busybox": {"size": "1"}}}),
    ({"osparams_private_cluster": {"busybox": {"key": Private("k")}}},
     {"osparams_private_cluster": {"busybox": {"key": Private("k")}}}),
    ({"os_hvp": {"busybox": {"fake": {"migration_mode": "non-live"}}}},
     {"os_hvp": {"busybox": {"fake": {"migration_mode": "non-live"}}}}),
    ({"hv_state": {"fake": {"mem_node": "10"}}}, {"hv_state_static": {"fake": {**c.HVST_DEFAULTS, "mem_node": 10}}}),
    ({"disk_state": {"plain": {"vg": {"disk_total": "10"}}}},
     {"disk_state_static": {"plain": {"vg": {**c.DS_DEFAULTS, "disk_total": 10}}}}),
    ({"enabled_user_shutdown": True}, {"enabled_user_shutdown": True}),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "fields"), STORED, ids=lambda value: ",".join(value))
def test_what_is_stored(world: ClusterWorld, changes: dict[str, Any], fields: dict[str, Any]) -> None:
    serial = world.config.cluster.serial_no
    modify(world, **changes)
    assert {name: getattr(world.config.cluster, name) for name in fields} == fields
    assert world.config.cluster.serial_no <= serial + 1


#: (changes, error code)
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, c.ECODE_INVAL),
    ({"vg_name": "xenvg"}, c.ECODE_INVAL),
    ({"drbd_helper": "/bin/true"}, c.ECODE_INVAL),
    ({"enabled_disk_templates": ["sharedfile", "plain"]}, c.ECODE_INVAL),
    ({"enabled_disk_templates": ["diskless"], "ipolicy": {"disk-templates": ["diskless"]}}, c.ECODE_STATE),
    ({"enabled_disk_templates": ["sharedfile"]}, c.ECODE_INVAL),
    ({"enabled_disk_templates": []}, c.ECODE_INVAL),
    ({"file_storage_dir": ""}, c.ECODE_INVAL),
    ({"shared_file_storage_dir": "relative"}, c.ECODE_INVAL),
    ({"mac_prefix": "zz:00:00"}, c.ECODE_INVAL),
    ({"master_netmask": 33}, c.ECODE_INVAL),
    ({"master_netdev": " "}, c.ECODE_INVAL),
    ({"install_image": "relative"}, c.ECODE_INVAL),
    ({"zeroing_image": "ftp:/x"}, c.ECODE_INVAL),
    ({"compression_tools": ["zstd"]}, c.ECODE_INVAL),
    ({"compression_tools": ["gzip", "none"]}, c.ECODE_INVAL),
    ({"compression_tools": ["gzip", "a b"]}, c.ECODE_INVAL),
    ({"default_iallocator": "no-such-allocator"}, c.ECODE_INVAL),
    ({"reserved_lvs": ["("]}, c.ECODE_INVAL),
    ({"uid_pool": [(5, 4)]}, c.ECODE_INVAL),
    ({"add_uids": [(0, 2**32)]}, c.ECODE_INVAL),
    ({"remove_uids": [(1, 2)]}, c.ECODE_INVAL),
    ({"hidden_os": [("attach", "x")]}, c.ECODE_INVAL),
    ({"beparams": {"minmem": 512, "maxmem": 256}}, c.ECODE_INVAL),
    ({"beparams": {"colour": "red"}}, c.ECODE_INVAL),
    ({"ndparams": {"spindle_count": "many"}}, c.ECODE_INVAL),
    ({"ndparams": {"spindle_count": -1}}, c.ECODE_INVAL),
    ({"ndparams": {"ssh_port": 65536}}, c.ECODE_INVAL),
    ({"ndparams": {"cpu_speed": 0}}, c.ECODE_INVAL),
    ({"nicparams": {"mode": "routed"}}, c.ECODE_INVAL),
    ({"nicparams": {"mode": "pool"}}, c.ECODE_INVAL),
    ({"nicparams": {"link": ""}}, c.ECODE_INVAL),
    ({"diskparams": {"sharedfile": {"stripes": 1}}}, c.ECODE_INVAL),
    ({"diskparams": {"rbd": {"access": "magic"}}}, c.ECODE_INVAL),
    ({"hvparams": {"fake": {"migration_mode": "odd"}}}, c.ECODE_INVAL),
    ({"hvparams": {"fake": {"kernel_path": "/x"}}}, c.ECODE_INVAL),
    ({"enabled_hypervisors": ["kvm"]}, c.ECODE_STATE),
    ({"enabled_hypervisors": []}, c.ECODE_INVAL),
    ({"os_hvp": {"x": {"fake": {"migration_mode": "odd"}}}}, c.ECODE_INVAL),
    ({"os_hvp": {"x": {"qemu": {}}}}, c.ECODE_INVAL),
    ({"osparams": {"x": {"key": "1"}}, "osparams_private_cluster": {"x": {"key": Private("k")}}}, c.ECODE_INVAL),
    ({"ipolicy": {"colour": 1}}, c.ECODE_INVAL),
    ({"ipolicy": {"std": "default"}}, c.ECODE_INVAL),
    ({"ipolicy": {"vcpu-ratio": "many"}}, c.ECODE_INVAL),
    ({"ipolicy": {"vcpu-ratio": 0}}, c.ECODE_INVAL),
    ({"ipolicy": {"vcpu-ratio": -2}}, c.ECODE_INVAL),
    ({"ipolicy": {"vcpu-ratio": "nan"}}, c.ECODE_INVAL),
    ({"ipolicy": {"std": {"memory-size": 64}}}, c.ECODE_INVAL),
    ({"ipolicy": {"std": std(**{"memory-size": 10**9})}}, c.ECODE_INVAL),
    ({"ipolicy": {"disk-templates": ["plain"]}}, c.ECODE_INVAL),
    ({"hv_state": {"qemu": {}}}, c.ECODE_INVAL),
    ({"disk_state": {"file": {}}}, c.ECODE_INVAL),
    ({"enabled_data_collectors": {"weather": True}}, c.ECODE_INVAL),
    ({"data_collector_interval": {"drbd": 0}}, c.ECODE_INVAL),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code"), REFUSED, ids=lambda value: str(value)[:60])
def test_what_is_refused_changes_nothing(world: ClusterWorld, changes: dict[str, Any], code: str) -> None:
    before = world.config
    # Good values beside bad ones are not stored either.
    given = {"max_running_jobs": 3, **changes} if changes else changes
    with pytest.raises(OpPrereqError) as caught:
        modify(world, **given)
    assert caught.value.args[1] == code
    assert world.config is before


def test_candidates_are_promoted_when_the_pool_grows(world: ClusterWorld) -> None:
    set_node(world, node_uuid(3), master_candidate=False)
    world.store.set_candidate_cert(node_uuid(3), None)
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, candidate_pool_size=2))
    modify(world, candidate_pool_size=3)
    assert world.config.nodes[node_uuid(3)].master_candidate
    assert world.config.cluster.candidate_certs[node_uuid(3)] == digest_of(node_uuid(3))


def test_hypervisor_parameters_are_tried_on_the_nodes(world: ClusterWorld) -> None:
    world.rpc.broken[node_uuid(2), "hypervisor_validate_params"] = "no such file"
    before = world.config
    with pytest.raises(OpPrereqError, match="no such file"):
        modify(world, hvparams={"fake": {"migration_mode": "non-live"}})
    assert world.config is before
    world.rpc.broken.clear()
    modify(world, hvparams={"fake": {"migration_mode": "non-live"}})
    assert world.config.cluster.hvparams["fake"]["migration_mode"] == "non-live"


def test_newly_enabled_hypervisor_gets_defaults(world: ClusterWorld) -> None:
    modify(world, enabled_hypervisors=["fake", "kvm"], hvparams={"kvm": {"kernel_path": "", "kvm_flag": "disabled"}})
    cluster = world.config.cluster
    assert cluster.enabled_hypervisors == ("fake", "kvm")
    assert cluster.hvparams["kvm"]["kvm_flag"] == "disabled"


def test_overrides_of_an_os_vanish_with_their_last_key(world: ClusterWorld) -> None:
    modify(world, os_hvp={"busybox": {"fake": {"migration_mode": "non-live"}}}, osparams={"busybox": {"a": "1"}})
    modify(world, os_hvp={"busybox": {"fake": None}}, osparams={"busybox": {"a": None}})
    assert world.config.cluster.os_hvp == {} and world.config.cluster.osparams == {}
    modify(world, os_hvp={"busybox": {"fake": {"migration_mode": "non-live"}, "kvm": {}}})
    assert world.config.cluster.os_hvp == {"busybox": {"fake": {"migration_mode": "non-live"}}}
    modify(world, os_hvp={"busybox": {"fake": {"migration_mode": "default"}}})
    assert world.config.cluster.os_hvp == {}


def test_instances_that_break_a_new_policy_are_named(world: ClusterWorld) -> None:
    bounds = {"min": std(**{"memory-size": 1}), "max": std(**{"memory-size": 100, "disk-count": 9, "disk-size": 9999})}
    modify(world, ipolicy={"minmax": [bounds], "std": std(**{"memory-size": 64})})
    assert any("violate the policy: inst1.example.com" in line for line in world.job.log)


def test_policy_of_a_group_can_drop_keys_and_has_no_standard() -> None:
    assert updated_policy({"vcpu-ratio": 2.0}, {"vcpu-ratio": "default"}, is_cluster=False) == {}
    assert updated_policy({}, {"vcpu-ratio": "3"}, is_cluster=False) == {"vcpu-ratio": 3.0}
    with pytest.raises(OpPrereqError):
        updated_policy({}, {"std": {}}, is_cluster=False)


def test_master_address_moves_to_another_device(world: ClusterWorld) -> None:
    modify(world, master_netdev="eth1")
    assert world.config.cluster.master_netdev == "eth1"
    names = world.rpc.names()
    assert names.index("node_deactivate_master_ip") < names.index("node_activate_master_ip")


def test_device_stays_if_the_address_cannot_be_taken_down(world: ClusterWorld) -> None:
    world.rpc.broken[None, "node_deactivate_master_ip"] = "no"
    with pytest.raises(OpExecError):
        modify(world, master_netdev="eth1")
    assert world.config.cluster.master_netdev == "lo"
    modify(world, master_netdev="eth1", force=True)
    assert world.config.cluster.master_netdev == "eth1"


def test_netmask_is_stored_although_the_node_fails(world: ClusterWorld) -> None:
    world.rpc.broken[None, "node_change_master_netmask"] = "no"
    modify(world, master_netmask=24)
    assert world.config.cluster.master_netmask == 24
    assert any("WARNING: Could not change the netmask" in line for line in world.job.log)


def test_daemon_that_notices_shutdowns_follows_the_switch(world: ClusterWorld) -> None:
    modify(world, enabled_hypervisors=["fake", "kvm"], hvparams={"kvm": {"kernel_path": ""}})
    assert "node_ensure_daemon" not in world.rpc.names()
    modify(world, enabled_user_shutdown=True)
    assert world.rpc.names().count("node_ensure_daemon") == 3


def test_node_without_the_daemon_is_told(world: ClusterWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.rpc.nodes[node_uuid(2)], "node_ensure_daemon", lambda *_: False)
    kvm = {"enabled_hypervisors": ["fake", "kvm"], "hvparams": {"kvm": {"kernel_path": ""}}}
    modify(world, enabled_user_shutdown=True, **kvm)
    warnings = [line for line in world.job.log if "WARNING" in line]
    assert len(warnings) == 1
    assert "Could not start ganeti-kvmd on node2.example.com" in warnings[0]


def test_data_collectors_keep_what_is_not_named(world: ClusterWorld) -> None:
    modify(world, enabled_data_collectors={"drbd": False}, data_collector_interval={"drbd": 7_000_000})
    modify(world, enabled_data_collectors={"drbd": True})
    collector = world.config.cluster.data_collectors["drbd"]
    assert (collector.active, collector.interval) == (True, 7_000_000)


def test_changes_of_others_meanwhile_are_kept(world: ClusterWorld) -> None:
    def change(number: int) -> None:
        world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, tags=("kept",)))

    world.rpc.before_call = change
    modify(world, hvparams={"fake": {"migration_mode": "non-live"}}, max_running_jobs=5)
    cluster = world.config.cluster
    assert (cluster.tags, cluster.max_running_jobs) == (("kept",), 5)


def test_routed_default_is_fine_for_nics_with_addresses(world: ClusterWorld) -> None:
    uuid = world.instance().uuid
    nics = tuple(msgspec.structs.replace(nic, ip="198.51.100.7") for nic in world.instance().nics)
    world.store.modify(Instance, uuid, lambda instance: msgspec.structs.replace(instance, nics=nics))
    modify(world, nicparams={"mode": "routed"})
    assert world.config.cluster.nicparams[c.PP_DEFAULT][c.NIC_MODE] == "routed"


def test_templates_stay_while_a_group_would_be_left_without_any(world: ClusterWorld) -> None:
    group = NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="other", ipolicy={"disk-templates": ["file"]})
    world.store.add_group(group)
    with pytest.raises(OpPrereqError, match="node group other"):
        modify(world, enabled_disk_templates=["sharedfile"], ipolicy={"disk-templates": ["sharedfile"]})


def test_uid_ranges_have_limits() -> None:
    plain.check_uid_ranges([(0, 0), (5, 2**32 - 1)])
    with pytest.raises(OpPrereqError):
        plain.check_uid_ranges([(3, 2)])


def _submitted(world: ClusterWorld) -> list[tuple[str, str]]:
    """Return network and, if it is to be connected, node group of each opcode of the one job."""
    (job,) = world.job.submitted
    return [(op.network_name, getattr(op, "group_name", "")) for op in job]  # type: ignore[attr-defined]


def test_communication_network_is_made_and_connected_to_all_groups(world: ClusterWorld) -> None:
    world.store.add_group(NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="other"))
    modify(world, instance_communication_network="talk")
    assert _submitted(world) == [("talk", ""), ("talk", "default"), ("talk", "other")]
    network, *connections = (opcodes.encode(op) for op in world.job.submitted[0])
    assert (network["network"], network["network6"], network["mac_prefix"]) == (
        "169.254.0.0/16", "fe80::/10", "52:54:00",
    )  # fmt: skip
    assert {(op["network_mode"], op["network_link"]) for op in connections} == {("routed", "communication_rt")}
    assert world.config.cluster.instance_communication_network == "talk"


def _add_network(world: ClusterWorld, **changes: Any) -> Network:
    values = {"network": "169.254.0.0/16", "network6": "fe80::/10", "mac_prefix": "52:54:00", **changes}
    network = Network(uuid="70000000-0000-4000-8000-000000000001", name="talk", **values)
    world.store.add_network(ippool.with_empty_pool(network))
    return network


def test_existing_communication_network_is_connected_where_it_is_not(world: ClusterWorld) -> None:
    network = _add_network(world)
    world.store.add_group(NodeGroup(uuid="10000000-0000-4000-8000-00000000000e", name="other"))
    connected = {network.uuid: {"mode": "routed", "link": "communication_rt", "vlan": ""}}
    world.store.modify(NodeGroup, GROUP_UUID, lambda group: msgspec.structs.replace(group, networks=connected))
    modify(world, instance_communication_network="talk")
    assert _submitted(world) == [("talk", "other")]
    assert not [line for line in world.job.log if "WARNING" in line]


def test_communication_network_that_is_odd_is_used_with_warnings(world: ClusterWorld) -> None:
    _add_network(world, network="198.51.100.0/24", gateway="198.51.100.1", network6=None, mac_prefix=None)
    modify(world, instance_communication_network="talk")
    warnings = [line for line in world.job.log if "WARNING" in line]
    for word in ("gateway", "169.254.0.0/16", "fe80::/10", "52:54:00"):
        assert any(word in line for line in warnings), word


def test_communication_network_must_not_share_addresses_with_connected_ones(world: ClusterWorld) -> None:
    network = _add_network(world)
    connected = {network.uuid: {"mode": "routed", "link": "communication_rt", "vlan": ""}}
    world.store.modify(NodeGroup, GROUP_UUID, lambda group: msgspec.structs.replace(group, networks=connected))
    with pytest.raises(OpPrereqError, match="addresses with talk, connected to node group default") as caught:
        modify(world, instance_communication_network="other")
    assert caught.value.args[1] == c.ECODE_STATE
    assert world.config.cluster.instance_communication_network == ""


def test_communication_can_be_switched_off(world: ClusterWorld) -> None:
    modify(world, instance_communication_network="talk")
    world.job.submitted.clear()
    modify(world, instance_communication_network="")
    assert world.job.submitted == []
    assert world.config.cluster.instance_communication_network == ""
    assert any("former instance communication network talk is left" in line for line in world.job.log)


def test_new_parameters_of_drbd_come_with_warnings(world: ClusterWorld) -> None:
    modify(world, diskparams={"drbd": {"resync-rate": 1024}})
    assert sum("WARNING" in line for line in world.job.log) == 3
