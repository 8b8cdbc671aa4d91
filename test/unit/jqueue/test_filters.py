"""Filter rules: which jobs they match and what they ask for."""

from typing import Any

import pytest

from ganeti import errors
from ganeti.jqueue.filters import JobView, adhoc_limits, applying_rule, check_rule, matches, rule_limit, sort_rules
from ganeti.jqueue.scheduler import Limit
from ganeti.objects import FilterRule

JOB = JobView(
    12,
    [
        {
            "OP_ID": "OP_INSTANCE_CREATE",
            "instance_name": "web1.example.com",
            "hvparams": {"kernel_path": "/boot/vmlinuz"},
            "tags": ["a", "b"],
            "start": True,
            "reason": [["gnt:user", "rate-limit:3:batch:1", 5], ["gnt:client:gnt-instance", "add", 9]],
        },
        {"OP_ID": "OP_TEST_DELAY", "duration": 5.5, "reason": []},
    ],
)


def a_rule(
    *predicates: Any, action: Any = "REJECT", priority: int = 0, watermark: int = 10, uuid: str = "u"
) -> FilterRule:
    return FilterRule(uuid=uuid, watermark=watermark, priority=priority, predicates=predicates, action=action)


@pytest.mark.parametrize(
    ("name", "expression", "expected"),
    [
        ("jobid", [">", "id", "watermark"], True),
        ("jobid", ["=", "id", 12], True),
        ("jobid", ["<", "id", 12], False),
        ("jobid", ["=", "id", "12"], False),
        ("jobid", ["!", ["=", "id", "12"]], False),
        ("jobid", ["|", [">", "id", 1], ["=~", "id", "x"]], True),
        ("jobid", ["|", ["=~", "id", "x"], [">", "id", 1]], False),
        ("jobid", ["&", ["<", "id", 1], ["=", "other", 1]], False),
        ("opcode", ["=", "OP_ID", "OP_TEST_DELAY"], True),
        ("opcode", ["=", "OP_ID", "OP_NODE_ADD"], False),
        ("opcode", ["!", ["=", "OP_ID", "OP_INSTANCE_CREATE"]], True),
        ("opcode", ["=~", "hvparams.kernel_path", "^/boot"], True),
        ("opcode", ["|", ["=", "OP_ID", "OP_INSTANCE_CREATE"], ["=", "missing", 1]], False),
        ("opcode", ["=[]", "tags", "b"], True),
        ("opcode", ["?", "start"], True),
        ("opcode", ["==", "start", True], True),
        ("opcode", ["!=", "start", True], False),
        ("opcode", ["==", "start", 1], False),
        ("opcode", ["!", ["<", "start", True]], False),
        ("opcode", [">", "duration", 5], True),
        ("opcode", ["=~", "instance_name", "("], False),
        ("reason", ["=~", "reason", "^rate"], True),
        ("reason", ["=", "source", "gnt:user"], True),
        ("reason", ["&", ["=", "source", "gnt:user"], ["=", "reason", "add"]], False),
        ("reason", [">", "timestamp", 8], True),
        ("reason", ["=~", "timestamp", "9"], False),
    ],
)
def test_predicates(name: str, expression: list[Any], expected: bool) -> None:
    assert matches(a_rule((name, expression)), JOB) is expected


def test_rule_without_predicates_matches_everything() -> None:
    assert matches(a_rule(), JOB)


def test_first_deciding_rule_in_order_applies() -> None:
    rules = sort_rules(
        [
            a_rule(action="REJECT", priority=2, uuid="late"),
            a_rule(action="CONTINUE", priority=0, uuid="continue"),
            a_rule(("jobid", ["<", "id", 5]), action="ACCEPT", priority=1, uuid="other"),
            a_rule(action="PAUSE", priority=1, watermark=3, uuid="chosen"),
            a_rule(action="ACCEPT", priority=1, watermark=4, uuid="newer"),
        ]
    )
    chosen = applying_rule(rules, JOB)
    assert chosen is not None
    assert chosen.uuid == "chosen"
    assert applying_rule([], JOB) is None


def test_limits() -> None:
    assert adhoc_limits(JOB) == {Limit(("reason", "3", "batch:1"), 3)}
    assert rule_limit(a_rule(action=("RATE_LIMIT", 2))) == Limit(("rule", "u"), 2)
    assert rule_limit(a_rule(action="PAUSE")) is None


@pytest.mark.parametrize("text", ["rate-limit:0:x", "rate-limit:x:y", "rate-limit:3", " rate-limit:3:x"])
def test_other_reasons_limit_nothing(text: str) -> None:
    assert adhoc_limits(JobView(1, [{"reason": [["gnt:user", text, 1]]}])) == set()


@pytest.mark.parametrize(
    ("priority", "predicates", "action"),
    [
        (-1, [], "ACCEPT"),
        (True, [], "ACCEPT"),
        (0, "x", "ACCEPT"),
        (0, [["jobid"]], "ACCEPT"),
        (0, [["other", ["=", "id", 1]]], "ACCEPT"),
        (0, [["jobid", []]], "ACCEPT"),
        (0, [["jobid", [">", "id"]]], "ACCEPT"),
        (0, [["opcode", ["==", "OP_ID"]]], "ACCEPT"),
        (0, [["opcode", ["!", ["~~", "OP_ID", "x"]]]], "ACCEPT"),
        (0, [["opcode", ["==", "hvparams", {}]]], "ACCEPT"),
        (0, [["reason", ["=~", "source", 5]]], "ACCEPT"),
        (0, [], "accept"),
        (0, [], ["RATE_LIMIT", 0]),
        (0, [], ["RATE_LIMIT"]),
        (0, [], None),
    ],
)
def test_wrong_rules_are_refused(priority: Any, predicates: Any, action: Any) -> None:
    with pytest.raises(errors.GenericError):
        check_rule(priority, predicates, action)


def test_right_rules_are_accepted() -> None:
    check_rule(0, [["jobid", [">", "id", "watermark"]]], ["RATE_LIMIT", 1])
    check_rule(5, [], "CONTINUE")
    check_rule(0, [["opcode", ["&", ["==", "duration", 5.5], ["==", "start", True], ["?", "start"]]]], "PAUSE")
    check_rule(0, [["opcode", ["|", ["=~", "OP_ID", "CREATE"], ["=[]", "tags", "a"]]], ["reason", ["&"]]], "REJECT")
