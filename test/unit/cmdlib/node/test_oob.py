"""Power and health of nodes, forced resets and restricted commands."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti import opcodes
from ganeti.cmdlib.node import oob_answers
from ganeti.errors import OpPrereqError
from ganeti.rpc.result import RpcResult, failure, success
from test.unit.cmdlib.clusterworld import ClusterWorld, healthy_config
from test.unit.factories import node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)


class Helper:
    """Stands for the programs that nodes run; remembers how it was called."""

    def __init__(self, world: ClusterWorld) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.answers: dict[str, Any] = {}
        self._usual = world.rpc.call_one
        world.rpc.call_one = self.call_one  # type: ignore[method-assign]

    def call_one(self, node: str, proc: Any, *args: Any) -> RpcResult[Any]:
        if proc.name not in ("run_oob", "restricted_command", "node_powercycle"):
            return self._usual(node, proc, *args)
        self.calls.append((node, *map(str, args)))
        target = args[2].partition(".")[0] if proc.name == "run_oob" else node
        answer = self.answers.get(target)
        return failure(node, proc.name, str(answer)) if isinstance(answer, OSError) else success(node, "x", answer)


@pytest.fixture
def world() -> ClusterWorld:
    """Three nodes with a program, all on."""
    return ClusterWorld(healthy_config(cluster={"ndparams": {**c.NDC_DEFAULTS, c.ND_OOB_PROGRAM: "/sbin/oob"}}))


@pytest.fixture
def helper(world: ClusterWorld) -> Helper:
    """What the program answers."""
    return Helper(world)


def refused(world: ClusterWorld, op: opcodes.OpCode, code: str) -> str:
    """Return why an opcode is refused."""
    with pytest.raises(OpPrereqError) as caught:
        world.run(op)
    assert caught.value.args[1] == code
    return str(caught.value.args[0])


def command(name: str, *nodes: str, **changes: Any) -> opcodes.OpOobCommand:
    return opcodes.OpOobCommand(command=name, node_names=list(nodes), **changes)  # type: ignore[arg-type]


def test_program_runs_on_the_master_for_each_node_in_natural_order(world: ClusterWorld, helper: Helper) -> None:
    helper.answers = {"node1": [["fan", "OK"]], "node2": [["fan", "CRITICAL"]], "node3": []}
    result = world.run(command(c.OOB_HEALTH))
    assert [list(map(tuple, row)) for row in result] == [
        [(0, "node1.example.com"), (0, [["fan", "OK"]])],
        [(0, "node2.example.com"), (0, [["fan", "CRITICAL"]])],
        [(0, "node3.example.com"), (0, [])],
    ]
    assert helper.calls[1] == (ONE, "/sbin/oob", "health", "node2.example.com", "60.0")
    assert [line for line in world.job.log if "WARNING" in line] == [
        " - WARNING: Item 'fan' on node 'node2.example.com' has status 'CRITICAL'"
    ]


def test_failing_programs_and_wrong_answers_give_no_data(world: ClusterWorld, helper: Helper) -> None:
    helper.answers = {"node1": OSError("no such file"), "node2": {"powered": "yes"}, "node3": {"powered": False}}
    result = world.run(command(c.OOB_POWER_STATUS))
    assert [row[1][0] for row in result] == [c.RS_NODATA, c.RS_NODATA, c.RS_NORMAL]
    assert sum("WARNING" in line for line in world.job.log) == 3  # the third: recorded as on, but is off


def test_nodes_without_a_program_are_not_available(helper: Helper, world: ClusterWorld) -> None:
    node = world.config.nodes[TWO]
    world.store.update(msgspec.structs.replace(node, ndparams={c.ND_OOB_PROGRAM: ""}))
    helper.answers = {"node1": {"powered": True}}
    result = world.run(command(c.OOB_POWER_STATUS, "node2", "node1"))
    assert [row[1][0] for row in result] == [c.RS_NORMAL, c.RS_UNAVAIL]


def test_nodes_are_switched_off_when_offline_and_the_state_is_recorded(world: ClusterWorld, helper: Helper) -> None:
    assert "not marked offline" in refused(world, command(c.OOB_POWER_OFF, "node3"), c.ECODE_STATE)
    world.run(command(c.OOB_POWER_OFF, "node3", ignore_status=True))
    assert not world.config.nodes[THREE].powered
    world.run(command(c.OOB_POWER_ON, "node3"))
    assert world.config.nodes[THREE].powered
    world.run(opcodes.OpNodeSetParams(node_name="node3", offline=True))
    world.run(command(c.OOB_POWER_OFF, "node3"))
    assert not world.config.nodes[THREE].powered


def test_master_is_never_switched_off(world: ClusterWorld, helper: Helper) -> None:
    text = refused(world, command(c.OOB_POWER_CYCLE, "node2", "node1"), c.ECODE_INVAL)
    assert "/sbin/oob power-cycle node1.example.com" in text
    result = world.run(command(c.OOB_POWER_CYCLE))
    assert [row[0][1] for row in result] == ["node2.example.com", "node3.example.com"]


def test_switching_on_pauses_between_nodes(
    world: ClusterWorld, helper: Helper, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr("ganeti.cmdlib.node.oob.time.monotonic", lambda: now[0])
    monkeypatch.setattr("ganeti.cmdlib.node.oob.time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    world.run(command(c.OOB_POWER_ON, power_delay=3.0))
    assert now[0] == 6.0


@given(
    st.one_of(st.none(), st.booleans(), st.text(), st.lists(st.lists(st.text())), st.dictionaries(st.text(), st.none()))
)
def test_only_answers_of_the_right_shape_are_taken(payload: Any) -> None:
    assert (oob_answers.problem_of(c.OOB_POWER_ON, payload) is None) == (payload is None)
    assert oob_answers.problem_of(c.OOB_POWER_STATUS, payload) is not None
    if oob_answers.problem_of(c.OOB_HEALTH, payload) is None:
        assert payload == [] or all(state in c.OOB_STATUSES for _, state in payload)


# powercycle and restricted commands


def test_master_is_reset_only_by_force(world: ClusterWorld, helper: Helper) -> None:
    refused(world, opcodes.OpNodePowercycle(node_name="node1"), c.ECODE_INVAL)
    helper.answers = {ONE: "scheduled", TWO: "scheduled"}
    assert world.run(opcodes.OpNodePowercycle(node_name="node1", force=True)) == "scheduled"
    assert world.run(opcodes.OpNodePowercycle(node_name="node2")) == "scheduled"
    assert helper.calls[1][:2] == (TWO, c.HT_FAKE)


def test_restricted_command_answers_in_the_order_of_the_request(world: ClusterWorld, helper: Helper) -> None:
    helper.answers = {TWO: "fine\n", THREE: OSError("no")}
    result = world.run(opcodes.OpRestrictedCommand(command="check", nodes=["node3", "node2"]))
    assert list(map(tuple, result)) == [
        (False, "Command 'check' on node 'node3.example.com' failed: no"),
        (True, "fine\n"),
    ]
