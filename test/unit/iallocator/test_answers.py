"""What allocators print becomes a value, or an error that says what is wrong with it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganeti import constants as c
from ganeti import opcodes
from ganeti.errors import OpExecError, ResultValidationError
from ganeti.iallocator.answers import (
    Answer,
    Evacuation,
    MovedInstance,
    check_same_groups,
    parse_answer,
    parse_evacuation,
    parse_multi_allocation,
    parse_nodes,
    parse_secondary,
)
from ganeti.objects import NodeGroup
from test.unit.factories import make_config, make_node, node_uuid

CONFIG = make_config()
NODE1, NODE2 = "node1.example.com", "node2.example.com"
WEB, DB = "web.example.com", "db.example.com"
MIGRATE = {"OP_ID": "OP_INSTANCE_MIGRATE", "instance_name": WEB, "target_node": NODE2, "allow_failover": True}
REPLACE = {"OP_ID": "OP_INSTANCE_REPLACE_DISKS", "instance_name": DB, "mode": c.REPLACE_DISK_CHG, "remote_node": NODE2}


def test_answer_of_the_agreed_form() -> None:
    text = '{"success": true, "info": "fine", "result": ["a"]}\n'
    assert parse_answer(text) == Answer(True, "fine", ["a"])


def test_old_allocators_call_the_result_nodes() -> None:
    assert parse_answer('{"success": true, "info": "", "nodes": ["a"]}').result == ["a"]
    assert parse_answer('{"success": true, "info": "", "nodes": ["a"], "result": ["b"]}').result == ["b"]


def test_reason_that_is_no_text_is_shown_all_the_same() -> None:
    assert parse_answer('{"success": false, "info": ["x", 1], "result": []}').info == '["x",1]'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Can't parse iallocator results: "),
        ("hello\nworld", "output was: hello\nworld"),
        ("[" * 100_000, "nested too deeply"),
        ("[]", "no JSON object"),
        ('{"success": true, "info": "\\ud800", "result": []}', "surrogates not allowed"),
        ('{"success": true, "info": ""}', "missing key result"),
        ('{"nodes": []}', "missing key success, info"),
        ('{"success": "yes", "info": "", "result": []}', "'success' is neither true nor false"),
        ("x" * 1000, "x" * 200 + r"\.\.\.$"),
        ("\x1b[31mred", r"\\x1b\[31mred"),
    ],
)
def test_rubbish_is_named(text: str, problem: str) -> None:
    with pytest.raises(OpExecError, match=problem):
        parse_answer(text)


def test_chosen_nodes() -> None:
    assert [node.uuid for node in parse_nodes(CONFIG, [NODE2, NODE1], 2)] == [node_uuid(2), node_uuid(1)]
    assert parse_secondary(CONFIG, NODE1).uuid == node_uuid(1)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (NODE1, "invalid result, expected a list of node names, got node1"),
        (None, "expected a list of node names, got null"),
        ([1], "expected a list of node names"),
        ([NODE1], r"invalid number of nodes \(1\), required 2"),
        ([NODE1, NODE1], r"invalid number of nodes \(2\), required 2"),
        ([NODE1, "nowhere"], "not in the cluster: nowhere"),
        ([NODE1, "node2"], "not in the cluster: node2"),
    ],
)
def test_wrong_nodes_are_refused(raw: Any, problem: str) -> None:
    with pytest.raises(ResultValidationError, match=problem):
        parse_nodes(CONFIG, raw, 2)


def test_instance_stays_in_its_groups() -> None:
    other = NodeGroup(uuid="10000000-0000-4000-8000-000000000002", name="rack2")
    config = make_config()
    config.nodegroups[other.uuid] = other
    near, far = config.nodes[node_uuid(2)], make_node(9, group=other.uuid)
    primary = config.nodes[node_uuid(1)]
    check_same_groups(config, [near], [primary], primary)
    check_same_groups(config, [near], [far], primary)
    with pytest.raises(ResultValidationError, match=r"\(default, rack2\) differ from original groups \(default\)"):
        check_same_groups(config, [far], [near], primary)


def test_evacuation_becomes_opcodes() -> None:
    raw = [[[WEB, "default", [NODE2]]], [[DB, None]], [[MIGRATE, REPLACE], []]]
    assert parse_evacuation(CONFIG, raw, [WEB, DB]) == Evacuation(
        moved=(MovedInstance(WEB, "default", (NODE2,)),),
        failed=((DB, None),),
        jobs=(
            (
                opcodes.OpInstanceMigrate(instance_name=WEB, target_node=NODE2, allow_failover=True),
                opcodes.OpInstanceReplaceDisks(instance_name=DB, mode=c.REPLACE_DISK_CHG, remote_node=NODE2),
            ),
            (),
        ),
    )


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ([], "invalid result, expected .*, got \\[\\]"),
        ([[], []], "invalid result"),
        ([[[WEB]], [], []], "invalid result"),
        ([[], [WEB], []], "invalid result"),
        ([[], [], [MIGRATE]], "invalid result"),
        ([[], [], [[{**MIGRATE, "OP_ID": "OP_INSTANCE_REMOVE"}]]], "expected an opcode with OP_ID of OP_INSTANCE_F"),
        ([[], [], [[{"instance_name": WEB}]]], "expected an opcode with OP_ID"),
        ([[], [], [[{**MIGRATE, "speed": 9}]]], "invalid opcode: .*speed"),
        ([[], [], [[{**MIGRATE, "target_node": 9}]]], "invalid opcode: .*target_node"),
        ([[], [], [[{**MIGRATE, "target_node": "nowhere"}]]], "not in the cluster: nowhere"),
        ([[], [], [[{**REPLACE, "remote_node": "nowhere"}]]], "not in the cluster: nowhere"),
        ([[[WEB, "default", ["nowhere"]]], [], []], "not in the cluster: nowhere"),
        ([[], [], [[{**MIGRATE, "instance_name": "victim"}]]], "instances not asked for: victim"),
        ([[["victim", "default", []]], [], []], "instances not asked for: victim"),
        ([[], [["victim", "no"]], []], "instances not asked for: victim"),
    ],
)
def test_wrong_evacuations_are_refused(raw: Any, problem: str) -> None:
    with pytest.raises(ResultValidationError, match=problem):
        parse_evacuation(CONFIG, raw, [WEB, DB])


REQUIRED = {WEB: 1, DB: 2}


@pytest.mark.parametrize("failed", [[DB], [[DB, "no room"]], [[DB, None]]])
def test_several_allocations_may_fail_with_or_without_reason(failed: Any) -> None:
    found = parse_multi_allocation(CONFIG, [[[WEB, [NODE1]]], failed], REQUIRED)
    assert [node.name for node in found.nodes[WEB]] == [NODE1]
    assert found.failed == (DB,)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        ([], "expected \\[\\[instance"),
        ([[[WEB, [NODE1]]], []], "missing: db.example.com"),
        ([[[WEB, [NODE1]]], [DB, "other"]], "not asked for: other"),
        ([[[WEB, [NODE1]], [WEB, [NODE1]]], [DB]], "twice"),
        ([[[DB, [NODE1]]], [WEB]], "required 2"),
    ],
)
def test_wrong_allocations_are_refused(raw: Any, problem: str) -> None:
    with pytest.raises(ResultValidationError, match=problem):
        parse_multi_allocation(CONFIG, raw, REQUIRED)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([WEB, NODE1, "OP_INSTANCE_MIGRATE"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["OP_ID", "instance_name"]), inner),
    max_leaves=15,
)


@given(JSON)
def test_whatever_is_printed_gives_a_value_or_one_of_the_two_errors(value: Any) -> None:
    for text in (json.dumps(value), json.dumps({"success": True, "info": "", "result": value})):
        try:
            raw = parse_answer(text).result
        except OpExecError:
            continue
        for parse in (
            lambda: parse_nodes(CONFIG, raw, 1),  # noqa: B023  # used before the next turn
            lambda: parse_secondary(CONFIG, raw),  # noqa: B023
            lambda: parse_evacuation(CONFIG, raw, [WEB]),  # noqa: B023
            lambda: parse_multi_allocation(CONFIG, raw, REQUIRED),  # noqa: B023
        ):
            try:
                parse()
            except ResultValidationError:
                continue
