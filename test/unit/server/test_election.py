"""The vote before a master daemon starts: who is asked, who counts, and for how long it goes on."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
import pytest

from ganeti.mastership.voting import RETRIES, RETRY_DELAY_S
from ganeti.objects import ConfigData
from ganeti.rpc.resolvers import StaticResolver
from ganeti.rpc.result import RpcResult, failure
from ganeti.server.election import is_elected
from test.unit.factories import make_config, make_node, node_uuid

OWN = "node1.example.com"


class Nodes:
    """Nodes that answer by address what the test says; None: they do not."""

    def __init__(self, answers: Mapping[str, str | None]) -> None:
        self.answers = dict(answers)
        self.rounds: list[list[str]] = []

    def with_limit(self, limit_s: float) -> "Nodes":
        return self

    def with_resolver(self, resolver: StaticResolver) -> "Nodes":
        self.resolver = resolver
        return self

    def call(self, nodes: Iterable[str], proc: Any) -> dict[str, RpcResult[Any]]:
        addresses = {node: str(self.resolver.resolve(node, offline_ok=proc.offline_ok)) for node in nodes}
        self.rounds.append(list(addresses.values()))
        return {node: self._answer(node, proc.name, address) for node, address in addresses.items()}

    def _answer(self, node: str, call: str, address: str) -> RpcResult[Any]:
        answer = self.answers[address]
        return failure(node, call, "no route") if answer is None else RpcResult(node, call, None, answer)


def cluster(size: int, offline: Iterable[int] = ()) -> ConfigData:
    config = make_config(nodes=size)
    away = set(offline)
    nodes = {node_uuid(i): make_node(i, offline=i in away) for i in range(1, size + 1)}
    return msgspec.structs.replace(config, nodes=nodes)


def addresses(config: ConfigData) -> list[str]:
    return [node.primary_ip for node in config.nodes.values() if node.name != OWN]


def elect(nodes: Nodes, config: ConfigData, pause: Callable[[float], None]) -> bool:
    return is_elected(nodes, config, pause=pause)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_more_than_half_of_all_nodes_must_answer_and_mean_this_one(size: int) -> None:
    config = cluster(size)
    assert config.nodes[config.cluster.master_node].name == OWN
    for said in itertools.product((OWN, "other", None), repeat=size - 1):
        pauses: list[float] = []
        won = elect(Nodes(dict(zip(addresses(config), said, strict=True))), config, pauses.append)
        mine, silent = 1 + said.count(OWN), said.count(None)
        assert won == (2 * mine > size)
        is_open = not won and 2 * (mine + silent) > size
        assert pauses == ([RETRY_DELAY_S] * RETRIES if is_open else [])


def test_nodes_that_come_up_meanwhile_are_heard() -> None:
    config = cluster(3)
    first, second = addresses(config)
    nodes = Nodes({first: None, second: None})
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            nodes.answers[second] = OWN

    assert elect(nodes, config, pause)
    assert len(pauses) == 3


def test_offline_nodes_count() -> None:
    config = cluster(3, offline=(2, 3))
    nodes = Nodes(dict.fromkeys(addresses(config)))
    assert not elect(nodes, config, lambda _: None)
    # They may answer all the same.
    assert elect(Nodes({**nodes.answers, addresses(config)[0]: OWN}), config, lambda _: pytest.fail("undecided"))


def test_offline_nodes_are_asked_only_if_they_could_decide() -> None:
    config = cluster(4, offline=(4,))
    second, third, fourth = addresses(config)
    won = Nodes({second: OWN, third: OWN, fourth: OWN})
    assert elect(won, config, lambda _: None)
    lost = Nodes({second: "other", third: "other", fourth: OWN})
    assert not elect(lost, config, lambda _: None)
    assert won.rounds == lost.rounds == [[second, third]]
