"""gnt-cluster upgrade: a cluster changes between two installed versions, with failures and killed processes."""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ganeti import constants as c
from ganeti.tools import vcluster_layout as vl
from test.cluster.virtual import VirtualCluster, running_cluster, virtual_cluster, wait_for
from test.made_up_version import SOURCE, made_up_version

OLD = c.DIR_VERSION
NEW = f"{c.VERSION_MAJOR}.{c.VERSION_MINOR + 1}"
DATA = "var/lib/ganeti"
WATCHER_LOCK = "$GANETI_ROOTDIR/var/lock/ganeti-watcher.lock"


@dataclass(frozen=True)
class Installed:
    """Two versions below one prefix."""

    prefix: Path

    def library(self, version: str) -> Path:
        return self.prefix / "lib/ganeti" / version

    def create(self, layout: vl.Layout) -> None:
        """Make virtual nodes that use the old version."""
        sizes = ["-c", str(layout.nodes), "-i", str(layout.instances), "-p", layout.prefix]
        command = [self.library(OLD) / "tools/vcluster-setup", *sizes, "-n", layout.netdev, "-D", layout.domain]
        subprocess.run([*command, layout.directory], check=True, timeout=120)

    @contextlib.contextmanager
    def replaced(self, program: str, text: str) -> Iterator[Path]:
        """Put a shell script in the place of a program of the new version; gives the real one."""
        path = self.library(NEW) / program
        real = path.with_name(f"{path.name}.real")
        path.rename(real)
        try:
            path.write_text(f"#!/bin/sh\n{text}\n")
            path.chmod(0o755)
            yield real
        finally:
            real.rename(path)


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    """Install the source tree and the same with the next version number below one prefix of their own."""
    directory = Path(tempfile.mkdtemp(prefix="ganeti-versions-"))
    directory.chmod(0o755)
    prefix = directory / "prefix"
    try:
        for source in (SOURCE, made_up_version(directory / "source", c.VERSION_MINOR + 1)):
            options = [f"--root={directory}/stage", f"--prefix={prefix}", f"--python={sys.executable}"]
            command = [sys.executable, "setup.py", "--quiet", "install_tree", *options]
            subprocess.run(command, cwd=source, check=True, timeout=120)
        # Only what is below the prefix: the machine's own /etc is not to be touched.
        (directory / f"stage{prefix}").rename(prefix)
        yield Installed(prefix)
    finally:
        shutil.rmtree(directory)


@pytest.fixture(scope="module")
def cluster(installed: Installed) -> Iterator[VirtualCluster]:
    """Give a cluster of three nodes that uses the old version, with a running instance."""
    with virtual_cluster(instances=1, create=installed.create) as nodes:
        running_cluster(nodes)
        place = ("-n", nodes.nodes[1], "-t", "diskless", "-H", "fake", "--no-nics", "-B", "memory=8m")
        nodes.run("gnt-instance", "add", *place, "-o", "busybox+default", "--no-install", nodes.instances[0])
        nodes.run("gnt-instance", "startup", nodes.instances[0])
        yield nodes


def _links(cluster: VirtualCluster) -> set[str]:
    """Return which versions the nodes' links lead to."""
    return {
        os.path.basename((cluster.root(node) / "etc/ganeti" / name).readlink())
        for node in range(3)
        for name in ("lib", "share")
    }


def _running_programs(cluster: VirtualCluster, installed: Installed) -> set[str]:
    """Return the versions of the daemons that run."""
    found = set()
    for node, daemon in [(0, c.MASTERD), *((node, name) for node in range(3) for name in (c.NODED, c.CONFD))]:
        words = Path(f"/proc/{cluster.daemon_pid(daemon, node)}/cmdline").read_text().split("\0")
        program = next(word for word in words if os.path.basename(word) == daemon)
        found.add(os.path.realpath(program).removeprefix(f"{installed.prefix}/lib/ganeti/").partition("/")[0])
    return found


def _assert_whole(cluster: VirtualCluster, installed: Installed, version: str) -> None:
    """Check that everything has a version, and that nothing is left of a change."""
    assert _links(cluster) == {version}
    assert _running_programs(cluster, installed) == {version}
    assert f"Software version: {version}.0" in cluster.lines("gnt-cluster", "version")
    assert cluster.lines("gnt-cluster", "queue", "info") == ["The drain flag is unset"]
    assert cluster.lines("gnt-cluster", "watcher", "info") == ["The watcher is not paused."]
    assert not {"intent-to-upgrade", "upgrade-journal"} & set(os.listdir(cluster.root() / DATA))
    fields = cluster.lines("gnt-instance", "list", "--no-headers", "-o", "name,status")
    assert [line.split() for line in fields] == [[cluster.instances[0], "running"]]
    findings = cluster.run("gnt-cluster", "verify", "--error-codes", check=False).stdout
    assert "ENODEVERSION" not in findings
    assert "ENODERPC" not in findings


