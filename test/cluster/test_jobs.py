"""Stopping, hurrying and watching jobs at every point of their life, on a running cluster."""

import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.luxi import Client
from test.cluster.virtual import VirtualCluster, wait_for

DOCUMENTATION = Path(__file__).parents[2] / "doc" / "luxi.rst"
SLOW_HOOK = "#!/bin/sh\nexec sleep 60\n"


def delay(seconds: float, **params: Any) -> dict[str, Any]:
    return {"OP_ID": "OP_TEST_DELAY", "duration": seconds, "on_master": False, "no_locks": False, **params}


@pytest.fixture
def client(cluster: VirtualCluster) -> Iterator[Client]:
    with Client(str(cluster.root() / "var/run/ganeti/socket/ganeti-query")) as connection:
        yield connection


@pytest.fixture
def slow_hooks(cluster: VirtualCluster) -> Iterator[None]:
    """Hooks of cluster modify that take a minute, in both phases."""
    paths = [cluster.root() / f"etc/ganeti/hooks/cluster-modify-{phase}.d/slow" for phase in ("pre", "post")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SLOW_HOOK)
        path.chmod(0o700)
    yield
    for path in paths:
        path.unlink(missing_ok=True)


def statuses(client: Client, *job_ids: int) -> list[str]:
    return [str(row[0]) for row in client.query_jobs(job_ids, ["status"])]


def until(client: Client, job_id: int, *wanted: str) -> None:
    wait_for(lambda: statuses(client, job_id)[0] in wanted, f"job {job_id} {' or '.join(wanted)}", timeout_s=60)


def result(client: Client, job_id: int) -> Any:
    until(client, job_id, *c.JOBS_FINALIZED)
    return client.query_jobs([job_id], ["status", "opresult"])[0]


def lock_rows(client: Client) -> dict[str, list[Any]]:
    answer = client.query(c.QR_LOCK, ["name", "mode", "owner", "pending"])
    return {row[0][1]: [value for _, value in row[1:]] for row in answer.rows}


def kill(client: Client, job_id: int) -> None:
    """Kill a running job and check how it ends: as an error, soon, and without leaving locks."""
    begin = time.monotonic()
    assert client.cancel_job(job_id) == (False, f"Job {job_id} is no longer waiting in the queue")
    assert client.cancel_job(job_id, kill=True) == (True, f"Job {job_id} will be killed")
    assert time.monotonic() - begin < 5.0, "the answer does not wait for the end of the job"
    assert result(client, job_id) == ["error", [["OpExecError", ["Job killed by request"]]]]
    assert time.monotonic() - begin < 15.0
    held = {name: owners for name, (_, owners, _) in lock_rows(client).items() if not name.startswith("rpc/")}
    assert not any(str(job_id) in (owners or ()) for owners in held.values())


@pytest.mark.parametrize(
    "params",
    [{"on_master": False}, {"on_master": True}, {"interruptible": True}, {"on_master": True, "repeat": 100}],
    ids=["in masterd", "in a call", "at a socket", "between calls"],
)
def test_running_job_is_killed_where_it_waits(client: Client, params: dict[str, Any]) -> None:
    seconds = 0.3 if "repeat" in params else 20.0
    job_id = client.submit_job([delay(seconds, **params)])
    until(client, job_id, "running")
    if params.get("on_master"):
        wait_for(lambda: any(name.startswith("rpc/") for name in lock_rows(client)), "the call")
    kill(client, job_id)


@pytest.mark.parametrize("phase", ["pre", "post"])
def test_job_is_killed_while_its_hooks_run(
    cluster: VirtualCluster, client: Client, slow_hooks: None, phase: str
) -> None:
    other = "post" if phase == "pre" else "pre"
    (cluster.root() / f"etc/ganeti/hooks/cluster-modify-{other}.d/slow").unlink()
    before = client.query_cluster_info()["candidate_pool_size"]
    job_id = client.submit_job([{"OP_ID": "OP_CLUSTER_SET_PARAMS", "candidate_pool_size": before + 1}])
    monitored = f"rpc/{cluster.nodes[0]}/hooks_runner"
    wait_for(lambda: str(job_id) in lock_rows(client).get(monitored, [None, []])[1], "the call for hooks")
    kill(client, job_id)
    after = client.query_cluster_info()["candidate_pool_size"]
    assert after == (before if phase == "pre" else before + 1)


def test_job_that_waits_for_locks_is_canceled_and_its_answer_tells_the_outcome(client: Client) -> None:
    holder = client.submit_job([delay(60.0, on_master=True)])
    until(client, holder, "running")
    waiting = [client.submit_job([delay(0.01, on_master=True), delay(0.01)]) for _ in range(2)]
    for job_id, is_killed in zip(waiting, (False, True), strict=True):
        until(client, job_id, "waiting")
        granted, message = client.cancel_job(job_id, kill=is_killed)
        assert granted
        assert message == ("Job successfully cancelled" if not is_killed else f"Job {job_id} will be canceled")
        assert result(client, job_id) == ["canceled", ["Job canceled by request"] * 2]
    kill(client, holder)


def test_finished_opcodes_of_a_canceled_job_keep_their_results(client: Client) -> None:
    holder = client.submit_job([delay(60.0, on_master=True)])
    until(client, holder, "running")
    job_id = client.submit_job([delay(0.01), delay(0.01, on_master=True), delay(0.01)])
    wait_for(lambda: client.query_jobs([job_id], ["opstatus"])[0][0][:2] == ["success", "waiting"], "second opcode")
    assert client.cancel_job(job_id)[0]
    until(client, job_id, "canceled")
    assert client.query_jobs([job_id], ["opstatus"]) == [[["success", "canceled", "canceled"]]]
    kill(client, holder)


