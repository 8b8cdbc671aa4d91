"""Operations for tests of the job queue."""

import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ganeti import constants as c
from ganeti.cmdlib.base import create_lu
from ganeti.cmdlib.test import LUTestDelay
from ganeti.config import ConfigStore
from ganeti.errors import OpExecError, OpPrereqError
from ganeti.locking import LockManager
from ganeti.mcpu.context import MasterContext
from ganeti.mcpu.joblocks import JobLocks
from ganeti.mcpu.lu import LuEnv
from ganeti.opcodes import OpCode, OpTestDelay, OpTestJqueue
from ganeti.rpc.result import RpcResult, failure, success
from test.unit.factories import make_config, node_uuid


class Nodes:
    """Nodes that wait in no time; those in ``broken`` fail."""

    def __init__(self) -> None:
        self.delays: list[tuple[str, float]] = []
        self.broken: set[str] = set()

    def call(self, nodes: list[str], _procedure: object, duration: float) -> dict[str, RpcResult[Any]]:
        self.delays.extend((node, duration) for node in nodes)
        return {
            node: failure(node, "test_delay", "gone") if node in self.broken else success(node, "test_delay", None)
            for node in nodes
        }


class Job:
    """Collects the log of one opcode; ``on_entry`` is called for entries that announce a socket."""

    def __init__(self) -> None:
        self.nodes = Nodes()
        self.log: list[tuple[str, Any]] = []
        self.on_entry: Callable[[str], None] = lambda path: None

    def feedback(self, payload: Any, log_type: str = c.ELOG_MESSAGE) -> None:
        self.log.append((log_type, payload))
        if log_type != c.ELOG_MESSAGE:
            self.on_entry(payload[0])

    def make(self, op: OpCode) -> Any:
        store, locks = ConfigStore(make_config()), LockManager()
        context = MasterContext(store, self.nodes, locks, create_lu)  # type: ignore[arg-type]
        lu = create_lu(op, LuEnv(context, "1", JobLocks(locks, "1", store), self.feedback, lambda: None))
        lu.check_arguments()
        lu.expand_names()
        return lu

    def run(self, op: OpCode) -> Any:
        lu = self.make(op)
        lu.check_prereq()
        return lu.exec(self.feedback)


def hang_up(path: str) -> None:
    """Connect to *path* and close the connection at once, in a thread."""

    def client() -> None:
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(path)

    threading.Thread(target=client, daemon=True).start()


@pytest.fixture
def job() -> Job:
    return Job()


def test_delay_runs_on_the_nodes_and_the_master(job: Job) -> None:
    job.run(OpTestDelay(duration=2.0, on_nodes=["node3"], repeat=2))
    assert job.nodes.delays == [(node_uuid(1), 2.0), (node_uuid(3), 2.0)] * 2
    assert [text for _, text in job.log] == [
        " - INFO: Test delay iteration 0/1",
        " - INFO: Test delay iteration 1/1",
    ]


def test_delay_without_nodes_runs_in_the_master_daemon(job: Job) -> None:
    begin = time.monotonic()
    job.run(OpTestDelay(duration=0.05, on_master=False))
    assert time.monotonic() - begin >= 0.05
    assert job.nodes.delays == []


def test_delay_locks_nodes_only_if_wanted(job: Job) -> None:
    assert isinstance(job.make(OpTestDelay(duration=1.0)), LUTestDelay)
    assert job.make(OpTestDelay(duration=1.0)).needed_locks == {}
    assert job.make(OpTestDelay(duration=1.0, no_locks=False)).needed_locks == {c.LEVEL_NODE: [node_uuid(1)]}


def test_delay_must_be_positive_and_failures_are_told(job: Job) -> None:
    with pytest.raises(OpPrereqError):
        job.make(OpTestDelay(duration=0.0))
    job.nodes.broken = {node_uuid(1)}
    with pytest.raises(OpExecError, match="gone"):
        job.run(OpTestDelay(duration=1.0))


def test_client_ends_an_interruptible_delay(job: Job) -> None:
    job.on_entry = hang_up
    begin = time.monotonic()
    job.run(OpTestDelay(duration=30.0, interruptible=True))
    assert time.monotonic() - begin < 20
    assert job.log[0][0] == c.ELOG_DELAY_TEST


def test_notifications_come_in_order_and_wait_for_the_client(job: Job) -> None:
    job.on_entry = hang_up
    op = OpTestJqueue(notify_waitlock=True, notify_exec=True, log_messages=["one", "two"])
    assert job.run(op) is True
    told = [payload[1:] if kind == c.ELOG_JQUEUE_TEST else payload for kind, payload in job.log]
    assert told == [
        ["expandnames", None],
        ["exec", None],
        " - INFO: Executing",
        ["startmsg", 2],
        " - INFO: Sending log message 1",
        "TESTMSG=one",
        ["logmsg", 1],
        " - INFO: Sending log message 2",
        "TESTMSG=two",
        ["logmsg", 2],
    ]


def test_requested_failure(job: Job) -> None:
    with pytest.raises(OpExecError):
        job.run(OpTestJqueue(fail=True))
