"""A cluster with something of everything that lists show, and a query engine over it."""

from collections.abc import Iterable
from typing import Any

import msgspec

from ganeti import constants as c
from ganeti import opcodes
from ganeti.jqueue import codec
from ganeti.jqueue.job import Job, LogEntry, OpRecord
from ganeti.locking import LockManager
from ganeti.objects import ConfigData, FilterRule, Network, Nic, NodeGroup
from ganeti.query.engine import QueryEngine
from ganeti.rpc.changes import NodeChanges
from ganeti.rpc.client import BegunCall
from ganeti.rpc.in_flight import CallInFlight
from ganeti.rpc.result import RpcResult, failure, success
from test.unit.factories import GROUP_UUID, make_config, make_disk, make_instance, make_node, node_uuid

NETWORK_UUID = "70000000-0000-4000-8000-000000000001"
OTHER_GROUP_UUID = "10000000-0000-4000-8000-000000000002"
FILTER_UUIDS = tuple(f"80000000-0000-4000-8000-{index:012d}" for index in (1, 2))

FULL = "inst1.example.com"
#: Answers of the nodes; node 2 does not answer, node 3 is offline.
ANSWERS: dict[str, dict[str, Any]] = {
    "node_info": {
        node_uuid(1): (
            "00000000-1111-4222-8333-444444444444",
            [{"type": "sharedfile", "name": "/srv/shared", "storage_free": 98816, "storage_size": 512000}],
            [
                {
                    "memory_total": 16000,
                    "memory_free": 10450,
                    "memory_dom0": 1100,
                    "cpu_total": 8,
                    "cpu_nodes": 1,
                    "cpu_sockets": 2,
                    "cpu_dom0": 1,
                }
            ],
        )
    },
    "all_instances_info": {node_uuid(1): {FULL: {"memory": 1536, "vcpus": 2, "state": 0, "time": 12.5}}},
    "export_list": {node_uuid(1): ["inst1.example.com", "old"]},
}


class Nodes:
    """Answers calls from the table."""

    changes = NodeChanges()

    def begin_each(self, proc: Any, calls: dict[str, tuple[Any, ...]]) -> dict[str, BegunCall[Any]]:
        return {node: BegunCall(node, proc, self._result(node, proc.name), None) for node in calls}

    def in_flight(self) -> list[CallInFlight]:
        return [CallInFlight(node_uuid(1), "instance_start", "12")]

    def call(self, nodes: Iterable[str], proc: Any, *_args: Any) -> dict[str, RpcResult[Any]]:
        return {node: self._result(node, proc.name) for node in nodes}

    def call_each(self, proc: Any, calls: dict[str, tuple[Any, ...]]) -> dict[str, RpcResult[Any]]:
        if proc.name != "instance_console_info":
            return self.call(calls, proc)
        console = {"instance": FULL, "kind": "ssh", "host": "node1.example.com", "user": "root", "command": ["screen"]}
        return {node: success(node, proc.name, {FULL: console}) for node in calls}

    def _result(self, node: str, name: str) -> RpcResult[Any]:
        payload = ANSWERS[name].get(node)
        return failure(node, name, "Error 7: no route") if payload is None else success(node, name, payload)


class Jobs:
    """A job that failed, one that runs, and one that waits."""

    def live_jobs(self) -> Iterable[Job]:
        delay = codec.make_input(opcodes.OpTestDelay(duration=1.5))
        return [
            Job(
                id=7,
                received_timestamp=(1000000000, 5),
                start_timestamp=(1000000001, 250000),
                end_timestamp=(1000000002, 0),
                ops=(
                    OpRecord(
                        input=delay,
                        status=c.OP_STATUS_SUCCESS,
                        start_timestamp=(1000000001, 250000),
                        exec_timestamp=(1000000001, 250001),
                        end_timestamp=(1000000001, 900000),
                        log=(LogEntry(1, (1000000001, 3), c.ELOG_MESSAGE, "it's done"),),
                    ),
                    OpRecord(
                        input=delay,
                        status=c.OP_STATUS_ERROR,
                        result=["OpPrereqError", ["no", "wrong_input"]],
                        priority=-10,
                        start_timestamp=(1000000001, 900001),
                        end_timestamp=(1000000002, 0),
                    ),
                ),
            ),
            Job(
                id=12,
                received_timestamp=(1000000003, 0),
                start_timestamp=(1000000004, 0),
                ops=(OpRecord(input=delay, status=c.OP_STATUS_RUNNING, start_timestamp=(1000000004, 0)),),
            ),
            Job(id=104, received_timestamp=(1000000005, 0), ops=(OpRecord(input=delay, priority=5),)),
        ]

    def archived_jobs(self) -> Iterable[Job]:
        return [Job(id=3, ops=(OpRecord(input=codec.make_input(opcodes.OpClusterVerify())),))]

    def find_job(self, job_id: int) -> tuple[Job, bool] | None:
        return next(((job, False) for job in self.live_jobs() if job.id == job_id), None)

    def waiting_for_jobs(self) -> dict[int, list[int]]:
        return {12: [104, 105]}

    def is_drained(self) -> bool:
        return False


