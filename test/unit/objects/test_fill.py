"""Parameter inheritance and what nodes get to see."""

import msgspec
import pytest

from ganeti import constants as c
from ganeti import errors, objects
from ganeti.objects import Disk, fill, to_wire
from ganeti.types import Private
from test.unit.factories import make_config, make_disk, make_instance, make_node, node_uuid


def test_hypervisor_parameters_come_from_cluster_then_os_then_instance() -> None:
    config = make_config(cluster={"os_hvp": {"busybox": {c.HT_KVM: {"acpi": False, "vnc_tls": True}}}})
    instance = make_instance(1, hypervisor=c.HT_KVM, hvparams={"vnc_tls": False})
    filled = fill.fill_instance_hv(config.cluster, instance)
    assert (filled["acpi"], filled["vnc_tls"]) == (False, False)
    assert "migration_port" in filled
    assert "migration_port" not in fill.fill_instance_hv(config.cluster, instance, skip_globals=True)


def test_os_parameters_of_a_variant_override_those_of_the_os() -> None:
    cluster = make_config(cluster={"osparams": {"deb": {"a": "1", "b": "1"}, "deb+min": {"b": "2"}}}).cluster
    assert fill.fill_os(cluster, "deb+min", {"c": "3"}) == {"a": "1", "b": "2", "c": "3"}


def test_policy_std_cannot_be_overridden_by_a_group() -> None:
    cluster = make_config().cluster
    filled = fill.fill_ipolicy(cluster, {c.ISPECS_STD: {}, "vcpu-ratio": 9.0})
    assert filled[c.ISPECS_STD] == c.IPOLICY_DEFAULTS[c.ISPECS_STD] and filled["vcpu-ratio"] == 9.0


def test_node_gets_an_instance_complete_in_itself() -> None:
    disk = make_disk(1)
    instance = make_instance(1, disks=(disk.uuid,), osparams_private={"pw": Private("x")})
    config = make_config(instances=(instance,), disks=(disk,))
    wire = to_wire.wire_instance(config, instance, node_uuid(1), beparams={"vcpus": 2})
    assert wire.beparams["vcpus"] == 2 and wire.beparams["maxmem"] == c.BEC_DEFAULTS["maxmem"]
    assert wire.disks_info[0].logical_id == disk.logical_id
    assert wire.nics[0].nicparams == c.NICC_DEFAULTS
    assert wire.disk_template == c.DT_SHARED_FILE
    assert b'"pw":"x"' in objects.encode_clear(wire)


def test_each_node_of_a_mirror_sees_its_own_side() -> None:
    children = (make_disk(2, dev_type=c.DT_PLAIN), make_disk(3, dev_type=c.DT_PLAIN))
    ident = (node_uuid(1), node_uuid(2), 11000, 0, 5, "ab" * 20)
    disk = make_disk(1, dev_type=c.DT_DRBD8, logical_id=ident, children=children)
    config = make_config(disks=(disk,))
    first = to_wire.wire_disk(config, disk, node_uuid(1), node_uuid(1))
    second = to_wire.wire_disk(config, disk, node_uuid(1), node_uuid(2))
    assert first.dynamic_params[c.DDP_LOCAL_IP] == make_node(1).secondary_ip
    assert (second.dynamic_params[c.DDP_LOCAL_MINOR], second.dynamic_params[c.DDP_REMOTE_MINOR]) == (5, 0)
    assert to_wire.wire_disk(config, disk, node_uuid(1), node_uuid(3)).dynamic_params == {}
    assert first.params[c.LDP_RESYNC_RATE] and first.children[0].params == {"stripes": 1}
    assert "ab" * 20 not in repr(disk) and "ab" * 20 not in repr(first)


def test_disk_of_a_missing_node_is_a_configuration_error() -> None:
    with pytest.raises(errors.ConfigurationError):
        to_wire.wire_disk(make_config(), make_disk(1), "no-such-node", node_uuid(1))


def test_disk_template_of_an_instance() -> None:
    assert objects.disk_template_of([]) == c.DT_DISKLESS
    assert objects.disk_template_of([make_disk(1), make_disk(2)]) == c.DT_SHARED_FILE
    assert objects.disk_template_of([make_disk(1), make_disk(2, dev_type=c.DT_FILE)]) == c.DT_MIXED


def test_unset_optional_fields_are_left_out_and_unknown_ones_refused() -> None:
    encoded = objects.encode_clear(make_disk(1))
    assert b"spindles" not in encoded and b'"children":[]' in encoded
    with pytest.raises(msgspec.ValidationError):
        objects.decode_as(encoded[:-1] + b',"bogus":1}', Disk)
