"""The life of one opcode."""

import msgspec
import pytest

from ganeti import constants as c
from ganeti.errors import HooksAbort, OpExecError, OpPrereqError, OpResultError, ProgrammerError
from ganeti.jqueue.execution import CancelRequested, LocksNotObtained
from ganeti.locking import ALL_SET
from ganeti.mcpu.lu import ResultWithJobs
from ganeti.opcodes import OpClusterVerify, OpCode, OpTestDelay, OpTestJqueue, OpTestOsParams
from ganeti.types import REDACTED, Secret
from test.unit.factories import node_uuid
from test.unit.mcpu.world import Script, ScriptedLU, World, answer

HOOK_FAILED = answer([["test-pre.d/check", c.HKR_FAIL, "no"], ["test-pre.d/other", c.HKR_SUCCESS, ""]])


def names_of(events: list[object]) -> list[object]:
    return [event[0] if isinstance(event, tuple) else event for event in events]


def test_everything_happens_in_order_and_the_result_is_told_last() -> None:
    world = World(Script(needed={c.LEVEL_NODE: [node_uuid(1)]}, changes_config=True))
    assert world.run() is None
    assert names_of(world.events) == [
        "declare",
        "running",
        "prereq",
        "test-pre",
        "exec",
        "test-post",
        "config-update-post",
        "durable",
    ]


def test_nothing_is_waited_for_when_the_configuration_did_not_change() -> None:
    world = World()
    world.run()
    assert "durable" not in world.events
    assert "config-update-post" not in world.events


def test_who_submitted_the_job_is_told_what_it_leaves_inconsistent() -> None:
    world = World(Script(changes_config=True, cluster_changes={"ndparams": {}}))
    world.run()
    lines = [payload for _, payload in world.job.log]
    assert any("Configuration data is not consistent: Node parameters lack" in line for line in lines), lines
    # Changes of others are not this job's business.
    told = len(world.job.log)
    world.store.modify_cluster(lambda cluster: msgspec.structs.replace(cluster, ipolicy={}))
    assert len(world.job.log) == told


def test_failed_work_still_makes_changes_durable_and_tells_of_them() -> None:
    world = World(Script(changes_config=True, result=OpExecError("broken")))
    with pytest.raises(OpExecError, match="broken"):
        world.run()
    assert names_of(world.events)[-3:] == ["exec", "config-update-post", "durable"]
    assert "test-post" not in world.events


def test_levels_are_declared_while_lower_ones_are_held() -> None:
    needed = {c.LEVEL_INSTANCE: ["inst1.example.com"], c.LEVEL_NODE: ALL_SET}
    world = World(Script(needed=needed, shared={c.LEVEL_NODE: True}))
    world.run()
    declared = [event for event in world.events if event[0] == "declare"]
    assert [event[1] for event in declared] == [c.LEVEL_INSTANCE, c.LEVEL_NODE]
    assert declared[1][2][c.LEVEL_INSTANCE] == {"inst1.example.com"}
    held = next(event[1] for event in world.events if event[0] == "prereq")
    assert held[c.LEVEL_NODE] == {node_uuid(index) for index in (1, 2, 3)}


def test_missing_locks_end_the_attempt_with_nothing_held() -> None:
    world = World(Script(needed={c.LEVEL_NODE: [node_uuid(1)]}))
    world.locks.acquire("other", c.LEVEL_CLUSTER, [c.BGL], shared=True)
    world.locks.acquire("other", c.LEVEL_NODE, [node_uuid(1)], shared=False)
    with pytest.raises(LocksNotObtained):
        world.run()
    assert {owner for info in world.locks.snapshot() for owner in info.owners} == {"other"}
    assert "running" not in world.events


def test_opportunistic_locks_are_what_is_free_until_the_last_attempt() -> None:
    world = World(Script(needed={c.LEVEL_NODE: ALL_SET}, opportunistic={c.LEVEL_NODE: True}))
    world.locks.acquire("other", c.LEVEL_CLUSTER, [c.BGL], shared=True)
    world.locks.acquire("other", c.LEVEL_NODE, [node_uuid(1)], shared=False)
    world.run()
    held = next(event[1] for event in world.events if event[0] == "prereq")
    assert held[c.LEVEL_NODE] == {node_uuid(2), node_uuid(3)}


def test_locked_objects_must_exist_and_new_ones_must_not() -> None:
    with pytest.raises(OpPrereqError) as error:
        World(Script(needed={c.LEVEL_INSTANCE: ["gone.example.com"]})).run()
    assert error.value.args[1] == c.ECODE_NOENT
    with pytest.raises(OpPrereqError) as error:
        World(Script(add={c.LEVEL_INSTANCE: ["inst1.example.com"]})).run()
    assert error.value.args[1] == c.ECODE_NOTUNIQUE
    World(Script(add={c.LEVEL_INSTANCE: ["new.example.com"]})).run()


def test_canceled_job_does_not_start() -> None:
    world = World()
    world.job.stop = CancelRequested()
    with pytest.raises(CancelRequested):
        world.run()


@pytest.mark.parametrize(("directory", "is_executed"), [("test-pre", False), ("test-post", True)])
def test_job_killed_during_hooks_fails(directory: str, is_executed: bool) -> None:
    world = World(Script(changes_config=True))

    def kill() -> None:
        world.job.stop = OpExecError("Job killed by request")

    world.rpc.meanwhile[directory] = kill
    with pytest.raises(OpExecError, match="killed"):
        world.run()
    assert ("exec" in world.events) == is_executed
    assert ("config-update-post" in world.events) == is_executed, "changes must be told of in any case"


