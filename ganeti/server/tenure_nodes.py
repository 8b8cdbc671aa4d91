"""What the keeper of the tenure needs, over RPC and from the configuration of the master daemon."""

import logging
import os
from collections.abc import Callable, Mapping

from ganeti import constants as c
from ganeti import errors
from ganeti.config.distribute import Distributor
from ganeti.mastership.keeper import Electorate
from ganeti.mastership.tenure import ANSWER_TIMEOUT_S
from ganeti.objects import ConfigData
from ganeti.rpc import procedures
from ganeti.rpc.client import RpcClient
from ganeti.rpc.resolvers import StaticResolver
from ganeti.ssconf import SsconfReader
from ganeti.utils import net

_LOG = logging.getLogger(__name__)


class MasterSurroundings:
    """Implements ``mastership.keeper.Surroundings`` for the master daemon."""

    def __init__(self, rpc: RpcClient, snapshot: Callable[[], ConfigData], *, has_own_vote: bool = True) -> None:
        """Without *has_own_vote* what the file of this node says does not count: the administrator knows better."""
        self._has_own_vote = has_own_vote
        self._rpc = rpc.with_limit(ANSWER_TIMEOUT_S)
        self._snapshot = snapshot
        self._ssconf = SsconfReader()
        self._distributor: Distributor | None = None

    def distribute_with(self, distributor: Distributor) -> None:
        """Reach nodes by *distributor*, which starts later than the tenure."""
        self._distributor = distributor

    def electorate(self) -> Electorate:
        """Return the nodes of the newest configuration."""
        nodes = self._snapshot().nodes.values()
        offline = frozenset(node.uuid for node in nodes if node.offline)
        return Electorate(frozenset(node.uuid for node in nodes) - offline, offline)

    def own_vote(self) -> str | None:
        """Return the master according to this node's own file."""
        if not self._has_own_vote:
            return net.own_hostname()
        try:
            return self._ssconf.master_node()
        except errors.ConfigurationError as err:
            _LOG.error("Cannot read who the master is: %s", err)
            return None

    def ask(self, nodes: frozenset[str]) -> Mapping[str, str | None]:
        """Ask nodes who the master is, also those that are marked offline."""
        known = self._snapshot().nodes
        addresses = {uuid: known[uuid].primary_ip for uuid in nodes if uuid in known}
        answers = self._rpc.with_resolver(StaticResolver(addresses)).call(addresses, procedures.master_node_name)
        return {uuid: None if result.fail_msg else result.payload for uuid, result in answers.items()}

    def correct(self, nodes: frozenset[str]) -> None:
        """Send nodes the values that name the master."""
        _LOG.warning("%d node(s) name another master, correcting them", len(nodes))
        if self._distributor is not None:
            self._distributor.resend_values(nodes)

    def returned(self, nodes: frozenset[str]) -> None:
        """Send nodes at once what they missed."""
        if self._distributor is not None:
            self._distributor.retry_now(nodes)

    def deposed(self, reason: str) -> None:
        """End the process at once.

        Jobs are not waited for: they could only do harm, and the new master has marked them as failed.
        """
        _LOG.critical("This node is not the master any more: %s. Ending at once", reason)
        logging.shutdown()
        os._exit(c.EXIT_NOTMASTER)
