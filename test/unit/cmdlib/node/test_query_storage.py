"""Storage units of all nodes."""

from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.node.query_storage import enabled_types, type_to_list
from ganeti.errors import OpPrereqError
from ganeti.rpc.result import RpcResult, failure, success
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import make_cluster, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)


def test_physical_volumes_follow_their_group() -> None:
    assert enabled_types([c.DT_DRBD8, c.DT_PLAIN, c.DT_FILE]) == [c.ST_LVM_VG, c.ST_LVM_PV, c.ST_FILE]


@pytest.mark.parametrize(
    ("templates", "wanted", "chosen"),
    [
        ((c.DT_FILE, c.DT_PLAIN), None, c.ST_FILE),
        ((c.DT_FILE, c.DT_PLAIN), c.ST_LVM_PV, c.ST_LVM_PV),
        ((c.DT_DISKLESS, c.DT_FILE), None, None),
        ((c.DT_FILE,), c.ST_SHARED_FILE, None),
    ],
)
def test_type_must_be_in_use_and_have_something_to_list(
    templates: tuple[str, ...], wanted: str | None, chosen: str | None
) -> None:
    cluster = make_cluster(enabled_disk_templates=templates)
    if chosen is not None:
        assert type_to_list(cluster, wanted) == chosen
        return
    with pytest.raises(OpPrereqError) as caught:
        type_to_list(cluster, wanted)
    assert caught.value.args[1] == c.ECODE_INVAL


def test_rows_are_sorted_and_silent_nodes_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = ClusterWorld(healthy_config(nodes=11))
    asked: list[tuple[Any, ...]] = []

    def call(nodes: Any, proc: Any, *args: Any) -> dict[str, RpcResult[Any]]:
        asked.append(args)
        answers = {node: success(node, proc.name, [["/srv/b", 10], ["/srv/a", 20]]) for node in nodes}
        return {**answers, THREE: failure(THREE, proc.name, "broken")}

    monkeypatch.setattr(world.rpc, "call", call)
    world.store.update(msgspec.structs.replace(world.config.nodes[TWO], offline=True, master_candidate=False))
    op = opcodes.OpNodeQueryStorage(
        output_fields=[c.SF_FREE, c.SF_NODE], storage_type=c.ST_SHARED_FILE, nodes=["node10", "node1", "node2", "node3"]
    )
    rows = world.run(op)
    assert [list(row) for row in rows] == [
        [20, "node1.example.com"],
        [10, "node1.example.com"],
        [20, "node10.example.com"],
        [10, "node10.example.com"],
    ]
    directory = world.config.cluster.shared_file_storage_dir
    assert asked == [(c.ST_SHARED_FILE, [[directory]], None, [c.SF_NAME, c.SF_FREE])]
    assert any("node3.example.com: broken" in line for line in world.job.log)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(OpPrereqError):
        ClusterWorld().run(opcodes.OpNodeQueryStorage(output_fields=["colour"]))
