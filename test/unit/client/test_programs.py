"""Whole programs against a scripted master daemon: output, exit codes, what is asked of the master."""

import time
from pathlib import Path
from typing import Any

import pytest

from ganeti.client import gnt_cluster, gnt_debug, gnt_instance, gnt_job, gnt_node, gnt_os
from test.unit.luxi.scripted import Script, failure

from .conftest import Serve, job_answers

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def _query(fields: list[tuple[str, str, str]], rows: list[list[Any]]) -> dict[str, Any]:
    definitions = [{"name": name, "title": title, "kind": kind, "doc": "d"} for name, title, kind in fields]
    return {"fields": definitions, "data": [[[0, value] for value in row] for row in rows]}


JOBS = _query(
    [("id", "ID", "number"), ("status", "Status", "text"), ("summary", "Summary", "other")],
    [[7, "success", ["TEST_DELAY(1)", "TEST_DELAY(2)"]], [12, "running", ["CLUSTER_VERIFY"]]],
)


def test_job_list_joins_summaries_and_filters_by_status(serve: Serve, capsys: Capture) -> None:
    server = serve({"Query": JOBS})
    assert gnt_job.main(["list", "--running"]) == 0
    assert capsys.readouterr().out == (
        "ID Status  Summary\n 7 success TEST_DELAY(1),TEST_DELAY(2)\n12 running CLUSTER_VERIFY\n"
    )
    assert server.calls("Query") == [["job", ["id", "status", "summary"], ["|", ["==", "status", "running"]]]]


def test_job_list_takes_ids_or_one_filter(serve: Serve) -> None:
    server = serve({"Query": JOBS})
    assert gnt_job.main(["list", "--no-headers", "-o", "+end_ts", "--archived", "7", "12"]) == 0
    assert gnt_job.main(["list", 'status == "error"']) == 0
    first, second = server.calls("Query")
    assert first[1:] == [
        ["id", "status", "summary", "end_ts", "archived"],
        ["|", ["==", "id", 7], ["==", "id", 12]],
    ]
    assert second[2] == ["==", "status", "error"]


def test_job_list_refuses_other_names(serve: Serve, capsys: Capture) -> None:
    serve({})
    assert gnt_job.main(["list", "x"]) == 1
    assert "Invalid job ID passed: x" in capsys.readouterr().err


def test_an_unknown_field_is_warned_about_and_has_its_own_exit_code(serve: Serve, capsys: Capture) -> None:
    serve({"Query": _query([("name", "Node", "text"), ("x", "x", "unknown"), ("y", "y", "unknown")], [])})
    assert gnt_node.main(["list", "-o", "name,x,y"]) == 14
    captured = capsys.readouterr()
    assert captured.err == "Warning: Queried for unknown fields x, y\n"
    assert captured.out == "Node x y\n"


def test_list_fields(serve: Serve, capsys: Capture) -> None:
    field = {"name": "oper_ram", "title": "Memory", "kind": "unit", "doc": "Memory in use"}
    server = serve({"QueryFields": {"fields": [field]}})
    assert gnt_instance.main(["list-fields"]) == 0
    assert capsys.readouterr().out == (
        "Name     Type         Title  Description\noper_ram Storage size Memory Memory in use\n"
    )
    assert server.calls("QueryFields") == [["instance", None]]


def test_default_arguments_come_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve({"Query": _query([("name", "Node", "text")], [])})
    monkeypatch.setenv("GNT_NODE_LIST", "--no-headers -o name 'n 1'")
    assert gnt_node.main(["list"]) == 1  # "n 1" has a blank, so it is a filter, and a wrong one
    monkeypatch.setenv("GNT_NODE_LIST", "--no-headers -o name")
    assert gnt_node.main(["list", "n1"]) == 0
    assert server.calls("Query") == [["node", ["name"], ["|", ["==", "name", "n1"]]]]


JOB_INFO = [
    [0, 4711], [0, "success"], [0, [{"OP_ID": "OP_TEST_DELAY", "duration": 5.0}]], [0, [True]], [0, ["success"]],
    [0, [[[1, [1700042401, 5], "message", "hello"]]]], [0, [[1700042400, 223456]]], [0, [[1700042400, 300000]]],
    [0, [None]], [0, [1700042400, 123456]], [0, [1700042400, 223456]], [0, None],
]  # fmt: skip


