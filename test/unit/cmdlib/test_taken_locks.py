"""Which locks each operation takes before it starts: people plan what can be done at the same time by them."""

from typing import Any, Final

import msgspec
import pytest

from ganeti import constants as c
from ganeti import opcodes as o
from ganeti.jqueue.execution import CancelRequested
from ganeti.locking import ALL_SET, LockManager, Owned
from ganeti.objects import ConfigData, Network, NodeGroup
from ganeti.opcodes import OpCode
from test.unit.cmdlib.instance.world import World
from test.unit.factories import make_config, make_instance, node_uuid

NODES: Final = [node_uuid(number) for number in (1, 2, 3)]
MASTER, SECOND, THIRD = NODES
INSTANCE: Final = "inst1.example.com"
OTHER_GROUP: Final = "11111111-0000-0000-0000-000000000002"
NETWORK: Final = "22222222-0000-0000-0000-000000000001"
NEW: Final = ["<new>"]

INST, G, N, R, W = c.LEVEL_INSTANCE, c.LEVEL_NODEGROUP, c.LEVEL_NODE, c.LEVEL_NODE_RES, c.LEVEL_NETWORK
Taken = dict[int, tuple[Any, str]]


def _config() -> ConfigData:
    config = make_config(instances=(make_instance(1),))
    other = NodeGroup(uuid=OTHER_GROUP, name="other", ctime=1.0, mtime=1.0)
    network = Network(uuid=NETWORK, name="net", network="192.0.2.0/24", ctime=1.0, mtime=1.0)
    third = msgspec.structs.replace(config.nodes[THIRD], group=OTHER_GROUP)
    return msgspec.structs.replace(
        config,
        nodes={**config.nodes, THIRD: third},
        nodegroups={**config.nodegroups, OTHER_GROUP: other},
        networks={NETWORK: network},
    )


CONFIG: Final = _config()
GROUP: Final = CONFIG.nodes[MASTER].group
MEMBERS: Final = [MASTER, SECOND]


def shared(names: Any) -> tuple[Any, str]:
    return names, "shared"


def alone(names: Any) -> tuple[Any, str]:
    return names, "exclusive"


