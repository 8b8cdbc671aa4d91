"""Every LUXI method against the real master daemon, on both of its sockets."""

import json
import os
import socket
import stat
import time
from collections.abc import Iterator
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import Client
from ganeti.luxi.errors import RequestError
from test.cluster.virtual import VirtualCluster

SOCKETS = ("ganeti-master", "ganeti-query")
ETX = b"\x03"
DELAY = {"OP_ID": "OP_TEST_DELAY", "duration": 0.01, "on_master": False}
FINAL = ("success", "error", "canceled")
#: Methods and arguments of which the last one is wrong in number or type; each is refused as no request at all.
MALFORMED: list[tuple[str, list[Any]]] = [
    ("ArchiveJob", []),
    ("ArchiveJob", ["x"]),
    ("AutoArchiveJobs", [1]),
    ("AutoArchiveJobs", ["x", 1]),
    ("CancelJob", []),
    ("CancelJob", [1, "yes"]),
    ("ChangeJobPriority", [1]),
    ("ChangeJobPriority", [1, "high"]),
    ("DeleteFilter", [7]),
    ("PickupJob", [None]),
    ("Query", ["node", ["name"]]),
    ("Query", ["node", "name", None]),
    ("QueryClusterInfo", [1]),
    ("QueryConfigValues", ["cluster_name"]),
    ("QueryExports", [[]]),
    ("QueryFields", ["node"]),
    ("QueryFilters", [None]),
    ("QueryGroups", [[], ["name"]]),
    ("QueryInstances", [[], ["name"]]),
    ("QueryJobs", [[1]]),
    ("QueryJobs", [["one"], ["id"]]),
    ("QueryNetworks", [[], ["name"]]),
    ("QueryNodes", [[], ["name"]]),
    ("QueryTags", ["cluster"]),
    ("ReplaceFilter", [None, 0, [], "PAUSE"]),
    ("ReplaceFilter", [None, "first", [], "PAUSE", []]),
    ("SetDrainFlag", ["yes"]),
    ("SetWatcherPause", []),
    ("SubmitJob", []),
    ("SubmitJob", [{}]),
    ("SubmitJobToDrainedQueue", [1]),
    ("SubmitManyJobs", [[1]]),
    ("WaitForJobChange", [1, ["status"], None, None]),
    ("WaitForJobChange", [1, ["status"], None, None, "long"]),
    ("NoSuchMethod", []),
]


class Raw:
    """A connection without any client library."""

    def __init__(self, path: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(path)
        self.rest = b""

    def receive(self) -> bytes:
        """Return the next answer without its terminator, or what is left at the end of the connection."""
        while ETX not in self.rest:
            part = self.sock.recv(65536)
            if not part:
                break
            self.rest += part
        answer, _, self.rest = self.rest.partition(ETX)
        return answer

    def ask(self, method: str, args: list[Any]) -> dict[str, Any]:
        """Return the answer to one request."""
        self.sock.sendall(json.dumps({"method": method, "args": args}).encode() + ETX)
        answer: dict[str, Any] = json.loads(self.receive())
        return answer


def _path(cluster: VirtualCluster, name: str) -> str:
    return str(cluster.root() / "var/run/ganeti/socket" / name)


@pytest.fixture(params=SOCKETS)
def path(cluster: VirtualCluster, request: pytest.FixtureRequest) -> str:
    return _path(cluster, request.param)


@pytest.fixture
def client(path: str) -> Iterator[Client]:
    with Client(path) as connection:
        yield connection


def _end_of(client: Client, job_id: int) -> str:
    info: list[Any] | None = None
    while True:
        change = client.wait_for_job_change(job_id, ["status"], info, None, 30)
        assert change != "nochange"
        info = change.info
        if info[0] in FINAL:
            return str(info[0])


# what a connection is


def test_sockets_are_for_the_group_of_the_daemons(path: str) -> None:
    status = os.stat(path)
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o660


def test_requests_are_answered_in_order_and_may_lack_a_version(path: str) -> None:
    raw = Raw(path)
    requests = [{"method": "QueryConfigValues", "args": [[name]]} for name in ("cluster_name", "master_node", "nosuch")]
    requests[1]["version"] = 2040000
    raw.sock.sendall(b"".join(json.dumps(request).encode() + b"\n" + ETX for request in requests))
    answers = [json.loads(raw.receive()) for _ in requests]
    assert [sorted(answer) for answer in answers] == [["result", "success"]] * 3
    assert answers[2]["result"] == [None]
    assert str(answers[1]["result"][0]).startswith("node1.")
    raw.sock.close()


@pytest.mark.parametrize(("method", "args"), MALFORMED, ids=lambda value: value if isinstance(value, str) else None)
def test_what_is_no_request_is_refused_and_ends_the_connection(
    cluster: VirtualCluster, method: str, args: list[Any]
) -> None:
    raw = Raw(_path(cluster, SOCKETS[1]))
    answer = raw.ask(method, args)
    assert answer["success"] is False
    assert answer["result"].startswith("Failed to parse request:")
    assert raw.receive() == b""
    raw.sock.close()


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"method": "QueryClusterInfo"}', b'{"args": []}', b"\xff"])
def test_what_is_no_json_object_is_refused(path: str, text: bytes) -> None:
    raw = Raw(path)
    raw.sock.sendall(text + ETX)
    assert json.loads(raw.receive())["result"].startswith("Failed to parse request:")
    assert raw.receive() == b""
    raw.sock.close()


