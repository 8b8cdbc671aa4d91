"""A queue in a temporary directory, with a runner and candidates made for tests."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ganeti.jqueue.execution import OpcodeContext
from ganeti.jqueue.queue import JobQueue
from ganeti.jqueue.storage import QueueStorage
from ganeti.opcodes import OpCode

DEADLINE_S = 20.0


def wait_until(condition: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Wait for something that no event tells."""
    pause = threading.Event()
    for _ in range(int(deadline_s / 0.005)):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("condition did not come true in time")


class FakeRunner:
    """Runs opcodes by a function that tests replace; knows nothing of locks."""

    def __init__(self) -> None:
        self.behaviour: Callable[[OpCode, OpcodeContext, float | None], Any] = lambda op, context, timeout_s: True
        self.woken = threading.Event()

    def run(self, op: OpCode, context: OpcodeContext, timeout_s: float | None) -> Any:
        context.notify_start()
        return self.behaviour(op, context, timeout_s)

    def priority_changed(self, job_id: int, priority: int) -> None:
        pass

    def cancel_requested(self, job_id: int) -> None:
        self.woken.set()


class LockedRunner(FakeRunner):
    """Every opcode waits for its locks until the test lets it go on."""

    def __init__(self) -> None:
        super().__init__()
        self.release = threading.Event()

    def run(self, op: OpCode, context: OpcodeContext, timeout_s: float | None) -> Any:
        while not self.release.wait(0.005):
            context.check()
        return super().run(op, context, timeout_s)


class FakeCandidates:
    """Nodes with a directory each, in memory."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.drained: dict[str, bool] = {}
        self.updates = 0
        self.failing: set[str] = set()

    def update(self, node_uuid: str, contents: Mapping[str, bytes]) -> str | None:
        if node_uuid in self.failing:
            return "no route to host"
        self.updates += 1
        self.files.setdefault(node_uuid, {}).update(contents)
        return None

    def rename(self, node_uuid: str, pairs: Sequence[tuple[str, str]]) -> str | None:
        if node_uuid in self.failing:
            return "no route to host"
        for old, new in pairs:
            if old not in self.files.get(node_uuid, {}):
                return "no such file"
            self.files[node_uuid][new] = self.files[node_uuid].pop(old)
        return None

    def set_drain_flag(self, node_uuid: str, is_drained: bool) -> str | None:
        self.drained[node_uuid] = is_drained
        return None

    def purge(self, node_uuid: str) -> str | None:
        if node_uuid in self.failing:
            return "no route to host"
        self.files[node_uuid] = {}
        return None


@pytest.fixture
def queue_dir(tmp_path: Path) -> Path:
    return tmp_path / "queue"


@pytest.fixture
def candidates() -> FakeCandidates:
    return FakeCandidates()


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def queue(queue_dir: Path, candidates: FakeCandidates, runner: FakeRunner) -> Iterator[JobQueue]:
    made = JobQueue(QueueStorage(str(queue_dir)), candidates)
    made.open()
    made.start(runner)
    yield made
    made.close(timeout_s=5.0)
