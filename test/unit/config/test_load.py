"""Reading the configuration: the complete example, upgrades of old forms, and files that must be refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.config import verify
from ganeti.config.load import load_config, parse
from ganeti.config.opening import open_store
from ganeti.config.upgrade import inferred_templates, upgrade
from ganeti.objects import encode_clear
from test.unit.factories import make_config, make_disk, make_instance, node_uuid


def raw_config(**sections: Any) -> dict[str, Any]:
    """Return a configuration with an instance and a disk as plain JSON."""
    config = make_config(instances=(make_instance(1, disks=(make_disk(1).uuid,)),), disks=(make_disk(1),))
    raw: dict[str, Any] = json.loads(encode_clear(config))
    return {**raw, **sections}


def loaded(raw: dict[str, Any]) -> Any:
    return parse(json.dumps(raw).encode(), now=5.0)[0]


def test_a_current_configuration_is_not_changed() -> None:
    config, _ = parse(json.dumps(raw_config()).encode())
    again, is_changed = parse(encode_clear(config))
    assert again == config
    assert not is_changed


def test_the_example_of_the_format_is_understood() -> None:
    content = (Path(__file__).parent / "data" / "example.json").read_bytes()
    config, _ = parse(content)
    assert verify.all_problems(config) == []
    (instance,) = config.instances.values()
    assert (instance.name, instance.network_port, instance.disks_active) == ("mail1.lab.example.org", 11000, True)
    assert config.cluster.uid_pool == ((4000, 4019),)
    written, original = json.loads(encode_clear(config)), json.loads(content)
    for section in ("nodes", "nodegroups", "networks", "instances", "disks", "filters"):
        assert written[section] == original[section]
    filled = {"hvparams", "data_collectors"}
    for key, value in original["cluster"].items():
        assert written["cluster"][key] == value or key in filled


def test_missing_parameters_are_filled_at_every_level() -> None:
    raw = raw_config()
    raw["cluster"].update(
        hvparams={"fake": {}}, beparams={}, ndparams={"oob_program": None}, nicparams={}, diskparams={}
    )
    cluster = loaded(raw).cluster
    assert set(cluster.hvparams) == set(c.HYPER_TYPES)
    assert cluster.beparams == {"default": c.BEC_DEFAULTS}
    assert cluster.ndparams == c.NDC_DEFAULTS
    assert cluster.nicparams == {"default": c.NICC_DEFAULTS}
    assert cluster.diskparams[c.DT_DRBD8] == c.DISK_DT_DEFAULTS[c.DT_DRBD8]
    assert set(cluster.data_collectors) == set(c.DATA_COLLECTOR_NAMES)
    assert verify.all_problems(loaded(raw)) == []


def test_legacy_names_are_replaced() -> None:
    raw = raw_config()
    cluster = raw["cluster"]
    del cluster["nicparams"]
    cluster.update(default_bridge="br7", default_hypervisor="kvm", enabled_hypervisors=["fake", "kvm"])
    cluster["beparams"] = {"default": {"memory": 512}}
    instance = raw["instances"][make_instance(1).uuid]
    del instance["admin_state"], instance["disks_active"]
    instance.update(admin_up=True, beparams={"memory": 256}, hvparams={"migration_mode": "live"})
    raw["disks"][make_disk(1).uuid].update(dev_type="lvm", logical_id=["xenvg", "lv"], params={"x": 1})
    raw["networks"]["n"] = {"uuid": "n", "name": "lan", "network": "192.0.2.0/30", "network_type": "x", "family": 4}
    config = loaded(raw)
    assert config.cluster.nicparams["default"]["link"] == "br7"
    assert config.cluster.enabled_hypervisors == ("kvm", "fake")
    assert (config.cluster.beparams["default"]["maxmem"], config.cluster.beparams["default"]["minmem"]) == (512, 512)
    upgraded = config.instances[make_instance(1).uuid]
    assert (upgraded.admin_state, upgraded.disks_active, upgraded.hvparams) == (c.ADMINST_UP, True, {})
    assert upgraded.beparams == {"maxmem": 256, "minmem": 256}
    disk = config.disks[make_disk(1).uuid]
    assert (disk.dev_type, disk.params) == (c.DT_PLAIN, {})


def test_external_storage_keeps_its_parameters() -> None:
    raw = raw_config()
    raw["disks"][make_disk(1).uuid].update(dev_type=c.DT_EXT, logical_id=["p", "n"], params={"x": 1})
    assert loaded(raw).disks[make_disk(1).uuid].params == {"x": 1}


def test_groups_and_nodes_get_what_they_lack() -> None:
    raw = raw_config(nodegroups={})
    node = raw["nodes"][node_uuid(1)]
    for key in ("vm_capable", "master_capable", "powered", "group"):
        del node[key]
    node["ndparams"] = {"exclusive_storage": True, "ssh_port": 2222}
    raw["nodes"] = {node_uuid(1): node}
    raw["instances"], raw["disks"] = {}, {}
    config = loaded(raw)
    (group,) = config.nodegroups.values()
    assert (group.name, group.alloc_policy, group.mtime) == ("default", "preferred", 5.0)
    assert config.nodes[node_uuid(1)].group == group.uuid
    assert config.nodes[node_uuid(1)].vm_capable
    assert config.nodes[node_uuid(1)].ndparams == {"ssh_port": 2222}


def test_nics_and_children_of_disks_get_an_identity() -> None:
    raw = raw_config()
    del raw["instances"][make_instance(1).uuid]["nics"][0]["uuid"]
    lv = {"dev_type": "plain", "logical_id": ["xenvg", "lv"], "size": 1}
    raw["disks"][make_disk(1).uuid]["children"] = [lv, {**lv, "logical_id": ["xenvg", "other"]}]
    config = loaded(raw)
    (nic,) = config.instances[make_instance(1).uuid].nics
    children = config.disks[make_disk(1).uuid].children
    assert len({nic.uuid, *(child.uuid for child in children)} - {""}) == 3
    assert verify.structural_problems(config) == []


def test_null_is_the_same_as_nothing() -> None:
    raw = raw_config()
    expected = loaded(raw)
    raw["cluster"].update(hidden_os=None, install_image=None, max_running_jobs=None, volume_group_name=None)
    raw["nodes"][node_uuid(2)].update(drained=None, ndparams=None)
    raw["instances"][make_instance(1).uuid].update(network_port=None, osparams_private=None)
    raw["instances"][make_instance(1).uuid]["nics"][0].update(ip=None, nicparams=None)
    raw["disks"][make_disk(1).uuid].update(children=None, spindles=None, mode=None)
    config, is_changed = parse(json.dumps(raw).encode(), now=5.0)
    assert config == expected
    assert is_changed
    assert b"null" not in encode_clear(config)


def test_an_object_that_cannot_be_used_is_named() -> None:
    raw = raw_config()
    raw["nodes"][node_uuid(2)]["wheels"] = 4
    with pytest.raises(errors.ConfigurationError, match=rf"nodes/{node_uuid(2)} \(node2.*\): .*unknown field `wheels`"):
        loaded(raw)
    raw = raw_config()
    raw["cluster"]["master_netmask"] = "wide"
    with pytest.raises(errors.ConfigurationError, match=r"\$.cluster.master_netmask"):
        loaded(raw)


def test_members_of_groups_in_the_file_are_ignored() -> None:
    raw = raw_config()
    for group in raw["nodegroups"].values():
        group["members"] = ["x"]
    loaded(raw)


def test_disk_templates_are_inferred_and_limit_the_policies() -> None:
    raw = raw_config()
    del raw["cluster"]["enabled_disk_templates"]
    raw["cluster"]["volume_group_name"] = "xenvg"
    for group in raw["nodegroups"].values():
        group["ipolicy"] = {"disk-templates": ["rbd", "plain"]}
    config = loaded(raw)
    assert config.cluster.enabled_disk_templates == ("drbd", "plain", "sharedfile")
    assert set(config.cluster.ipolicy["disk-templates"]) == {"drbd", "plain", "sharedfile"}
    assert config.cluster.drbd_usermode_helper == c.DEFAULT_DRBD_HELPER
    assert next(iter(config.nodegroups.values())).ipolicy == {"disk-templates": ["plain"]}


def test_a_diskless_instance_makes_the_template_diskless_used() -> None:
    assert inferred_templates({}, {"disks": {}, "instances": {"a": {"disks": []}}}) == ["diskless"]


def test_the_input_of_an_upgrade_is_never_changed() -> None:
    raw = raw_config()
    del raw["cluster"]["nicparams"]
    copy = json.loads(json.dumps(raw))
    upgrade(raw, now=1.0)
    assert raw == copy


def _without_cluster_key(raw: dict[str, Any]) -> None:
    del raw["cluster"]["rsahostkeypub"]


REFUSED = {
    "unknown key": lambda raw: raw["cluster"].update(surprise=1),
    "unknown key of a node": lambda raw: raw["nodes"][node_uuid(1)].update(surprise=1),
    "unknown policy key": lambda raw: raw["cluster"]["ipolicy"].update(surprise=1),
    "missing section": lambda raw: raw.pop("networks"),
    "missing host key": _without_cluster_key,
    "master not a node": lambda raw: raw["cluster"].update(master_node="nobody"),
    "wrong type": lambda raw: raw["nodes"][node_uuid(1)].update(offline="no"),
}


@pytest.mark.parametrize("change", REFUSED.values(), ids=REFUSED.keys())
def test_a_wrong_configuration_is_refused(change: Any) -> None:
    raw = raw_config()
    change(raw)
    with pytest.raises(errors.ConfigurationError):
        loaded(raw)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"version": "3"}', b"\xff\xfe", encode_clear(make_config())[:-5]]
)
def test_a_damaged_file_is_refused_and_untouched(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    path.write_bytes(content)
    before = os.stat(path)
    with pytest.raises(errors.ConfigurationError):
        open_store(str(path), accept_foreign=True)
    assert path.read_bytes() == content
    assert os.stat(path).st_mtime_ns == before.st_mtime_ns
    assert os.listdir(tmp_path) == ["config.data"]


def test_another_version_is_refused_with_both_versions(tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    path.write_text(json.dumps(raw_config(version=2160000)))
    with pytest.raises(errors.ConfigVersionMismatch) as caught:
        load_config(str(path), accept_foreign=True)
    assert caught.value.args == (3010000, 2160000)
    assert str(caught.value) == (
        "The configuration has version 2.16.0, this release needs 3.1.0; convert it with cfgupgrade"
    )


def test_only_the_master_opens_its_configuration(tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    path.write_bytes(encode_clear(make_config()))
    with pytest.raises(errors.ConfigurationError, match=r"node1\.example\.com"):
        load_config(str(path))


def test_references_to_nothing_keep_the_master_from_starting(tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    raw = raw_config(disks={})
    path.write_text(json.dumps(raw))
    with pytest.raises(errors.ConfigVerifyError) as caught:
        load_config(str(path), accept_foreign=True)
    assert caught.value.args[1] == verify.structural_problems(loaded(raw))
    load_config(str(path), accept_foreign=True, check_structure=False)


def test_an_upgraded_configuration_is_written_back(tmp_path: Path) -> None:
    path = tmp_path / "config.data"
    raw = raw_config()
    raw["cluster"]["hvparams"] = {}
    path.write_text(json.dumps(raw))
    store = open_store(str(path), accept_foreign=True)
    store.close()
    written = json.loads(path.read_text())
    assert set(written["cluster"]["hvparams"]) == set(c.HYPER_TYPES)
    assert written["serial_no"] == raw["serial_no"] + 1
