"""gnt-node migrate, failover, evacuate, power, health, powercycle and restricted-command."""

from typing import Any

import pytest

from ganeti import constants as c
from ganeti import errors
from ganeti.client import gnt_node
from test.unit.client.conftest import Serve, job_answers
from test.unit.luxi import scripted

Capture = pytest.CaptureFixture[str]


def _jobs(*results: Any) -> dict[str, Any]:
    """Return the answers for one job after the other, all of them successful."""
    return {
        "SubmitJob": 12,
        "WaitForJobChange": scripted.Script(*[[["success"], []]] * len(results)),
        "QueryJobs": scripted.Script(*[[["success", ["success"], [result]]] for result in results]),
    }


def _submitted(server: scripted.ScriptedServer) -> list[list[dict[str, Any]]]:
    """Return all submitted jobs without what each opcode has in common."""
    common = ("debug_level", "reason", "priority", "comment", "depends", "dry_run")
    jobs = [args[0] for args in server.calls("SubmitJob")]
    return [[{k: v for k, v in op.items() if k not in common} for op in job] for job in jobs]


def test_jobs_of_a_migration_are_followed(serve: Serve, capsys: Capture) -> None:
    answers = {**_jobs({"jobs": [[True, 13]]}, None), "QueryNodes": [["node1", ["web"]]]}
    server = serve(answers)
    assert gnt_node.main(["migrate", "-f", "-n", "node3", "node1"]) == 0
    (op,) = _submitted(server)[0]
    assert (op["OP_ID"], op["node_name"], op["target_node"]) == ("OP_NODE_MIGRATE", "node1", "node3")
    assert capsys.readouterr().out == (
        "Submitted jobs 13\nWaiting for job 13 for web ...\nAll instances migrated successfully.\n"
    )


def test_nothing_is_done_for_a_node_without_instances(serve: Serve, capsys: Capture) -> None:
    server = serve({"QueryNodes": [["node1", []]]})
    assert gnt_node.main(["migrate", "node1"]) == 0
    assert gnt_node.main(["failover", "node1"]) == 0
    server = serve({"QueryNodes": [["node1", ["web"], []]]})
    assert gnt_node.main(["evacuate", "-s", "node1"]) == 0
    assert not server.calls("SubmitJob")


def test_failures_of_single_failovers_are_counted(serve: Serve, capsys: Capture) -> None:
    serve({"QueryNodes": [["node1", ["a"]]], "SubmitManyJobs": [[False, "queue is full"]]})
    assert gnt_node.main(["failover", "-f", "node1"]) == 1
    captured = capsys.readouterr()
    assert "There were 1 errors during the failover." in captured.out
    assert "Failed to submit job for a: queue is full" in captured.err


def test_new_secondary_node_implies_the_secondary_instances(serve: Serve) -> None:
    server = serve({**_jobs({"jobs": []}), "QueryNodes": [["node1", ["a"], ["b"]]]})
    assert gnt_node.main(["evacuate", "-f", "-n", "node2", "node1"]) == 0
    (op,) = _submitted(server)[0]
    assert (op["mode"], op["remote_node"]) == (c.NODE_EVAC_SEC, "node2")
    assert gnt_node.main(["evacuate", "-p", "-s", "node1"]) == 1


