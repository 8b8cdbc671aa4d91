"""Measure the job queue through LUXI; runs on the master (in its environment) and prints JSON."""

import json
import statistics
import sys
import time

from ganeti.luxi.client import Client

#: An operation that does nothing, so that only the machinery is measured.
NOOP = {"OP_ID": "OP_TEST_DELAY", "duration": 1e-6, "on_master": False, "no_locks": True}
_FINAL = ("success", "error", "canceled")


def wait_for_end(client: Client, job_id: int) -> str:
    """Return the final status of a job."""
    previous = None
    while True:
        change = client.wait_for_job_change(job_id, ["status"], previous, None)
        if change != "nochange":
            previous = change.info
            if previous[0] in _FINAL:
                return str(previous[0])


def one_by_one(client: Client, count: int) -> dict[str, float]:
    """Submit *count* jobs with a request each, then wait for all of them."""
    start = time.perf_counter()
    ids = [client.submit_job([NOOP]) for _ in range(count)]
    submitted = time.perf_counter()
    states = [wait_for_end(client, job_id) for job_id in ids]
    assert states == ["success"] * count, states
    return {"jobs": count, "submit_s": submitted - start, "jobs_per_s": count / (time.perf_counter() - start)}


def throughput(client: Client, count: int) -> dict[str, float]:
    """Submit *count* jobs at once and wait for all of them."""
    start = time.perf_counter()
    outcomes = client.submit_many_jobs([[NOOP]] * count)
    submitted = time.perf_counter()
    states = [wait_for_end(client, int(outcome.job_id_or_message)) for outcome in outcomes]
    end = time.perf_counter()
    assert states == ["success"] * count, states
    return {"jobs": count, "submit_s": submitted - start, "jobs_per_s": count / (end - start)}


def latency(client: Client, count: int) -> dict[str, float]:
    """Submit jobs one after the other; milliseconds from submission to success."""
    took = []
    for _ in range(count):
        start = time.perf_counter()
        assert wait_for_end(client, client.submit_job([NOOP])) == "success"
        took.append((time.perf_counter() - start) * 1000)
    return {"median_ms": statistics.median(took), "max_ms": max(took)}


def main() -> None:
    """Print the figures."""
    with Client() as client:
        latency(client, 5)
        figures = {
            "jobs together": throughput(client, 200),
            "jobs one by one": one_by_one(client, 200),
            "submission to success": latency(client, 40),
        }
        client.auto_archive_jobs(-1, 60)
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
