"""``gnt-cluster master-failover``: this node takes over the role of the master.

If the old master can be reached it is stopped first, so that no change is lost. Then the nodes are told: first their
votes (ssconf) change, which takes the right to act from the old master wherever it is, then the candidates get the
configuration. A failure before most votes have changed leaves the old master in its role; after it there is no way
back.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from ganeti import buildcfg, errors, pathutils
from ganeti import constants as c
from ganeti.bootstrap import failover_checks
from ganeti.bootstrap.daemons import rpc_to
from ganeti.bootstrap.failover_checks import Surroundings
from ganeti.bootstrap.votes import Votes
from ganeti.config.configfile import ConfigFile, ForeignFileError
from ganeti.config.encode import ConfigEncoder
from ganeti.config.load import load_config
from ganeti.mastership import mark
from ganeti.mastership.tenure import ANSWER_TIMEOUT_S, TENURE_S
from ganeti.objects import ConfigData
from ganeti.objects.to_wire import master_network_parameters
from ganeti.rpc import procedures, uploads
from ganeti.rpc.client import RpcClient
from ganeti.rpc.transport import noded_port
from ganeti.ssconf import SsconfReader
from ganeti.utils import net

_LOG = logging.getLogger(__name__)

#: Stopping the daemons of the old master, starting those of the new one.
_DAEMONS_TIMEOUT_S: Final = 300.0
#: A node that hangs must not hold up the others.
_DISTRIBUTION_TIMEOUT_S: Final = 30.0
#: How long the copy of this node may take to arrive.
_CATCH_UP_S: Final = 10.0
_ADDRESS_WAIT_S: Final = 30.0
#: How long to try to reach nodes that may have changed their vote in an attempt that failed.
_TAKING_BACK_S: Final = 60.0
_FIRST_PAUSE_S: Final = 0.05
_LONGEST_PAUSE_S: Final = 5.0
_PAUSE_GROWTH: Final = 1.5
_PING_TIMEOUT_S: Final = 2.0
#: Attempts to write the configuration while late copies of the old master still arrive.
_WRITE_ATTEMPTS: Final = 5
_CONFIG_MODE: Final = 0o640


@dataclass(frozen=True)
class Options:
    """What the administrator wants.

    Attributes:
      is_voting: ask the nodes; without it the administrator answers for that no other master exists.
      ignores_offline: nodes that are marked offline have no vote.
    """

    is_voting: bool = True
    ignores_offline: bool = True


@dataclass(frozen=True)
class Console:
    """Where to write progress, and warnings."""

    inform: Callable[[str], None] = _LOG.info
    warn: Callable[[str], None] = _LOG.warning


def master_failover(options: Options, console: Console) -> bool:
    """Make this node the master; returns False if everything that matters worked but something else did not.

    Raises OpPrereqError or OpExecError if this node must not or could not become the master, ConfigurationError if its
    configuration cannot be used.
    """
    known = failover_checks.resumed(failover_checks.surroundings_of(SsconfReader()), mark.old_master())
    failover_checks.check_role(known)
    with rpc_to(dict(known.addresses)) as rpc:
        return _Failover(known, rpc, options, console).run()


def taken_over(config: ConfigData, own_name: str, old_master: str, now: float) -> ConfigData:
    """Return the configuration with another master.

    Raises OpPrereqError if one of the two nodes is not in it.
    """
    by_name = {node.name: node for node in config.nodes.values()}
    for name in (own_name, old_master):
        if name not in by_name:
            raise errors.OpPrereqError(f"Node {name} is not in the configuration of this node", c.ECODE_NOENT)
    cluster = msgspec.structs.replace(
        config.cluster,
        master_node=by_name[own_name].uuid,
        serial_no=config.cluster.serial_no + 1,
        mtime=now,
    )
    return msgspec.structs.replace(config, cluster=cluster, serial_no=config.serial_no + 1, mtime=now)


def address_answers(ip: str) -> bool:
    """Tell whether the cluster's address is up here or anywhere else."""
    return net.owns_address(ip) or net.tcp_ping(ip, noded_port(), timeout_s=_PING_TIMEOUT_S)


