"""Queries from request to rows, with a real configuration and scripted nodes."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti import errors, serializer
from ganeti.jqueue.job import Job
from ganeti.locking import ALL_SET, LockManager
from ganeti.objects import ConfigData
from ganeti.query.cluster_info import cluster_info, config_values, tags_of
from ganeti.query.engine import RESOURCES, QueryEngine
from ganeti.rpc.changes import NodeChanges
from ganeti.rpc.client import BegunCall
from ganeti.rpc.in_flight import CallInFlight
from ganeti.rpc.result import RpcResult
from ganeti.rpc.sharing import SharedCalls
from test.unit.factories import make_config, make_disk, make_instance, make_node, node_uuid


class Store:
    """Holds one snapshot."""

    def __init__(self, config: ConfigData) -> None:
        self.config = config

    def snapshot(self) -> ConfigData:
        return self.config


class Nodes:
    """Answers calls from a script: procedure name to node UUID to payload; a node that is missing fails."""

    def __init__(self, script: dict[str, dict[str, Any]]) -> None:
        self.script = script
        self.asked: list[tuple[str, str]] = []
        self.arguments: dict[str, tuple[Any, ...]] = {}
        self.changes = NodeChanges()
        self.under_way: list[CallInFlight] = []

    def in_flight(self) -> list[CallInFlight]:
        return self.under_way

    def call(self, nodes: Iterable[str], proc: Any, *args: Any) -> dict[str, RpcResult[Any]]:
        return {node: self.call_one(node, proc, *args) for node in nodes}

    def begin_each(self, proc: Any, calls: dict[str, tuple[Any, ...]]) -> dict[str, BegunCall[Any]]:
        return {node: BegunCall(node, proc, result, None) for node, result in self.call_each(proc, calls).items()}

    def call_one(self, node: str, proc: Any, *args: Any) -> RpcResult[Any]:
        self.asked.append((proc.name, node))
        self.arguments[node] = args
        payload = self.script.get(proc.name, {}).get(node)
        failure = "Error 7: no route" if payload is None else None
        return RpcResult(node=node, call=proc.name, fail_msg=failure, value=payload)

    def call_each(self, proc: Any, calls: dict[str, tuple[Any, ...]]) -> dict[str, RpcResult[Any]]:
        return {node: self.call_one(node, proc, *args) for node, args in calls.items()}


class Jobs:
    """A queue with two live jobs and an archived one."""

    live = (Job(id=1, ops=()), Job(id=3, ops=()))
    archived = (Job(id=2, ops=()),)

    def live_jobs(self) -> Iterable[Job]:
        return self.live

    def archived_jobs(self) -> Iterable[Job]:
        return self.archived

    def find_job(self, job_id: int) -> tuple[Job, bool] | None:
        for is_archived, jobs in ((False, self.live), (True, self.archived)):
            for job in jobs:
                if job.id == job_id:
                    return job, is_archived
        return None

    def waiting_for_jobs(self) -> dict[int, list[int]]:
        return {3: [12, 9]}

    def is_drained(self) -> bool:
        return False


def _engine(config: ConfigData, script: dict[str, dict[str, Any]] | None = None) -> tuple[QueryEngine, Nodes]:
    nodes: Any = Nodes(script or {})
    # No test takes so long that a shared answer gets old.
    calls = SharedCalls(nodes, clock=lambda: 0.0)
    return QueryEngine(Store(config), nodes, LockManager(), Jobs(), calls), nodes


def _values(response: dict[str, Any]) -> list[list[Any]]:
    return [[value for _, value in row] for row in response["data"]]


def test_config_fields_ask_no_node() -> None:
    instances = tuple(make_instance(index) for index in (10, 2, 1))
    engine, nodes = _engine(make_config(instances=instances))
    response = engine.query(c.QR_INSTANCE, ["name", "pnode", "be/maxmem"])
    assert [row[0] for row in _values(response)] == [f"inst{i}.example.com" for i in (1, 2, 10)]
    assert _values(response)[0][1:] == ["node1.example.com", c.BEC_DEFAULTS["maxmem"]]
    assert nodes.asked == []


def test_live_fields_ask_each_node_once() -> None:
    instances = (make_instance(1), make_instance(2), make_instance(3, primary_node=node_uuid(2)))
    script = {
        "all_instances_info": {
            node_uuid(1): {"inst1.example.com": {"memory": 128, "vcpus": 1, "state": 0, "time": 1.0}},
            node_uuid(2): {"inst2.example.com": {"memory": 128, "vcpus": 1, "state": 0, "time": 1.0}},
        }
    }
    engine, nodes = _engine(make_config(instances=instances), script)
    rows = _values(engine.query(c.QR_INSTANCE, ["name", "status", "oper_ram", "oper_state"]))
    assert [row[1] for row in rows] == [c.INSTST_RUNNING, c.INSTST_WRONGNODE, c.INSTST_ERRORDOWN]
    assert rows[0][2:] == [128, True]
    assert sorted(nodes.asked) == [("all_instances_info", node_uuid(1)), ("all_instances_info", node_uuid(2))]


def test_nodes_are_asked_only_about_what_can_still_match() -> None:
    instances = (make_instance(1), make_instance(2, primary_node=node_uuid(2)))
    engine, nodes = _engine(make_config(instances=instances))
    engine.query(c.QR_INSTANCE, ["status"], ["&", ["==", "pnode", "node2"], ["==", "status", "running"]])
    assert {node for _, node in nodes.asked} == {node_uuid(2)}


def test_silent_and_offline_nodes_have_their_own_status() -> None:
    config = make_config()
    offline = make_node(3, offline=True, master_candidate=False)
    config = msgspec.structs.replace(config, nodes={**config.nodes, offline.uuid: offline})
    answer = ("boot", [], [{"memory_total": 1000}])
    engine, nodes = _engine(config, {"node_info": {node_uuid(1): answer}})
    response = engine.query(c.QR_NODE, ["name", "mtotal"])
    assert [row[1] for row in response["data"]] == [(c.RS_NORMAL, 1000), (c.RS_NODATA, None), (c.RS_OFFLINE, None)]
    assert ("node_info", offline.uuid) not in nodes.asked


def test_names_are_answered_in_the_order_asked_for() -> None:
    engine, _ = _engine(make_config())
    wanted = ["|", ["==", "name", "node3"], ["==", "name", node_uuid(1)]]
    assert _values(engine.query(c.QR_NODE, ["name"], wanted)) == [["node3.example.com"], ["node1.example.com"]]


def test_unknown_name_is_an_error_and_unknown_field_is_not() -> None:
    engine, _ = _engine(make_config())
    with pytest.raises(errors.OpPrereqError, match="node9"):
        engine.query(c.QR_NODE, ["name"], ["==", "name", "node9"])
    response = engine.query(c.QR_NODE, ["bogus"])
    assert response["fields"][0]["kind"] == c.QFT_UNKNOWN
    assert response["data"][0] == [(c.RS_UNKNOWN, None)]


def test_unknown_resource_is_refused() -> None:
    engine, _ = _engine(make_config())
    for ask in (lambda: engine.query("disk", ["name"]), lambda: engine.query_fields("disk")):
        with pytest.raises(errors.OpPrereqError, match="'disk' unknown"):
            ask()


def test_archived_jobs_show_up_only_when_asked_for() -> None:
    engine, _ = _engine(make_config())
    assert _values(engine.query(c.QR_JOB, ["id"])) == [[1], [3]]
    assert _values(engine.query(c.QR_JOB, ["id", "archived"])) == [[1, False], [2, True], [3, False]]
    asked = ["|", ["==", "id", "2"], ["==", "id", 9], ["==", "id", 2]]
    response = engine.query(c.QR_JOB, ["id", "status"], asked)
    assert response["data"][0][0] == (c.RS_NORMAL, 2)
    assert response["data"][1] == [(c.RS_NORMAL, 9), (c.RS_UNAVAIL, None)]


def test_locks_show_owners_and_modes() -> None:
    locks = LockManager()
    locks.acquire("12", c.LEVEL_CLUSTER, [c.BGL], shared=True, timeout_s=None, priority=0)
    locks.acquire("12", c.LEVEL_NODE, ["a"], shared=False, timeout_s=None, priority=0)
    locks.acquire("12", c.LEVEL_NETWORK, ALL_SET, shared=True, timeout_s=None, priority=0)
    engine = QueryEngine(Store(make_config()), Nodes({}), locks, Jobs())  # type: ignore[arg-type]
    rows = {row[0]: row[1:] for row in _values(engine.query(c.QR_LOCK, ["name", "mode", "owner", "pending"]))}
    assert rows["node/a"] == ["exclusive", ["12"], []]
    assert rows["network/[lockset]"] == ["shared", ["12"], []]


def test_calls_and_jobs_that_are_waited_for_are_shown_beside_the_locks() -> None:
    engine, nodes = _engine(make_config())
    nodes.under_way = [
        CallInFlight(node_uuid(2), "hooks_runner", "12"),
        CallInFlight(node_uuid(2), "hooks_runner", "9"),
        CallInFlight("node9.example.com", "version", "MasterIp"),
    ]
    assert _values(engine.query(c.QR_LOCK, ["name", "mode", "owner", "pending"])) == [
        ["job/3", None, None, [["job", ["12", "9"]]]],
        ["rpc/node2.example.com/hooks_runner", None, ["9", "12"], []],
        ["rpc/node9.example.com/version", None, ["MasterIp"], []],
    ]


def test_locks_that_nobody_uses_are_shown_when_asked_for_by_name() -> None:
    engine, _ = _engine(make_config(instances=(make_instance(1),)))
    assert [row[0] for row in _values(engine.query(c.QR_LOCK, ["name"]))] == ["job/3"]
    free = ["==", "name", "instance/inst1.example.com"]
    fields = ["name", "mode", "owner", "pending"]
    assert _values(engine.query(c.QR_LOCK, fields, free)) == [["instance/inst1.example.com", None, None, []]]
    assert _values(engine.query(c.QR_LOCK, fields, ["==", "name", "instance/other"])) == []
    everything = {row[0] for row in _values(engine.query(c.QR_LOCK, ["name"], ["=~", "name", ""]))}
    assert {"cluster/BGL", "node/[lockset]", f"node-res/{node_uuid(1)}", "job/3"} < everything
    assert len(everything) == len(engine.query(c.QR_LOCK, ["name"], ["=~", "name", ""])["data"])


def test_os_is_valid_only_if_every_node_has_it() -> None:
    def row(name: str, variants: list[str]) -> tuple[Any, ...]:
        return (name, f"/srv/os/{name}", True, "", variants, [["dns", "Name server"]], [20], True)

    script = {
        "os_diagnose": {
            node_uuid(1): [row("deb", ["min", "std"]), row("only1", [])],
            node_uuid(2): [row("deb", ["min"])],
        }
    }
    engine, _ = _engine(make_config(), script)
    rows = _values(engine.query(c.QR_OS, ["name", "valid", "variants", "parameters", "trusted"]))
    assert rows == [
        ["deb", True, ["min"], [["dns", "Name server"]], True],
        ["only1", False, [], [["dns", "Name server"]], True],
    ]


def test_disk_and_nic_fields_beyond_the_devices_do_not_apply() -> None:
    disk = make_disk(1)
    instance = make_instance(1, disks=(disk.uuid,))
    engine, _ = _engine(make_config(instances=(instance,), disks=(disk,)))
    response = engine.query(c.QR_INSTANCE, ["disk.size/0", "disk.size/1", "nic.mac/0", "nic.mac/1", "disk.sizes"])
    statuses = [status for status, _ in response["data"][0]]
    assert statuses == [c.RS_NORMAL, c.RS_UNAVAIL, c.RS_NORMAL, c.RS_UNAVAIL, c.RS_NORMAL]
    assert response["data"][0][4][1] == [1024]


def test_cluster_information_has_the_keys_that_clients_know() -> None:
    info = cluster_info(make_config())
    assert (info["name"], info["master"], info["default_hypervisor"]) == (
        "cluster.example.com",
        "node1.example.com",
        c.HT_FAKE,
    )
    assert info["primary_ip_version"] == 4 and set(info["hvparams"]) == {c.HT_FAKE}


def test_watcher_pause_that_is_over_counts_as_none() -> None:
    asked = config_values(make_config(), ["watcher_pause", "nosuch"], is_drained=False, watcher_pause=lambda: 5.0)
    assert asked == [None, None]


def test_exports_have_a_row_each_and_silent_nodes_one() -> None:
    config = make_config(nodes=4)
    offline = make_node(4, offline=True, master_candidate=False)
    config = msgspec.structs.replace(config, nodes={**config.nodes, offline.uuid: offline})
    script = {"export_list": {node_uuid(1): ["a", "b"], node_uuid(2): []}}
    engine, nodes = _engine(config, script)
    response = engine.query(c.QR_EXPORT, ["node", "export"])
    assert response["data"] == [
        [(c.RS_NORMAL, "node1.example.com"), (c.RS_NORMAL, "a")],
        [(c.RS_NORMAL, "node1.example.com"), (c.RS_NORMAL, "b")],
        [(c.RS_NORMAL, "node3.example.com"), (c.RS_NODATA, None)],
        [(c.RS_NORMAL, "node4.example.com"), (c.RS_OFFLINE, None)],
    ]
    assert ("export_list", offline.uuid) not in nodes.asked


def test_only_nodes_whose_exports_can_match_are_asked() -> None:
    engine, nodes = _engine(make_config(), {"export_list": {node_uuid(2): ["a", "b"]}})
    found = engine.query(c.QR_EXPORT, ["export"], ["&", ["==", "node", "node2"], ["=~", "export", "^b"]])
    assert _values(found) == [["b"]]
    assert nodes.asked == [("export_list", node_uuid(2))]


def test_providers_of_external_storage_are_looked_for_on_all_nodes() -> None:
    engine, nodes = _engine(make_config())
    response = engine.query(c.QR_EXTSTORAGE, ["name", "node_status"], ["==", "name", "x"])
    assert response["data"] == []
    assert {name for name, _ in nodes.asked} == {"extstorage_diagnose"}
    assert [field["kind"] for field in response["fields"]] == [c.QFT_TEXT, c.QFT_OTHER]


def test_encoded_answer_says_the_same_as_the_plain_one() -> None:
    instances = tuple(make_instance(index) for index in range(1, 200))
    engine, _ = _engine(make_config(instances=instances))
    fields = [*RESOURCES[c.QR_INSTANCE].fields, "bogus"]
    encoded = serializer.loads(b"".join(engine.ask(c.QR_INSTANCE, fields).encoded().pieces))
    assert encoded == serializer.loads(serializer.dumps(engine.query(c.QR_INSTANCE, fields)))
    nothing = engine.ask(c.QR_INSTANCE, fields, ["==", "os", "none"]).encoded()
    assert serializer.loads(b"".join(nothing.pieces))["data"] == []


def test_every_field_of_every_resource_can_be_computed() -> None:
    disk = make_disk(1)
    instance = make_instance(1, disks=(disk.uuid,), hvparams={"migration_mode": "live"}, beparams={"vcpus": 3})
    engine, _ = _engine(make_config(instances=(instance,), disks=(disk,)))
    for name, resource in RESOURCES.items():
        response = engine.query(name, list(resource.fields))
        assert [field["name"] for field in response["fields"]] == list(resource.fields)
        serializer.dumps_fast(response)


def test_own_parameters_of_an_instance_come_before_those_of_the_cluster() -> None:
    own = make_instance(1, hvparams={"migration_mode": "live"}, beparams={"vcpus": 3})
    engine, _ = _engine(make_config(instances=(own, make_instance(2))))
    fields = ["be/vcpus", "be/maxmem", "hvparams", "beparams"]
    (vcpus, maxmem, hv, be), other = _values(engine.query(c.QR_INSTANCE, fields))
    assert (vcpus, maxmem, be["vcpus"], other[0]) == (3, c.BEC_DEFAULTS["maxmem"], 3, c.BEC_DEFAULTS["vcpus"])
    assert "migration_mode" not in hv
    assert other[3] == c.BEC_DEFAULTS


def test_a_newer_configuration_is_seen_in_its_own_order() -> None:
    store = Store(make_config(instances=(make_instance(1), make_instance(2))))
    engine = QueryEngine(store, Nodes({}), LockManager(), Jobs())  # type: ignore[arg-type]
    assert len(_values(engine.query(c.QR_INSTANCE, ["name"]))) == 2
    renamed = {
        inst.uuid: msgspec.structs.replace(inst, name=f"z{inst.name}") for inst in store.config.instances.values()
    }
    first = next(iter(renamed))
    renamed[first] = msgspec.structs.replace(renamed[first], name="zzz.example.com")
    store.config = msgspec.structs.replace(store.config, instances=renamed)
    names = [name for (name,) in _values(engine.query(c.QR_INSTANCE, ["name"]))]
    assert names == ["zinst2.example.com", "zzz.example.com"]
    assert _values(engine.query(c.QR_INSTANCE, ["name"], ["==", "name", "zzz"])) == [["zzz.example.com"]]
    with pytest.raises(errors.OpPrereqError):
        engine.query(c.QR_INSTANCE, ["name"], ["==", "name", "inst2.example.com"])


def test_tags_are_found_by_short_name_and_uuid() -> None:
    tagged = make_instance(1, tags=("b", "a"))
    config = make_config(instances=(tagged,))
    for name in ("inst1", "inst1.example.com", tagged.uuid):
        assert tags_of(config, c.TAG_INSTANCE, name) == ["a", "b"]
    assert tags_of(config, c.TAG_NODE, "node1") == []
    assert tags_of(config, c.TAG_NODEGROUP, "default") == []
    assert tags_of(config, c.TAG_INSTANCE, "inst") is None
    assert tags_of(config, "disk", "x") is None
    assert tags_of(config, c.TAG_CLUSTER, "whatever") == []


def test_a_short_name_that_fits_several_is_told_from_one_that_fits_none() -> None:
    twins = tuple(make_instance(index, name=f"web.site{index}.example.com") for index in (1, 2))
    engine, _ = _engine(make_config(instances=twins))
    with pytest.raises(errors.OpPrereqError, match=r"multiple matches: web\.site1\.example\.com, web\.site2"):
        engine.query(c.QR_INSTANCE, ["name"], ["==", "name", "web"])
    with pytest.raises(errors.OpPrereqError, match="Instance name 'we' not found"):
        engine.query(c.QR_INSTANCE, ["name"], ["==", "name", "we"])
    assert _values(engine.query(c.QR_INSTANCE, ["name"], ["==", "name", "WEB.Site2"])) == [[twins[1].name]]


def test_job_ids_may_be_numbers_with_zero_fraction_or_digits_only() -> None:
    engine, _ = _engine(make_config())
    assert _values(engine.query(c.QR_JOB, ["id"], ["|", ["==", "id", 3.0], ["==", "id", "1"]])) == [[3], [1]]
    for wrong in ("one", "1_0", "²", " 1"):
        with pytest.raises(errors.OpPrereqError, match="Invalid job ID"):
            engine.query(c.QR_JOB, ["id"], ["==", "id", wrong])


def test_nodes_that_hold_no_instances_have_no_live_data() -> None:
    config = make_config()
    storage_only = make_node(3, vm_capable=False)
    config = msgspec.structs.replace(config, nodes={**config.nodes, storage_only.uuid: storage_only})
    engine, nodes = _engine(config, {"node_info": {}})
    response = engine.query(c.QR_NODE, ["bootid", "mfree", "dfree"], ["==", "name", storage_only.name])
    assert response["data"] == [[(c.RS_UNAVAIL, None)] * 3]
    assert nodes.asked == []


def test_storage_units_are_those_of_enabled_templates_that_can_be_asked_about() -> None:
    config = make_config()
    templates = (c.DT_GLUSTER, c.DT_DRBD8, c.DT_PLAIN, c.DT_FILE, c.DT_RBD)
    cluster = msgspec.structs.replace(
        config.cluster, enabled_disk_templates=templates, volume_group_name="xenvg", file_storage_dir="/srv/file"
    )
    exclusive = make_node(1, ndparams={c.ND_EXCLUSIVE_STORAGE: True})
    config = msgspec.structs.replace(config, cluster=cluster, nodes={**config.nodes, exclusive.uuid: exclusive})
    engine, nodes = _engine(config)
    engine.query(c.QR_NODE, ["dfree"])

    def units(is_exclusive: bool) -> list[Any]:
        return [("lvm-vg", "xenvg", [is_exclusive]), ("file", "/srv/file", []), ("lvm-pv", "xenvg", [is_exclusive])]

    assert nodes.arguments[exclusive.uuid] == (units(True), [])
    assert nodes.arguments[node_uuid(2)] == (units(False), [])


def test_free_space_is_that_of_the_first_unit_that_is_no_physical_volume() -> None:
    units = [
        {"type": "lvm-pv", "name": "xenvg", "storage_free": 2, "storage_size": 3},
        {"type": "file", "name": "/srv", "storage_free": 10, "storage_size": 20},
        {"type": "lvm-vg", "name": "xenvg", "storage_free": 30, "storage_size": 40},
    ]
    engine, _ = _engine(make_config(), {"node_info": {node_uuid(1): ("boot", units, None)}})
    response = engine.query(c.QR_NODE, ["dfree", "dtotal", "spfree", "sptotal", "mfree"], ["==", "name", "node1"])
    assert response["data"][0] == [*((c.RS_NORMAL, value) for value in (10, 20, 2, 3)), (c.RS_NODATA, None)]


def test_an_instance_on_a_silent_node_is_not_known_to_run_though_another_node_has_it() -> None:
    instances = (make_instance(1), make_instance(2, primary_node=node_uuid(2)))
    seen = {"inst1.example.com": {"memory": 128, "vcpus": 1, "state": 0, "time": 1.0}}
    engine, _ = _engine(make_config(instances=instances), {"all_instances_info": {node_uuid(2): seen}})
    response = engine.query(c.QR_INSTANCE, ["status", "oper_state", "oper_ram", "console"])
    first, second = response["data"]
    assert first == [
        (c.RS_NORMAL, c.INSTST_WRONGNODE),
        (c.RS_NODATA, None),
        (c.RS_NORMAL, 128),
        (c.RS_NODATA, None),
    ]
    assert second == [
        (c.RS_NORMAL, c.INSTST_ERRORDOWN),
        (c.RS_NORMAL, False),
        (c.RS_UNAVAIL, None),
        (c.RS_UNAVAIL, None),
    ]


def test_questions_of_a_moment_are_asked_once_until_something_changes() -> None:
    instances = (make_instance(1), make_instance(2, primary_node=node_uuid(2)))
    engine, nodes = _engine(make_config(instances=instances), {"all_instances_info": {node_uuid(2): {}}})
    for fields in (["status"], ["name", "oper_ram"]):
        engine.query(c.QR_INSTANCE, fields)
    assert sorted(nodes.asked) == [("all_instances_info", node_uuid(1)), ("all_instances_info", node_uuid(2))]
    nodes.changes.note([node_uuid(2)])
    nodes.asked.clear()
    engine.query(c.QR_INSTANCE, ["status"])
    assert nodes.asked == [("all_instances_info", node_uuid(2))]


def test_free_space_is_asked_again_after_a_change_anywhere() -> None:
    engine, nodes = _engine(make_config())
    engine.query(c.QR_NODE, ["dfree", "mfree"])
    nodes.asked.clear()
    engine.query(c.QR_NODE, ["dfree", "mfree"])
    assert nodes.asked == []
    nodes.changes.note([node_uuid(3)])
    engine.query(c.QR_NODE, ["dfree", "mfree"])
    assert {node for _, node in nodes.asked} >= {node_uuid(1), node_uuid(2)}
