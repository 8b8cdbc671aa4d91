"""Providers of external storage over all nodes."""

from ganeti.query.providers import merge_providers
from test.unit.factories import make_config, node_uuid

ONE, TWO, THREE = node_uuid(1), node_uuid(2), node_uuid(3)


def test_parameters_are_those_of_all_nodes_and_groups_need_all_of_theirs() -> None:
    good = ("store", "/srv/store", True, "", [("pool", "the pool"), ("fast", "")])
    slow = ("store", "/srv/store", True, "", [("pool", "the pool")])
    bad = ("broken", "/srv/broken", False, "no script", [])
    broken, store = merge_providers(make_config(), {ONE: [good], TWO: [slow, bad], THREE: [good]})
    assert (store.name, store.groups, store.parameters) == ("store", {"default": True}, [["pool", "the pool"]])
    assert (broken.groups, broken.parameters) == ({"default": False}, [])
    assert broken.nodes == {ONE: [], TWO: [["/srv/broken", False, "no script", []]], THREE: []}
