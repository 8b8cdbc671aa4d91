"""Bringing the configuration to the other master candidates and the ssconf values to all nodes.

Each node has its own state: what it has, whether it is being sent something, when to try again after a failure. So a
node that hangs delays nobody else, and one that was away gets the newest version once, not every one it missed. What
a node ought to get is computed from the newest version when its turn comes.
"""

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping, Set
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from ganeti import constants as c
from ganeti.config.index import Index
from ganeti.config.ssconf_values import SsconfValues, Values
from ganeti.objects import ConfigData, Node

_LOG = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 2.0
_LONGEST_PAUSE_S: Final = 120.0
#: Changes gather for this time unless somebody waits: a burst costs each candidate one copy instead of many.
_LINGER_S: Final = 0.2
#: A node rests so many times longer than sending took, for a large configuration must not keep it and us busy...
_REST_FACTOR: Final = 3.0
#: ...but never for longer than this: what it lacks is lost if the master's disk dies now.
_LONGEST_REST_S: Final = 1.0
_WORKERS: Final = 16


class NodeSender(Protocol):
    """Calls to one node; each returns why it failed, None if it did not."""

    def send_config(self, node_uuid: str, content: bytes, serial_no: int, *, spares_newer: bool) -> str | None:
        """Replace the configuration file there; with *spares_newer* not if that is newer."""

    def send_ssconf(self, node_uuid: str, values: Values) -> str | None:
        """Replace the ssconf files there."""


@dataclass(frozen=True)
class Version:
    """A durable version of the configuration, ready to be sent."""

    config: ConfigData
    content: bytes
    values: Values
    #: Grows only when the values change.
    values_number: int

    @property
    def serial_no(self) -> int:
        """The serial number of the configuration."""
        return self.config.serial_no

    def wants_config(self, node: Node) -> bool:
        """Tell whether a node ought to have the configuration file: candidates, except for the master itself."""
        return node.master_candidate and not node.offline and node.uuid != self.config.cluster.master_node


class _Outcome(NamedTuple):
    """How sending to one node ended: why it failed, None for what did not, and how long it took."""

    config_problem: str | None
    values_problem: str | None
    took_s: float


@dataclass
class _NodeState:
    """What is known about one node."""

    #: What need not be sent; 0 to send it again whatever the node has.
    config_serial: int = 0
    #: The newest that it ever acknowledged.
    acknowledged_serial: int = 0
    values_number: int = 0
    attempted_serial: int = 0
    #: It was a candidate when we started, and may have what a master after us wrote, or one before a restored backup.
    may_be_newer: bool = False
    is_busy: bool = False
    #: Replaced on purpose by a newer state while a call was under way: its outcome says nothing about this one.
    generation: int = 0
    pause_s: float = 0.0
    retry_at: float = 0.0
    last_problem: str | None = None

    def lacks(self, version: Version, node: Node) -> bool:
        """Tell whether the node ought to be sent something."""
        if node.offline:
            return False
        needs_config = version.wants_config(node) and self.config_serial < version.serial_no
        return needs_config or self.values_number < version.values_number

    def failed(self, problem: str, now: float) -> None:
        self.last_problem = problem
        self.pause_s = min(self.pause_s * 2, _LONGEST_PAUSE_S) if self.pause_s else _FIRST_PAUSE_S
        self.retry_at = now + self.pause_s

    def succeeded(self, now: float, took_s: float) -> None:
        self.last_problem = None
        self.pause_s = 0.0
        self.retry_at = now + min(_REST_FACTOR * took_s, _LONGEST_REST_S)


@dataclass(frozen=True)
class NodeStatus:
    """How far a node is; ``problem`` says why the last attempt to send it something failed.

    ``config_serial`` is that of the newest configuration file that it acknowledged, 0 if it has none.
    """

    config_serial: int
    is_up_to_date: bool
    problem: str | None = field(default=None)


def undelivered(config: ConfigData, status: Mapping[str, NodeStatus]) -> dict[str, str]:
    """Return what the nodes lack that could not be sent everything, and why, by their names."""
    return {
        node.name: _lack(config, node, status[uuid].config_serial, problem)
        for uuid, node in config.nodes.items()
        if uuid in status and (problem := status[uuid].problem) is not None
    }


