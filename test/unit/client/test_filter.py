"""gnt-filter and the small commands of gnt-debug against a scripted master daemon."""

import time
from pathlib import Path
from typing import Any

import pytest

from ganeti.client import gnt_debug, gnt_filter
from ganeti.luxi import wire
from test.unit.luxi import scripted

from .conftest import Serve, job_answers

Capture = pytest.CaptureFixture[str]

RULE = ["u1", 7, 0, [["jobid", [">", "id", "watermark"]]], "REJECT", [["gnt:user", "x", 1]]]


def test_a_rule_is_added_with_all_its_parts(serve: Serve, capsys: Capture) -> None:
    server = serve({"ReplaceFilter": "u1"})
    predicates = '--predicates=[["jobid", [">", "id", "watermark"]]]'
    assert gnt_filter.main(["add", "--priority=2", predicates, "--action", "RATE_LIMIT 10", "--reason", "why"]) == 0
    assert capsys.readouterr().out == "u1\n"
    ((uuid, priority, conditions, action, reason),) = server.calls("ReplaceFilter")
    assert (uuid, priority, conditions, action) == (
        None,
        2,
        [["jobid", [">", "id", "watermark"]]],
        ["RATE_LIMIT", 10],
    )
    assert [entry[:2] for entry in reason] == [["gnt:user", "why"], ["gnt:client:gnt-filter", "add"]]


def test_a_rule_is_replaced_and_deleted_by_uuid(serve: Serve) -> None:
    server = serve({"ReplaceFilter": "u1", "DeleteFilter": None})
    assert gnt_filter.main(["replace", "--action", "PAUSE", "u1"]) == 0
    assert gnt_filter.main(["delete", "u1"]) == 0
    assert server.calls("ReplaceFilter")[0][:4] == ["u1", 0, [], "PAUSE"]
    assert server.calls("DeleteFilter") == [["u1"]]


@pytest.mark.parametrize("option", ["--predicates={", "--action=RATE_LIMIT x", "--priority=high"])
def test_values_that_cannot_be_understood_are_refused_before_anything_is_sent(
    serve: Serve, capsys: Capture, option: str
) -> None:
    server = serve({"ReplaceFilter": "u1"})
    assert gnt_filter.main(["add", option]) == 1
    assert "Usage: gnt-filter add" in capsys.readouterr().err
    assert server.calls("ReplaceFilter") == []


def test_info_shows_one_block_per_rule(serve: Serve, capsys: Capture) -> None:
    serve({"QueryFilters": [RULE]})
    assert gnt_filter.main(["info"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "UUID: u1",
        "  Watermark: 7",
        "  Priority: 0",
        "  Predicates: [['jobid', ['>', 'id', 'watermark']]]",
        "  Action: REJECT",
        "  Reason trail: [['gnt:user', 'x', 1]]",
    ]
    assert gnt_filter.main(["info", "u2"]) == 1
    assert "u2 does not exist" in capsys.readouterr().err


def test_list_asks_for_the_given_rules(serve: Serve, capsys: Capture) -> None:
    fields = [{"name": name, "title": name, "kind": "other", "doc": "d"} for name in ("uuid", "action")]
    server = serve({"Query": {"fields": fields, "data": [[[0, "u1"], [0, ["RATE_LIMIT", 2]]]]}})
    assert gnt_filter.main(["list", "--no-headers", "--separator=|", "-o", "uuid,action", "u1"]) == 0
    assert capsys.readouterr().out == "u1|['RATE_LIMIT', 2]\n"
    assert server.calls("Query") == [["filter", ["uuid", "action"], ["|", ["==", "uuid", "u1"]]]]


LOCKS: dict[str, Any] = {
    "fields": [{"name": name, "title": name, "kind": "other", "doc": "d"} for name in ("name", "mode", "owner")],
    "data": [
        [[0, "cluster/BGL"], [0, "shared"], [0, ["12", "13"]]],
        [[0, "node/n1"], [0, "exclusive"], [0, ["13"]]],
        [[0, "node/n2"], [0, None], [0, None]],
        [[0, "rpc/n2/hooks_runner"], [0, None], [0, ["13"]]],
    ],
}


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["echo", "a", "b"], ["a b"]),
        (["flushconfig"], ["Configuration flushed."]),
        (["listlocks", "13"], ["cluster/BGL: shared", "node/n1: exclusive"]),
        (["listalllocks"], ["cluster/BGL", "node/n1"]),
        (["listalllocksowners"], ["cluster/BGL: shared 12,13", "node/n1: exclusive 13"]),
    ],
)
def test_questions_for_the_former_configuration_daemon(
    serve: Serve, capsys: Capture, words: list[str], lines: list[str]
) -> None:
    serve({"Query": LOCKS, "QueryConfigValues": ["c"]})
    assert gnt_debug.main(["wconfd", *words]) == 0
    assert capsys.readouterr().out.splitlines() == lines


def test_an_unknown_question_is_refused(serve: Serve, capsys: Capture) -> None:
    serve({})
    assert gnt_debug.main(["wconfd", "nonsense"]) == 1
    assert "listalllocks" in capsys.readouterr().err


def test_the_metadata_daemon_is_asked_on_its_own_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("ganeti.pathutils.LOG_COMMANDS", str(tmp_path / "commands.log"))
    monkeypatch.setattr("ganeti.pathutils.METAD_SOCKET", str(tmp_path / "metad"))
    begin = time.monotonic()
    assert gnt_debug.main(["metad", "echo", "hi"]) == 1
    assert time.monotonic() - begin < 5, "nobody waits for a daemon that is not always there"
    assert "No metadata daemon answers on this node" in capsys.readouterr().err
    server = scripted.ScriptedServer(tmp_path / "metad", lambda _, args: wire.Response(True, args[0]))
    try:
        assert gnt_debug.main(["metad", "echo", "hi", "there"]) == 0
        assert capsys.readouterr().out == "hi there\n"
        assert server.calls("echo") == [["hi there"]]
        assert gnt_debug.main(["metad", "updateConfig"]) == 1
        assert "Unknown method 'updateConfig', use echo" in capsys.readouterr().err
    finally:
        server.close()


def test_locks_are_not_listed_with_a_negative_interval(serve: Serve, capsys: Capture) -> None:
    server = serve({"Query": LOCKS})
    assert gnt_debug.main(["locks", "--interval=-1"]) == 1
    assert "Invalid interval -1" in capsys.readouterr().err
    assert server.requests == []


def test_allocator_requests_have_all_parts(serve: Serve, capsys: Capture) -> None:
    server = serve(job_answers("the request"))
    nics = "aa:00:00:00:00:01/192.0.2.1/br0"
    assert gnt_debug.main(["allocator", "-m", "allocate", "--disks", "1G", "--nics", nics, "--tags=a,b", "vm"]) == 0
    assert capsys.readouterr().out == "the request\n"
    ((op,),) = server.calls("SubmitJob")[0]
    assert op["OP_ID"] == "OP_TEST_ALLOCATOR"
    assert op["disks"] == [{"size": 1024, "mode": "rw"}]
    assert op["nics"] == [{"mac": "aa:00:00:00:00:01", "ip": "192.0.2.1", "link": "br0"}]
    assert (op["name"], op["mode"], op["direction"], op["tags"]) == ("vm", "allocate", "in", ["a", "b"])


def test_secret_os_parameters_are_sent(serve: Serve) -> None:
    server = serve(job_answers())
    assert gnt_debug.main(["test-osparams", "--os-parameters-secret", "key=value"]) == 0
    ((op,),) = server.calls("SubmitJob")[0]
    assert op["osparams_secret"] == {"key": "value"}
