"""What nodes tell about their resources."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.errors import OpExecError
from ganeti.iallocator.live import Resources, Scope, gather, parse_resources, storage_units
from ganeti.objects import ConfigData
from test.unit.cmdlib.instance.world import World
from test.unit.factories import make_cluster, make_config, make_node, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)
HOST = {"memory_total": 8192, "memory_dom0": 512, "memory_free": 4096, "cpu_total": 4, "cpu_dom0": 1}
VOLUMES = [
    {"type": "lvm-vg", "name": "xenvg", "storage_size": 1000, "storage_free": 700},
    {"type": "lvm-pv", "name": "xenvg", "storage_size": 4, "storage_free": 3},
]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (c.DT_PLAIN, [("lvm-vg", "xenvg", [True]), ("lvm-pv", "xenvg", [True])]),
        (c.DT_DRBD8, [("lvm-vg", "xenvg", [True]), ("lvm-pv", "xenvg", [True])]),
        (c.DT_FILE, [("file", "/srv/file", [])]),
        (c.DT_SHARED_FILE, []),
        (c.DT_DISKLESS, []),
        (c.DT_RBD, []),
    ],
)
def test_space_is_asked_of_the_unit_of_the_template(template: str, expected: list[Any]) -> None:
    cluster = make_cluster(volume_group_name="xenvg")
    assert storage_units(cluster, template, is_exclusive=True) == expected


def test_cluster_without_the_unit_has_no_space() -> None:
    assert storage_units(make_cluster(file_storage_dir=""), c.DT_FILE, is_exclusive=False) == []


def test_report_of_a_node_with_volumes() -> None:
    found = parse_resources("node1", ("boot", VOLUMES, [HOST]), {"web": {"memory": 128, "vcpus": 1}})
    assert found == Resources(8192, 512, 4096, 4, 1, 1000, 700, 4, 3, {"web": 128})


@pytest.mark.parametrize(
    ("host", "units", "problem"),
    [
        ({**HOST, "memory_free": "4096"}, [], "returned invalid value for 'memory_free': '4096'"),
        ({**HOST, "cpu_dom0": None}, [], "returned invalid value for 'cpu_dom0'"),
        ({**HOST, "cpu_total": True}, [], "returned invalid value for 'cpu_total'"),
        ({"memory_total": 1}, [], "didn't return attribute 'memory_dom0'"),
        (None, [], "didn't return attribute 'memory_total'"),
        (HOST, [{"type": "file", "storage_size": None, "storage_free": 1}], "invalid value for 'storage_size'"),
    ],
)
def test_nonsense_is_reported_with_node_and_attribute(host: Any, units: list[Any], problem: str) -> None:
    with pytest.raises(OpExecError, match=f"Node 'node1' {problem}|Node 'node1' returned {problem}"):
        parse_resources("node1", ("boot", units, [host]), {})


def config_of(**changes: Any) -> ConfigData:
    config = make_config(nodes=4, cluster={"volume_group_name": "xenvg"})
    nodes = {
        **config.nodes,
        THREE: make_node(3, offline=True, master_candidate=False),
        node_uuid(4): make_node(4, vm_capable=False),
        **changes,
    }
    return msgspec.structs.replace(config, nodes=nodes)


def test_nodes_that_cannot_have_instances_are_not_asked() -> None:
    world = World(config_of(), 4)
    live = gather(world.rpc, world.config, Scope(c.HT_FAKE, c.DT_FILE))  # type: ignore[arg-type]
    assert set(live.resources) == {ONE, TWO}
    assert not live.silent
    assert live.resources[ONE].total_disk == 1000
    # One call of each procedure.
    assert sorted(world.rpc.calls) == sorted(
        (node, name) for node in (ONE, TWO) for name in ("node_info", "all_instances_info")
    )


@pytest.mark.parametrize("procedure", ["node_info", "all_instances_info"])
def test_node_that_does_not_answer_does_not_stop_the_others(procedure: str) -> None:
    world = World(config_of(), 4)
    world.rpc.broken[(TWO, procedure)] = "no route to host"
    live = gather(world.rpc, world.config, Scope(c.HT_FAKE, c.DT_DISKLESS))  # type: ignore[arg-type]
    assert set(live.resources) == {ONE}
    assert live.silent == {TWO: "no route to host"}


def test_exclusive_storage_is_a_matter_of_each_node() -> None:
    world = World(config_of(**{TWO: make_node(2, ndparams={c.ND_EXCLUSIVE_STORAGE: True})}), 4)
    asked: dict[str, Any] = {}

    def note(uuid: str) -> Any:
        def node_info(units: list[Any], _specs: Any) -> Any:
            asked[uuid] = [unit[2] for unit in units]
            return "boot", VOLUMES, [HOST]

        return node_info

    for uuid in (ONE, TWO):
        world.node(uuid).node_info = note(uuid)  # type: ignore[method-assign]
    gather(world.rpc, world.config, Scope(c.HT_FAKE, c.DT_PLAIN))  # type: ignore[arg-type]
    assert asked == {ONE: [[False], [False]], TWO: [[True], [True]]}
