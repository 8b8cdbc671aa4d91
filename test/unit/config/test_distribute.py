"""Distribution: who gets what, nobody waits for a node that hangs, nothing is lost for one that was away."""

import threading
from collections.abc import Callable

import msgspec
import pytest

from ganeti import constants as c
from ganeti.config import distribute
from ganeti.config.distribute import Distributor, undelivered, usable_values
from ganeti.config.encode import ConfigEncoder
from ganeti.config.index import build_index
from ganeti.config.ssconf_values import Values
from ganeti.objects import ConfigData
from test.unit.factories import make_config, node_uuid

DEADLINE_S = 10.0


class Nodes:
    """Nodes that remember what they got; some fail, some hang until they are let go."""

    def __init__(self) -> None:
        self.condition = threading.Condition()
        self.configs: dict[str, list[int]] = {}
        self.values: dict[str, list[Values]] = {}
        self.failing: set[str] = set()
        self.hanging: set[str] = set()
        #: Serial number of the configuration that a node has before it gets one from us.
        self.newer: dict[str, int] = {}

    def _answer(self, uuid: str) -> str | None:
        self.condition.wait_for(lambda: uuid not in self.hanging, DEADLINE_S)
        self.condition.notify_all()
        return "no route to host" if uuid in self.failing else None

    def send_config(self, node_uuid: str, content: bytes, serial_no: int, *, spares_newer: bool) -> str | None:
        with self.condition:
            problem = self._answer(node_uuid)
            if spares_newer and self.newer.get(node_uuid, 0) > serial_no:
                problem = "it has a newer one"
            if problem is None:
                self.configs.setdefault(node_uuid, []).append(serial_no)
            return problem

    def send_ssconf(self, node_uuid: str, values: Values) -> str | None:
        with self.condition:
            problem = self._answer(node_uuid)
            if problem is None:
                self.values.setdefault(node_uuid, []).append(values)
            return problem

    def wait(self, condition: Callable[[], bool]) -> None:
        with self.condition:
            assert self.condition.wait_for(condition, DEADLINE_S)

    def let_go(self) -> None:
        with self.condition:
            self.hanging.clear()
            self.condition.notify_all()


def offer(distributor: Distributor, config: ConfigData) -> ConfigData:
    distributor.offer(config, build_index(config), ConfigEncoder().encode(config))
    return config


def changed(config: ConfigData, **cluster: object) -> ConfigData:
    return msgspec.structs.replace(
        config, cluster=msgspec.structs.replace(config.cluster, **cluster), serial_no=config.serial_no + 1
    )


def with_node(config: ConfigData, number: int, **changes: object) -> ConfigData:
    node = msgspec.structs.replace(config.nodes[node_uuid(number)], **changes)
    return msgspec.structs.replace(config, nodes={**config.nodes, node.uuid: node}, serial_no=config.serial_no + 1)


@pytest.fixture
def nodes() -> Nodes:
    return Nodes()


@pytest.fixture
def distributor(nodes: Nodes):  # type: ignore[no-untyped-def]
    made = Distributor(nodes, linger_s=0.0)
    yield made
    nodes.let_go()
    made.close()


def test_candidates_get_the_file_and_everybody_the_values(distributor: Distributor, nodes: Nodes) -> None:
    config = with_node(with_node(make_config(), 3, master_candidate=False), 3, offline=False)
    offer(distributor, config)
    distributor.wait_attempted(config.serial_no)
    assert nodes.configs == {node_uuid(2): [config.serial_no]}
    assert set(nodes.values) == {node_uuid(number) for number in (1, 2, 3)}
    assert all(status.is_up_to_date for status in distributor.status().values())


def test_offline_nodes_get_nothing_until_they_are_back(distributor: Distributor, nodes: Nodes) -> None:
    config = offer(distributor, with_node(make_config(), 2, offline=True, master_candidate=False))
    distributor.wait_attempted(config.serial_no)
    assert node_uuid(2) not in nodes.values
    config = offer(distributor, with_node(config, 2, offline=False))
    distributor.wait_attempted(config.serial_no)
    assert len(nodes.values[node_uuid(2)]) == 1


def test_values_travel_only_when_they_change(distributor: Distributor, nodes: Nodes) -> None:
    config = offer(distributor, make_config())
    distributor.wait_attempted(config.serial_no)
    config = offer(distributor, changed(config, highest_used_port=12000))
    distributor.wait_attempted(config.serial_no)
    assert [len(values) for values in nodes.values.values()] == [1, 1, 1]
    assert nodes.configs[node_uuid(2)] == [config.serial_no - 1, config.serial_no]
    config = offer(distributor, changed(config, master_netdev="br9"))
    distributor.wait_attempted(config.serial_no)
    assert nodes.values[node_uuid(3)][-1][c.SS_MASTER_NETDEV] == "br9"


def test_a_node_that_hangs_delays_nobody(distributor: Distributor, nodes: Nodes) -> None:
    nodes.hanging.add(node_uuid(2))
    config = offer(distributor, make_config())
    for _ in range(5):
        config = offer(distributor, changed(config, master_netdev=f"br{config.serial_no}"))
    nodes.wait(lambda: config.serial_no in nodes.configs.get(node_uuid(3), []))
    nodes.let_go()
    distributor.wait_attempted(config.serial_no)
    # What it missed meanwhile comes as one newest version.
    assert nodes.configs[node_uuid(2)][-1] == config.serial_no
    assert len(nodes.configs[node_uuid(2)]) <= 2