def test_declined_questions_have_their_exit_codes(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganeti.cli.confirm.confirm", lambda _question: False)
    serve({"QueryNodes": [["node1", ["a"], ["b"]]]})
    assert gnt_node.main(["evacuate", "-p", "node1"]) == 13
    serve({"QueryNodes": [["node1", ["a"]]]})
    assert gnt_node.main(["failover", "node1"]) == 2
    assert gnt_node.main(["powercycle", "node1"]) == 2
    assert gnt_node.main(["power", "off", "node1"]) == 1


def test_nodes_are_marked_offline_before_they_are_switched_off(serve: Serve, capsys: Capture) -> None:
    answers = job_answers()
    answers["QueryJobs"] = [["success", ["success"] * 2, [[], [[[0, "node3"], [0, None]]]]]]
    server = serve(answers)
    assert gnt_node.main(["power", "-f", "--auto-promote", "off", "node3"]) == 0
    first, second = _submitted(server)[0]
    assert (first["node_name"], first["offline"], first["auto_promote"]) == ("node3", True, True)
    assert (second["command"], second["node_names"]) == ("power-off", ["node3"])
    assert capsys.readouterr().out == "Node  Status\nnode3 invoked\n"


def test_power_state_of_each_node(serve: Serve, capsys: Capture) -> None:
    rows = [[[0, "n1"], [0, {"powered": True}]], [[0, "n2"], [0, {"powered": False}]], [[0, "n3"], [3, None]]]
    serve(job_answers(rows))
    assert gnt_node.main(["power", "--separator", ":", "--no-headers", "status"]) == 1
    assert capsys.readouterr().out == "n1:powered\nn2:unpowered\nn3:(unavail)\n"


def test_health_has_one_line_per_item(serve: Serve, capsys: Capture) -> None:
    serve(job_answers([[[0, "n1"], [0, [["fan", "OK"], ["psu", "UNKNOWN"]]]], [[0, "n2"], [2, None]]]))
    assert gnt_node.main(["health"]) == 1
    assert capsys.readouterr().out == "Node Status\nn1   fan=OK\n     psu=UNKNOWN\nn2   (nodata)\n"


def test_restricted_command_shows_the_output_of_each_node(serve: Serve, capsys: Capture) -> None:
    nodes = {"fields": [], "data": [[[0, False], [0, "n1"]], [[0, True], [0, "n2"]], [[0, False], [0, "n3"]]]}
    server = serve({**job_answers([[True, "a\nb\n"], [False, "failed"]]), "Query": nodes, "QueryGroups": [["default"]]})
    assert gnt_node.main(["restricted-command", "-g", "default", "-M", "check"]) == 1
    assert _submitted(server)[0][0]["nodes"] == ["n1", "n3"]
    captured = capsys.readouterr()
    ruler = "-" * 48
    assert captured.out == f"{ruler}\nn1: a\nn1: b\n{ruler}\nn3: failed\n"
    assert captured.err == "Note: skipping offline node(s): n2\n"
    assert gnt_node.main(["restricted-command", "check"]) == 1


def test_group_that_does_not_exist_is_told_from_one_without_nodes(serve: Serve, capsys: Capture) -> None:
    unknown = scripted.failure(errors.encode_exception(errors.OpPrereqError("Group name 'x' not found", c.ECODE_NOENT)))
    serve({"Query": {"fields": [], "data": []}, "QueryGroups": unknown})
    assert gnt_node.main(["restricted-command", "-g", "x", "check"]) == 1
    assert "Group name 'x' not found" in capsys.readouterr().err
    serve({"Query": {"fields": [], "data": []}, "QueryGroups": [["empty"]]})
    assert gnt_node.main(["restricted-command", "-g", "empty", "check"]) == 1
    assert "None of the nodes that are meant is online" in capsys.readouterr().err


def test_sizes_of_storage_have_a_unit_only_without_separator(serve: Serve, capsys: Capture) -> None:
    rows = [["n1", "file", "/srv/file", 10240, None, 2048, True]]
    serve(job_answers(rows))
    assert gnt_node.main(["list-storage"]) == 0
    assert capsys.readouterr().out == (
        "Node Type Name       Size Used Free Allocatable\nn1   file /srv/file 10.0G    ? 2.0G Y\n"
    )
    serve(job_answers(rows))
    assert gnt_node.main(["list-storage", "--separator=:", "--no-headers"]) == 0
    assert capsys.readouterr().out == "n1:file:/srv/file:10240:?:2048:Y\n"
