"""A server with the job methods over a real queue; OP_BACKUP_REMOVE has no logical unit in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ganeti.jqueue.queue import JobQueue
from ganeti.jqueue.storage import QueueStorage
from ganeti.luxi.client import Client
from ganeti.luxiserver.job_methods import JobMethods
from ganeti.luxiserver.server import LuxiServer, bind_socket
from ganeti.luxiserver.table import MethodTable
from ganeti.opcodes import OpBackupRemove

from ..jqueue.conftest import FakeCandidates, FakeRunner


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
def queue(tmp_path: Path, runner: FakeRunner) -> Iterator[JobQueue]:
    made = JobQueue(QueueStorage(str(tmp_path / "queue")), FakeCandidates(), feedback_flush_s=0.05)
    made.open()
    made.start(runner)
    yield made
    made.close(timeout_s=5.0)


@pytest.fixture
def master(tmp_path: Path, queue: JobQueue) -> Iterator[str]:
    path = str(tmp_path / "master")
    server = LuxiServer(MethodTable([JobMethods(queue, lambda op_class: op_class is not OpBackupRemove)]))
    server.start([bind_socket(path)])
    yield path
    server.close()


@pytest.fixture
def client(master: str) -> Iterator[Client]:
    with Client(master) as made:
        yield made