def wait_for(condition: Callable[[], bool], timeout_s: float, pause: Callable[[float], None] = time.sleep) -> bool:
    """Wait until *condition* holds, asking less and less often; tell whether it does."""
    deadline = time.monotonic() + timeout_s
    pause_s = _FIRST_PAUSE_S
    while not condition():
        rest_s = deadline - time.monotonic()
        if rest_s <= 0:
            return False
        pause(min(pause_s, rest_s))
        pause_s = min(pause_s * _PAUSE_GROWTH, _LONGEST_PAUSE_S)
    return True


class _Failover:
    """One attempt."""

    def __init__(self, known: Surroundings, rpc: RpcClient, options: Options, console: Console) -> None:
        self._known = known
        self._rpc = rpc
        self._options = options
        self._console = console
        self._votes = Votes(rpc, is_forced=not options.is_voting)
        #: The configuration of this node before it was changed.
        self._before: ConfigData | None = None
        #: Who the master is according to the nodes that answered.
        self._answers: dict[str, str] = {}
        self._is_clean = True

    def run(self) -> bool:
        """Go through all steps."""
        self._check_votes()
        with self._old_master_back_on_failure():
            self._stop_old_master()
            self._wait_for_newest_copy()
            self._take_role()
            told = self._tell_others()
        told_at = time.monotonic()
        config = self._send_config(told)
        self._wait_for_address_gone(config.cluster.master_ip)
        self._wait_for_end_of_tenure(told_at, told)
        self._open_queue()
        self._start_daemons()
        self._wait_for_address(config.cluster.master_ip)
        return self._is_clean

    # before

    def _ask(self, nodes: Iterable[str]) -> dict[str, str | None]:
        results = self._rpc.with_limit(ANSWER_TIMEOUT_S).call(nodes, procedures.master_node_name)
        return {node: None if result.fail_msg else result.payload for node, result in results.items()}

    def _check_votes(self) -> None:
        known = self._known
        answers = self._ask(known.voters(ignores_offline=self._options.ignores_offline))
        if answers.get(known.own_name) is None:
            raise errors.OpPrereqError("The node daemon of this node does not answer, start it first", c.ECODE_ENVIRON)
        if self._options.is_voting:
            failover_checks.check_majority(answers)
            failover_checks.check_elected(known, failover_checks.counted(known, answers))
        self._answers = {name: answer for name, answer in answers.items() if answer is not None}

    @contextmanager
    def _old_master_back_on_failure(self) -> Iterator[None]:
        """Start the daemons of the old master again if this node does not become the master after all."""
        try:
            yield
        except (errors.GenericError, OSError):
            if self._known.master in self._answers:
                self._console.warn(f"Starting the master daemons of {self._known.master} again")
                result = self._rpc.call_one(self._known.master, procedures.node_start_master_daemons, False)
                result.warn(f"Could not start the master daemons of {self._known.master}", self._console.warn)
            raise

    def _stop_old_master(self) -> None:
        old = self._known.master
        if old not in self._answers:
            self._console.warn(f"The old master {old} does not answer, so its daemons and address cannot be stopped")
            return
        self._console.inform(f"Stopping the master daemons of {old}")
        rpc = self._rpc.with_limit(_DAEMONS_TIMEOUT_S)
        stopped = rpc.call_one(old, procedures.node_stop_master)
        if stopped.warn(f"Could not stop the master daemons of {old}", self._console.warn):
            # The next call would have to wait as long.
            return
        config = load_config(accept_foreign=True).config
        rpc.call_one(
            old,
            procedures.node_deactivate_master_ip,
            master_network_parameters(config),
            config.cluster.use_external_mip_script,
        ).warn(f"Could not deactivate the address of the cluster on {old}", self._console.warn)

    def _wait_for_newest_copy(self) -> None:
        """Wait until what the old master sent last has arrived here. Raises OpPrereqError if it does not."""
        if not self._options.is_voting:
            return

        def refusal() -> errors.OpPrereqError | None:
            candidates = [name for name in self._known.reachable_candidates if name in self._answers]
            calls = self._rpc.with_limit(ANSWER_TIMEOUT_S).call(candidates, procedures.config_serial)
            serials = {node: None if result.fail_msg else result.payload for node, result in calls.items()}
            try:
                failover_checks.check_newest(load_config(accept_foreign=True).config.serial_no, serials)
            except errors.OpPrereqError as err:
                return err
            return None

        wait_for(lambda: refusal() is None, _CATCH_UP_S)
        if (problem := refusal()) is not None:
            raise problem

    # the change

    def _take_role(self) -> None:
        """Write the configuration and the own vote."""
        known = self._known
        if self._options.is_voting:
            mark.set_mark(known.master)
        self._write_config()
        problems = self._votes.change([known.own_name], known.master, known.own_name).problems
        if problems:
            self._write_back()
            mark.clear()
            raise errors.OpExecError(f"Could not change the vote of this node: {problems[known.own_name]}")

    def _write_config(self) -> ConfigData:
        """Make this node the master in its own configuration; returns that."""
        known = self._known
        for attempt in range(_WRITE_ATTEMPTS):
            loaded = load_config(accept_foreign=True)
            if _master_of(loaded.config) == known.own_name:
                return loaded.config
            config = taken_over(loaded.config, known.own_name, known.master, time.time())
            try:
                ConfigFile(loaded.identity).replace(ConfigEncoder().encode(config))
            except ForeignFileError:
                if attempt == _WRITE_ATTEMPTS - 1:
                    raise
                _LOG.info("The old master has just sent its configuration, reading it again")
            else:
                self._before = loaded.config
                return config
        raise AssertionError("the loop above ends with a result or an error")

    def _tell_others(self) -> set[str]:
        """Let the nodes name this one as the master; returns those that do.

        Raises OpExecError if these are too few; all is as it was before then, as far as nodes can be reached.
        """
        known = self._known
        self._console.inform(f"Telling the nodes that {known.own_name} is the master")
        # This node, too: a master that still acts may have corrected its vote. Nodes that did not answer would only
        # make everybody wait; the new master daemon corrects them as soon as it reaches them.
        nodes = sorted(self._answers)
        problems = self._votes.change(nodes, known.master, known.own_name).problems
        for name, problem in problems.items():
            self._console.warn(f"Could not tell node {name} who the master is: {problem}")
        told = {name for name in nodes if name not in problems}
        voters = known.voters(ignores_offline=self._options.ignores_offline)
        if self._options.is_voting and not failover_checks.is_majority(told, voters, known.own_name):
            # Its daemon could not win the vote. With the old votes the old master can go on, or start again.
            self._take_back(nodes)
            raise errors.OpExecError(
                f"Only {len(told - {known.own_name})} of {len(voters) - 1} other nodes could be told that this node is"
                f" the master, too few for its vote. {known.master} stays the master; if its daemons do not run, its"
                " watcher starts them"
            )
        return told

    def _take_back(self, nodes: Sequence[str]) -> None:
        """Give this node its old configuration and the nodes their old votes back.

        Nodes whose answer did not arrive may have changed their vote all the same.
        """
        known = self._known
        self._write_back()
        left = list(nodes)

        def have_all() -> bool:
            left[:] = self._votes.change(left, known.own_name, known.master).failed
            return not left

        if not have_all():
            self._console.inform(f"Trying to take that back on {', '.join(left)}, for a minute at most")
            wait_for(have_all, _TAKING_BACK_S)
        if known.own_name not in left:
            mark.clear()
        if left:
            self._console.warn(
                f"It is not known whether {', '.join(left)} still take {known.master} for the master. If no node is the"
                " master when they can be reached again, repeat this command"
            )

    def _write_back(self) -> None:
        """Let the configuration of this node name the old master again."""
        loaded = load_config(accept_foreign=True)
        if self._before is not None and _master_of(loaded.config) == self._known.own_name:
            # Unless the old master has sent a newer one, which it does as soon as this node names it.
            with suppress(ForeignFileError):
                ConfigFile(loaded.identity).replace(ConfigEncoder().encode(self._before))

    def _send_config(self, told: Set[str]) -> ConfigData:
        """Bring the configuration to the candidates; returns it.

        They take it only from the master that their vote names, so from now on no copy of the old master gets through:
        what this node has is the last one.
        """
        config = self._write_config()
        # Nodes that could not be told would not take it, or hang.
        candidates = [name for name in self._known.reachable_candidates if name in told]
        sending = self._rpc.with_limit(_DISTRIBUTION_TIMEOUT_S)
        sent = sending.call(candidates, procedures.upload_file, _config_details(config))
        for name, upload in sent.items():
            upload.warn(f"Could not send the configuration to node {name}", self._console.warn)
        return config

    # after

    def _wait_for_address_gone(self, ip: str) -> None:
        if not wait_for(lambda: not address_answers(ip), _ADDRESS_WAIT_S):
            self._problem(f"The address of the cluster ({ip}) still answers; the old master may have it")

    def _wait_for_end_of_tenure(self, told_at: float, told: Set[str]) -> None:
        """Wait until whoever has been the master has certainly noticed that the nodes name another one.

        That need not be the node that we took for it: another candidate may have taken over since we asked.
        """
        unaware = sorted({self._known.master, *self._known.candidates} - told)
        if unaware and self._options.is_voting:
            rest_s = told_at + TENURE_S - time.monotonic()
            if rest_s > 0:
                self._console.inform(
                    f"Waiting {rest_s:.0f} seconds: {' or '.join(unaware)}, if it runs, may act as the master that long"
                )
                time.sleep(rest_s)
        mark.clear()

    def _open_queue(self) -> None:
        if not os.path.exists(pathutils.JOB_QUEUE_DRAIN_FILE):
            return
        nodes = [self._known.own_name, *self._known.reachable_candidates]
        results = self._rpc.with_limit(_DISTRIBUTION_TIMEOUT_S).call(
            nodes, procedures.jobqueue_set_drain_flag, False
        )
        for name, result in results.items():
            result.warn(f"Could not let the job queue accept jobs again on node {name}", self._console.warn)

    def _start_daemons(self) -> None:
        self._console.inform("Starting the master daemons")
        rpc = self._rpc.with_limit(_DAEMONS_TIMEOUT_S)
        result = rpc.call_one(
            self._known.own_name, procedures.node_start_master_daemons, not self._options.is_voting
        )
        result.raise_("This node is the master now, but could not start its daemons; see its logs")

    def _wait_for_address(self, ip: str) -> None:
        if not wait_for(lambda: address_answers(ip), _ADDRESS_WAIT_S):
            self._problem(f"The address of the cluster ({ip}) does not answer; see 'gnt-cluster activate-master-ip'")

    def _problem(self, text: str) -> None:
        self._console.warn(text)
        self._is_clean = False


def _master_of(config: ConfigData) -> str:
    return config.nodes[config.cluster.master_node].name


def _config_details(config: ConfigData) -> tuple[str, tuple[int, str], int, str, str, float, float]:
    """Return what ``upload_file`` needs to write a configuration."""
    now = time.time()
    return (
        pathutils.to_virtual(pathutils.CLUSTER_CONF_FILE),
        uploads.compress(ConfigEncoder().encode(config)),
        _CONFIG_MODE,
        buildcfg.user_of("masterd"),
        buildcfg.group_of("confd"),
        now,
        now,
    )
