"""Requests for allocators made by hand: shown, or answered without any effect."""

import json
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.cmdlib.test_allocator import LUTestAllocator
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.opcodes import OpTestAllocator
from test.unit.cmdlib.instance.world import PRIMARY, World
from test.unit.factories import GROUP_UUID, make_config, make_disk, make_instance

_DISKS = [{"size": 1024, "mode": "rw"}]


def world() -> World:
    """Return a world with two instances, one of which can be moved."""
    instances = (make_instance(1, disks=(make_disk(1).uuid,)), make_instance(2, disks=(make_disk(2).uuid,)))
    return World(make_config(instances=instances, disks=(make_disk(1), make_disk(2, dev_type=c.DT_FILE))))


def run(in_world: World | None = None, **params: Any) -> str:
    """Run the opcode and return its result; nothing may change."""
    in_world = in_world or world()
    before = in_world.config
    text = in_world.run(OpTestAllocator(**{"direction": "in", "name": "inst1", **params}))
    assert in_world.config is before
    assert isinstance(text, str)
    return text


def asked(**params: Any) -> dict[str, Any]:
    """Return the request that an allocator would get."""
    data = json.loads(run(**params))
    assert data["nodes"]["node1.example.com"]["free_memory"] == 4096 - 2 * 128
    return dict(data["request"])


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"mode": "relocate"}, {"name": "inst1.example.com", "relocate_from": ["node1.example.com"]}),
        ({"mode": "allocate-secondary"}, {"name": "inst1.example.com"}),
        (
            {"mode": "node-evacuate", "instances": ["inst1", "inst2.example.com"], "evac_mode": "all"},
            {"instances": ["inst1.example.com", "inst2.example.com"], "evac_mode": "all"},
        ),
        (
            {"mode": "change-group", "instances": ["inst1"], "target_groups": ["default"]},
            {"instances": ["inst1.example.com"], "target_groups": [GROUP_UUID]},
        ),
    ],
)
def test_request_about_instances_that_exist(params: dict[str, Any], expected: dict[str, Any]) -> None:
    found = asked(**params)
    assert found.pop("type") == params["mode"]
    assert {key: found[key] for key in expected} == expected


def test_request_for_a_new_instance() -> None:
    nics = [{"mac": None, "ip": "192.0.2.7", "link": "br7"}]
    found = asked(mode="allocate", name="new", disks=_DISKS, nics=nics, memory=300, vcpus=3, os="x", tags=["t"])
    assert (found["name"], found["memory"], found["vcpus"], found["os"]) == ("new", 300, 3, "x")
    assert (found["tags"], found["required_nodes"], found["hypervisor"]) == (["t"], 1, "fake")
    (nic,) = found["nics"]
    assert (nic["mac"], nic["ip"], nic["link"], nic["bridge"]) == ("auto", "192.0.2.7", "br7", "br7")


def test_several_new_instances_are_numbered() -> None:
    found = asked(mode="multi-allocate", name="new", disks=_DISKS, count=2, disk_template="drbd")
    assert [(item["name"], item["required_nodes"]) for item in found["instances"]] == [("new0", 2), ("new1", 2)]


def test_answer_is_shown_as_it_is() -> None:
    in_world = world()
    in_world.node(PRIMARY).allocators["mine"] = lambda data: f"no JSON about {data['request']['name']}"
    assert run(in_world, mode="relocate", direction="out", iallocator="mine") == "no JSON about inst1.example.com"


def test_default_allocator_can_be_asked() -> None:
    config = make_config(instances=(make_instance(1),), cluster={"default_iallocator": "mine"})
    in_world = World(config)
    in_world.node(PRIMARY).allocators["mine"] = lambda _data: "x"
    assert run(in_world, mode="relocate", direction="out", iallocator=".") == "x"


def test_missing_allocator_is_named() -> None:
    with pytest.raises(OpExecError, match="iallocator module 'gone' not found in the search path"):
        run(mode="relocate", direction="out", iallocator="gone")


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"mode": "allocate", "name": "new", "disks": None}, "Disks are needed"),
        ({"mode": "allocate", "name": "new", "disks": [{"size": "1", "mode": "rw"}]}, "Invalid disk"),
        ({"mode": "allocate", "name": "new", "disks": [7]}, "Invalid disk 7"),
        ({"mode": "multi-allocate", "name": "new", "disks": [{"size": 1, "mode": "x"}]}, "Invalid disk"),
        ({"mode": "node-evacuate", "name": "node1", "instances": []}, "Instances are needed"),
        ({"mode": "relocate", "direction": "out"}, "allocator must be named"),
        ({"mode": "relocate", "direction": "out", "iallocator": "."}, "cluster has no default one"),
        ({"mode": "relocate", "name": "nowhere"}, "Instance 'nowhere' is not known"),
        ({"mode": "relocate", "name": "inst2"}, "Can't relocate non-mirrored instances"),
        ({"mode": "change-group", "instances": ["nowhere"]}, "Instance 'nowhere' is not known"),
        ({"mode": "change-group", "instances": ["inst1"], "target_groups": ["x"]}, "Node group 'x' is not known"),
        ({"mode": "allocate", "name": "inst1.example.com", "disks": _DISKS}, "already in the cluster"),
        ({"mode": "allocate", "name": "new", "disks": _DISKS, "group_name": "x"}, "Node group 'x' is not known"),
    ],
)
def test_impossible_requests_are_refused(params: dict[str, Any], problem: str) -> None:
    with pytest.raises(OpPrereqError, match=problem):
        run(**params)


def test_only_one_job_asks_an_allocator() -> None:
    assert LUTestAllocator.REQ_BGL
