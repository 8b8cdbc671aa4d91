"""Opcodes on the wire: validation, defaults, confidential values, summaries."""

from typing import Any

import pytest

from ganeti import errors, opcodes
from ganeti.types import REDACTED


def _create(**changes: Any) -> dict[str, Any]:
    return {
        "OP_ID": "OP_INSTANCE_CREATE",
        "instance_name": "web1",
        "mode": "create",
        "disks": [],
        "nics": [],
        **changes,
    }


def test_missing_parameters_get_their_defaults() -> None:
    op = opcodes.decode({"OP_ID": "OP_TEST_DELAY", "duration": 5})
    assert isinstance(op, opcodes.OpTestDelay)
    assert (op.duration, op.on_master, op.priority, op.reason) == (5.0, True, 0, [])


@pytest.mark.parametrize("op_class", opcodes.all_opcodes().values(), ids=lambda cls: cls.op_id())
def test_every_opcode_says_what_it_does(op_class: type[opcodes.OpCode]) -> None:
    assert op_class.__doc__ and op_class.__doc__.endswith(".")


@pytest.mark.parametrize(
    ("data", "named"),
    [
        ({"OP_ID": "OP_TEST_DELAY"}, "duration"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": "x"}, "duration"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": 1, "bogus": 2}, "bogus"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": 1, "priority": 3}, "priority"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": 1, "repeat": -1}, "repeat"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": 1, "repeat": True}, "repeat"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": 1, "depends": [[1, ["running"]]]}, "depends"),
        ({"OP_ID": "OP_GROUP_ADD", "group_name": ""}, "group_name"),
        ({"OP_ID": "OP_NETWORK_ADD", "network_name": "n", "network": "192.0.2.1/24"}, "network"),
        ({"OP_ID": "OP_NETWORK_ADD", "network_name": "n", "network": "192.0.2.0/24", "gateway": "::1"}, "gateway"),
        ({"OP_ID": "OP_INSTANCE_SET_PARAMS", "instance_name": "a", "nics": [["explode", {}]]}, "nics"),
        ({"OP_ID": "OP_INSTANCE_RECREATE_DISKS", "instance_name": "a", "disks": [-1]}, "disks"),
    ],
)
def test_wrong_parameter_is_refused_by_name(data: dict[str, Any], named: str) -> None:
    with pytest.raises(errors.OpPrereqError) as caught:
        opcodes.decode(data)
    assert named in caught.value.args[0]
    assert caught.value.args[1] == errors.ECODE_INVAL


@pytest.mark.parametrize("data", [None, [], {}, {"OP_ID": 3}])
def test_what_is_no_opcode_is_refused(data: object) -> None:
    with pytest.raises(errors.OpPrereqError):
        opcodes.decode(data)


def test_unknown_opcode_has_an_error_of_its_own() -> None:
    with pytest.raises(errors.OpCodeUnknown, match="OP_NOTHING"):
        opcodes.decode({"OP_ID": "OP_NOTHING"})


def test_confidential_parameters_show_up_only_where_they_must() -> None:
    op = opcodes.decode(_create(osparams_secret={"pw": "s3cret"}, osparams_private={"key": "pr1vate"}))
    shown = opcodes.encode(op)
    assert shown["osparams_secret"] == {"pw": REDACTED} and shown["osparams_private"] == {"key": REDACTED}
    stored = opcodes.encode_for_disk(op)
    assert stored["osparams_secret"] == {"pw": REDACTED} and stored["osparams_private"] == {"key": "pr1vate"}
    assert opcodes.encode_clear(op)["osparams_secret"] == {"pw": "s3cret"}
    assert "s3cret" not in repr(op) and "pr1vate" not in repr(op)


def test_secrets_lost_on_disk_are_noticed() -> None:
    op = opcodes.decode(_create(osparams_secret={"pw": "s3cret"}))
    assert not opcodes.has_redacted_secrets(op)
    assert opcodes.has_redacted_secrets(opcodes.decode(opcodes.encode_for_disk(op)))


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        ({"OP_ID": "OP_INSTANCE_STARTUP", "instance_name": "web1"}, "INSTANCE_STARTUP(web1)"),
        ({"OP_ID": "OP_CLUSTER_VERIFY"}, "CLUSTER_VERIFY"),
        ({"OP_ID": "OP_CLUSTER_VERIFY_GROUP", "group_name": "default"}, "CLUSTER_VERIFY_GROUP(default)"),
        ({"OP_ID": "OP_TEST_DELAY", "duration": 1.5}, "TEST_DELAY(1500000000 ns)"),
        ({"OP_ID": "OP_NODE_EVACUATE", "node_name": "n1", "mode": "all"}, "NODE_EVACUATE(n1)"),
    ],
)
def test_summary(data: dict[str, Any], summary: str) -> None:
    assert opcodes.summary(opcodes.decode(data)) == summary


def test_round_trip_keeps_every_parameter() -> None:
    op = opcodes.decode(_create(beparams={"maxmem": 512}, nics=[{"mode": "bridged", "link": None}], depends=[[-1, []]]))
    assert opcodes.decode(opcodes.encode_clear(op)) == op


def _carrying(**item: Any) -> dict[str, Any]:
    creation = {"instance_name": "a", "mode": "create", "disks": [], "nics": [], **item}
    return {"OP_ID": "OP_INSTANCE_MULTI_ALLOC", "iallocator": "x", "instances": [creation]}


@pytest.mark.parametrize("op_id", [{}, {"OP_ID": "OP_INSTANCE_CREATE"}])
def test_carried_opcodes_are_opcodes(op_id: dict[str, str]) -> None:
    op = opcodes.decode(_carrying(osparams_secret={"k": "s3cret"}, osparams_private={"k": "pr1vate"}, **op_id))
    assert isinstance(op, opcodes.OpInstanceMultiAlloc)
    (creation,) = op.instances
    assert isinstance(creation, opcodes.OpInstanceCreate)
    assert "s3cret" not in repr(op) and "pr1vate" not in repr(op)
    stored = opcodes.encode_for_disk(op)
    assert "s3cret" not in str(stored) and "pr1vate" in str(stored)
    assert opcodes.decode(opcodes.encode_clear(op)) == op
    assert not opcodes.has_redacted_secrets(op)
    assert opcodes.has_redacted_secrets(opcodes.decode(stored))


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (_carrying(speed=9), "speed"),
        (_carrying(osparams_secret=["s3cret"]), "osparams_secret"),
        (_carrying(OP_ID="OP_INSTANCE_REMOVE"), "OP_INSTANCE_MULTI_ALLOC.instances must be described"),
        ({**_carrying(), "instances": ["a"]}, "must be described by the parameters of OP_INSTANCE_CREATE"),
    ],
)
def test_wrong_carried_opcodes_are_refused(data: dict[str, Any], named: str) -> None:
    with pytest.raises(errors.OpPrereqError, match=named) as refused:
        opcodes.decode(data)
    assert "s3cret" not in str(refused.value)
