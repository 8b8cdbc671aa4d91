"""gnt-cluster epo."""

from typing import Any

import pytest

from ganeti.client import gnt_cluster
from ganeti.client.cluster import epo
from test.unit.client.conftest import Serve
from test.unit.luxi import scripted

NODES = [
    ["n1", "192.0.2.1", True, ["a"], [], None, False],
    ["n2", "192.0.2.2", False, ["b"], ["a"], True, False],
    ["n3", "192.0.2.3", False, ["c"], [], True, False],
]
INSTANCES = [["a", "up"], ["b", "up"], ["c", "down"]]


def _answers(nodes: list[list[Any]], result: list[Any]) -> dict[str, Any]:
    """Return the answers for two jobs of instances and one with out-of-band commands."""
    return {
        "QueryNodes": nodes,
        "QueryInstances": INSTANCES,
        "SubmitManyJobs": [[True, 11], [True, 12]],
        "SubmitJob": 13,
        "WaitForJobChange": scripted.Script(*[[["success"], []]] * 3),
        "QueryJobs": scripted.Script(*result),
    }


DONE: Any = [["success", ["success"], [None]]]


def _switched(server: scripted.ScriptedServer) -> tuple[str, list[str]]:
    ((ops,),) = server.calls("SubmitJob")
    return ops[0]["command"], ops[0]["node_names"]


def test_instances_are_shut_down_before_nodes_are_switched_off(serve: Serve) -> None:
    oob = [["success", ["success"], [[[[0, "n2"], [0, None]], [[0, "n3"], [0, None]]]]]]
    server = serve(_answers(NODES, [[["running"], ["running"]], DONE, DONE, oob]))
    assert gnt_cluster.main(["epo", "-f", "--all"]) == 0
    ((jobs,),) = server.calls("SubmitManyJobs")
    assert [(job[0]["OP_ID"], job[0]["instance_name"], job[0]["no_remember"]) for job in jobs] == [
        ("OP_INSTANCE_SHUTDOWN", "a", True),
        ("OP_INSTANCE_SHUTDOWN", "b", True),
    ]
    assert _switched(server) == ("power-off", ["n2", "n3"])


def test_instances_are_started_when_their_nodes_are_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(epo.net, "tcp_ping", lambda *_args, **_kwargs: True)  # type: ignore[attr-defined]
    nodes = [[*row[:5], row[5] and False, row[6]] for row in NODES]
    nodes[2][5] = True
    oob = [["success", ["success"], [[[[0, "n2"], [0, None]]]]]]
    server = serve(_answers(nodes, [oob, [["running"], ["running"]], DONE, DONE]))
    assert gnt_cluster.main(["epo", "-f", "--on", "n1", "n2", "n3"]) == 0
    assert _switched(server) == ("power-on", ["n2"])
    ((jobs,),) = server.calls("SubmitManyJobs")
    assert [(job[0]["OP_ID"], job[0]["instance_name"]) for job in jobs] == [
        ("OP_INSTANCE_STARTUP", "a"),
        ("OP_INSTANCE_STARTUP", "b"),
    ]


@pytest.mark.parametrize("words", [["--all", "n1"], ["--all", "--groups"], [], ["n1", "n2"]])
def test_wrong_combinations_and_the_master_are_refused(serve: Serve, words: list[str]) -> None:
    server = serve({"QueryNodes": NODES})
    assert gnt_cluster.main(["epo", "-f", *words]) == 1
    assert not server.calls("SubmitManyJobs")
    assert not server.calls("SubmitJob")


def test_each_instance_waits_for_its_online_nodes_but_not_for_the_master() -> None:
    nodes = [epo._Node(row[0], row[1], row[2], frozenset([*row[3], *row[4]]), row[5], row[6]) for row in NODES]
    assert epo.instance_map(nodes) == {"a": {"n2"}, "b": {"n2"}, "c": {"n3"}}
