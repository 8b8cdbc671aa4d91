"""Instance allocators: programs of the site that decide where instances go, good and bad ones."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.utils.process import is_alive
from test.cluster import allocators, impatient_noded
from test.cluster.killable_master import Luxi
from test.cluster.unchanged import unchanged
from test.cluster.virtual import VirtualCluster, wait_for

_ROOT = Path(__file__).resolve().parents[2]
#: Kept on the first node, whatever happens to the others.
SHARED, DISKLESS = "alloc-shared", "alloc-diskless"


@pytest.fixture(scope="module")
def choosing() -> Iterator[str]:
    """The name of an allocator that works."""
    with allocators.allocator(allocators.CHOOSING) as name:
        yield name


def add(cluster: VirtualCluster, name: str, *place: str, template: str = "diskless") -> str:
    """Create and start an instance of the fake hypervisor; return what was printed."""
    disks = ("--disk", "0:size=4m") if template == "sharedfile" else ()
    result = cluster.run(
        *("gnt-instance", "add", "-t", template, *disks, "-o", "busybox+default", "--no-install", "--no-nics"),
        *("-H", "fake", "-B", "memory=8m", *place, name),
    )
    cluster.run("gnt-instance", "startup", name)
    return result.output


@pytest.fixture
def running(cluster: VirtualCluster) -> tuple[str, str]:
    """Two instances that run on the first node: one with a disk that all nodes reach, and one without."""
    add(cluster, SHARED, "-n", cluster.nodes[0], template="sharedfile")
    add(cluster, DISKLESS, "-n", cluster.nodes[0])
    return SHARED, DISKLESS


@pytest.fixture
def rack(cluster: VirtualCluster) -> Iterator[str]:
    """A group with the third node, which goes back to the first group in the end."""
    cluster.run("gnt-group", "add", "rack2")
    cluster.run("gnt-group", "assign-nodes", "rack2", cluster.nodes[2])
    yield "rack2"
    cluster.run("gnt-group", "assign-nodes", "default", cluster.nodes[2])
    cluster.run("gnt-group", "remove", "rack2")


def where(cluster: VirtualCluster, name: str) -> list[int]:
    """Return the nodes on which a guest runs, which the configuration has to confirm."""
    found = [
        number
        for number in range(len(cluster.nodes))
        if (cluster.root(number) / f"var/run/ganeti/fake-hypervisor/{name}").exists()
    ]
    (line,) = cluster.lines("gnt-instance", "list", "--no-headers", "--separator=|", "-o", "pnode,status", name)
    assert line.split("|") == [cluster.nodes[found[0]], "running"]
    return found


def job_count(cluster: VirtualCluster) -> int:
    return len(cluster.lines("gnt-job", "list", "--no-headers", "-o", "id"))


# placing


def test_allocator_places_new_instances(cluster: VirtualCluster, choosing: str, running: tuple[str, str]) -> None:
    add(cluster, "placed", "-I", choosing, template="sharedfile")
    assert where(cluster, "placed") == [1]
    cluster.run("gnt-cluster", "modify", f"--default-iallocator={choosing}", "--default-iallocator-params=depth=3")
    try:
        add(cluster, "placed2")
        assert where(cluster, "placed2") == [2]
        assert f"Selected nodes for instance placed3 via iallocator {choosing}" in add(cluster, "placed3", "-I", ".")
    finally:
        cluster.run("gnt-cluster", "modify", "--default-iallocator=", "--default-iallocator-params=")
    result = cluster.run("gnt-instance", "add", "-t", "diskless", "-o", "busybox+default", "x", check=False)
    assert (result.exit_code, "No iallocator is given" in result.output) == (1, True)


def test_allocator_is_told_which_group_and_nodes(cluster: VirtualCluster, choosing: str, rack: str) -> None:
    add(cluster, "placed", "-I", choosing, "-g", rack)
    assert where(cluster, "placed") == [2]
    add(cluster, "placed2", "-I", choosing, "-g", "default", "--opportunistic-locking")
    assert where(cluster, "placed2")[0] in (0, 1)


def test_allocator_places_several_instances_at_once(cluster: VirtualCluster, choosing: str, tmp_path: Path) -> None:
    common = {"mode": "create", "nics": [], "no_install": True, "hypervisor": "fake", "beparams": {"memory": 8}}
    file = tmp_path / "instances.json"
    file.write_text(
        json.dumps(
            [
                {**common, "instance_name": "batch0", "disk_template": "diskless", "disks": []},
                {**common, "instance_name": "batch1", "disk_template": "sharedfile", "disks": [{"size": "4m"}]},
            ]
        )
    )
    with unchanged(cluster):
        cluster.run("gnt-instance", "batch-create", "--dry-run", "-I", choosing, str(file))
    result = cluster.run("gnt-instance", "batch-create", "-I", choosing, str(file))
    assert result.stdout.splitlines()[-1] == "All instances created successfully."
    cluster.run("gnt-instance", "startup", "--force-multiple", "batch0", "batch1")
    assert (where(cluster, "batch0"), where(cluster, "batch1")) == ([0], [1])
    with unchanged(cluster):
        result = cluster.run("gnt-instance", "batch-create", "-I", choosing, str(file), check=False)
    assert (result.exit_code, "already in the cluster" in result.output) == (1, True)


# moving


def test_single_instances_go_where_the_allocator_says(
    cluster: VirtualCluster, choosing: str, running: tuple[str, str]
) -> None:
    cluster.run("gnt-instance", "migrate", "-f", "-I", choosing, SHARED)
    assert where(cluster, SHARED) == [1]
    cluster.run("gnt-instance", "failover", "-f", "-I", choosing, DISKLESS)
    assert where(cluster, DISKLESS) == [2]


def test_node_is_evacuated(cluster: VirtualCluster, choosing: str, running: tuple[str, str]) -> None:
    result = cluster.run("gnt-node", "evacuate", "-f", "-p", "-I", choosing, cluster.nodes[0])
    assert "Instances to be moved:" in result.output
    assert result.stdout.splitlines()[-1] == "All instances evacuated successfully."
    assert sorted((where(cluster, SHARED), where(cluster, DISKLESS))) == [[1], [2]]
    cluster.run("gnt-cluster", "verify")
    result = cluster.run("gnt-node", "evacuate", "-f", "-p", "-I", choosing, cluster.nodes[0])
    assert "No instances to evacuate" in result.output


@pytest.mark.parametrize("command", ["migrate", "failover"])
def test_all_instances_of_a_node_move(
    cluster: VirtualCluster, choosing: str, running: tuple[str, str], command: str
) -> None:
    cluster.run("gnt-node", command, "-f", "-I", choosing, cluster.nodes[0])
    assert 0 not in where(cluster, SHARED) + where(cluster, DISKLESS)


def test_group_is_evacuated(cluster: VirtualCluster, choosing: str, running: tuple[str, str], rack: str) -> None:
    result = cluster.run("gnt-group", "evacuate", "-I", choosing, "--to", rack, "--sequential", "default")
    assert f"{SHARED} (to {rack})" in result.output
    assert result.stdout.splitlines()[-1] == "All instances evacuated successfully."
    assert (where(cluster, SHARED), where(cluster, DISKLESS)) == ([2], [2])
    cluster.run("gnt-cluster", "verify")
    cluster.run("gnt-group", "evacuate", "-I", choosing, "--force-failover", rack)
    assert 2 not in where(cluster, SHARED) + where(cluster, DISKLESS)
    cluster.run("gnt-instance", "change-group", "-I", choosing, "--to", rack, SHARED)
    assert where(cluster, SHARED) == [2]


def test_silent_node_gets_nothing(cluster: VirtualCluster, choosing: str, running: tuple[str, str]) -> None:
    cluster.kill_daemon("ganeti-noded", 1)
    try:
        result = cluster.run("gnt-node", "evacuate", "-f", "-p", "-I", choosing, cluster.nodes[0])
        assert f"Can't get data for node {cluster.nodes[1]}" in result.output
        assert (where(cluster, SHARED), where(cluster, DISKLESS)) == ([2], [2])
    finally:
        cluster.daemon_util("start", "ganeti-noded", node=1)


# allocators that are of no use

FAULTS = {
    allocators.FAILING: ["failed: exited with exit code 1, output 'about to fail", "no licence"],
    allocators.RUBBISH: ["Can't parse iallocator results", "I would rather not say"],
    allocators.LOST: ["not in the cluster: atlantis"],
    allocators.REFUSING: ["using iallocator", "everything is full"],
    "not even Python": ["failed: exited with exit code"],
}


@pytest.mark.parametrize("source", FAULTS, ids=["failing", "rubbish", "lost", "refusing", "broken"])
def test_nothing_changes_without_a_proper_answer(
    cluster: VirtualCluster, running: tuple[str, str], rack: str, source: str
) -> None:
    with allocators.allocator(source) as name:
        new = ("-t", "diskless", "-o", "busybox+default", "--no-nics", "-H", "fake", "-B", "memory=8m", "placed")
        for command in (
            ("gnt-node", "evacuate", "-f", "-p", "-I", name, cluster.nodes[0]),
            ("gnt-group", "evacuate", "-I", name, "default"),
            ("gnt-instance", "change-group", "-I", name, SHARED),
            ("gnt-instance", "migrate", "-f", "-I", name, SHARED),
            ("gnt-instance", "failover", "-f", "-I", name, DISKLESS),
            ("gnt-instance", "add", "-I", name, *new),
        ):
            jobs = job_count(cluster)
            with unchanged(cluster):
                result = cluster.run(*command, check=False)
            assert result.exit_code == 1, command
            for text in FAULTS[source]:
                assert text in result.output, command
            assert job_count(cluster) == jobs + 1, command


@pytest.mark.parametrize("name", ["no-such-allocator", "../../../../bin/true"])
def test_allocator_that_does_not_exist(cluster: VirtualCluster, running: tuple[str, str], name: str) -> None:
    with unchanged(cluster):
        result = cluster.run("gnt-node", "evacuate", "-f", "-p", "-I", name, cluster.nodes[0], check=False)
    assert result.exit_code == 1
    assert f"iallocator module '{name}' not found in the search path" in result.output


# allocators that hang


def _evacuation(cluster: VirtualCluster, name: str) -> dict[str, object]:
    return {"OP_ID": "OP_NODE_EVACUATE", "node_name": cluster.nodes[0], "mode": "primary-only", "iallocator": name}


def _pid(pid_file: Path) -> int:
    wait_for(pid_file.exists, "the start of the allocator")
    return int(pid_file.read_text())


@pytest.fixture
def pid_file(tmp_path: Path) -> Iterator[Path]:
    """A file in which a hanging allocator notes itself; what is left of it ends with the test."""
    path = tmp_path / "pid"
    yield path
    if path.exists() and is_alive(int(path.read_text())):
        os.kill(int(path.read_text()), signal.SIGKILL)


@pytest.fixture
def hanging(pid_file: Path) -> Iterator[str]:
    """The name of an allocator that never answers."""
    with allocators.allocator(allocators.HANGING.format(pid_file=str(pid_file))) as name:
        yield name


def test_hanging_allocator_stops_nobody_else_and_can_be_ended(
    cluster: VirtualCluster, running: tuple[str, str], hanging: str, pid_file: Path
) -> None:
    luxi = Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")
    with unchanged(cluster):
        (job,) = luxi.submit(_evacuation(cluster, hanging))
        pid = _pid(pid_file)
        # Shared locks only: what does not change instances or nodes goes on.
        cluster.run("gnt-node", "list-storage", "-t", "file")
        cluster.run("gnt-instance", "list")
        os.kill(pid, signal.SIGKILL)
        state = luxi.wait([job])[job]
    assert "terminated by signal 9" in str(state.results)
    luxi.close()


def test_job_of_a_hanging_allocator_can_be_killed(
    cluster: VirtualCluster, running: tuple[str, str], hanging: str, pid_file: Path
) -> None:
    luxi = Luxi(cluster.root() / "var/run/ganeti/socket/ganeti-master")
    with unchanged(cluster):
        (job,) = luxi.submit(_evacuation(cluster, hanging))
        _pid(pid_file)
        cluster.run("gnt-job", "cancel", "--force", "--kill", "--yes-do-it", str(job))
        state = luxi.wait([job])[job]
    assert "killed by request" in str(state.results)
    luxi.close()
    cluster.run("gnt-instance", "shutdown", DISKLESS)


@pytest.fixture
def impatient(cluster: VirtualCluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The node daemon of the master gives allocators little time."""
    monkeypatch.setenv("PYTHONPATH", str(_ROOT))
    cluster.daemon_util("stop", "ganeti-noded")
    try:
        cluster.run(sys.executable, "-m", impatient_noded.__name__, "-b", cluster.layout.node_hosts[0].address)
        try:
            yield
        finally:
            # daemon-util ends only what was started under the daemon's own name.
            cluster.kill_daemon("ganeti-noded")
    finally:
        cluster.daemon_util("start", "ganeti-noded")
        # A connection that was used within the last second is tried again without a look whether it still exists; the
        # call over it fails, and the master knows that the daemon is another one.
        cluster.run("gnt-debug", "delay", "--no-master", "-n", cluster.nodes[0], "0.001", check=False)


