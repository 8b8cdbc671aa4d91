"""gnt-group evacuate and gnt-instance change-group: what they ask for and how they end."""

from typing import Any

import pytest

from ganeti.client import gnt_group, gnt_instance
from test.unit.client.conftest import Serve, job_answers
from test.unit.luxi import scripted

Capture = pytest.CaptureFixture[str]


def _answers(*statuses: str) -> dict[str, Any]:
    """Return the answers for an opcode that submits jobs, each of which ends in one of the states."""
    jobs = [[True, 13 + index] for index in range(len(statuses))]
    error = ["OpExecError", ["broken"]]
    ends = [
        [status, ["success" if status == "success" else "error"], [None if status == "success" else error]]
        for status in statuses
    ]
    return {
        "SubmitJob": 12,
        "WaitForJobChange": scripted.Script(*([[status], []] for status in ("success", *statuses))),
        "QueryJobs": scripted.Script([["success", ["success"], [{"jobs": jobs}]]], *([end] for end in ends)),
    }


def _submitted(server: Any) -> dict[str, Any]:
    return dict(server.calls("SubmitJob")[0][0][0])


def test_group_is_evacuated_as_the_options_say(serve: Serve, capsys: Capture) -> None:
    server = serve(_answers("success"))
    words = ["-I", "mine", "--to", "b", "--to=c", "--early-release", "--sequential", "--force-failover"]
    assert gnt_group.main(["evacuate", *words, "a"]) == 0
    op = _submitted(server)
    assert (op["OP_ID"], op["group_name"], op["iallocator"]) == ("OP_GROUP_EVACUATE", "a", "mine")
    assert op["target_groups"] == ["b", "c"]
    assert op["early_release"] and op["sequential"] and op["force_failover"]
    assert capsys.readouterr().out == (
        "Submitted jobs 13\nWaiting for job 13 ...\nAll instances evacuated successfully.\n"
    )


def test_without_options_the_master_decides(serve: Serve) -> None:
    server = serve(_answers())
    assert gnt_group.main(["evacuate", "a"]) == 0
    op = _submitted(server)
    assert not any(op.get(key) for key in ("iallocator", "target_groups", "early_release", "sequential"))


def test_failed_moves_are_counted(serve: Serve, capsys: Capture) -> None:
    serve(_answers("error"))
    assert gnt_group.main(["evacuate", "a"]) == 1
    captured = capsys.readouterr()
    assert "There were 1 errors during the evacuation." in captured.out
    assert "Job 13 has failed" in captured.err and "broken" in captured.err


def test_instance_changes_its_group(serve: Serve, capsys: Capture) -> None:
    server = serve(_answers("success"))
    assert gnt_instance.main(["change-group", "-I", ".", "--to=b", "--early-release", "web"]) == 0
    op = _submitted(server)
    assert (op["OP_ID"], op["instance_name"], op["iallocator"]) == ("OP_INSTANCE_CHANGE_GROUP", "web", ".")
    assert op["target_groups"] == ["b"] and op["early_release"]
    assert capsys.readouterr().out.endswith("Instance 'web' changed group successfully.\n")


def test_instance_that_could_not_be_moved(serve: Serve, capsys: Capture) -> None:
    serve(_answers("error"))
    assert gnt_instance.main(["change-group", "web"]) == 1
    assert "There were 1 errors while changing the group of the instance." in capsys.readouterr().out


def test_only_the_first_job_is_followed_up_with_submit(serve: Serve, capsys: Capture) -> None:
    serve(job_answers())
    assert gnt_group.main(["evacuate", "--submit", "a"]) == 0
    assert capsys.readouterr().err == "JobID: 12\n"
