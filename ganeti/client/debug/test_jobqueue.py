"""gnt-debug test-jobqueue: does the job queue of a running cluster keep its promises?"""

import socket
from collections.abc import Callable, Sequence
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, opcodes
from ganeti.cli import submit
from ganeti.cli.invocation import Invocation
from ganeti.luxi.client import WireOpcode

#: Neither valid for submission, nor inside the range that the queue works with at all.
_INVALID_PRIORITIES: Final = (c.OP_PRIO_LOWEST + 1, c.OP_PRIO_HIGHEST - 1, 3)
_SHORT_DELAY_S: Final = 0.1
_CONNECT_TIMEOUT_S: Final = 10.0
_LOG_MESSAGES: Final = ("First message", "", "Third message, after an empty one", "Last: ünïcödé")


def _require(condition: bool, text: str) -> None:
    """Fail the test with *text* unless *condition* holds."""
    if not condition:
        raise errors.OpExecError(f"Job queue test failed: {text}")


def _delay(call: Invocation, **params: Any) -> WireOpcode:
    op = opcodes.OpTestDelay(duration=_SHORT_DELAY_S, on_master=False, no_locks=True, **params)
    return submit.to_wire(call, op)


def _check_priorities(call: Invocation) -> None:
    """Jobs with a priority that is not allowed must be refused, alone and in a batch."""
    for priority in _INVALID_PRIORITIES:
        op = {**_delay(call), "priority": priority}
        # One wrong opcode refuses the whole request, whatever else is in it.
        for jobs in ([[op]], [[_delay(call)], [op]]):
            try:
                call.client.submit_many_jobs(jobs) if len(jobs) > 1 else call.client.submit_job(jobs[0])
            except errors.GenericError:
                continue
            _require(False, f"priority {priority} was accepted in a request with {len(jobs)} jobs")


def _check_dependencies(call: Invocation) -> None:
    """Relative dependencies must become job ids and determine the order of execution."""
    final = [c.JOB_STATUS_SUCCESS]
    jobs = [
        [_delay(call)],
        [_delay(call, depends=[(-1, final)])],
        [_delay(call, depends=[(-1, final), (-2, final)])],
    ]
    outcomes = call.client.submit_many_jobs(jobs)
    _require(all(outcome.accepted for outcome in outcomes), f"a job of the batch was refused: {outcomes}")
    first, second, third = (int(outcome.job_id_or_message) for outcome in outcomes)
    for job_id in (first, second, third):
        submit.poll(call.client, job_id)
    rows = call.client.query_jobs([first, second, third], ["ops", "start_ts", "end_ts"])
    depends = [[item[0] for item in row[0][0].get("depends") or ()] for row in rows]
    _require(depends == [[], [first], [second, first]], f"relative dependencies became {depends}")
    for before, after in ((0, 1), (1, 2)):
        _require(rows[before][2] <= rows[after][1], f"job {after} started before the one that it depends on had ended")


class _Witness(submit.SilentReporter):
    """Compares what a job reports through its sockets with the status that the queue shows."""

    def __init__(self, call: Invocation, job_id: int) -> None:
        self._call = call
        self._job_id = job_id
        self._expected_messages: int | None = None
        self.events: list[str] = []
        self.messages: list[str] = []

    def log_entry(self, seconds: float, kind: str, message: Any) -> None:
        """Take one entry of the log of the job."""
        del seconds
        if kind == c.ELOG_JQUEUE_TEST:
            path, test, arg = message
            self._confirm(str(path), str(test), arg)
        elif kind == c.ELOG_MESSAGE and str(message).startswith(c.JQT_MSGPREFIX):
            self.messages.append(str(message).removeprefix(c.JQT_MSGPREFIX))

    def _confirm(self, path: str, test: str, arg: Any) -> None:
        """Connect to the socket of the job, check its status while it waits for us, and hang up."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(_CONNECT_TIMEOUT_S)
            sock.connect(path)
            expected = c.JOB_STATUS_WAITING if test == c.JQT_EXPANDNAMES else c.JOB_STATUS_RUNNING
            status = self._call.client.query_jobs([self._job_id], ["status"])[0][0]
            _require(status == expected, f"at {test} the job is {status}, not {expected}")
            if test == c.JQT_STARTMSG:
                self._expected_messages = int(arg)
            elif test == c.JQT_LOGMSG:
                _require(len(self.messages) == int(arg), f"{len(self.messages)} messages arrived before number {arg}")
        self.events.append(test)

    def check(self, messages: Sequence[str]) -> None:
        """Check that everything was reported, in the right order."""
        expected = [c.JQT_EXPANDNAMES, c.JQT_EXEC]
        if messages:
            expected += [c.JQT_STARTMSG, *[c.JQT_LOGMSG] * len(messages)]
            _require(self._expected_messages == len(messages), "the number of messages was announced wrongly")
        _require(self.events == expected, f"the job reported {self.events} instead of {expected}")
        _require(self.messages == list(messages), f"messages arrived as {self.messages}")


def _check_notifications(call: Invocation) -> None:
    """The status of a job and its messages must be visible while it runs."""
    for messages in ((), _LOG_MESSAGES):
        op = opcodes.OpTestJqueue(notify_waitlock=True, notify_exec=True, log_messages=list(messages), fail=False)
        job_id = submit.submit(call, [op])
        witness = _Witness(call, job_id)
        submit.poll(call.client, job_id, witness)
        witness.check(messages)


def _check_partial_failure(call: Invocation) -> None:
    """After the opcode that fails, the rest of a job must not run, and what ran before stays successful."""
    ops = [
        opcodes.OpTestJqueue(notify_waitlock=False, notify_exec=False, log_messages=[], fail=fail)
        for fail in (False, False, True, False)
    ]
    job_id = submit.submit(call, ops)
    try:
        submit.poll(call.client, job_id, submit.SilentReporter())
    except errors.OpExecError:
        pass
    else:
        _require(False, "a job with an opcode that fails succeeded")
    status, statuses = call.client.query_jobs([job_id], ["status", "opstatus"])[0]
    _require(status == c.JOB_STATUS_ERROR, f"the failed job is {status}")
    expected = [c.OP_STATUS_SUCCESS, c.OP_STATUS_SUCCESS, c.OP_STATUS_ERROR, c.OP_STATUS_ERROR]
    _require(statuses == expected, f"its opcodes are {statuses}")


_CHECKS: Final[tuple[tuple[str, Callable[[Invocation], None]], ...]] = (
    ("submission with invalid priorities", _check_priorities),
    ("dependencies between jobs", _check_dependencies),
    ("status and messages of running jobs", _check_notifications),
    ("failure in the middle of a job", _check_partial_failure),
)


def run(call: Invocation) -> int:
    """Run all tests; the first that fails ends the command."""
    for title, check in _CHECKS:
        print(f"Testing {title}", flush=True)
        check(call)
    print("Job queue test successful")
    return c.EXIT_SUCCESS