def _lack(config: ConfigData, node: Node, serial: int, problem: str) -> str:
    if not node.master_candidate or node.uuid == config.cluster.master_node:
        return f"was not told of the latest changes: {problem}"
    known = f"serial number {serial}" if serial else "none"
    return f"acknowledged configuration: {known}, the newest has {config.serial_no}: {problem}"


class Distributor:
    """Keeps all nodes up to date; implements ``writer.Distribution``."""

    def __init__(self, sender: NodeSender, *, linger_s: float = _LINGER_S, executor: Executor | None = None) -> None:
        """Send by *sender*, whose methods are called from several threads."""
        self._sender = sender
        self._linger_s = linger_s
        self._executor = executor or ThreadPoolExecutor(_WORKERS, thread_name_prefix="ConfigSend")
        self._condition = threading.Condition()
        self._values = SsconfValues()
        self._too_large: Set[str] = frozenset()
        self._newest: Version | None = None
        self._states: dict[str, _NodeState] = {}
        #: Nodes are sent this version without lingering and whatever happened to them before.
        self._urgent_serial = 0
        self._quiet_until = 0.0
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="ConfigDist", daemon=True)
        self._thread.start()

    # for the writer

    def offer(self, config: ConfigData, index: Index, content: bytes) -> None:
        """Take a newer version, which is on disk; returns at once."""
        values = self._usable_values(self._values.compute(config, index))
        with self._condition:
            old = self._newest
            is_same = old is not None and old.values == values
            number = old.values_number if old is not None else 0
            self._newest = Version(config, content, values, number if is_same else number + 1)
            now = time.monotonic()
            if now >= self._quiet_until:
                # Only the first change of a burst starts the clock, else a busy cluster would never send anything.
                self._quiet_until = now + self._linger_s
            self._drop_strangers(self._newest)
            if old is None:
                for uuid, state in self._states.items():
                    state.may_be_newer = self._newest.wants_config(config.nodes[uuid])
            self._condition.notify_all()

    def _usable_values(self, values: Values) -> Values:
        """Return the values that fit into their files; says once which ones do not, not with each version."""
        usable = usable_values(values)
        too_large = values.keys() - usable.keys()
        for key in sorted(too_large - self._too_large):
            _LOG.error("The ssconf value %s is larger than %d bytes and is not distributed", key, c.MAX_SIZE)
        self._too_large = too_large
        return usable

    def wait_attempted(self, serial_no: int) -> None:
        """Wait until every node was sent this or a newer version, or could not be sent it.

        Nodes that failed before are tried again at once.
        """
        with self._condition:
            self._urgent_serial = max(self._urgent_serial, serial_no)
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._is_closing or not self._waiting_nodes(serial_no))

    def resend(self) -> None:
        """Send everything to everybody again, even to those who acknowledged it; returns at once."""
        with self._condition:
            for uuid in self._states:
                self._reset(uuid)
            self._condition.notify_all()

    def resend_values(self, nodes: Collection[str]) -> None:
        """Send some nodes their values again, at once; returns at once."""
        with self._condition:
            for uuid in nodes:
                state = self._states.get(uuid)
                if state is not None and not state.is_busy:
                    state.values_number = 0
                    state.retry_at = 0.0
            self._quiet_until = 0.0
            self._condition.notify_all()

    def retry_now(self, nodes: Collection[str]) -> None:
        """Try nodes again at once that failed before; returns at once."""
        with self._condition:
            for uuid in nodes:
                if (state := self._states.get(uuid)) is not None:
                    state.retry_at = 0.0
                    state.pause_s = 0.0
            self._condition.notify_all()

    def close(self) -> None:
        """End; what was not sent is not sent."""
        with self._condition:
            self._is_closing = True
            self._condition.notify_all()
        self._thread.join()
        self._executor.shutdown(wait=False, cancel_futures=True)

    def status(self) -> dict[str, NodeStatus]:
        """Return the state of each node by its UUID."""
        with self._condition:
            if self._newest is None:
                return {}
            newest = self._newest
            return {
                uuid: NodeStatus(
                    state.acknowledged_serial, not state.lacks(newest, newest.config.nodes[uuid]), state.last_problem
                )
                for uuid, state in self._states.items()
            }

    # the condition is held in all of these

    def _reset(self, uuid: str) -> None:
        old = self._states[uuid]
        self._states[uuid] = _NodeState(
            is_busy=old.is_busy, generation=old.generation + 1, acknowledged_serial=old.acknowledged_serial
        )

    def _drop_strangers(self, version: Version) -> None:
        """Follow nodes that came and went; forget what a node had that may have lost it."""
        nodes = version.config.nodes
        for uuid in [uuid for uuid in self._states if uuid not in nodes]:
            del self._states[uuid]
        for uuid, node in nodes.items():
            state = self._states.setdefault(uuid, _NodeState())
            if node.offline and (state.config_serial or state.values_number):
                self._reset(uuid)
            elif state.acknowledged_serial and not node.master_candidate:
                # A demoted node drops its copy.
                state.config_serial = state.acknowledged_serial = 0
                state.generation += 1

    def _waiting_nodes(self, serial_no: int) -> list[str]:
        """Return the nodes that were not tried with this version yet, though they lack something."""
        newest = self._newest
        if newest is None:
            return []
        return [
            uuid
            for uuid, state in self._states.items()
            if state.attempted_serial < serial_no and state.lacks(newest, newest.config.nodes[uuid])
        ]

    def _due(self, now: float) -> tuple[list[str], float | None]:
        """Return the nodes to be sent something now, and after how many seconds to look again (None: when told)."""
        newest = self._newest
        if newest is None:
            return [], None
        due: list[str] = []
        wait_s: float | None = None
        for uuid, state in self._states.items():
            if state.is_busy or not state.lacks(newest, newest.config.nodes[uuid]):
                continue
            is_urgent = state.attempted_serial < self._urgent_serial
            start_at = 0.0 if is_urgent else max(self._quiet_until, state.retry_at)
            if start_at <= now:
                due.append(uuid)
            else:
                wait_s = min(start_at - now, wait_s) if wait_s is not None else start_at - now
        return due, wait_s

    # the thread

    def _run(self) -> None:
        while True:
            with self._condition:
                if self._is_closing:
                    return
                due, wait_s = self._due(time.monotonic())
                version = self._newest
                if not due or version is None:
                    self._condition.wait(wait_s)
                    continue
                started = [(uuid, self._states[uuid]) for uuid in due]
                for _, state in started:
                    state.is_busy = True
            for uuid, state in started:
                try:
                    self._executor.submit(self._send, version, uuid, state.generation)
                except RuntimeError:
                    # The pool is shut down: we are closing.
                    return

    def _send(self, version: Version, uuid: str, generation: int) -> None:
        node = version.config.nodes[uuid]
        with self._condition:
            state = self._states.get(uuid, _NodeState())
            needs_config = version.wants_config(node) and state.config_serial < version.serial_no
            spares_newer = state.may_be_newer
            needs_values = state.values_number < version.values_number
        config_problem = values_problem = None
        started = time.monotonic()
        # The values first: nodes take a configuration only from the master that their values name.
        if needs_values:
            values_problem = self._call(lambda: self._sender.send_ssconf(uuid, version.values))
        if needs_config:
            config_problem = self._call(
                lambda: self._sender.send_config(
                    uuid, version.content, version.serial_no, spares_newer=spares_newer
                )
            )
        with self._condition:
            took_s = time.monotonic() - started
            self._sent(version, node, generation, _Outcome(config_problem, values_problem, took_s))
            self._condition.notify_all()

    @staticmethod
    def _call(send: Callable[[], str | None]) -> str | None:
        try:
            return send()
        except Exception as err:
            _LOG.exception("Sending the configuration failed")
            return str(err) or type(err).__name__

    def _sent(self, version: Version, node: Node, generation: int, outcome: _Outcome) -> None:
        state = self._states.get(node.uuid)
        if state is None:
            return
        state.is_busy = False
        if state.generation != generation:
            return
        state.attempted_serial = version.serial_no
        if outcome.config_problem is None and version.wants_config(node):
            state.config_serial = state.acknowledged_serial = version.serial_no
            state.may_be_newer = False
        if outcome.values_problem is None:
            state.values_number = version.values_number
        problem = outcome.config_problem or outcome.values_problem
        now = time.monotonic()
        if problem is None:
            if state.last_problem is not None:
                _LOG.info("Node %s has the configuration again", node.name)
            state.succeeded(now, outcome.took_s)
        else:
            if problem != state.last_problem:
                _LOG.error("Cannot bring the configuration to node %s: %s", node.name, problem)
            state.failed(problem, now)


def usable_values(values: Values) -> Values:
    """Return the values that fit into their files; the others are left out, so that the rest still reaches nodes."""
    return {key: value for key, value in values.items() if len(value.encode("utf-8")) < c.MAX_SIZE}
