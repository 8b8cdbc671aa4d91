"""What nodes get to see of objects: all keys that have a value, for nodes of any version."""

import msgspec
import pytest

from ganeti import constants as c
from ganeti.objects.base import decode_as, encode_clear
from ganeti.objects.to_wire import wire_disk, wire_instance
from ganeti.objects.wire import WireDisk, WireInstance
from test.unit.factories import make_config, make_disk, make_instance, node_uuid

#: Attributes that have a value for every object of the configuration.
DISK_KEYS = {
    *("uuid", "dev_type", "logical_id", "size", "mode", "iv_name", "nodes", "children"),
    *("params", "dynamic_params", "serial_no"),
}
INSTANCE_KEYS = {
    *("uuid", "name", "primary_node", "os", "hypervisor", "hvparams", "beparams", "osparams", "osparams_private"),
    *("admin_state", "admin_state_source", "disk_template", "disks", "disks_active", "disks_info", "nics"),
    *("secondary_nodes", "forthcoming", "tags", "serial_no"),
}


def test_usual_and_empty_values_are_sent_too() -> None:
    disk = make_disk(1)
    instance = make_instance(1, disks=(disk.uuid,), nics=())
    config = make_config(instances=(instance,), disks=(disk,))
    sent = msgspec.json.decode(encode_clear(wire_instance(config, instance, node_uuid(1))))
    assert set(sent) >= INSTANCE_KEYS
    (sent_disk,) = sent["disks_info"]
    assert set(sent_disk) >= DISK_KEYS
    assert None not in sent.values()
    assert (sent["nics"], sent["secondary_nodes"], sent["forthcoming"]) == ([], [], False)
    assert (sent_disk["mode"], sent_disk["children"]) == (c.DISK_RDWR, [])


def test_keys_of_other_versions_and_missing_ones_are_coped_with() -> None:
    disk = decode_as(
        b'{"uuid":"u","dev_type":"file","logical_id":["loop","/x"],"size":1,"novel":[1],"name":null}', WireDisk
    )
    assert (disk.mode, disk.children, disk.name) == (c.DISK_RDWR, (), None)
    needed = {
        "uuid": "u",
        "name": "i",
        "primary_node": "n",
        "os": "",
        "hypervisor": "fake",
        "hvparams": {},
        "beparams": {},
    }
    assert decode_as(encode_clear(needed), WireInstance).admin_state == c.ADMINST_DOWN
    with pytest.raises(ValueError, match="hvparams"):
        decode_as(encode_clear({key: value for key, value in needed.items() if key != "hvparams"}), WireInstance)


def test_a_disk_of_a_node_that_is_gone_cannot_be_sent() -> None:
    disk = make_disk(1)
    config = make_config(instances=(), disks=(disk,))
    with pytest.raises(Exception, match="does not exist"):
        wire_disk(config, disk, "no-such-node", node_uuid(1))
