"""Expansion of names."""

import pytest

from ganeti import constants as c
from ganeti.cmdlib.names import find_group, find_instance, find_node, find_nodes
from ganeti.errors import OpPrereqError
from ganeti.objects.lookup import match_name
from test.unit.factories import GROUP_UUID, make_config, make_instance, node_uuid

NAMES = ["web1.example.com", "web10.example.com", "db.a.example.com", "db.b.example.com", "mail", "mail.example.com"]


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("web1", "web1.example.com"),
        ("WEB1.Example", "web1.example.com"),
        ("web10.example.com", "web10.example.com"),
        ("mail", "mail"),
        ("db.a", "db.a.example.com"),
        ("db", None),
        ("web", None),
        ("", None),
        ("unknown", None),
    ],
)
def test_prefixes_match_at_dots_if_unique(short: str, full: str | None) -> None:
    assert match_name(short, NAMES) == full


def code_of(error: pytest.ExceptionInfo[OpPrereqError]) -> str:
    return str(error.value.args[1])


def test_name_and_uuid_must_agree() -> None:
    instance = make_instance(1)
    config = make_config(instances=(instance,))
    assert find_instance(config, "inst1", instance.uuid) == instance
    with pytest.raises(OpPrereqError) as error:
        find_instance(config, "inst1", "other")
    assert code_of(error) == c.ECODE_NOTUNIQUE
    with pytest.raises(OpPrereqError) as error:
        find_instance(config, "inst2")
    assert code_of(error) == c.ECODE_NOENT


def test_forthcoming_instances_are_refused_unless_wanted() -> None:
    config = make_config(instances=(make_instance(1, forthcoming=True),))
    with pytest.raises(OpPrereqError):
        find_instance(config, "inst1")
    assert find_instance(config, "inst1", allow_forthcoming=True).forthcoming


def test_nodes_keep_the_order_given_or_are_all() -> None:
    config = make_config()
    assert [node.uuid for node in find_nodes(config, ["node3", "node1"])] == [node_uuid(3), node_uuid(1)]
    assert find_nodes(config, []) == []
    assert len(find_nodes(config, None, all_if_empty=True)) == 3
    with pytest.raises(OpPrereqError):
        find_node(config, "node9")


def test_group_by_name_uuid_or_because_it_is_the_only_one() -> None:
    config = make_config()
    assert find_group(config, "default") is find_group(config, GROUP_UUID) is find_group(config, None)
    with pytest.raises(OpPrereqError):
        find_group(config, "other")
