"""Run many no-op jobs through the queue; runs on the master and prints how memory and latency develop as JSON."""

import argparse
import json
import sys
import time

from ganeti import constants as c
from ganeti import pathutils
from ganeti.luxi.client import Client
from test.bench.jobs import NOOP, latency, wait_for_end
from test.bench.memory import rss_mib

_BATCH = 100
#: The queue takes 5,000 jobs that are not archived.
_ARCHIVE_EVERY = 10


def _masterd_pid() -> int:
    with open(pathutils.daemon_pid_file(c.MASTERD), encoding="ascii") as file:
        return int(file.read().split()[0])


def soak(client: Client, count: int) -> dict[str, object]:
    """Submit *count* jobs in batches; speed, memory and latency of the daemon after each tenth of them."""
    samples: list[dict[str, float]] = []
    tenth = max(count // 10, _BATCH)
    started = since = time.perf_counter()
    for done in range(_BATCH, count + 1, _BATCH):
        outcomes = client.submit_many_jobs([[NOOP]] * _BATCH)
        states = {wait_for_end(client, int(outcome.job_id_or_message)) for outcome in outcomes}
        assert states == {"success"}, states
        if done % tenth == 0:
            rate = tenth / (time.perf_counter() - since)
            samples.append({"jobs_per_s": rate, "masterd_mib": rss_mib(_masterd_pid()), **latency(client, 40)})
            since = time.perf_counter()
        if done % (_BATCH * _ARCHIVE_EVERY) == 0:
            client.auto_archive_jobs(-1, 60)
    return {"jobs": count, "seconds": time.perf_counter() - started, "after each tenth": samples}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=5000)
    options = parser.parse_args()
    with Client() as client:
        json.dump(soak(client, options.jobs), sys.stdout)


if __name__ == "__main__":
    main()
