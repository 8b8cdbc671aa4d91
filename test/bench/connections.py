"""Measure what open connections and waiting clients cost the others; runs on the master and prints JSON."""

import contextlib
import json
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from ganeti import pathutils
from ganeti.luxi import Client, wire
from test.bench.jobs import NOOP, wait_for_end

_IDLE = 500
_WATCHERS = 100
#: Sleeps in the master daemon for longer than the measurement takes.
_LONG = {"OP_ID": "OP_TEST_DELAY", "duration": 120.0, "on_master": False}


def _latency_ms(client: Client, rounds: int) -> dict[str, float]:
    """Return the milliseconds of a small request, and of a job from submission to success."""
    requests, jobs = [], []
    for _ in range(rounds):
        start = time.perf_counter()
        client.query_config_values(["cluster_name"])
        asked = time.perf_counter()
        wait_for_end(client, client.submit_job([NOOP]))
        requests.append((asked - start) * 1000)
        jobs.append((time.perf_counter() - asked) * 1000)
    return {
        "request_median": statistics.median(requests),
        "request_max": max(requests),
        "job_median": statistics.median(jobs),
        "job_max": max(jobs),
    }


@contextlib.contextmanager
def _connections(count: int, request: bytes = b"") -> Iterator[None]:
    """Keep so many connections open, each with a request that is not answered yet."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            sock = stack.enter_context(socket.socket(socket.AF_UNIX))
            sock.connect(pathutils.QUERY_SOCKET)
            sock.sendall(request)
        yield


def _watch_request(job_id: int) -> bytes:
    return wire.encode_request(wire.Request("WaitForJobChange", [job_id, ["status"], ["running"], None, 89.0]))


def measure(rounds: int = 40) -> dict[str, Any]:
    """Return the latencies alone, beside idle connections, beside watchers, and beside both."""
    with Client() as client:
        _latency_ms(client, 5)
        figures: dict[str, Any] = {"alone": _latency_ms(client, rounds)}
        with _connections(_IDLE):
            figures[f"{_IDLE} idle connections"] = _latency_ms(client, rounds)
        watched = client.submit_job([_LONG])
        while client.query_jobs([watched], ["status"]) != [["running"]]:
            time.sleep(0.01)
        with _connections(_WATCHERS, _watch_request(watched)):
            figures[f"{_WATCHERS} waiting clients"] = _latency_ms(client, rounds)
            with _connections(_IDLE):
                figures["both"] = _latency_ms(client, rounds)
        client.cancel_job(watched, kill=True)
        wait_for_end(client, watched)
        return figures


if __name__ == "__main__":
    json.dump(measure(), sys.stdout)
