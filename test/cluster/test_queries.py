"""Queries on a running cluster: live data under polling, and lists as scripts use them."""

import ast
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.luxi import Client
from ganeti.luxi.errors import RequestError
from test.cluster.virtual import VirtualCluster, wait_for

SEPARATOR = "--##"
FIELDS = ["name", "status", "oper_state", "oper_ram"]


def _client(cluster: VirtualCluster) -> Client:
    return Client(str(cluster.root() / "var/run/ganeti/socket/ganeti-query"))


@pytest.fixture
def instance(cluster: VirtualCluster) -> str:
    """An instance that is not running, removed with the others after the test."""
    name = cluster.instances[0]
    cluster.run(
        *("gnt-instance", "add", "-t", "diskless", "-H", "fake", "-o", "busybox+default", "--no-install", "--no-nics"),
        *("--no-start", "-B", "memory=64,vcpus=1", "-n", cluster.nodes[1], name),
    )
    return name


@contextmanager
def _polling(cluster: VirtualCluster, count: int) -> Iterator[list[int]]:
    """Let programs ask for all instances and nodes as fast as they can; gives the number of answers of each."""
    end = threading.Event()
    answers = [0] * count

    def poll(number: int) -> None:
        with _client(cluster) as client:
            while not end.is_set():
                client.query(c.QR_INSTANCE, FIELDS, None)
                client.query(c.QR_NODE, ["name", "mfree", "dfree"], None)
                answers[number] += 1

    threads = [threading.Thread(target=poll, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        end.set()
        for thread in threads:
            thread.join()


def test_what_a_job_changed_is_seen_at_once_however_many_others_ask(cluster: VirtualCluster, instance: str) -> None:
    def seen() -> list[Any]:
        with _client(cluster) as client:
            answer = client.query(c.QR_INSTANCE, FIELDS, ["==", "name", instance])
        return [value for _, value in answer.rows[0]][1:]

    with _polling(cluster, 3) as answers:
        wait_for(lambda: min(answers) > 3, "answers for all pollers")
        for _ in range(3):
            cluster.run("gnt-instance", "start", instance)
            assert seen() == ["running", True, 64]
            cluster.run("gnt-instance", "stop", "--timeout=0", instance)
            assert seen() == ["ADMIN_down", False, None]
            cluster.run("gnt-instance", "modify", "--offline", instance)
            assert seen()[0] == "ADMIN_offline"
            cluster.run("gnt-instance", "modify", "--online", instance)


def test_a_node_that_does_not_answer_is_told_from_one_that_is_marked(cluster: VirtualCluster, instance: str) -> None:
    list_nodes = ("gnt-node", "list", "--no-headers", "--separator", SEPARATOR, "-o", "name,mfree,role")
    cluster.daemon_util("stop", "ganeti-noded", node=1)
    try:
        wait_for(lambda: cluster.lines(*list_nodes)[1].split(SEPARATOR)[1] == "?", "the silence of the node")
        assert cluster.lines(*list_nodes, "-v", "node2")[0].split(SEPARATOR)[1] == "(nodata)"
        status = cluster.lines("gnt-instance", "list", "--no-headers", "-o", "status,oper_ram", instance)
        assert status[0].split() == ["ERROR_nodedown", "?"]
        # A filter on data that are not there lets the node pass.
        assert [line.split(SEPARATOR)[1] for line in cluster.lines(*list_nodes, "mfree > 999999999")] == ["?"]
        cluster.run("gnt-node", "modify", "--offline=yes", cluster.nodes[1])
        assert cluster.lines(*list_nodes)[1].split(SEPARATOR)[1:] == ["*", "O"]
        assert cluster.lines(*list_nodes, "-v", "node2")[0].split(SEPARATOR)[1] == "(offline)"
        status = cluster.lines("gnt-instance", "list", "--no-headers", "-o", "status,oper_ram", instance)
        assert status[0].split() == ["ERROR_nodeoffline", "*"]
    finally:
        cluster.daemon_util("start", "ganeti-noded", node=1)
        cluster.run("gnt-node", "modify", "-f", "--offline=no", cluster.nodes[1])
    wait_for(lambda: cluster.lines(*list_nodes)[1].split(SEPARATOR)[1].isdigit(), "an answer of the node")


@pytest.mark.parametrize("program", ["gnt-node", "gnt-instance", "gnt-group", "gnt-network", "gnt-job", "gnt-filter"])
def test_all_fields_can_be_listed_and_nested_values_evaluated(
    cluster: VirtualCluster, instance: str, program: str
) -> None:
    del instance
    fields = [line.split("|") for line in cluster.lines(program, "list-fields", "--no-headers", "--separator=|")]
    names = [row[0] for row in fields]
    assert len(names) == len(set(names))
    # Jobs of other tests were given texts with line breaks; the last one made the instance.
    chosen = cluster.lines("gnt-job", "list", "--no-headers", "-o", "id")[-1:] if program == "gnt-job" else []
    options = ("--no-headers", f"--separator={SEPARATOR}", "-o", ",".join(names))
    rows = cluster.lines(program, "list", *options, *chosen)
    assert rows or program in ("gnt-network", "gnt-filter")
    for row in rows:
        cells = row.split(SEPARATOR)
        assert len(cells) == len(names)
        for (_, kind, *_), cell in zip(fields, cells, strict=True):
            if kind == "Boolean":
                assert cell in ("Y", "N", "-", "?")
            if kind == "Custom" and cell[:1] in ("{", "["):
                assert isinstance(ast.literal_eval(cell), (dict, list))


def test_wrong_lists_fail_as_scripts_expect(cluster: VirtualCluster) -> None:
    unknown = cluster.run("gnt-node", "list", "-o", "name,bogus", "--no-headers", check=False)
    assert (unknown.exit_code, unknown.stderr) == (14, "Warning: Queried for unknown fields bogus\n")
    assert unknown.stdout.splitlines()[0].split() == [cluster.nodes[0], "??"]
    absent = cluster.run("gnt-node", "list", "node9", check=False)
    assert (absent.exit_code, absent.stdout) == (1, "")
    assert "unknown_entity" in absent.stderr
    odd = cluster.run("gnt-node", "list", "name = node1", check=False)
    assert odd.exit_code == 1
    assert odd.stderr.splitlines()[-3:-1] == ["name = node1", "       ^"]
    field = cluster.run("gnt-node", "list", "-F", "nosuch", check=False)
    assert field.exit_code == 1
    assert "Unknown field 'nosuch'" in field.stderr
    deep = cluster.run("gnt-node", "list", "-F", "not " * 12 + "offline", check=False)
    assert deep.exit_code == 1
    assert "nested" in deep.stderr
    kinds = cluster.run("gnt-node", "list", "-F", "pinst_cnt == 'x'", check=False)
    assert kinds.exit_code == 1
    assert "Invalid types in comparison" in kinds.stderr


def test_what_is_no_filter_is_no_request(cluster: VirtualCluster) -> None:
    with _client(cluster) as client:
        for wrong in (["=="], ["~", "name", "x"], ["==", "name", 1.5], ["&", "name"]):
            with pytest.raises(RequestError, match="Failed to parse request: "):
                client.query(c.QR_NODE, ["name"], wrong)
        for wrong in (["?", "nosuch"], ["=~", "name", "("], ["==", "pinst_cnt", "x"]):
            with pytest.raises(errors.ParameterError):
                client.query(c.QR_NODE, ["name"], wrong)


def test_values_are_whole_where_they_can_be(cluster: VirtualCluster) -> None:
    with _client(cluster) as client:
        answer = client.query(c.QR_NODE, ["ndp/cpu_speed", "ndparams"], None)
        info = client.query_cluster_info()
    speed, params = (value for _, value in answer.rows[0])
    assert (repr(speed), repr(params["cpu_speed"])) == ("1", "1")
    assert repr(info["ipolicy"]["vcpu-ratio"]) == "4"
