"""What allocators are asked, by kind of request."""

import json
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.errors import OpPrereqError
from ganeti.iallocator.ask import build_text
from ganeti.iallocator.live import LiveData, Scope
from ganeti.iallocator.requests import (
    Allocate,
    AllocateSecondary,
    ChangeGroup,
    MultiAllocate,
    NewDisk,
    NewInstance,
    NodeEvacuate,
    Relocate,
    Request,
)
from ganeti.objects import ConfigData, Nic
from test.unit.factories import GROUP_UUID, make_config, make_disk, make_instance, node_uuid

ONE, TWO = node_uuid(1), node_uuid(2)
NETWORK = "80000000-0000-4000-8000-000000000001"

SHARED = make_instance(1, disks=(make_disk(1).uuid,))
MIRROR_DISK = make_disk(
    2,
    dev_type=c.DT_DRBD8,
    logical_id=(ONE, TWO, 11000, 0, 0, "secret"),
    children=(make_disk(21, dev_type=c.DT_PLAIN), make_disk(22, dev_type=c.DT_PLAIN)),
)
MIRRORED = make_instance(2, disks=(MIRROR_DISK.uuid,), hypervisor=c.HT_KVM)
LOCAL = make_instance(3, disks=(make_disk(3).uuid,))
DISKLESS = make_instance(4)


def config_with(**cluster: Any) -> ConfigData:
    """Return a configuration with one instance of each kind."""
    disks = (make_disk(1), MIRROR_DISK, make_disk(3, dev_type=c.DT_FILE))
    values = {"enabled_hypervisors": (c.HT_FAKE, c.HT_KVM), **cluster}
    return make_config(instances=(SHARED, MIRRORED, LOCAL, DISKLESS), disks=disks, cluster=values)


def new_instance(**changes: Any) -> NewInstance:
    values: dict[str, Any] = {
        "name": "new.example.com",
        "template": c.DT_SHARED_FILE,
        "hypervisor": c.HT_KVM,
        "memory": 512,
        "vcpus": 2,
        "spindle_use": 1,
        "disks": (NewDisk(1024), NewDisk(2048, c.DISK_RDONLY, "data", spindles=2)),
        "nics": (Nic(uuid="n", mac="aa:00:00:00:00:77", ip="192.0.2.77", network=NETWORK, name="eth"),),
        "os": "busybox",
        "tags": ("a",),
        "group_name": "default",
    }
    return NewInstance(**{**values, **changes})


NEW_WIRE: dict[str, Any] = {
    "name": "new.example.com",
    "disk_template": "sharedfile",
    "group_name": "default",
    "tags": ["a"],
    "os": "busybox",
    "vcpus": 2,
    "memory": 512,
    "spindle_use": 1,
    "disks": [
        {"dev_type": "sharedfile", "size": 1024, "mode": "rw", "name": None},
        {"dev_type": "sharedfile", "size": 2048, "mode": "ro", "name": "data", "spindles": 2},
    ],
    "disk_space_total": 3072,
    "nics": [
        {
            "mac": "aa:00:00:00:00:77",
            "ip": "192.0.2.77",
            "mode": "bridged",
            "link": "xen-br0",
            "bridge": "xen-br0",
            "network": NETWORK,
            "name": "eth",
            "nicparams": {},
        }
    ],
    "required_nodes": 1,
    "hypervisor": "kvm",
}

