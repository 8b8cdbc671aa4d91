"""Filter rules on a running cluster: what each action does to jobs, and that rules outlive a restart."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ganeti import constants as c
from test.cluster.virtual import VirtualCluster, wait_for

#: Long enough to be seen running, and it can be canceled only before it starts.
_BRIEF = "0.5"
_MARK = "filter-test"


@pytest.fixture(autouse=True)
def _no_rules_left(cluster: VirtualCluster) -> Iterator[None]:
    yield
    for uuid in cluster.lines("gnt-filter", "list", "--no-headers", "-o", "uuid"):
        cluster.run("gnt-filter", "delete", uuid)
    wait_for(lambda: not _ids_in(cluster, "--pending", "--running"), "end of all jobs")


def _ids_in(cluster: VirtualCluster, *options: str) -> list[int]:
    found: set[int] = set()
    for option in options:
        found |= {int(line) for line in cluster.lines("gnt-job", "list", "--no-headers", "-o", "id", option)}
    return sorted(found)


def _submit(cluster: VirtualCluster, reason: str = _MARK, duration: str = _BRIEF) -> int:
    argv = ("gnt-debug", "delay", "--no-master", "--submit", "--print-jobid", "--reason", reason, duration)
    return int(cluster.run(*argv).stdout)


def _status(cluster: VirtualCluster, job_id: int) -> str:
    return cluster.lines("gnt-job", "list", "--no-headers", "-o", "status", str(job_id))[0]


def _add(cluster: VirtualCluster, action: str, predicates: list[Any], priority: int = 0) -> str:
    argv = ("--action", action, "--priority", str(priority), "--predicates", json.dumps(predicates))
    return cluster.run("gnt-filter", "add", *argv).stdout.strip()


def _watermark(cluster: VirtualCluster, rule: str) -> int:
    return int(cluster.lines("gnt-filter", "list", "--no-headers", "-o", "watermark", rule)[0])


def _becomes(cluster: VirtualCluster, job_id: int, status: str) -> None:
    wait_for(lambda: _status(cluster, job_id) == status, f"job {job_id} being {status}")


_MARKED = ["reason", ["=~", "reason", f"^{_MARK}$"]]


def test_rejected_jobs_get_an_id_and_end_canceled(cluster: VirtualCluster) -> None:
    _add(cluster, "REJECT", [_MARKED])
    refused = cluster.run("gnt-debug", "delay", "--no-master", "--reason", _MARK, _BRIEF, check=False)
    assert refused.exit_code == 1
    assert "Job was canceled" in refused.stderr
    _becomes(cluster, _submit(cluster, "other"), "success")


def test_paused_jobs_wait_until_the_rule_goes_and_survive_a_restart(cluster: VirtualCluster) -> None:
    rule = _add(cluster, "PAUSE", [["opcode", ["==", "OP_ID", "OP_TEST_DELAY"]], _MARKED])
    paused = _submit(cluster)
    later = _submit(cluster, "other")
    _becomes(cluster, later, "success")
    cluster.kill_daemon(c.MASTERD)
    cluster.daemon_util("start", c.MASTERD)
    assert _status(cluster, paused) == "queued"
    cluster.run("gnt-filter", "delete", rule)
    _becomes(cluster, paused, "success")


def test_the_first_rule_that_decides_wins(cluster: VirtualCluster) -> None:
    _add(cluster, "CONTINUE", [_MARKED], priority=0)
    _add(cluster, "ACCEPT", [_MARKED], priority=1)
    _add(cluster, "REJECT", [["opcode", ["==", "OP_ID", "OP_TEST_DELAY"]]], priority=2)
    _becomes(cluster, _submit(cluster), "success")
    _becomes(cluster, _submit(cluster, "other"), "canceled")


def test_the_watermark_lets_older_jobs_through_and_moves_when_the_rule_is_replaced(cluster: VirtualCluster) -> None:
    pause = _add(cluster, "PAUSE", [_MARKED])
    older = _submit(cluster)
    newer_only = [["jobid", [">", "id", "watermark"]], _MARKED]
    rule = _add(cluster, "REJECT", newer_only)
    newer = _submit(cluster)
    # The rules have the same priority: the older one decides first, so it has to go.
    cluster.run("gnt-filter", "delete", pause)
    _becomes(cluster, newer, "canceled")
    _becomes(cluster, older, "success")
    before = _watermark(cluster, rule)
    cluster.run("gnt-filter", "replace", "--action", "REJECT", "--predicates", json.dumps(newer_only), rule)
    assert before == older
    assert _watermark(cluster, rule) >= newer


def _most_at_once(cluster: VirtualCluster, jobs: list[int]) -> int:
    """Return how many of *jobs* were seen executing together until all of them had ended."""
    fields = ("gnt-job", "list", "--no-headers", "--separator=|", "-o", "opexec,opend", *map(str, jobs))
    wait_for(lambda: all("?" not in line for line in cluster.lines(*fields)), "end of the jobs")
    spans = [tuple(part.strip("[]'") for part in line.split("|")) for line in cluster.lines(*fields)]
    return max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)


def test_a_rate_limit_lets_only_so_many_run(cluster: VirtualCluster) -> None:
    # All are there before the first may start: submitting them may take longer than they do.
    rule = _add(cluster, "PAUSE", [_MARKED])
    jobs = [_submit(cluster) for _ in range(5)]
    cluster.run("gnt-filter", "replace", "--action", "RATE_LIMIT 2", "--predicates", json.dumps([_MARKED]), rule)
    assert _most_at_once(cluster, jobs) == 2


def test_a_reason_may_ask_for_a_rate_limit(cluster: VirtualCluster) -> None:
    jobs = [_submit(cluster, "rate-limit:1:backup") for _ in range(3)]
    assert _most_at_once(cluster, jobs) == 1


def test_wrong_rules_are_refused(cluster: VirtualCluster) -> None:
    for words in (
        ("--action", "reject"),
        ("--action", "RATE_LIMIT 0"),
        ("--priority", "-1"),
        ("--predicates", '[["state", ["==", "a", "b"]]]'),
    ):
        assert cluster.run("gnt-filter", "add", *words, check=False).exit_code == 1
    assert cluster.run("gnt-filter", "replace", "nonsense", check=False).exit_code == 1
    assert cluster.lines("gnt-filter", "list", "--no-headers") == []
