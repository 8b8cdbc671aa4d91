"""Shared answers, over real connections: who asks what nodes were asked a moment ago gets the same answer."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ganeti.rpc import procedures
from ganeti.rpc.client import RpcClient
from ganeti.rpc.sharing import MAX_AGE_S, SharedCalls
from test.unit import node_server as support

DEADLINE_S = 20.0
ADDRESSES = {"n1": support.ADDRESS, "n2": support.ADDRESS}


class World:
    """A node daemon that two node names stand for, whose answers tests hold back, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.guests: dict[str, list[str]] = {"n1": ["a"], "n2": ["b"]}
        self.calls: list[str] = []
        self.arrived = threading.Semaphore(0)
        self.gates: dict[str, threading.Event] = {}

    def list_guests(self, hypervisors: list[str], _hvparams: dict[str, Any]) -> list[str]:
        """Answer ``instance_list``; the only hypervisor asked about is the name of the node."""
        (node,) = hypervisors
        answer = list(self.guests[node])
        self.calls.append(node)
        self.arrived.release()
        if node in self.gates:
            assert self.gates[node].wait(DEADLINE_S)
        return answer

    def has_address(self, address: str) -> bool:
        """Answer a call that counts as a change."""
        if address in self.gates:
            assert self.gates[address].wait(DEADLINE_S)
        return True

    def hold_back(self, what: str) -> threading.Event:
        """Let no answer of a node, or about an address, leave before the event that this returns is set."""
        self.gates[what] = threading.Event()
        return self.gates[what]

    def wait_for_call(self) -> None:
        """Wait until the node daemon has got one more call."""
        assert self.arrived.acquire(timeout=DEADLINE_S)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> support.Certificates:
    directory: Path = tmp_path_factory.mktemp("cluster")
    made = support.make_certificates(directory)
    support.allow(directory, made.digest)
    return made


@pytest.fixture
def rpc(certificates: support.Certificates, world: World) -> Iterator[RpcClient]:
    handlers: support.Handlers = {
        procedures.instance_list: world.list_guests,
        procedures.node_has_ip_address: world.has_address,
        procedures.version: lambda: 1,
    }
    with (
        support.node_server(certificates, handlers) as server,
        support.client_of(server, certificates, ADDRESSES) as client,
    ):
        yield client


@pytest.fixture
def shared(rpc: RpcClient, world: World) -> SharedCalls:
    return SharedCalls(rpc, clock=lambda: world.now)


def _ask(shared: SharedCalls, *nodes: str, concerns_others: bool = False) -> dict[str, list[str]]:
    asked = {node: ([node], {}) for node in nodes}
    answers = shared.call_each(procedures.instance_list, asked, concerns_others=concerns_others)
    assert [answer.fail_msg for answer in answers.values()] == [None] * len(nodes)
    return {node: answer.payload for node, answer in answers.items()}


@contextlib.contextmanager
def _threads() -> Iterator[Callable[..., Future[dict[str, list[str]]]]]:
    with ThreadPoolExecutor(max_workers=8) as pool:
        yield lambda *args, **kwargs: pool.submit(_ask, *args, **kwargs)


def test_who_asks_during_a_call_waits_for_its_answer(shared: SharedCalls, world: World) -> None:
    gate = world.hold_back("n1")
    with _threads() as ask:
        first = ask(shared, "n1")
        world.wait_for_call()
        others = [ask(shared, "n1") for _ in range(4)]
        gate.set()
        assert [future.result(DEADLINE_S) for future in (first, *others)] == [{"n1": ["a"]}] * 5
    assert world.calls == ["n1"]


def test_an_answer_is_given_to_others_for_a_moment_only(shared: SharedCalls, world: World) -> None:
    assert _ask(shared, "n1") == {"n1": ["a"]}
    world.guests["n1"] = []
    world.now += MAX_AGE_S * 0.9
    assert _ask(shared, "n1", "n2") == {"n1": ["a"], "n2": ["b"]}
    world.now += MAX_AGE_S * 0.2
    assert _ask(shared, "n1") == {"n1": []}
    assert world.calls == ["n1", "n2", "n1"]


