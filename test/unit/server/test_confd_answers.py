"""confd's answer to each type of question."""

import json
from typing import Any

import msgspec
import pytest

from ganeti import constants as c
from ganeti.objects import ConfigData, Nic
from ganeti.server.confd_answers import Answers, MalformedQuery
from ganeti.types import Private
from test.unit.factories import GROUP_UUID, make_cluster, make_config, make_disk, make_instance, make_node, node_uuid

SECRET = "0123456789abcdef0123456789abcdef01234567"
SERIAL = 42
OK, ERROR = c.CONFD_REPL_STATUS_OK, c.CONFD_REPL_STATUS_ERROR
UNKNOWN = (ERROR, c.CONFD_ERROR_UNKNOWN_ENTRY, 0)
BAD_ARGUMENT = (ERROR, c.CONFD_ERROR_ARGUMENT, 0)


def _nic(index: int, ip: str | None, link: str | None = None) -> Nic:
    params = {} if link is None else {c.NIC_LINK: link}
    return Nic(uuid=f"41000000-0000-4000-8000-{index:012d}", mac=f"aa:00:00:01:00:{index:02x}", ip=ip, nicparams=params)


def _config() -> ConfigData:
    drbd = make_disk(
        2, dev_type=c.DT_DRBD8, logical_id=(node_uuid(1), node_uuid(3), 11000, 4, 7, SECRET), iv_name="disk/1"
    )
    instances = (
        make_instance(
            1,
            serial_no=5,
            nics=(_nic(1, "198.51.100.1"), _nic(2, "198.51.100.2", "br7")),
            disks=(make_disk(1).uuid, drbd.uuid),
        ),
        make_instance(2, primary_node=node_uuid(2), nics=(_nic(3, "198.51.100.1", "br7"), _nic(4, None))),
        make_instance(3, primary_node=node_uuid(3), osparams_private={"password": Private("unspeakable")}),
    )
    config = make_config(instances=instances, disks=(make_disk(1), drbd), cluster={"serial_no": SERIAL})
    nodes = [
        make_node(1, serial_no=9),
        make_node(2, master_candidate=False),
        make_node(3, serial_no=11),
        make_node(4, master_candidate=False, offline=True),
        make_node(5, master_candidate=False, drained=True),
    ]
    return msgspec.structs.replace(config, nodes={node.uuid: node for node in nodes})


@pytest.fixture(scope="module")
def answers() -> Answers:
    return Answers(_config())


def _ask(answers: Answers, kind: int, query: Any = None) -> tuple[int, Any, int]:
    return tuple(answers.answer(kind, json.dumps(query).encode()))


def test_ping(answers: Answers) -> None:
    for query in (None, "anything", {}):
        assert _ask(answers, c.CONFD_REQ_PING, query) == (OK, 3010000, 0)


@pytest.mark.parametrize(("node", "role"), [(1, 0), (3, 1), (4, 2), (5, 3), (2, 4)])
def test_node_role(answers: Answers, node: int, role: int) -> None:
    for name in (f"node{node}.example.com", node_uuid(node)):
        assert _ask(answers, c.CONFD_REQ_NODE_ROLE_BYNAME, name) == (OK, role, SERIAL)


@pytest.mark.parametrize("kind", [1, 7, 8, 9, 10])
def test_questions_about_one_object_need_its_name(answers: Answers, kind: int) -> None:
    for query in (None, {"0": "link"}):
        status, text, serial = _ask(answers, kind, query)
        assert (status, serial) == (ERROR, 0)
        assert isinstance(text, str)


@pytest.mark.parametrize("kind", [1, 7, 8, 9])
def test_unknown_object(answers: Answers, kind: int) -> None:
    status, text, serial = _ask(answers, kind, "missing.example.com")
    assert (status, serial) == (ERROR, 0)
    assert "missing.example.com" in text


def test_node_of_an_instance_address_depends_on_the_link(answers: Answers) -> None:
    kind = c.CONFD_REQ_NODE_PIP_BY_INSTANCE_IP
    assert _ask(answers, kind, {"1": "198.51.100.1"}) == (OK, "192.0.2.11", SERIAL)
    assert _ask(answers, kind, {"0": "br7", "1": "198.51.100.1"}) == (OK, "192.0.2.12", SERIAL)
    assert _ask(answers, kind, {"1": "198.51.100.2"}) == UNKNOWN
    assert _ask(answers, kind, {"0": "nowhere", "1": "198.51.100.1"}) == UNKNOWN


def test_nodes_of_several_instance_addresses(answers: Answers) -> None:
    query = {"0": "br7", "2": ["198.51.100.2", "203.0.113.9"]}
    expected = [(OK, "192.0.2.11", SERIAL), UNKNOWN]
    assert _ask(answers, c.CONFD_REQ_NODE_PIP_BY_INSTANCE_IP, query) == (OK, expected, SERIAL)


def test_nodes_of_instance_addresses_need_an_object(answers: Answers) -> None:
    for query in (None, "198.51.100.1"):
        assert _ask(answers, c.CONFD_REQ_NODE_PIP_BY_INSTANCE_IP, query) == BAD_ARGUMENT