def test_dry_run_ends_after_the_pre_hooks() -> None:
    world = World()
    assert world.run(OpTestDelay(duration=1.0, dry_run=True)) is None
    assert "test-pre" in world.events
    assert "exec" not in world.events
    assert (c.ELOG_MESSAGE, " - INFO: dry-run mode requested, not actually executing the operation") in world.job.log


def test_failing_pre_hook_vetoes_and_names_the_node() -> None:
    world = World()
    world.rpc.hooks["test-pre", node_uuid(1)] = HOOK_FAILED
    with pytest.raises(HooksAbort) as error:
        world.run()
    assert error.value.args == ([["node1.example.com", "test-pre.d/check", "no"]],)
    assert "exec" not in world.events


def test_unreachable_node_is_no_veto() -> None:
    world = World(Script(hook_nodes=([node_uuid(1), node_uuid(2), node_uuid(1)], [])))
    world.rpc.hooks["test-pre", node_uuid(1)] = answer(fail_msg="timeout")
    world.rpc.hooks["test-pre", node_uuid(2)] = answer(fail_msg="Node is marked offline", offline=True)
    world.run()
    assert [text for _, text in world.job.log] == [
        " - WARNING: Communication failure to node node1.example.com: timeout"
    ]


def test_failing_post_hook_is_a_warning() -> None:
    world = World()
    world.rpc.hooks["test-post", node_uuid(1)] = answer([["test-post.d/a", c.HKR_FAIL, ""]])
    world.run()
    expected = " - WARNING: On node1.example.com script test-post.d/a failed, output: (no output)"
    assert [text for _, text in world.job.log] == [expected]


def test_nobody_is_called_for_hooks_that_the_master_is_known_not_to_have() -> None:
    world = World(Script(hook_nodes=([node_uuid(1), node_uuid(2)], [node_uuid(1)])))
    world.empty_on_master = {"test-pre.d", "test-post.d"}
    world.rpc.hooks["test-pre", node_uuid(2)] = answer([["test-pre.d/a", c.HKR_SUCCESS, ""]])
    world.run()
    assert world.rpc.hook_nodes == {"test-pre": [node_uuid(2)]}


def test_hooks_know_the_operation_before_and_after() -> None:
    world = World(Script(changes_config=True))
    world.run()
    pre, post = world.rpc.environments["test-pre"], world.rpc.environments["test-post"]
    assert pre["PATH"] == "/sbin:/bin:/usr/sbin:/usr/bin"
    assert pre["GANETI_OP_CODE"] == "OP_TEST_DELAY"
    assert pre["GANETI_CLUSTER"] == "cluster.example.com"
    assert pre["GANETI_MASTER"] == "node1.example.com"
    assert pre["GANETI_OBJECT_TYPE"] == "CLUSTER"
    assert (pre["GANETI_STATE"], pre["GANETI_FLAG"]) == ("pre", "True")
    assert (post["GANETI_STATE"], post["GANETI_POST_STATE"]) == ("pre", "post")
    update = world.rpc.environments["config-update-post"]
    assert (update["GANETI_HOOKS_PATH"], update["GANETI_STATE"]) == ("config-update", "pre")
    assert "GANETI_POST_STATE" not in update


def test_generated_jobs_inherit_and_are_submitted_after_the_locks_are_free() -> None:
    jobs: list[list[OpCode]] = [[OpTestJqueue()], [OpTestDelay(duration=2.0, comment="mine", priority=10)]]
    world = World(Script(result=ResultWithJobs(jobs)))
    world.job.priority = -9
    trail = [["gnt:user", "why", 1]]
    assert world.run(OpClusterVerify(debug_level=2, reason=trail)) == {"jobs": [[True, 100], [True, 101]]}
    (first,), (second,) = world.job.submitted
    assert (first.priority, first.comment, first.debug_level) == (-10, "Submitted by OP_CLUSTER_VERIFY", 2)
    assert (second.priority, second.comment, second.reason) == (10, "mine", trail)


def test_result_must_be_of_the_declared_type() -> None:
    with pytest.raises(OpResultError):
        World(Script(result="text")).run()
    assert World(Script(result=True)).run(OpTestJqueue()) is True


def test_missing_resources_let_the_job_try_again_if_the_unit_can() -> None:
    lacking = OpPrereqError("No memory now", c.ECODE_TEMP_NORES)
    with pytest.raises(OpPrereqError):
        World(Script(prereq=lacking)).run()
    retry = OpTestDelay(duration=3.0)
    world = World(Script(prereq=lacking, retry=retry))
    with pytest.raises(LocksNotObtained):
        world.run()
    assert world.job.replaced == [retry]


def test_lost_secrets_must_be_submitted_again() -> None:
    world = World()
    with pytest.raises(OpPrereqError, match="re-submit secret"):
        world.run(OpTestOsParams(osparams_secret={"password": Secret(REDACTED)}))


class ExclusiveLU(ScriptedLU):
    """Runs alone."""

    REQ_BGL = True


def test_unit_that_runs_alone_waits_for_everybody() -> None:
    world = World(lu_class=ExclusiveLU)
    world.locks.acquire("other", c.LEVEL_CLUSTER, [c.BGL], shared=True)
    with pytest.raises(LocksNotObtained):
        world.run()
    world.locks.release_all("other")
    world.run()


def test_queries_run_without_locks_hooks_and_job() -> None:
    world = World(Script(needed={c.LEVEL_NODE: ALL_SET}, result=True))
    assert world.processor.query(OpTestJqueue()) is True
    assert "test-pre" not in world.events
    with pytest.raises(ProgrammerError):
        World(lu_class=ExclusiveLU).processor.query(OpTestJqueue())