ALL_SHARED: Final = {level: shared(ALL_SET) for level in (INST, G, N, R, W)}
CASES: Final[list[tuple[OpCode, Taken]]] = [
    (o.OpClusterQuery(), {}),
    (o.OpClusterVerify(), {}),
    (o.OpClusterVerifyConfig(), ALL_SHARED),
    (o.OpClusterVerifyGroup(group_name="default"), {INST: shared([INSTANCE]), G: shared([GROUP]), N: shared(MEMBERS)}),
    (o.OpClusterVerifyDisks(), {G: shared(ALL_SET)}),
    (o.OpClusterVerifyDisks(group_name="other"), {G: shared([OTHER_GROUP])}),
    (
        o.OpGroupVerifyDisks(group_name="default", is_strict=True),
        {INST: shared([INSTANCE]), G: shared([GROUP]), N: shared(MEMBERS)},
    ),
    (o.OpClusterRedistConf(), {N: shared(ALL_SET)}),
    (o.OpClusterSetParams(candidate_pool_size=3), {level: shared(ALL_SET) for level in (INST, G, N)}),
    (o.OpClusterRenewCrypto(), {N: alone(ALL_SET)}),
    (o.OpNodeSetParams(node_name="node2", offline=True), {N: alone([SECOND]), R: alone([SECOND])}),
    (
        o.OpNodeSetParams(node_name="node2", offline=True, auto_promote=True),
        {N: alone(ALL_SET), R: alone(ALL_SET)},
    ),
    (o.OpNodeSetParams(node_name="node2", auto_promote=True, powered=True), {N: alone([SECOND]), R: alone([SECOND])}),
    (o.OpNodeMigrate(node_name="node2"), {N: shared([SECOND])}),
    (o.OpNodePowercycle(node_name="node2"), {}),
    (
        o.OpNodeEvacuate(node_name="node1", mode=c.NODE_EVAC_SEC, remote_node="node3"),
        {G: shared(sorted([GROUP, OTHER_GROUP])), N: shared([MASTER, THIRD])},
    ),
    (
        o.OpNodeEvacuate(node_name="node1", mode=c.NODE_EVAC_PRI, iallocator="x"),
        {INST: shared([INSTANCE]), G: shared([GROUP]), N: shared(MEMBERS)},
    ),
    (
        o.OpGroupEvacuate(group_name="default", target_groups=["other"], iallocator="x"),
        {INST: shared([INSTANCE]), G: shared(sorted([GROUP, OTHER_GROUP])), N: shared(NODES)},
    ),
    (
        o.OpInstanceChangeGroup(instance_name="inst1", target_groups=["other"], iallocator="x"),
        {INST: shared([INSTANCE]), G: shared(sorted([GROUP, OTHER_GROUP])), N: shared(NODES)},
    ),
    (
        o.OpClusterRepairDiskSizes(instances=["inst1"]),
        {INST: alone([INSTANCE]), R: shared([MASTER])},
    ),
    (o.OpOobCommand(node_names=["node2"], command=c.OOB_HEALTH), {N: alone([SECOND])}),
    (o.OpRestrictedCommand(nodes=["node2"], command="x"), {N: shared([SECOND])}),
    (o.OpRestrictedCommand(nodes=["node2"], command="x", use_locking=True), {N: alone([SECOND])}),
    (o.OpNodeQueryStorage(output_fields=["name"], storage_type=c.ST_FILE, nodes=["node2"]), {N: shared([SECOND])}),
    (o.OpNodeQueryStorage(output_fields=["name"], storage_type=c.ST_FILE), {N: shared(ALL_SET)}),
    (o.OpOsDiagnose(output_fields=["name"]), {}),
    (o.OpTagsSet(kind=c.TAG_CLUSTER, tags=["x"]), {}),
    (o.OpTagsSet(kind=c.TAG_INSTANCE, name="inst1", tags=["x"]), {INST: alone([INSTANCE])}),
    (o.OpTagsSet(kind=c.TAG_NODEGROUP, name="other", tags=["x"]), {G: alone([OTHER_GROUP])}),
    (o.OpTagsDel(kind=c.TAG_NODE, name="node2", tags=["x"]), {N: alone([SECOND])}),
    (o.OpTagsDel(kind=c.TAG_NETWORK, name="net", tags=["x"]), {W: alone([NETWORK])}),
    (o.OpTagsGet(kind=c.TAG_NODE, name="node2", use_locking=True), {N: shared([SECOND])}),
    (o.OpTagsGet(kind=c.TAG_NODE, name="node2"), {}),
    (o.OpTagsSearch(pattern="x"), {}),
    (o.OpGroupAdd(group_name="new"), {G: alone(NEW)}),
    (
        o.OpGroupAssignNodes(group_name="other", nodes=["node2"]),
        {G: alone(sorted([GROUP, OTHER_GROUP])), N: alone([SECOND])},
    ),
    (
        o.OpGroupSetParams(group_name="default", alloc_policy="unallocable"),
        {INST: shared([INSTANCE]), G: alone([GROUP])},
    ),
    (o.OpGroupRemove(group_name="other"), {G: alone([OTHER_GROUP])}),
    (o.OpGroupRename(group_name="other", new_name="new"), {G: alone([OTHER_GROUP])}),
    (o.OpNetworkAdd(network_name="new", network="198.51.100.0/24"), {N: shared(ALL_SET), W: alone(NEW)}),
    (o.OpNetworkAdd(network_name="new", network="198.51.100.0/24", conflicts_check=False), {W: alone(NEW)}),
    (o.OpNetworkRemove(network_name="net"), {G: shared(ALL_SET), W: alone([NETWORK])}),
    (o.OpNetworkRename(network_name="net", new_name="new"), {W: alone([NETWORK])}),
    (o.OpNetworkSetParams(network_name="net", mac_prefix="aa:00:01"), {W: alone([NETWORK])}),
    (
        o.OpNetworkConnect(
            group_name="default", network_name="net", network_mode=c.NIC_MODE_BRIDGED, network_link="br0"
        ),
        {INST: shared([INSTANCE]), G: alone([GROUP]), W: shared([NETWORK])},
    ),
    (
        o.OpNetworkConnect(
            group_name="default",
            network_name="net",
            network_mode=c.NIC_MODE_BRIDGED,
            network_link="br0",
            conflicts_check=False,
        ),
        {G: alone([GROUP]), W: shared([NETWORK])},
    ),
    (
        o.OpNetworkDisconnect(group_name="default", network_name="net"),
        {INST: shared([INSTANCE]), G: alone([GROUP]), W: shared([NETWORK])},
    ),
    (o.OpTestDelay(duration=1.0, no_locks=False, on_nodes=["node2"]), {N: alone(MEMBERS)}),
    (o.OpTestDelay(duration=1.0, no_locks=True, on_nodes=["node2"]), {}),
    (o.OpTestJqueue(), {N: alone([MASTER])}),
    (o.OpTestOsParams(), {}),
]
#: Operations that have the whole cluster for themselves.
ALONE: Final[list[OpCode]] = [
    o.OpClusterPostInit(),
    o.OpClusterDestroy(),
    o.OpClusterRename(name="new.example.com"),
    o.OpClusterActivateMasterIp(),
    o.OpClusterDeactivateMasterIp(),
    o.OpNodeRemove(node_name="node3"),
]


def _id(value: object) -> str:
    return value.op_id() if isinstance(value, OpCode) else ""


def _taken_by(op: OpCode, monkeypatch: pytest.MonkeyPatch) -> Taken:
    """Return what an operation takes at each level, with its mode; it ends before it does anything."""
    world = World(CONFIG)
    found: Taken = {}
    acquire = LockManager.acquire

    def record(self: LockManager, owner: str, level: int, names: Any, *, shared: bool, **rest: Any) -> Owned:
        add = rest.get("add") or ()
        if names is ALL_SET or names or add:
            listed = names if names is ALL_SET else sorted(names) or NEW
            found[level] = (listed, "shared" if shared and not add else "exclusive")
        return acquire(self, owner, level, names, shared=shared, **rest)

    def stop() -> None:
        raise CancelRequested

    monkeypatch.setattr(LockManager, "acquire", record)
    monkeypatch.setattr(world.job, "notify_start", stop)
    with pytest.raises(CancelRequested):
        world.run(op)
    return found


@pytest.mark.parametrize(("op", "expected"), CASES, ids=_id)
def test_locks(op: OpCode, expected: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = _taken_by(op, monkeypatch)
    assert taken.pop(c.LEVEL_CLUSTER) == shared([c.BGL])
    assert taken == expected


@pytest.mark.parametrize("op", ALONE, ids=_id)
def test_some_operations_have_the_cluster_for_themselves(op: OpCode, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _taken_by(op, monkeypatch) == {c.LEVEL_CLUSTER: alone([c.BGL])}