# jobs


def test_a_job_from_submission_to_archive(client: Client) -> None:
    job_id = client.submit_job([DELAY])
    assert _end_of(client, job_id) == "success"
    assert client.query_jobs([job_id], ["id", "status", "opstatus"]) == [[job_id, "success", ["success"]]]
    assert client.call("QueryJobs", [[str(job_id), 999999], ["id", "status"]]) == [[job_id, "success"], [999999, None]]
    assert [job_id] in client.query_jobs(None, ["id"])
    assert client.cancel_job(job_id) == (False, f"Job {job_id} is no longer waiting in the queue")
    assert client.change_job_priority(job_id, c.OP_PRIO_HIGH) == (False, f"Job {job_id} is finished")
    assert client.archive_job(job_id) is True
    assert client.archive_job(job_id) is False
    assert client.cancel_job(job_id) == (False, f"Job {job_id} not found")
    assert client.query_jobs([job_id], ["status", "archived"]) == [["success", True]]
    assert client.call("WaitForJobChange", [job_id, ["status"], ["success"], None, 10]) == [["success"], []]
    with pytest.raises(errors.JobLost):
        client.wait_for_job_change(999999, ["status"], None, None, 1)


def test_several_jobs_at_once_and_their_outcomes(client: Client) -> None:
    after = {**DELAY, "depends": [[-1, []]]}
    outcomes = client.submit_many_jobs([[DELAY], [after], [], [{**DELAY, "depends": [[-9, []]]}]])
    assert [outcome.accepted for outcome in outcomes] == [True, True, False, False]
    first, second = (int(outcome.job_id_or_message) for outcome in outcomes[:2])
    assert second == first + 1
    assert "Unable to resolve relative job ID -9" in str(outcomes[3].job_id_or_message)
    assert [_end_of(client, job_id) for job_id in (first, second)] == ["success", "success"]


@pytest.mark.parametrize(
    "op",
    [
        {"OP_ID": "OP_NO_SUCH"},
        {"duration": 1},
        {**DELAY, "bogus": 1},
        {**DELAY, "priority": 5},
        {**DELAY, "duration": "long"},
        {"OP_ID": "OP_TEST_DELAY"},
    ],
)
def test_one_wrong_opcode_refuses_the_whole_submission(client: Client, op: dict[str, Any]) -> None:
    before = len(client.query_jobs(None, ["id"]))
    with pytest.raises(RequestError, match="Failed to parse request"):
        client.submit_many_jobs([[DELAY], [op]])
    with pytest.raises(RequestError):
        client.submit_job([op])
    assert len(client.query_jobs(None, ["id"])) == before


def test_a_drained_queue_refuses_jobs_that_do_not_insist(client: Client) -> None:
    assert client.call("SetDrainFlag", [True]) is True
    try:
        assert client.query_config_values(["drain_flag"]) == [True]
        with pytest.raises(errors.JobQueueDrainError):
            client.submit_job([DELAY])
        assert _end_of(client, client.submit_job_to_drained_queue([DELAY])) == "success"
    finally:
        client.set_drain_flag(False)
    assert _end_of(client, client.submit_job([DELAY])) == "success"