def test_waiting_jobs_do_not_keep_others_from_running_and_are_sorted_anew(
    cluster: VirtualCluster, client: Client
) -> None:
    cluster.run("gnt-cluster", "modify", "--max-running-jobs=3")
    try:
        holder = client.submit_job([delay(60.0, on_master=True)])
        until(client, holder, "running")
        waiting = [client.submit_job([delay(0.01, on_master=True)]) for _ in range(10)]
        free = client.submit_job([delay(0.01)])
        until(client, free, "success")
        wait_for(lambda: set(statuses(client, *waiting)) == {"waiting"}, "all others wait for the lock")
        last = waiting[-1]
        granted, message = client.change_job_priority(last, c.OP_PRIO_HIGH)
        assert (granted, message) == (True, f"Priorities of pending opcodes for job {last} have been changed to -10")
        (queue,) = (row[2] for name, row in lock_rows(client).items() if row[1] == [str(holder)] and row[2])
        assert queue[0] == ["exclusive", [str(last)]]
        kill(client, holder)
        for job_id in waiting:
            until(client, job_id, "success")
        ends = sorted((row[1], row[0]) for row in client.query_jobs(waiting, ["id", "end_ts"]))
        assert ends[0][1] == last
    finally:
        cluster.run("gnt-cluster", "modify", f"--max-running-jobs={c.LUXID_MAXIMAL_RUNNING_JOBS_DEFAULT}")


def test_job_that_waits_for_another_one_takes_no_place(cluster: VirtualCluster, client: Client) -> None:
    cluster.run("gnt-cluster", "modify", "--max-running-jobs=2")
    try:
        first = client.submit_job([delay(60.0, on_master=True)])
        until(client, first, "running")
        dependants = [client.submit_job([delay(0.01, depends=[[first, []]])]) for _ in range(5)]
        free = client.submit_job([delay(0.01)])
        until(client, free, "success")
        assert set(statuses(client, *dependants)) == {"queued"}
        assert lock_rows(client)[f"job/{first}"] == [None, None, [["job", [str(job_id) for job_id in dependants]]]]
        kill(client, first)
        for job_id in dependants:
            until(client, job_id, "success")
    finally:
        cluster.run("gnt-cluster", "modify", f"--max-running-jobs={c.LUXID_MAXIMAL_RUNNING_JOBS_DEFAULT}")


def test_locks_are_listed_for_people(cluster: VirtualCluster, client: Client) -> None:
    holder = client.submit_job([delay(60.0, on_master=True)])
    until(client, holder, "running")
    waiting = client.submit_job([delay(0.01, on_master=True)])
    dependant = client.submit_job([delay(0.01, depends=[[holder, []]])])
    until(client, waiting, "waiting")
    (node,) = (row[0] for row in client.query_nodes([cluster.nodes[0]], ["uuid"]))
    lines = cluster.lines("gnt-debug", "locks", "--separator=|")
    assert lines[0] == "Name|Mode|Owner|Pending"
    assert f"cluster/BGL|shared|{holder},{waiting}|-" in lines
    assert f"node/{node}|exclusive|{holder}|exclusive:{waiting}" in lines
    assert f"job/{holder}|-|-|job:{dependant}" in lines
    # Calls that killed jobs left behind are under way, too.
    (call,) = (line for line in lines if line.startswith(f"rpc/{cluster.nodes[0]}/test_delay|-|"))
    assert str(holder) in call.split("|")[2].split(",")
    assert cluster.lines("gnt-debug", "wconfd", "listlocks", str(holder)) == [
        "cluster/BGL: shared",
        f"node/{node}: exclusive",
    ]
    assert cluster.run("gnt-debug", "locks", "--interval=-1", check=False).exit_code == c.EXIT_FAILURE
    kill(client, holder)


def test_locks_are_listed_again_and_again_until_interrupted(cluster: VirtualCluster) -> None:
    command = [f"{cluster.root()}/cmd", "gnt-debug", "locks", "--interval=1", "-o", "name,mode"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        seen: list[str] = []
        while len([line for line in seen if line.startswith("Name")]) < 2:
            seen.append(process.stdout.readline())
        assert "\n" in seen, "a blank line between two lists"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == c.EXIT_FAILURE
        assert "Traceback" not in process.stderr.read()


def test_examples_of_the_documentation_run(
    cluster: VirtualCluster, client: Client, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ganeti.pathutils.QUERY_SOCKET", str(cluster.root() / "var/run/ganeti/socket/ganeti-query"))
    name = cluster.instances[0]
    fake = ("-H", "fake", "-t", "diskless", "-o", "busybox+default", "--no-install", "--no-start", "--no-nics")
    cluster.run("gnt-instance", "add", "-n", cluster.nodes[1], *fake, name)
    text = DOCUMENTATION.read_text(encoding="utf-8").replace("web1.example.com", name)
    blocks = [
        re.sub(r"^   ", "", block, flags=re.MULTILINE)
        for block in re.findall(r"\.\. code-block:: python\n\n((?:   .*\n|\n)+)", text)
    ]
    assert len(blocks) == 3
    names: dict[str, Any] = {}
    exec("\n".join(blocks), names)
    assert names["info"] == ["success"]
    assert names["results"] == [None]
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"{name} ADMIN_down"
    assert printed[-len(cluster.nodes) :] == [line for line in printed if line.startswith("node")]