def _change_to(cluster: VirtualCluster, version: str) -> None:
    """Let the cluster have a version before or in a test; its verification may have findings."""
    if _links(cluster) != {version}:
        cluster.run("gnt-cluster", "upgrade", "--to", version, check=False)


def _config(cluster: VirtualCluster) -> dict[str, object]:
    """Return the configuration without what changes by writing it."""
    config = json.loads((cluster.root() / DATA / "config.data").read_text())
    return {key: value for key, value in config.items() if key not in ("serial_no", "mtime", "cluster")}


def _backups(cluster: VirtualCluster) -> list[Path]:
    return sorted((cluster.root() / "var/lib").glob("ganeti*.tar"))


@pytest.mark.parametrize(
    ("program", "script", "message"),
    [
        ("use-version", "echo no space left >&2", "use-version' on node"),
        ("tools/cfgupgrade", f"flock -s -n {WATCHER_LOCK} true || echo no watcher can run", "no watcher can run"),
        ("tools/cfgupgrade", "echo broken > $GANETI_ROOTDIR/var/lib/ganeti/config.data", "cfgupgrade -f failed"),
    ],
)
def test_failure_before_the_daemons_are_started_undoes_everything(
    cluster: VirtualCluster, installed: Installed, program: str, script: str, message: str
) -> None:
    before = _config(cluster)
    with installed.replaced(program, f"{script}; exit 1"):
        result = cluster.run("gnt-cluster", "upgrade", "--to", NEW, check=False)
    assert result.exit_code == 1
    assert message in result.stdout
    assert "Everything is as it was before" in result.stdout
    assert _config(cluster) == before
    _assert_whole(cluster, installed, OLD)
    cluster.run("flock", "-s", "-n", f"{cluster.root()}/var/lock/ganeti-watcher.lock", "true")


def test_upgrade_waits_for_jobs_and_changes_all_nodes(cluster: VirtualCluster, installed: Installed) -> None:
    before, backups = _config(cluster), len(_backups(cluster))
    job = cluster.run("gnt-debug", "delay", "--submit", "--print-jobid", "5").stdout.strip()
    result = cluster.run("gnt-cluster", "upgrade", "--to", NEW, check=False)
    assert "Waiting for 1 jobs to finish" in result.stdout
    # What the cluster's verification has found is part of the result.
    assert "Verifying the cluster" in result.stdout
    assert cluster.lines("gnt-job", "list", "--no-headers", "-o", "status", job) == ["success"]
    backup = _backups(cluster)[backups:]
    assert [stat.S_IMODE(path.stat().st_mode) for path in backup] == [0o600]
    assert _config(cluster) == before
    _assert_whole(cluster, installed, NEW)


def test_downgrade_is_the_way_back(cluster: VirtualCluster, installed: Installed) -> None:
    _change_to(cluster, NEW)
    _change_to(cluster, OLD)
    _assert_whole(cluster, installed, OLD)


def _kill_in_step(cluster: VirtualCluster, target: str, step: str) -> None:
    """Start a change and kill its process as soon as it has begun a step."""
    journal = cluster.root() / DATA / "upgrade-journal"
    command = [f"{cluster.root()}/cmd", "gnt-cluster", "upgrade", "--to", target]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def has_begun() -> bool:
        assert process.poll() is None, f"the change ended before its step {step}"
        with contextlib.suppress(FileNotFoundError):
            return step in json.loads(journal.read_text())["begun"]
        return False

    try:
        wait_for(has_begun, f"step {step}", timeout_s=120.0)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


#: In turn on the way up and down; the configuration is converted on the way up.
STEPS = ("drain", "stop", "upgrade-config", "switch", "start", "unpause-watcher")


def test_killed_at_any_step_it_is_finished_later(cluster: VirtualCluster, installed: Installed) -> None:
    _change_to(cluster, OLD)
    used, target = OLD, NEW
    for step in STEPS:
        _kill_in_step(cluster, target, step)
        assert (cluster.root() / DATA / "intent-to-upgrade").exists()
        result = cluster.run("gnt-cluster", "upgrade", "--resume", check=False)
        assert f"Going on with the change from version {used}.0 to {target}" in result.stdout
        _assert_whole(cluster, installed, target)
        used, target = target, used


def test_killed_and_failing_then_it_is_undone(cluster: VirtualCluster, installed: Installed) -> None:
    _change_to(cluster, OLD)
    before = _config(cluster)
    _kill_in_step(cluster, NEW, "switch")
    with installed.replaced("tools/cfgupgrade", "exit 1"):
        result = cluster.run("gnt-cluster", "upgrade", "--resume", check=False)
    assert result.exit_code == 1
    assert "Everything is as it was before" in result.stdout
    assert _config(cluster) == before
    _assert_whole(cluster, installed, OLD)
    assert cluster.run("gnt-cluster", "upgrade", "--resume").stdout == ""
