"""gnt-instance batch-create: instances from a file."""

import json
from pathlib import Path
from typing import Any

import pytest

from ganeti.client import gnt_instance
from test.unit.client.conftest import Serve, job_answers
from test.unit.luxi import scripted

Capture = pytest.CaptureFixture[str]
ITEM = {"instance_name": "a", "mode": "create", "disk_template": "file", "disks": [{"size": "1.5g"}], "nics": []}


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    path = tmp_path / "instances.json"
    path.write_text(json.dumps([ITEM, {**ITEM, "instance_name": "b", "disks": [{"size": 7}]}]))
    return path


def _answers(result: dict[str, Any], *statuses: str) -> dict[str, Any]:
    ends = [[[status, ["success" if status == "success" else "error"], [None]]] for status in statuses]
    return {
        "SubmitJob": 12,
        "WaitForJobChange": scripted.Script(*([[status], []] for status in ("success", *statuses))),
        "QueryJobs": scripted.Script([["success", ["success"], [result]]], *ends),
    }


def test_one_request_creates_all(serve: Serve, definitions: Path, capsys: Capture) -> None:
    server = serve(_answers({"allocatable": ["a"], "failed": [], "jobs": [[True, 13]]}, "success"))
    assert gnt_instance.main(["batch-create", "-I", "mine", str(definitions)]) == 0
    (op,) = server.calls("SubmitJob")[0][0]
    assert (op["OP_ID"], op["iallocator"]) == ("OP_INSTANCE_MULTI_ALLOC", "mine")
    assert [item["OP_ID"] for item in op["instances"]] == ["OP_INSTANCE_CREATE"] * 2
    assert [item["disks"] for item in op["instances"]] == [[{"size": 1536}], [{"size": 7}]]
    assert capsys.readouterr().out == (
        "Submitted jobs 13\nWaiting for job 13 for a ...\nAll instances created successfully.\n"
    )


def test_confidential_parameters_are_sent_and_not_shown(serve: Serve, tmp_path: Path, capsys: Capture) -> None:
    server = serve(_answers({"allocatable": ["a"], "failed": [], "jobs": [[True, 13]]}, "success"))
    path = tmp_path / "instances.json"
    path.write_text(json.dumps([{**ITEM, "osparams_secret": {"p": "s3cret"}}]))
    assert gnt_instance.main(["batch-create", "-I", "mine", str(path)]) == 0
    (op,) = server.calls("SubmitJob")[0][0]
    assert op["instances"][0]["osparams_secret"] == {"p": "s3cret"}
    assert "s3cret" not in "".join(capsys.readouterr())


def test_instances_without_room_are_errors(serve: Serve, definitions: Path, capsys: Capture) -> None:
    serve(_answers({"allocatable": ["a"], "failed": ["b"], "jobs": [[True, 13]]}, "success"))
    assert gnt_instance.main(["batch-create", str(definitions)]) == 1
    captured = capsys.readouterr()
    assert "No nodes were found for: b" in captured.err
    assert "There were 1 errors during the creation of instances." in captured.out


def test_dry_run_waits_for_no_jobs(serve: Serve, definitions: Path, capsys: Capture) -> None:
    server = serve(_answers({"allocatable": ["a", "b"], "failed": []}))
    assert gnt_instance.main(["batch-create", "--dry-run", str(definitions)]) == 0
    (op,) = server.calls("SubmitJob")[0][0]
    assert op["dry_run"] is True
    assert capsys.readouterr().out == "All instances can be created.\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("hello", "Can't parse the instance definition file"),
        ("{}", "does not hold a list of dictionaries"),
        ('["a"]', "does not hold a list of dictionaries"),
        (json.dumps([{**ITEM, "speed": 1}]), "speed"),
        (json.dumps([{"instance_name": "a"}]), "fail validation"),
        (json.dumps([{**ITEM, "disks": [{"size": "big"}]}]), "Invalid disk size 'big'"),
        (json.dumps([{**ITEM, "disks": 7}]), "fail validation"),
        (json.dumps([{"OP_ID": "OP_INSTANCE_REMOVE", "instance_name": "a"}]), "is described by OP_INSTANCE_REMOVE"),
    ],
)
def test_wrong_files_are_refused(serve: Serve, tmp_path: Path, capsys: Capture, content: str, problem: str) -> None:
    server = serve(job_answers())
    path = tmp_path / "wrong.json"
    path.write_text(content)
    assert gnt_instance.main(["batch-create", str(path)]) == 1
    assert problem in capsys.readouterr().err
    assert not server.calls("SubmitJob")
    assert gnt_instance.main(["batch-create", str(tmp_path / "absent")]) == 1