def test_other_arguments_are_another_question(shared: SharedCalls, world: World) -> None:
    for params in ({}, {"kvm": {"flag": 1}}):
        shared.call_each(procedures.instance_list, {"n1": (["n1"], params)}, concerns_others=False)
    assert len(world.calls) == 2


def test_after_a_change_of_a_node_it_is_asked_again_and_others_are_not(
    shared: SharedCalls, rpc: RpcClient, world: World
) -> None:
    _ask(shared, "n1", "n2")
    world.guests = {"n1": ["changed"], "n2": ["unseen"]}
    # Clients made for jobs count, too.
    rpc.with_check(lambda: None).call_one("n1", procedures.node_has_ip_address, "192.0.2.1")
    assert _ask(shared, "n1", "n2") == {"n1": ["changed"], "n2": ["b"]}
    assert _ask(shared, "n2", concerns_others=False) == {"n2": ["b"]}


def test_what_concerns_other_nodes_is_asked_again_after_any_change(
    shared: SharedCalls, rpc: RpcClient, world: World
) -> None:
    _ask(shared, "n2", concerns_others=True)
    world.guests["n2"] = ["changed"]
    rpc.call_one("n1", procedures.node_has_ip_address, "192.0.2.1")
    assert _ask(shared, "n2", concerns_others=True) == {"n2": ["changed"]}


def test_urgent_calls_change_nothing(shared: SharedCalls, rpc: RpcClient, world: World) -> None:
    _ask(shared, "n1")
    rpc.call_one("n1", procedures.version)
    _ask(shared, "n1")
    assert world.calls == ["n1"]


def test_after_a_change_nobody_waits_for_an_answer_that_was_asked_for_before(
    shared: SharedCalls, rpc: RpcClient, world: World
) -> None:
    gate = world.hold_back("n1")
    with _threads() as ask:
        before = ask(shared, "n1")
        world.wait_for_call()
        world.guests["n1"] = ["changed"]
        rpc.call_one("n1", procedures.node_has_ip_address, "192.0.2.1")
        after = ask(shared, "n1")
        world.wait_for_call()
        gate.set()
        assert before.result(DEADLINE_S) == {"n1": ["a"]}
        assert after.result(DEADLINE_S) == {"n1": ["changed"]}


def test_a_job_that_stops_waiting_has_changed_the_node_nevertheless(
    shared: SharedCalls, rpc: RpcClient, world: World
) -> None:
    class Killed(Exception):
        """The job was killed."""

    checks = iter((None, Killed()))

    def check() -> None:
        problem = next(checks)
        if problem is not None:
            raise problem

    gate = world.hold_back("192.0.2.1")
    _ask(shared, "n1")
    with pytest.raises(Killed):
        # The node does not answer before the job looks whether it was killed.
        rpc.with_check(check).call_one("n1", procedures.node_has_ip_address, "192.0.2.1")
    gate.set()
    world.guests["n1"] = ["changed"]
    assert _ask(shared, "n1") == {"n1": ["changed"]}


def test_a_node_that_hangs_keeps_nobody_from_asking_others(shared: SharedCalls, world: World) -> None:
    gate = world.hold_back("n1")
    with _threads() as ask:
        both = ask(shared, "n1", "n2")
        for _ in range(2):
            world.wait_for_call()
        assert _ask(shared, "n2") == {"n2": ["b"]}
        world.guests["n2"] = ["later"]
        world.now += 2 * MAX_AGE_S
        # The first answer has come, but whoever asked for it has not looked at it yet: old all the same.
        assert _ask(shared, "n2") == {"n2": ["later"]}
        gate.set()
        assert both.result(DEADLINE_S) == {"n1": ["a"], "n2": ["b"]}