REQUESTS: list[tuple[Request[Any], dict[str, Any]]] = [
    (Allocate(new_instance()), {"type": "allocate", **NEW_WIRE}),
    (
        Allocate(new_instance(), ("node1.example.com",)),
        {"type": "allocate", **NEW_WIRE, "restrict-to-nodes": ["node1.example.com"]},
    ),
    (MultiAllocate((new_instance(),)), {"type": "multi-allocate", "instances": [NEW_WIRE]}),
    (
        Relocate(SHARED),
        {
            "type": "relocate",
            "name": "inst1.example.com",
            "disk_space_total": 1024,
            "required_nodes": 1,
            "relocate_from": ["node1.example.com"],
        },
    ),
    (
        Relocate(MIRRORED),
        {
            "type": "relocate",
            "name": "inst2.example.com",
            "disk_space_total": 1152,
            "required_nodes": 1,
            "relocate_from": ["node2.example.com"],
        },
    ),
    (
        NodeEvacuate((SHARED, MIRRORED), c.NODE_EVAC_PRI),
        {
            "type": "node-evacuate",
            "instances": ["inst1.example.com", "inst2.example.com"],
            "evac_mode": "primary-only",
        },
    ),
    (
        ChangeGroup((SHARED,), (GROUP_UUID,)),
        {"type": "change-group", "instances": ["inst1.example.com"], "target_groups": [GROUP_UUID]},
    ),
    (AllocateSecondary(LOCAL), {"type": "allocate-secondary", "name": "inst3.example.com"}),
]


@pytest.mark.parametrize(("request_", "expected"), REQUESTS)
def test_each_kind_has_its_keys(request_: Request[Any], expected: dict[str, Any]) -> None:
    text = build_text(config_with(), request_, LiveData({}))
    assert json.loads(text)["request"] == expected
    # The disks have a secret that is nobody's business.
    assert "secret" not in text


def test_mirrored_instance_needs_two_nodes_and_room_for_metadata() -> None:
    wire = new_instance(template=c.DT_DRBD8, disks=(NewDisk(1000, vg="xenvg"),)).to_wire(config_with())
    assert (wire["required_nodes"], wire["disk_space_total"]) == (2, 1128)
    assert wire["disks"] == [{"dev_type": "drbd", "size": 1000, "mode": "rw", "name": None, "vg": "xenvg"}]


def test_soft_errors_are_ignored_only_on_demand() -> None:
    assert NodeEvacuate((), c.NODE_EVAC_PRI).options() == {}
    assert NodeEvacuate((), c.NODE_EVAC_PRI, ignore_soft_errors=True).options() == {"ignore-soft-errors": None}


SCOPES: list[tuple[Request[Any], Scope]] = [
    (Allocate(new_instance(template=c.DT_FILE)), Scope(c.HT_KVM, c.DT_FILE)),
    (MultiAllocate((new_instance(),)), Scope(c.HT_FAKE, c.DT_DISKLESS)),
    (Relocate(MIRRORED), Scope(c.HT_KVM, c.DT_DRBD8)),
    # Disks without a unit of their own: the first template of the cluster, like their hypervisor.
    (NodeEvacuate((DISKLESS,), c.NODE_EVAC_PRI), Scope(c.HT_FAKE, c.DT_DISKLESS)),
    (NodeEvacuate((SHARED, DISKLESS), c.NODE_EVAC_PRI), Scope(c.HT_FAKE, c.DT_SHARED_FILE)),
    (NodeEvacuate((MIRRORED,), c.NODE_EVAC_SEC), Scope(c.HT_KVM, c.DT_DRBD8)),
    (ChangeGroup((SHARED, MIRRORED), ()), Scope(c.HT_FAKE, c.DT_SHARED_FILE)),
    (AllocateSecondary(LOCAL), Scope(c.HT_FAKE, c.DT_DRBD8)),
]


@pytest.mark.parametrize(("request_", "expected"), SCOPES)
def test_facts_about_nodes_fit_what_is_to_be_put_there(request_: Request[Any], expected: Scope) -> None:
    config = config_with(
        enabled_disk_templates=(c.DT_DISKLESS, c.DT_SHARED_FILE, c.DT_DRBD8, c.DT_FILE), volume_group_name="xenvg"
    )
    assert request_.scope(config) == expected


def test_only_mirrored_instances_are_relocated() -> None:
    config = config_with()
    Relocate(SHARED).check(config)
    Relocate(MIRRORED).check(config)
    Relocate(DISKLESS).check(config)
    with pytest.raises(OpPrereqError, match="Can't relocate non-mirrored instances") as caught:
        Relocate(LOCAL).check(config)
    assert caught.value.args[1] == c.ECODE_INVAL