def test_time_of_an_allocator_is_limited(
    cluster: VirtualCluster, running: tuple[str, str], hanging: str, pid_file: Path, impatient: None
) -> None:
    started = time.monotonic()
    with unchanged(cluster):
        result = cluster.run("gnt-node", "evacuate", "-f", "-p", "-I", hanging, cluster.nodes[0], check=False)
    assert result.exit_code == 1
    assert "timeout expired, program was stopped" in result.output
    assert time.monotonic() - started >= impatient_noded.LIMIT_S
    assert not is_alive(_pid(pid_file))


# looking at it


def test_request_can_be_looked_at(cluster: VirtualCluster, choosing: str, running: tuple[str, str]) -> None:
    data = json.loads(cluster.run("gnt-debug", "iallocator", "--mode=relocate", SHARED).stdout)
    assert data["request"]["relocate_from"] == [cluster.nodes[0]]
    assert set(data["nodes"]) == set(cluster.nodes)
    node = data["nodes"][cluster.nodes[0]]
    assert node["total_memory"] > node["free_memory"] > 0 and node["i_pri_up_memory"] == 16
    assert data["instances"][SHARED]["disks"][0]["size"] == 4


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--mode=allocate", "-t", "diskless", "--disks=", "new"), ["{1}"]),
        (("--mode=multi-allocate", "--count=2", "--disks=4,8", "new"), [[["new0", ["{1}"]], ["new1", ["{2}"]]], []]),
        (("--mode=relocate", DISKLESS), ["{1}"]),
    ],
)
def test_answer_can_be_looked_at(
    cluster: VirtualCluster, choosing: str, running: tuple[str, str], words: tuple[str, ...], expected: object
) -> None:
    with unchanged(cluster):
        text = cluster.run("gnt-debug", "allocator", "--dir=out", "-I", choosing, *words).stdout
    wanted = json.dumps(expected)
    for number, name in enumerate(cluster.nodes):
        wanted = wanted.replace(f"{{{number}}}", name)
    assert json.loads(text)["result"] == json.loads(wanted)