class Store:
    """Holds the snapshot."""

    def __init__(self, config: ConfigData) -> None:
        self.config = config

    def snapshot(self) -> ConfigData:
        return self.config


def _config() -> ConfigData:
    disks = (
        make_disk(1, name="root", spindles=2),
        make_disk(2, size=2048, iv_name="disk/1"),
    )
    full = make_instance(
        1,
        os="busybox+default",
        disks=tuple(disk.uuid for disk in disks),
        nics=(
            Nic(uuid="nic-1", mac="aa:00:00:00:00:01", ip="192.0.2.130", network=NETWORK_UUID, name="public"),
            Nic(uuid="nic-2", mac="aa:00:00:00:00:02", nicparams={"mode": "openvswitch", "link": "sw0", "vlan": ".5"}),
        ),
        beparams={"vcpus": 2},
        hvparams={"migration_mode": "live"},
        osparams={"size": "it's big"},
        tags=("db", "web"),
        network_port=11001,
        disks_active=True,
        ctime=1000000000.25,
    )
    bare = make_instance(
        2,
        nics=(),
        primary_node=node_uuid(2),
        admin_state=c.ADMINST_DOWN,
        admin_state_source=c.USER_SOURCE,
        hypervisor=c.HT_KVM,
        hvparams={"kernel_path": "", "vnc_bind_address": "0.0.0.0", "migration_downtime": 45},
    )
    lost = make_instance(10, primary_node=node_uuid(3))
    network = Network(
        uuid=NETWORK_UUID,
        name="public",
        network="192.0.2.128/29",
        gateway="192.0.2.129",
        mac_prefix="aa:00:01",
        reservations="11100001",
        ext_reservations="00001000",
        tags=("outside",),
        ctime=1.0,
        mtime=1.0,
    )
    bare_network = Network(
        uuid="net-2", name="inner", network="198.51.100.0/30", reservations="1001", ext_reservations="0000"
    )
    groups = (
        NodeGroup(
            uuid=GROUP_UUID,
            name="default",
            ndparams={"spindle_count": 4},
            diskparams={"drbd": {"metavg": "meta"}},
            ipolicy={"vcpu-ratio": 2.5},
            networks={NETWORK_UUID: {"mode": "bridged", "link": "br0", "vlan": ""}},
            tags=("rack1",),
            ctime=1.0,
            mtime=1.0,
        ),
        NodeGroup(
            uuid=OTHER_GROUP_UUID,
            name="another",
            alloc_policy=c.ALLOC_POLICY_LAST_RESORT,
            networks={NETWORK_UUID: {"mode": "openvswitch", "link": "sw0", "vlan": ".5"}},
        ),
    )
    filters = (
        FilterRule(
            uuid=FILTER_UUIDS[0],
            watermark=5,
            priority=0,
            predicates=(("jobid", [">", "id", 3]), ("opcode", ["=", "OP_ID", "OP_TEST_DELAY"])),
            action=("RATE_LIMIT", 3),
            reason_trail=(("gnt:client", "why", 1000000000000000000),),
        ),
        FilterRule(uuid=FILTER_UUIDS[1], watermark=0, priority=2, predicates=(), action="PAUSE"),
    )
    config = make_config(instances=(full, bare, lost), disks=disks)
    nodes = (
        make_node(1, tags=("a", "b")),
        make_node(2, ndparams={"oob_program": "/bin/oob", "cpu_speed": 1.5}, powered=False, drained=True),
        make_node(3, offline=True, master_candidate=False, group=OTHER_GROUP_UUID, vm_capable=False),
    )
    return msgspec.structs.replace(
        config,
        nodes={node.uuid: node for node in nodes},
        networks={network.uuid: network, bare_network.uuid: bare_network},
        nodegroups={group.uuid: group for group in groups},
        filters={rule.uuid: rule for rule in filters},
    )


def engine() -> QueryEngine:
    """Return the query engine over the whole."""
    locks = LockManager()
    locks.acquire("12", c.LEVEL_CLUSTER, [c.BGL], shared=True, timeout_s=None, priority=0)
    locks.acquire("104", c.LEVEL_CLUSTER, [c.BGL], shared=True, timeout_s=None, priority=0)
    locks.acquire("12", c.LEVEL_INSTANCE, [FULL], shared=False, timeout_s=None, priority=0)
    nodes: Any = Nodes()
    return QueryEngine(Store(_config()), nodes, locks, Jobs())