def test_queued_and_waiting_jobs_are_canceled_and_get_other_priorities(client: Client) -> None:
    holder = client.submit_job([{**DELAY, "duration": 8.0, "on_master": True, "no_locks": False}])
    blocked = client.submit_job([{**DELAY, "on_master": True, "no_locks": False}])
    dependant = client.submit_job([{**DELAY, "depends": [[holder, []]]}])
    changed, message = client.change_job_priority(dependant, c.OP_PRIO_LOW)
    assert changed and "have been changed to 10" in message
    assert client.query_jobs([dependant], ["priority"]) == [[10]]
    with pytest.raises(errors.GenericError, match="Invalid priority"):
        client.change_job_priority(dependant, 3)
    assert client.cancel_job(dependant) == (True, f"Job {dependant} canceled")
    granted, _ = client.cancel_job(blocked)
    assert granted and _end_of(client, blocked) == "canceled"
    assert client.cancel_job(holder, kill=True) == (True, f"Job {holder} will be killed")
    assert _end_of(client, holder) == "error"
    assert "killed by request" in str(client.query_jobs([holder], ["opresult"]))


def test_waiting_ends_with_the_time_when_nothing_happens(client: Client) -> None:
    job_id = client.submit_job([{**DELAY, "duration": 60.0}])
    while client.query_jobs([job_id], ["status"]) != [["running"]]:
        time.sleep(0.02)
    begin = time.monotonic()
    assert client.wait_for_job_change(job_id, ["status"], ["running"], None, 0.2) == "nochange"
    assert time.monotonic() - begin < 2.0
    with pytest.raises(errors.OpPrereqError, match="Unknown output fields selected: bogus"):
        client.wait_for_job_change(job_id, ["bogus"], None, None, 1)
    client.cancel_job(job_id, kill=True)
    assert _end_of(client, job_id) == "error"


def test_old_jobs_are_archived_together(client: Client) -> None:
    job_id = client.submit_job([DELAY])
    _end_of(client, job_id)
    assert client.auto_archive_jobs(3600, 10)[0] == 0
    archived, left = client.auto_archive_jobs(-1, 10)
    assert archived >= 1 and left == 0
    assert client.query_jobs([job_id], ["archived"]) == [[True]]


def test_jobs_are_not_handed_out_to_clients(client: Client) -> None:
    with pytest.raises(errors.GenericError, match="cannot be picked up"):
        client.call("PickupJob", [1])


# queries


def test_query_and_query_fields(client: Client, cluster: VirtualCluster) -> None:
    answer = client.query(c.QR_NODE, ["name", "bogus"], ["=~", "name", "^node[12]"])
    assert [(field.name, field.title, field.kind) for field in answer.fields] == [
        ("name", "Node", "text"),
        ("bogus", "bogus", "unknown"),
    ]
    assert answer.rows == [[[0, name], [1, None]] for name in cluster.nodes[:2]]
    assert client.query_fields(c.QR_NODE, ["name"])[0].title == "Node"
    everything = client.query_fields(c.QR_NODE)
    assert client.query_fields(c.QR_NODE, []) == everything
    with pytest.raises(errors.OpPrereqError, match="Resource type 'disk' unknown"):
        client.query("disk", ["name"])
    with pytest.raises(errors.OpPrereqError):
        client.query_fields("disk")
    for wrong in (["==", "bogus", 1], ["=~", "name", "("], ["<", "name", 1]):
        with pytest.raises(errors.ParameterError):
            client.query(c.QR_NODE, ["name"], wrong)
    for malformed in (["~", "name", "x"], ["==", "name"]):
        with pytest.raises(RequestError, match="Failed to parse request: "):
            client.query(c.QR_NODE, ["name"], malformed)


@pytest.mark.parametrize("resource", sorted(c.QR_VIA_LUXI) + sorted(c.QR_VIA_OP))
def test_every_field_of_every_resource_can_be_asked_for(client: Client, resource: str) -> None:
    fields = [field.name for field in client.query_fields(resource)]
    answer = client.query(resource, fields)
    assert [field.name for field in answer.fields] == fields
    assert all(len(row) == len(fields) for row in answer.rows)


