"""kill -9 of the master daemon at any moment of the creation, migration and removal of an instance.

Afterwards no acknowledged job is lost or has run twice, the configuration loads, `gnt-cluster verify` names what is
half-done, and the command that doc/repair.rst gives for it repairs it.
"""

import os
import random
import threading
import time
from collections.abc import Iterator

import pytest

from ganeti import constants as c
from test.cluster.crash_world import CREATE_SCRIPT, OPERATIONS, UNCLEAN, Acknowledged, CrashWorld
from test.cluster.killable_master import KillableMaster
from test.cluster.os_definitions import os_definition
from test.cluster.virtual import virtual_cluster

RANDOM_MOMENTS = 20
SEED_VARIABLE = "GANETI_TEST_SEED"
#: No operation replaces so many files; a bound against going on for ever.
MOST_WRITES = 60


@pytest.fixture(scope="module")
def world() -> Iterator[CrashWorld]:
    with virtual_cluster(nodes=2) as cluster:
        log = cluster.root() / "var/notes"
        os_name = cluster.name.replace(".", "-")
        with os_definition(os_name, {"create": CREATE_SCRIPT.format(log=log)}):
            cluster.init("--enabled-hypervisors=fake", "--enabled-disk-templates=sharedfile")
            cluster.add_nodes()
            master = KillableMaster(cluster)
            made = CrashWorld(cluster, master, os_name, log)
            made.install_hooks()
            cluster.kill_daemon("ganeti-masterd")
            try:
                master.start()
                yield made
            finally:
                master.stop()


def check_after_crash(world: CrashWorld, operation: str, name: str, told: Acknowledged, notes_before: int) -> None:
    """Check everything that has to hold once the daemon runs again, and repair what it left behind."""
    states = world.master.luxi.wait()
    for job_id in told.ids:
        assert job_id in states, f"job {job_id} was acknowledged and is lost"
        assert told.final.get(job_id, states[job_id]) == states[job_id], "a final job changed"
        if states[job_id].status != c.JOB_STATUS_SUCCESS:
            assert UNCLEAN in str(states[job_id].results), states[job_id]
    runs = world.notes(operation, name) - notes_before
    has_succeeded = bool(told.ids) and states[told.ids[0]].status == c.JOB_STATUS_SUCCESS
    assert runs <= 1, f"{operation} of {name} was done {runs} times"
    assert world.installations(name) <= 1
    if has_succeeded:
        assert runs == 1
    _check_and_repair(world, operation, name, has_succeeded)


def _check_and_repair(world: CrashWorld, operation: str, name: str, has_succeeded: bool) -> None:
    truth, findings = world.truth(name), world.findings()
    if has_succeeded:
        assert truth.is_absent if operation == "remove" else truth.is_whole, truth
    if truth.is_whole or truth.is_absent:
        assert not findings, f"{truth}: {findings}"
        return
    assert name in findings, f"verification does not name what is half-done: {truth}, {findings!r}"
    world.repair(name, findings)
    truth, findings = world.truth(name), world.findings()
    assert truth.is_whole or truth.is_absent, truth
    assert not findings, findings


def restart(world: CrashWorld) -> None:
    """Bring the daemon back that was ordered to die."""
    world.master.wait_dead()
    world.master.cancel_death()
    world.master.start()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_death_at_every_write(world: CrashWorld, operation: str) -> None:
    deaths = {
        (kind, moment): _die_at_every_write(world, operation, kind, moment)
        for kind in ("config", "queue")
        for moment in ("before", "after")
    }
    print(f"{operation}: survived deaths {deaths}; repairs so far: {dict(world.repairs)}")
    # As many as there are at least, or the daemon was never hit where it hurts.
    assert min(deaths["config", "before"], deaths["config", "after"]) >= (2 if operation == "create" else 1)
    assert min(deaths["queue", "before"], deaths["queue", "after"]) >= 4


def _die_at_every_write(world: CrashWorld, operation: str, kind: str, moment: str) -> int:
    """Let the daemon die at the first write of a kind, then at the second one...; returns how many there are."""
    for number in range(1, MOST_WRITES):
        tag = f"{operation}-{kind}-{moment}-{number}"
        name = "migrated" if operation == "migrate" else tag
        world.prepare(operation, name)
        notes = world.notes(operation, name)
        world.master.order_death(tag, kind, number, moment)
        told = world.perform([world.opcode(operation, name)])
        if told.is_complete:
            world.master.cancel_death()
            return number - 1
        restart(world)
        check_after_crash(world, operation, name, told, notes)
        if operation == "create":
            world.remove(name)
    raise AssertionError(f"the operation writes more than {MOST_WRITES} files")


def test_death_at_random_moments(world: CrashWorld) -> None:
    seed = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(1 << 32))
    print(f"To try the same moments again: {SEED_VARIABLE}={seed}")
    moments = random.Random(seed)
    duration_s = 0.3
    for number in range(RANDOM_MOMENTS):
        operation = moments.choice(OPERATIONS)
        name = f"random-{number}"
        world.prepare(operation, name)
        notes = world.notes(operation, name)
        timer = threading.Timer(moments.uniform(0.0, duration_s), world.master.kill)
        started = time.monotonic()
        jobs = [
            world.opcode(operation, name),
            {"OP_ID": "OP_TEST_DELAY", "duration": 0.001, "on_master": True, "depends": [[-1, []]]},
            {"OP_ID": "OP_TAGS_SET", "kind": "cluster", "name": "", "tags": [f"random-{number}"]},
        ]
        told = world.perform(jobs, on_submission=timer.start)
        if told.is_complete:
            # The time that this takes is how far moments have to be spread.
            duration_s = time.monotonic() - started
        timer.join()
        world.master.start()
        check_after_crash(world, operation, name, told, notes)