def test_a_node_rests_after_a_long_transmission_unless_somebody_waits(
    distributor: Distributor, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "_REST_FACTOR", 1e9)
    monkeypatch.setattr(distribute, "_LONGEST_REST_S", 1e9)
    first = offer(distributor, make_config())
    distributor.wait_attempted(first.serial_no)
    second = offer(distributor, changed(first, highest_used_port=12000))
    assert not distributor.status()[node_uuid(2)].is_up_to_date
    third = offer(distributor, changed(second, highest_used_port=12001))
    distributor.wait_attempted(third.serial_no)
    assert nodes.configs[node_uuid(2)] == [first.serial_no, third.serial_no]


def test_a_failed_node_is_tried_again(distributor: Distributor, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribute, "_FIRST_PAUSE_S", 0.01)
    nodes.failing.add(node_uuid(3))
    config = offer(distributor, make_config())
    distributor.wait_attempted(config.serial_no)
    assert distributor.status()[node_uuid(3)].problem == "no route to host"
    with nodes.condition:
        nodes.failing.clear()
    nodes.wait(lambda: node_uuid(3) in nodes.configs and node_uuid(3) in nodes.values)


def test_it_is_known_how_far_a_failing_node_is(distributor: Distributor, nodes: Nodes) -> None:
    config = offer(distributor, with_node(make_config(), 3, master_candidate=False))
    distributor.wait_attempted(config.serial_no)
    assert undelivered(config, distributor.status()) == {}
    nodes.failing.update({node_uuid(2), node_uuid(3)})
    newer = offer(distributor, changed(config, zeroing_image="/x", tags=("new",)))
    distributor.wait_attempted(newer.serial_no)
    assert undelivered(newer, distributor.status()) == {
        "node2.example.com": f"acknowledged configuration: serial number {config.serial_no}, the newest has"
        f" {newer.serial_no}: no route to host",
        "node3.example.com": "was not told of the latest changes: no route to host",
    }
    # To send everything again does not make the node forget what it has.
    distributor.resend()
    distributor.wait_attempted(newer.serial_no)
    assert distributor.status()[node_uuid(2)].config_serial == config.serial_no


def test_a_newer_configuration_is_replaced_on_request_only(distributor: Distributor, nodes: Nodes) -> None:
    config = make_config()
    nodes.newer = {node_uuid(2): config.serial_no + 5}
    offer(distributor, config)
    distributor.wait_attempted(config.serial_no)
    assert node_uuid(2) not in nodes.configs
    assert "newer" in undelivered(config, distributor.status())["node2.example.com"]
    assert nodes.configs[node_uuid(3)] == [config.serial_no]
    distributor.resend()
    distributor.wait_attempted(config.serial_no)
    assert nodes.configs[node_uuid(2)] == [config.serial_no]


def test_what_a_new_candidate_kept_from_another_cluster_is_replaced(distributor: Distributor, nodes: Nodes) -> None:
    regular = offer(distributor, with_node(make_config(), 3, master_candidate=False))
    nodes.newer = {node_uuid(3): 5000}
    promoted = offer(distributor, with_node(regular, 3, master_candidate=True))
    distributor.wait_attempted(promoted.serial_no)
    assert nodes.configs[node_uuid(3)] == [promoted.serial_no]


def test_who_waits_does_not_wait_for_the_pause_of_a_failed_node(distributor: Distributor, nodes: Nodes) -> None:
    nodes.failing.add(node_uuid(3))
    config = offer(distributor, make_config())
    distributor.wait_attempted(config.serial_no)
    nodes.failing.clear()
    config = offer(distributor, changed(config, candidate_certs={node_uuid(3): "AA"}))
    distributor.wait_attempted(config.serial_no)
    assert nodes.configs[node_uuid(3)] == [config.serial_no]


def test_a_node_that_is_back_need_not_wait_for_the_pause_to_end(
    distributor: Distributor, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distribute, "_FIRST_PAUSE_S", 3600.0)
    nodes.failing.add(node_uuid(3))
    config = offer(distributor, make_config())
    distributor.wait_attempted(config.serial_no)
    with nodes.condition:
        nodes.failing.clear()
    distributor.retry_now([node_uuid(3), node_uuid(99)])
    nodes.wait(lambda: node_uuid(3) in nodes.configs and node_uuid(3) in nodes.values)


def test_a_demoted_node_gets_the_file_again_when_promoted(distributor: Distributor, nodes: Nodes) -> None:
    config = offer(distributor, make_config())
    distributor.wait_attempted(config.serial_no)
    config = offer(distributor, with_node(config, 2, master_candidate=False))
    distributor.wait_attempted(config.serial_no)
    config = offer(distributor, with_node(config, 2, master_candidate=True))
    distributor.wait_attempted(config.serial_no)
    assert len(nodes.configs[node_uuid(2)]) == 2


def test_everything_is_sent_again_on_request(distributor: Distributor, nodes: Nodes) -> None:
    config = offer(distributor, make_config())
    distributor.wait_attempted(config.serial_no)
    distributor.resend()
    distributor.wait_attempted(config.serial_no)
    assert [len(values) for values in nodes.values.values()] == [2, 2, 2]


def test_a_value_that_does_not_fit_does_not_stop_the_others() -> None:
    values = {c.SS_INSTANCE_LIST: "x" * c.MAX_SIZE, c.SS_CLUSTER_NAME: "c"}
    assert usable_values(values) == {c.SS_CLUSTER_NAME: "c"}


def test_a_value_that_does_not_fit_is_reported_once(
    distributor: Distributor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(distribute, "usable_values", lambda _values: {c.SS_CLUSTER_NAME: "c"})
    config = offer(distributor, make_config())
    offer(distributor, changed(config, tags=("other",)))
    assert len([text for text in caplog.messages if f"value {c.SS_INSTANCE_LIST} is larger" in text]) == 1