def test_classic_queries_return_plain_values(client: Client, cluster: VirtualCluster) -> None:
    reverse = list(reversed(cluster.nodes))
    assert client.query_nodes([], ["name"]) == [[name] for name in cluster.nodes]
    assert client.query_nodes(reverse, ["name", "offline"]) == [[name, False] for name in reverse]
    assert client.query_groups([], ["name", "node_cnt"]) == [["default", 3]]
    assert client.query_instances([], ["name"]) == []
    assert client.query_networks([], ["name"]) == []
    assert [row[0] for row in client.query_exports([cluster.nodes[1]])] in ([], [cluster.nodes[1]])
    for method, fields in (("QueryNodes", ["name"]), ("QueryInstances", ["name"]), ("QueryGroups", ["name"])):
        with pytest.raises(errors.OpPrereqError, match="bogus") as unknown:
            client.call(method, [["bogus"], fields, False])
        assert unknown.value.args[1] == c.ECODE_NOENT
        with pytest.raises(errors.OpPrereqError, match="Unknown output fields selected: a, b"):
            client.call(method, [[], ["a", "b"], False])
        with pytest.raises(errors.OpPrereqError, match="Sync queries are not allowed"):
            client.call(method, [[], fields, True])


def test_cluster_information_configuration_values_and_tags(client: Client, cluster: VirtualCluster) -> None:
    info = client.query_cluster_info()
    assert (info["name"], info["master"]) == (cluster.name, cluster.nodes[0])
    names = ["cluster_name", "master_node", "drain_flag", "watcher_pause", "bogus"]
    assert client.query_config_values(names) == [cluster.name, cluster.nodes[0], False, None, None]
    short = cluster.nodes[1].partition(".")[0]
    cluster.run("gnt-node", "add-tags", cluster.nodes[1], "rack:1")
    try:
        assert client.query_tags("node", short) == ["rack:1"]
    finally:
        cluster.run("gnt-node", "remove-tags", cluster.nodes[1], "rack:1")
    assert client.query_tags("cluster", "") == []
    assert client.query_tags("nodegroup", "default") == []
    with pytest.raises(errors.OpPrereqError):
        client.query_tags("node", "bogus")
    with pytest.raises(RequestError, match="Failed to parse request"):
        client.query_tags("disk", "x")


# filters and switches


def test_filter_rules(client: Client) -> None:
    trail = [["gnt:user", "test", 1]]
    uuid = client.replace_filter(None, 5, [["jobid", ["<", "id", 0]]], ["RATE_LIMIT", 3], trail)
    try:
        rows = client.query_filters([uuid], ["priority", "predicates", "action", "reason_trail"])
        assert rows[0][:3] == [5, [["jobid", ["<", "id", 0]]], ["RATE_LIMIT", 3]]
        assert rows[0][3][0] == trail[0] and rows[0][3][1][:2] == ["luxid", ""]
        assert client.replace_filter(uuid, 1, [["jobid", ["<", "id", 0]]], "PAUSE", []) == uuid
        assert client.query_filters(None, ["uuid", "action"]) == [[uuid, "PAUSE"]]
    finally:
        client.delete_filter(uuid)
    with pytest.raises(errors.GenericError, match="does not exist"):
        client.delete_filter(uuid)
    for priority, predicates, action in ((-1, [], "PAUSE"), (0, [], "WAIT"), (0, [["x", ["==", "a", 1]]], "PAUSE")):
        with pytest.raises(errors.GenericError):
            client.replace_filter(None, priority, predicates, action, [])
    with pytest.raises(errors.GenericError):
        client.replace_filter("not-a-uuid", 0, [], "PAUSE", [])


def test_watcher_pause(client: Client) -> None:
    until = time.time() + 600
    assert client.set_watcher_pause(until) == until
    assert client.query_config_values(["watcher_pause"]) == [int(until)]
    assert client.set_watcher_pause(None) is None
    assert client.query_config_values(["watcher_pause"]) == [None]
    with pytest.raises(errors.GenericError, match="in the past"):
        client.set_watcher_pause(1.0)
    with pytest.raises(errors.GenericError):
        client.call("SetWatcherPause", ["tomorrow"])
