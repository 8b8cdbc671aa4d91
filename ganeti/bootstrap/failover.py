"""``gnt-cluster master-failover``: this node takes over the role of the master.

If the old master can be reached it is stopped first, so that no change is lost. Then the nodes are told: first their
votes (ssconf) change, which takes the right to act from the old master wherever it is, then the candidates get the
configuration. A failure before most votes have changed leaves the old master in its role; after it there is no way
back.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import msgspec

from ganeti import buildcfg, errors, pathutils
from ganeti import constants as c
from ganeti.bootstrap import failover_checks
from ganeti.bootstrap.daemons import rpc_to
from ganeti.bootstrap.failover_checks import Surroundings
from ganeti.config.configfile import ConfigFile, ForeignFileError
from ganeti.config.encode import ConfigEncoder
from ganeti.config.load import load_config
from ganeti.config.ssconf_values import ssconf_values
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
#: A node that hangs must not hold up the others: writing a few small files, and the whole configuration.
_TELLING_TIMEOUT_S: Final = 10.0
_DISTRIBUTION_TIMEOUT_S: Final = 30.0
#: How long the copy of this node may take to arrive.
_CATCH_UP_S: Final = 10.0
_ADDRESS_WAIT_S: Final = 30.0
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
    known = failover_checks.surroundings_of(SsconfReader())
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
        self._old_answers = False
        self._is_clean = True

    def run(self) -> bool:
        """Go through all steps."""
        self._check_votes()
        with self._old_master_back_on_failure():
            self._stop_old_master()
            self._wait_for_newest_copy()
            before, config = self._take_role()
            has_confirmed = self._tell_others(before, config)
        told_at = time.monotonic()
        self._wait_for_address_gone(config.cluster.master_ip)
        self._wait_for_end_of_tenure(told_at, has_confirmed=has_confirmed)
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
        if self._options.is_voting:
            answers = self._ask(known.voters(ignores_offline=self._options.ignores_offline))
            failover_checks.check_majority(answers)
            failover_checks.check_elected(known, answers)
        else:
            answers = self._ask([known.own_name, known.master])
        if answers.get(known.own_name) is None:
            raise errors.OpPrereqError("The node daemon of this node does not answer, start it first", c.ECODE_ENVIRON)
        self._old_answers = answers.get(known.master) is not None

    @contextmanager
    def _old_master_back_on_failure(self) -> Iterator[None]:
        """Start the daemons of the old master again if this node does not become the master after all."""
        try:
            yield
        except (errors.GenericError, OSError):
            if self._old_answers:
                self._console.warn(f"Starting the master daemons of {self._known.master} again")
                result = self._rpc.call_one(self._known.master, procedures.node_start_master_daemons, False)
                result.warn(f"Could not start the master daemons of {self._known.master}", self._console.warn)
            raise

    def _stop_old_master(self) -> None:
        old = self._known.master
        if not self._old_answers:
            self._console.warn(f"The old master {old} does not answer, so its daemons and address cannot be stopped")
            return
        self._console.inform(f"Stopping the master daemons of {old}")
        rpc = self._rpc.with_limit(_DAEMONS_TIMEOUT_S)
        rpc.call_one(old, procedures.node_stop_master).warn(
            f"Could not stop the master daemons of {old}", self._console.warn
        )
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
            calls = self._rpc.with_limit(ANSWER_TIMEOUT_S).call(
                self._known.reachable_candidates, procedures.config_serial
            )
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

    def _take_role(self) -> tuple[ConfigData, ConfigData]:
        """Write the configuration and the own vote; returns the configuration before and after."""
        known = self._known
        if self._options.is_voting:
            mark.set_mark(known.master)
        before, config = self._write_config()
        self._console.inform(f"Telling the nodes that {known.own_name} is the master")
        values = ssconf_values(config)
        result = self._rpc.call_one(known.own_name, procedures.write_ssconf_files, values)
        result.raise_("Could not write the ssconf files of this node")
        return before, config

    def _write_config(self) -> tuple[ConfigData, ConfigData]:
        known = self._known
        for attempt in range(_WRITE_ATTEMPTS):
            loaded = load_config(accept_foreign=True)
            config = taken_over(loaded.config, known.own_name, known.master, time.time())
            try:
                ConfigFile(loaded.identity).replace(ConfigEncoder().encode(config))
            except ForeignFileError:
                if attempt == _WRITE_ATTEMPTS - 1:
                    raise
                _LOG.info("The old master has just sent its configuration, reading it again")
            else:
                return loaded.config, config
        raise AssertionError("the loop above ends with a result or an error")

    def _tell_others(self, before: ConfigData, config: ConfigData) -> bool:
        """Bring votes and configuration to all nodes; tells whether the old master knows that it is none any more.

        Raises OpExecError if too few nodes could be told; all is as it was before then, as far as they are reached.
        """
        known = self._known
        others = [name for name in known.addresses if name != known.own_name and name in known.online]
        telling = self._rpc.with_limit(_TELLING_TIMEOUT_S)
        told = telling.call(others, procedures.write_ssconf_files, ssconf_values(config))
        for name, result in told.items():
            result.warn(f"Could not tell node {name} who the master is", self._console.warn)
        self._check_told([name for name, result in told.items() if result.fail_msg is None], before)
        # Nodes that could not be told would not take it, or hang.
        candidates = [name for name in known.reachable_candidates if told[name].fail_msg is None]
        sending = self._rpc.with_limit(_DISTRIBUTION_TIMEOUT_S)
        sent = sending.call(candidates, procedures.upload_file, _config_details(config))
        for name, upload in sent.items():
            upload.warn(f"Could not send the configuration to node {name}", self._console.warn)
        old = told.get(known.master)
        return old is not None and old.fail_msg is None

    def _check_told(self, told: Sequence[str], before: ConfigData) -> None:
        """Take everything back unless most nodes, this one included, have the new vote.

        The daemon could not win its vote then. With the old votes in place the old master can go on, or start again.
        """
        known = self._known
        voters = known.voters(ignores_offline=self._options.ignores_offline)
        if not self._options.is_voting or 2 * len({known.own_name, *told} & set(voters)) > len(voters):
            return
        old_vote = {c.SS_MASTER_NODE: known.master}
        results = self._rpc.with_limit(_DISTRIBUTION_TIMEOUT_S).call(
            [known.own_name, *told], procedures.write_ssconf_files, old_vote
        )
        for name, result in results.items():
            result.warn(f"Could not tell node {name} that {known.master} stays the master", self._console.warn)
        ConfigFile(load_config(accept_foreign=True).identity).replace(ConfigEncoder().encode(before))
        mark.clear()
        raise errors.OpExecError(
            f"Only {len(told)} of {len(voters) - 1} other nodes could be told that this node is the master, too few for"
            f" its vote. {known.master} stays the master; if its daemons do not run, its watcher starts them"
        )

    # after

    def _wait_for_address_gone(self, ip: str) -> None:
        if not wait_for(lambda: not address_answers(ip), _ADDRESS_WAIT_S):
            self._problem(f"The address of the cluster ({ip}) still answers; the old master may have it")

    def _wait_for_end_of_tenure(self, told_at: float, *, has_confirmed: bool) -> None:
        """Wait until the old master has certainly noticed that the nodes name another one."""
        if not has_confirmed and self._options.is_voting:
            rest_s = told_at + TENURE_S - time.monotonic()
            if rest_s > 0:
                self._console.inform(
                    f"Waiting {rest_s:.0f} seconds: {self._known.master}, if it runs, acts as the master that long"
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
