"""Node daemons that are started in another way than usual: by another release, or where a directory is not there."""

import contextlib
from collections.abc import Iterator
from typing import Final

from ganeti import buildcfg
from test.cluster.virtual import VirtualCluster, wait_for

#: The node whose daemon is replaced.
_NODE: Final = 2


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
