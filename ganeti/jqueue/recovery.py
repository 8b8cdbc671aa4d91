"""What becomes of the jobs in the queue directory when the master daemon starts."""

from msgspec.structs import replace

from ganeti import constants as c
from ganeti.jqueue import transitions
from ganeti.jqueue.job import FINAL, Job, Timestamp


def recover(job: Job, now: Timestamp) -> Job:
    """Return the job as it is after a restart; the same value if nothing changes.

    What waited starts over. What ran cannot be continued: nobody knows how far it came, so it is an error that the
    admin sees. A job that was about to be canceled did not run either, so it is canceled.
    """
    status = job.status
    if status == c.JOB_STATUS_WAITING:
        ops = tuple(
            record if record.is_final else replace(record, status=c.OP_STATUS_QUEUED, result=None) for record in job.ops
        )
        return replace(job, ops=ops)
    if status == c.JOB_STATUS_CANCELING:
        return transitions.cancel_now(job, now)
    if status == c.JOB_STATUS_RUNNING:
        return transitions.end_unfinished(job, c.OP_STATUS_ERROR, transitions.UNCLEAN_SHUTDOWN, now)
    if status in FINAL and any(not record.is_final for record in job.ops):
        # Written by a version that did not end the opcodes after a failed or canceled one.
        rest = transitions.PRECEDING_FAILED if status == c.JOB_STATUS_ERROR else transitions.CANCELED_RESULT
        return transitions.end_unfinished(job, status, rest, now)
    if status in FINAL and job.end_timestamp is None:
        return transitions.settle(job, _last_end(job) or now)
    return job


def _last_end(job: Job) -> Timestamp | None:
    return max((record.end_timestamp for record in job.ops if record.end_timestamp), default=None)