def test_job_info_shows_what_is_no_opcode(serve: Serve, capsys: Capture) -> None:
    times: list[Any] = [[0, [None]]] * 3
    for op in (17, {"instance_name": "x"}):
        row = [[0, 8], [0, "error"], [0, [op]], [0, [None]], [0, ["error"]], [0, [[]]], *times, *[[0, None]] * 3]
        serve({"Query": {"fields": [], "data": [row]}})
        assert gnt_job.main(["info", "8"]) == 0
        assert "    - Opcode: INVALID_OP\n" in capsys.readouterr().out


def test_job_info_has_the_layout_that_scripts_know(serve: Serve, capsys: Capture) -> None:
    unknown = [[0, 5], *[[3, None]] * 11]
    serve({"Query": {"fields": [], "data": [JOB_INFO, unknown]}})
    assert gnt_job.main(["info", "4711", "5"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "- Job ID: 4711",
        "  Status: success",
        "  Received:         2023-11-15 10:00:00.123456",
        "  Processing start: 2023-11-15 10:00:00.223456 (delta 0.100000s)",
        "  Processing end:   unknown (None)",
        "  Total processing time: N/A",
        "  Opcodes: ",
        "    - Opcode: OP_TEST_DELAY",
        "      Status: success",
        "      Processing start: 2023-11-15 10:00:00.223456",
        "      Execution start:  2023-11-15 10:00:00.300000",
        "      Processing end:   N/A",
        "      Input fields: ",
        "        OP_ID: OP_TEST_DELAY",
        "        duration: 5",
        "      Result: True",
        "      Execution log: ",
        "        - Time: 2023-11-15 10:00:01.000005",
        "          Content: [1, message, hello]",
        "- Job ID 5 not found",
    ]


def test_a_job_is_submitted_followed_and_its_messages_printed(serve: Serve, capsys: Capture) -> None:
    server = serve(job_answers(log=[[1, [1700042401, 0], "message", " - INFO: text"]]))
    words = ["delay", "--print-jobid", "--priority", "low", "--reason", "test", "-n", "n1", "2.5"]
    assert gnt_debug.main(words) == 0
    assert capsys.readouterr().out == "12\nWed Nov 15 10:00:01 2023  - INFO: text\n"
    (job,) = server.calls("SubmitJob")[0]
    assert (job[0]["OP_ID"], job[0]["duration"], job[0]["on_nodes"], job[0]["priority"]) == (
        "OP_TEST_DELAY", 2.5, ["n1"], 10,
    )  # fmt: skip
    assert [entry[:2] for entry in job[0]["reason"]] == [["gnt:user", "test"], ["gnt:client:gnt-debug", "delay"]]
    assert server.calls("WaitForJobChange")[1][2:4] == [["success"], 1]


def test_submit_only_prints_the_id_and_does_not_wait(serve: Serve, capsys: Capture) -> None:
    server = serve({"SubmitJob": 12})
    assert gnt_debug.main(["delay", "--submit", "1"]) == 0
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "JobID: 12\n")
    assert [request.method for request in server.requests] == ["SubmitJob"]


def test_waiting_is_explained_once_per_reason(serve: Serve, capsys: Capture) -> None:
    answers = job_answers()
    answers["WaitForJobChange"] = Script(
        [["queued"], []], "nochange", "nochange", [["waiting"], []], [["waiting"], []], [["success"], []]
    )
    serve(answers)
    assert gnt_debug.main(["delay", "1"]) == 0
    assert capsys.readouterr().err == ("Job 12 is waiting in queue\nJob 12 is trying to acquire all necessary locks\n")


@pytest.mark.parametrize(
    ("status", "result", "text"),
    [
        ("error", ["OpPrereqError", ["gone", "wrong_state"]], "error type: wrong_state, error details:\ngone"),
        ("error", "plain text", "Failure: command execution error:\nplain text"),
        ("canceled", None, "Job was canceled"),
    ],
)
def test_a_failed_job_fails_the_command(serve: Serve, capsys: Capture, status: str, result: Any, text: str) -> None:
    serve(job_answers(result, status=status))
    assert gnt_debug.main(["delay", "1"]) == 1
    assert text in capsys.readouterr().err