def test_evacuations_can_be_looked_at(
    cluster: VirtualCluster, choosing: str, running: tuple[str, str], rack: str
) -> None:
    command = ("gnt-debug", "iallocator", "--dir=out", "-I", choosing)
    with unchanged(cluster):
        evacuated = json.loads(cluster.run(*command, "--mode=node-evacuate", "--evac-mode=all", DISKLESS).stdout)
        changed = json.loads(cluster.run(*command, "--mode=change-group", f"--target-groups={rack}", *running).stdout)
    assert evacuated["result"][0] == [[DISKLESS, "default", [cluster.nodes[1]]]]
    assert [move[1:] for move in changed["result"][0]] == [[rack, [cluster.nodes[2]]]] * 2


def test_impossible_requests_are_refused(cluster: VirtualCluster, choosing: str, running: tuple[str, str]) -> None:
    for words, problem in (
        (("--mode=relocate", "nowhere"), "'nowhere' is not known"),
        (("--mode=allocate", SHARED), "already in the cluster"),
        (("--dir=out", "--mode=relocate", SHARED), "An allocator must be named"),
        (("--mode=node-evacuate", cluster.nodes[0]), "is not known"),
    ):
        result = cluster.run("gnt-debug", "iallocator", *words, check=False)
        assert (result.exit_code, problem in result.output) == (1, True), result.output
