"""A process with a queue that is killed by the test: submits jobs, tells which were accepted, notes which ran."""

import os
import sys

from ganeti.jqueue.queue import JobQueue
from ganeti.jqueue.storage import QueueStorage
from ganeti.opcodes import OpTestDelay

from .conftest import FakeCandidates, FakeRunner


def main() -> None:
    queue_dir, ran_file = sys.argv[1:]
    ran = os.open(ran_file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    runner = FakeRunner()
    runner.behaviour = lambda op, context, timeout_s: os.write(ran, f"{context.job_id}\n".encode())
    queue = JobQueue(QueueStorage(queue_dir), FakeCandidates())
    queue.open()
    queue.start(runner)
    while True:
        job_id = queue.submit([OpTestDelay(duration=0.0)]).result()
        os.write(1, f"{job_id}\n".encode())


if __name__ == "__main__":
    main()
