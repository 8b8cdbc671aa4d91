"""Old names of modules that programs of other projects import."""

import subprocess
import sys
from pathlib import Path

import pytest

from ganeti import cli, constants, jqueue, serializer, ssconf, utils
from ganeti.luxi.errors import NoMasterError

STATE = """{"id": 7, "received_timestamp": [5, 0], "ops": [
  {"input": {"OP_ID": "OP_INSTANCE_STARTUP", "instance_name": "web1"}, "status": "success", "result": true,
   "log": [[1, [6, 0], "message", "first"], [2, [7, 0], "message", "last"]], "end_timestamp": [8, 0]},
  {"input": 17, "status": "running"}]}"""


def test_a_job_file_becomes_objects(tmp_path: Path) -> None:
    (tmp_path / "job-7").write_text(STATE)
    data = serializer.LoadJson(utils.ReadFile(str(tmp_path / "job-7")))
    job = jqueue._QueuedJob.Restore(None, data, False, False)
    assert (job.id, job.received_timestamp, job.CalcStatus()) == (7, [5, 0], constants.JOB_STATUS_RUNNING)
    startup, strange = job.ops
    assert (startup.input.OP_ID, startup.input.instance_name) == ("OP_INSTANCE_STARTUP", "web1")
    assert (startup.log[-1][-1], startup.end_timestamp, startup.priority) == ("last", [8, 0], 0)
    assert startup.Serialize() == data["ops"][0]
    assert (strange.input.OP_ID, strange.log, strange.result) == ("INVALID_OP", [], None)
    assert serializer.LoadJson(serializer.DumpJson(job.Serialize())) == data


def test_a_client_and_the_facts_about_the_cluster_are_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ganeti.pathutils.QUERY_SOCKET", str(tmp_path / "socket"))
    monkeypatch.setattr("ganeti.luxi.role.is_this_node_master", lambda: False)
    with pytest.raises(NoMasterError):
        cli.GetClient(query=True).QueryInstances(["web1"], ["name"], use_locking=False)
    (tmp_path / "ssconf_cluster_name").write_text("c.example.com\n")
    assert ssconf.SimpleStore(str(tmp_path)).GetClusterName() == "c.example.com"


def test_other_names_are_errors_as_ever() -> None:
    for module in (cli, jqueue, serializer, ssconf, utils):
        with pytest.raises(AttributeError, match=f"module '{module.__name__}' has no attribute 'NoSuchName'"):
            module.NoSuchName  # noqa: B018


def test_our_own_programs_do_not_load_them() -> None:
    code = "import sys, ganeti.client.gnt_job, ganeti.server.masterd; sys.exit('ganeti.scripting' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], timeout=60).returncode == 0
