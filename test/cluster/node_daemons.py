"""Node daemons that are not as usual: of another release, without a directory, with a wrong clock."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ganeti import buildcfg
from test.cluster.virtual import VirtualCluster, wait_for

#: The node whose daemon is replaced.
_NODE: Final = 2
_OTHER_CLOCK: Final = """
import time
_time, _time_ns = time.time, time.time_ns
time.time = lambda: _time() + {ahead_s}
time.time_ns = lambda: _time_ns() + {ahead_s} * 10**9
"""


def wait_for_answers(cluster: VirtualCluster) -> None:
    """Wait until all nodes answer."""

    def all_answer() -> bool:
        result = cluster.run("gnt-node", "list", "--no-headers", "-o", "bootid", check=False)
        return not result.failed and "?" not in result.stdout.split()

    wait_for(all_answer, "answers of all nodes")


def settle(cluster: VirtualCluster) -> None:
    """Let all nodes have the newest configuration, so that none is on its way to a daemon that ends."""
    cluster.run("gnt-cluster", "redist-conf")


@contextlib.contextmanager
def other_node_daemon(cluster: VirtualCluster, *daemon_util: str) -> Iterator[None]:
    """Let the daemon of the third node be started by another *daemon_util* (a command line without its words)."""
    settle(cluster)
    cluster.daemon_util("stop", "ganeti-noded", node=_NODE)
    cluster.run(*daemon_util, "start", "ganeti-noded", node=_NODE)
    wait_for_answers(cluster)
    try:
        yield
    finally:
        cluster.daemon_util("stop", "ganeti-noded", node=_NODE)
        cluster.daemon_util("start", "ganeti-noded", node=_NODE)
        wait_for_answers(cluster)


@contextlib.contextmanager
def node_daemon_without(cluster: VirtualCluster, directory: str) -> Iterator[None]:
    """Let the daemon of the third node see an empty directory in place of an existing one."""
    script = 'mount -t tmpfs none "$1" && shift && exec "$@"'
    daemon_util = f"{buildcfg.PKGLIBDIR}/daemon-util"
    with other_node_daemon(cluster, "unshare", "--mount", "sh", "-c", script, "sh", directory, daemon_util):
        yield


@contextlib.contextmanager
def node_daemon_with_clock(cluster: VirtualCluster, *, ahead_s: int) -> Iterator[None]:
    """Let the daemon of the third node have a clock that is fast; all nodes have the one of this machine otherwise."""
    directory = Path(cluster.layout.directory) / "other-clock"
    directory.mkdir()
    # The interpreter imports this before anything of ours.
    (directory / "sitecustomize.py").write_text(_OTHER_CLOCK.format(ahead_s=ahead_s))
    try:
        with other_node_daemon(cluster, "env", f"PYTHONPATH={directory}", f"{buildcfg.PKGLIBDIR}/daemon-util"):
            yield
    finally:
        shutil.rmtree(directory)