def test_master(answers: Answers) -> None:
    kind = c.CONFD_REQ_CLUSTER_MASTER
    assert _ask(answers, kind) == (OK, "node1.example.com", SERIAL)
    assert _ask(answers, kind, {"3": [2, "0", 1]}) == (OK, ["192.0.2.11", "node1.example.com", "192.0.2.1"], SERIAL)
    assert _ask(answers, kind, "node1.example.com") == BAD_ARGUMENT


def test_lists_of_addresses(answers: Answers) -> None:
    everyone = [f"192.0.2.{10 + index}" for index in range(1, 6)]
    assert _ask(answers, c.CONFD_REQ_NODE_PIP_LIST) == (OK, everyone, SERIAL)
    assert _ask(answers, c.CONFD_REQ_MC_PIP_LIST) == (OK, ["192.0.2.11", "192.0.2.13"], SERIAL)
    assert _ask(answers, c.CONFD_REQ_INSTANCES_IPS_LIST) == (OK, ["198.51.100.1"], SERIAL)
    on_link = ["198.51.100.2", "198.51.100.1"]
    assert _ask(answers, c.CONFD_REQ_INSTANCES_IPS_LIST, "br7") == (OK, on_link, SERIAL)


def test_drbd_minors(answers: Answers) -> None:
    row = ["node1.example.com", 4, "inst1.example.com", "disk/1", "primary", "node3.example.com"]
    assert _ask(answers, c.CONFD_REQ_NODE_DRBD, "node1.example.com") == (OK, [row], 9)
    row = ["node3.example.com", 7, "inst1.example.com", "disk/1", "secondary", "node1.example.com"]
    assert _ask(answers, c.CONFD_REQ_NODE_DRBD, "node3.example.com") == (OK, [row], 11)
    assert _ask(answers, c.CONFD_REQ_NODE_DRBD, "node2.example.com") == (OK, [], 1)


def test_instances_of_a_node(answers: Answers) -> None:
    status, (primary, secondary), serial = _ask(answers, c.CONFD_REQ_NODE_INSTANCES, "node3.example.com")
    assert (status, serial) == (OK, 11)
    assert [item["name"] for item in primary] == ["inst3.example.com"]
    assert [item["name"] for item in secondary] == ["inst1.example.com"]
    assert primary[0]["osparams_private"] == {"password": "<redacted>"}


def test_disks_of_an_instance_come_without_their_secret(answers: Answers) -> None:
    status, disks, serial = _ask(answers, c.CONFD_REQ_INSTANCE_DISKS, "inst1.example.com")
    assert (status, serial) == (OK, 5)
    assert [disk["dev_type"] for disk in disks] == [c.DT_SHARED_FILE, c.DT_DRBD8]
    assert list(disks[1]["logical_id"][:5]) == [node_uuid(1), node_uuid(3), 11000, 4, 7]


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/version", 3010000),
        ("/cluster/cluster_name", "cluster.example.com"),
        ("/cluster/enabled_hypervisors/0", c.HT_FAKE),
        (f"/nodes/{node_uuid(5)}/drained", True),
        (f"/nodegroups/{GROUP_UUID}/name", "default"),
        ("/networks", {}),
    ],
)
def test_values_of_the_configuration(answers: Answers, pointer: str, value: object) -> None:
    assert _ask(answers, c.CONFD_REQ_CONFIG_QUERY, pointer) == (OK, value, SERIAL)


def test_values_that_do_not_exist(answers: Answers) -> None:
    for pointer in ("cluster", "/nothing", "/cluster/nothing", "/nodes/nothing/name", "/version/0", "/__init__"):
        assert _ask(answers, c.CONFD_REQ_CONFIG_QUERY, pointer) == BAD_ARGUMENT


def test_no_answer_holds_a_secret(answers: Answers) -> None:
    queries = [None, "", "/disks", "/instances", "inst1.example.com", *(node.name for node in _config().nodes.values())]
    queries += [f"/disks/{uuid}/logical_id/5" for uuid in _config().disks]
    for kind in range(12):
        for query in queries:
            text = json.dumps(_ask(answers, kind, query))
            assert SECRET not in text
            assert "unspeakable" not in text


def test_data_collectors(answers: Answers) -> None:
    status, collectors, serial = _ask(answers, c.CONFD_REQ_DATA_COLLECTORS)
    assert (status, serial) == (OK, SERIAL)
    assert set(collectors) == set(c.DATA_COLLECTOR_NAMES)
    assert collectors["lv"] == {"active": True, "interval": 5_000_000}
    assert collectors["inst-status-xen"]["active"] is False
    cluster = make_cluster(enabled_hypervisors=(c.HT_XEN_PVM,))
    with_xen = Answers(msgspec.structs.replace(_config(), cluster=cluster))
    assert _ask(with_xen, c.CONFD_REQ_DATA_COLLECTORS)[1]["inst-status-xen"]["active"] is True


@pytest.mark.parametrize(
    ("kind", "query"),
    [(12, None), (-1, None), (0, 5), (0, [1]), (3, {"3": [3]}), (3, {"3": ["x"]}), (2, {"1": 5}), (2, {"2": "x"})],
)
def test_malformed_queries(answers: Answers, kind: int, query: object) -> None:
    with pytest.raises(MalformedQuery):
        _ask(answers, kind, query)