def test_a_failure_after_a_success_is_partial(serve: Serve, capsys: Capture) -> None:
    answers = job_answers()
    answers["WaitForJobChange"] = [["error"], []]
    answers["QueryJobs"] = [["error", ["success", "error"], [None, "text"]]]
    serve(answers)
    assert gnt_job.main(["watch", "12"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "Output from job 12 follows\n--------------------------\n"
    assert captured.err == "Job 12 failed: Failure: command execution error:\npartial failure (opcode 1): text\n"


def test_an_archived_job_is_lost(serve: Serve, capsys: Capture) -> None:
    answers = job_answers()
    answers["QueryJobs"] = [[None, None, None]]
    serve(answers)
    assert gnt_job.main(["wait", "12"]) == 1
    assert "Error checking job status: Job with id 12 lost" in capsys.readouterr().err


def test_cancel_prints_each_answer_and_fails_if_one_is_refused(serve: Serve, capsys: Capture) -> None:
    serve({"CancelJob": Script([True, "Job 1 canceled"], [False, "Job 2 is no longer queued"])})
    assert gnt_job.main(["cancel", "1", "2"]) == 1
    assert capsys.readouterr().out == "Job 1 canceled\nJob 2 is no longer queued\n"


def test_jobs_selected_by_status_need_confirmation(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve({"Query": JOBS, "CancelJob": [True, "ok"]})
    monkeypatch.setattr("ganeti.cli.confirm.ask", lambda question, choices: "no")
    assert gnt_job.main(["cancel", "--pending"]) == 13
    assert server.calls("CancelJob") == []
    assert gnt_job.main(["cancel", "--pending", "--force"]) == 0
    assert server.calls("CancelJob") == [[7], [12]]


def test_ids_and_status_exclude_each_other(serve: Serve) -> None:
    serve({})
    assert gnt_job.main(["cancel"]) == 1
    assert gnt_job.main(["cancel", "--queued", "5"]) == 1


INSTANCES = [["a.example.com"], ["b.example.com"]]


def test_several_instances_are_started_in_one_batch(serve: Serve, capsys: Capture) -> None:
    answers = job_answers()
    answers["QueryInstances"] = INSTANCES
    answers["SubmitManyJobs"] = [[True, 3], [False, "queue is full"]]
    server = serve(answers)
    assert gnt_instance.main(["startup", "--force-multiple", "a", "b"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "Submitted jobs 3\nWaiting for job 3 for a.example.com ...\n"
    assert captured.err == "Failed to submit job for b.example.com: queue is full\n"
    names = [job[0]["instance_name"] for job in server.calls("SubmitManyJobs")[0][0]]
    assert names == ["a.example.com", "b.example.com"]


def test_a_batch_that_is_only_submitted_lists_its_ids(serve: Serve, capsys: Capture) -> None:
    serve({"QueryInstances": INSTANCES, "SubmitManyJobs": [[True, 3], [True, 4]]})
    assert gnt_instance.main(["stop", "--submit", "--all", "--force-multiple"]) == 0
    assert capsys.readouterr().out == "3: a.example.com\n4: b.example.com\n"


def test_instances_that_a_node_holds_twice_are_handled_once(serve: Serve, capsys: Capture) -> None:
    serve({"QueryNodes": [[["a", "b"], ["b", "c"]]], "SubmitManyJobs": [[True, 1], [True, 2], [True, 3]]})
    assert gnt_instance.main(["reboot", "--node", "--force-multiple", "--submit", "n1"]) == 0
    assert capsys.readouterr().out == "1: a\n2: b\n3: c\n"


def test_an_empty_cluster_has_nothing_to_start(serve: Serve) -> None:
    serve({"QueryInstances": []})
    assert gnt_instance.main(["startup", "--all"]) == 0
    assert gnt_instance.main(["startup", "x"]) == 1


def test_refusing_a_batch_changes_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve({"QueryInstances": INSTANCES})
    monkeypatch.setattr("ganeti.cli.confirm.ask", lambda question, choices: "no")
    assert gnt_instance.main(["startup", "--all"]) == 1
    assert [request.method for request in server.requests] == ["QueryInstances"]


def test_instance_creation_carries_all_that_was_said(serve: Serve) -> None:
    server = serve({"SubmitJob": 9})
    words = [
        "add", "--submit", "-t", "sharedfile", "-o", "busybox+default", "-n", "n1:n2", "--disk", "0:size=1g",
        "--disk=2:size=512,mode=ro", "--disk", "1:size=4", "--net", "0:link=br0,mac=auto", "-B", "memory=256,vcpus=2",
        "-H", r"kvm:kvm_extra=-smp 2\,cores=2,acpi=false", "-O", "a=b", "--os-parameters-secret", "pw=hush",
        "--no-start", "--tags", "x,y", "web1",
    ]  # fmt: skip
    assert gnt_instance.main(words) == 0
    op = server.calls("SubmitJob")[0][0][0]
    wanted = {
        "OP_ID": "OP_INSTANCE_CREATE", "instance_name": "web1", "mode": "create", "disk_template": "sharedfile",
        "os_type": "busybox+default", "pnode": "n1", "snode": "n2",
        "disks": [{"size": 1024}, {"size": 4}, {"size": 512, "mode": "ro"}],
        "nics": [{"link": "br0", "mac": "auto"}], "beparams": {"memory": 256, "vcpus": 2}, "hypervisor": "kvm",
        "hvparams": {"kvm_extra": "-smp 2,cores=2", "acpi": False}, "osparams": {"a": "b"},
        "osparams_secret": {"pw": "hush"}, "start": False, "tags": ["x", "y"],
    }  # fmt: skip
    assert {key: op.get(key) for key in wanted} == wanted


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["-n", "n1", "x"], "No disk information"),
        (["-t", "diskless", "-s", "1g", "x"], "diskless"),
        (["-s", "1g", "--disk", "0:size=1g", "x"], "not both"),
        (["--disk", "0:size=5X", "x"], "Unknown unit 'X'"),
        (["--disk", "1:size=1g", "x"], "Missing size or adoption source for disk 0"),
        (["--disk", "a:size=1g", "x"], "Invalid disk 'a'"),
        (["--disk", "0:size=1g,adopt=x", "x"], "both a size and a volume"),
        (["-t", "diskless", "-H", "kvm:nonsense=1", "x"], "Unknown parameter 'nonsense'"),
        (["-t", "diskless", "-B", "vcpus=many", "x"], "'vcpus' (value many) is not a valid integer"),
        (["-t", "diskless", "--forthcoming", "--commit", "x"], "not both"),
        (["-t", "diskless", "--ip-check", "x"], "--name-check"),
        (["-s", "1q", "x"], "Unknown unit 'q'"),
        (["-t", "nonsense", "x"], "invalid choice"),
    ],
)
def test_bad_input_for_a_creation_is_refused_before_submission(
    serve: Serve, capsys: Capture, words: list[str], text: str
) -> None:
    server = serve({})
    assert gnt_instance.main(["add", *words]) == 1
    assert text in capsys.readouterr().err
    assert server.requests == []


def test_modification_of_devices_keeps_its_order(serve: Serve, capsys: Capture) -> None:
    server = serve(job_answers([["nic/1", "remove"], ["hv/acpi", False]]))
    words = [
        "modify", "--net", "add:ip=192.0.2.7", "--net", "-1:remove", "--net", "web:modify,link=br1", "--disk",
        "1:add,size=1g", "-B", "vcpus=default", "-f", "web1",
    ]  # fmt: skip
    assert gnt_instance.main(words) == 0
    op = server.calls("SubmitJob")[0][0][0]
    assert op["nics"] == [["add", -1, {"ip": "192.0.2.7"}], ["remove", -1, {}], ["modify", "web", {"link": "br1"}]]
    assert op["disks"] == [["add", 1, {"size": 1024}]]
    assert op["beparams"] == {"vcpus": "default"}
    assert capsys.readouterr().out.splitlines()[:3] == [
        "Modified instance web1",
        " - nic/1 -> remove",
        " - hv/acpi -> False",
    ]


@pytest.mark.parametrize(
    "words", [["--net", "0:add,remove"], ["--disk", "add"], ["--net", "0:remove,ip=1.2.3.4"], ["--net", "x:add"], []]
)
def test_contradictory_modifications_are_refused(serve: Serve, words: list[str]) -> None:
    server = serve({})
    assert gnt_instance.main(["modify", *words, "web1"]) == 1
    assert server.requests == []


def test_migration_asks_unless_forced(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = job_answers()
    answers["QueryInstances"] = [["web1.example.com"]]
    server = serve(answers)
    monkeypatch.setattr("ganeti.cli.confirm.ask", lambda question, choices: "no")
    assert gnt_instance.main(["migrate", "web1"]) == 1
    assert server.calls("SubmitJob") == []
    assert gnt_instance.main(["migrate", "-f", "--non-live", "-n", "n2", "web1"]) == 0
    op = server.calls("SubmitJob")[0][0][0]
    assert (op["mode"], op["target_node"]) == ("non-live", "n2")


def test_tags_may_come_from_a_file(serve: Serve, tmp_path: Path) -> None:
    server = serve(job_answers())
    (tmp_path / "tags").write_text("b\nc \n")
    assert gnt_node.main(["add-tags", "--from", str(tmp_path / "tags"), "n1", "a"]) == 0
    op = server.calls("SubmitJob")[0][0][0]
    assert (op["kind"], op["name"], op["tags"]) == ("node", "n1", ["a", "b", "c"])
    assert gnt_cluster.main(["remove-tags"]) == 1


def test_list_tags_of_the_cluster(serve: Serve, capsys: Capture) -> None:
    server = serve({"QueryTags": ["a10", "a2"]})
    assert gnt_cluster.main(["list-tags"]) == 0
    assert capsys.readouterr().out == "a2\na10\n"
    assert server.calls("QueryTags")[0][0] == "cluster"


def test_verify_waits_for_its_jobs_and_fails_on_a_bad_result(serve: Serve, capsys: Capture) -> None:
    answers = job_answers({"jobs": [[True, 13], [True, 14]]})
    results = {12: {"jobs": [[True, 13], [True, 14]]}, 13: True, 14: False}
    answers["QueryJobs"] = lambda ids, fields: (
        [["success"] for _ in ids] if fields == ["status"] else [["success", ["success"], [results[ids[0]]]]]
    )
    serve(answers)
    assert gnt_cluster.main(["verify"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "Submitted jobs 13, 14",
        "Waiting for job 13 ...",
        "Waiting for job 14 ...",
    ]


def test_os_diagnose_shows_each_node(serve: Serve, capsys: Capture) -> None:
    params = [["dhcp", "Use DHCP"], ["filesystem", "Kind of file system"]]
    good = ["/srv/os/deb", True, "", ["default", "stable"], params, [20, 15, 10], True]
    bad = ["/usr/os/deb", False, "File 'export' is missing", [], [], [], True]
    row = ["deb", False, ["default", "stable"], {"u1": [good, bad], "u2": []}, False, True]
    answers = job_answers([row])
    answers["QueryNodes"] = [["u1", "node1.example.org"], ["u2", "node2.example.org"]]
    serve(answers)
    assert gnt_os.main(["diagnose"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "OS: deb [global status: partial valid] [blacklisted]",
        "  Variants: [default, stable]",
        "  Node: node1.example.org, status: valid (path: /srv/os/deb) [API versions: 20, 15, 10]"
        " [variants: default, stable] [parameters: dhcp, filesystem] [trusted]",
        "      [hidden] path: /usr/os/deb, status: invalid - File 'export' is missing",
        "  Node: node2.example.org, status: OS not found",
        "",
    ]


def test_os_list_has_one_row_per_variant(serve: Serve, capsys: Capture) -> None:
    serve(job_answers([["plain", []], ["deb", ["a", "b"]]]))
    assert gnt_os.main(["list"]) == 0
    assert capsys.readouterr().out == "Name\ndeb+a\ndeb+b\nplain\n"


def test_locks_show_who_waits(serve: Serve, capsys: Capture) -> None:
    fields = [("name", "Name", "text"), ("mode", "Mode", "other"), ("owner", "Owner", "other")]
    rows = [
        ["cluster/BGL", "shared", ["job12", "job13"], [["exclusive", ["4712"]], ["shared", ["4713", "4714"]]]],
        ["node/x", None, None, []],
    ]
    serve({"Query": _query([*fields, ("pending", "Pending", "other")], rows)})
    assert gnt_debug.main(["locks", "--no-headers", "--separator", "|"]) == 0
    assert capsys.readouterr().out == "cluster/BGL|shared|job12,job13|exclusive:4712, shared:4713,4714\nnode/x|-|-|-\n"


def test_errors_of_the_master_are_printed(serve: Serve, capsys: Capture) -> None:
    serve({"QueryClusterInfo": failure(["OpPrereqError", ["no", "wrong_input"]])})
    assert gnt_cluster.main(["version"]) == 1
    assert capsys.readouterr().err == (
        "Failure: prerequisites not met for this operation:\nerror type: wrong_input, error details:\nno\n"
    )


def test_programs_without_or_with_unknown_sub_command_list_them(capsys: Capture) -> None:
    assert gnt_job.main([]) == 1
    assert " autoarchive     - " in capsys.readouterr().out
    assert gnt_job.main(["nonsense"]) == 1
    assert gnt_job.main(["--help"]) == 0
    assert gnt_job.main(["list", "--help"]) == 0
    assert "--archived" in capsys.readouterr().out


def test_version(capsys: Capture) -> None:
    assert gnt_job.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("gnt-job (ganeti ")


def test_confidential_values_do_not_reach_the_log(serve: Serve, tmp_path: Path) -> None:
    serve({"SubmitJob": failure(["OpPrereqError", ["no", "wrong_input"]])})
    words = ["add", "-d", "-t", "diskless", "--os-parameters-secret", "pw=hush", "--os-parameters-priv=pw=hush", "web1"]
    assert gnt_instance.main(words) == 1
    log = (tmp_path / "commands.log").read_text()
    assert "gnt-instance add pid=" in log
    assert "Command line: add -d -t diskless --os-parameters-secret <redacted>" in log
    assert "hush" not in log
