"""Doing something while all daemons of all nodes are stopped: files that they share must not differ while they run."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from ganeti import errors, pathutils
from ganeti.bootstrap.cluster_shell import ClusterShell
from ganeti.bootstrap.daemons import daemon_util, wait_for_masterd
from ganeti.utils.files import flock

_WATCHER_WAIT_S: Final = 300.0
#: The master daemon votes before it answers.
_MASTERD_WAIT_S: Final = 90.0
_PARALLEL: Final = 16


def on_each(nodes: Iterable[str], work: Callable[[str], None]) -> list[str]:
    """Do something for several nodes at a time; returns what went wrong."""

    def one(node: str) -> str | None:
        try:
            work(node)
        except errors.OpExecError as err:
            return str(err)
        return None

    with ThreadPoolExecutor(_PARALLEL) as pool:
        return [problem for problem in pool.map(one, nodes) if problem is not None]


@contextmanager
def watcher_locked_out() -> Iterator[None]:
    """Keep the watcher of this node, which would start daemons, from running. Raises LockError if it does not end."""
    with flock(pathutils.WATCHER_LOCK_FILE, timeout_s=_WATCHER_WAIT_S):
        yield


@contextmanager
def stopped_cluster(
    shell: ClusterShell, *, inform: Callable[[str], None], warn: Callable[[str], None]
) -> Iterator[None]:
    """Stop everything, let the block work, start everything again whatever happens.

    The watcher is locked out meanwhile. Raises OpExecError if a node cannot be stopped:
    the block does not run then.
    """
    inform("Blocking the watcher")
    with watcher_locked_out():
        try:
            inform("Stopping the daemons of all nodes")
            daemon_util("stop-master")
            daemon_util("stop-all")
            problems = on_each(shell.others, lambda node: _daemons(shell, node, "stop-all"))
            if problems:
                raise errors.OpExecError("Not all nodes could be stopped:\n" + "\n".join(problems))
            yield
        finally:
            inform("Starting the daemons of all nodes")
            # The master last: its daemon asks all the others.
            for problem in on_each(shell.others, lambda node: _daemons(shell, node, "start-all")):
                warn(problem)
            daemon_util("start-all")
    wait_for_masterd(_MASTERD_WAIT_S)


def _daemons(shell: ClusterShell, node: str, verb: str) -> None:
    shell.run(node, [pathutils.DAEMON_UTIL, verb])
