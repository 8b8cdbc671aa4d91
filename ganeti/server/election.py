"""The vote that a master daemon has to win before it starts."""

import logging
import time
from collections.abc import Callable

from ganeti.mastership import mark, voting
from ganeti.mastership.tenure import ANSWER_TIMEOUT_S, TENURE_S
from ganeti.objects import ConfigData
from ganeti.rpc import procedures
from ganeti.rpc.client import RpcClient
from ganeti.rpc.resolvers import StaticResolver

_LOG = logging.getLogger(__name__)


def may_act(has_won: Callable[[], bool], *, is_voting: bool, pause: Callable[[float], None] = time.sleep) -> bool:
    """Tell whether this node has won the vote and no other one can act any more.

    If this node took over and the master before it did not confirm that, wait until its tenure has ended; votes may
    have changed meanwhile. Without a vote the administrator answers for that no other master exists.
    """
    if not has_won():
        return False
    if mark.is_set():
        if is_voting:
            _LOG.info("The old master did not confirm that it stopped, waiting %d seconds", TENURE_S)
            pause(TENURE_S)
            if not has_won():
                return False
        mark.clear()
    return True


def is_elected(rpc: RpcClient, config: ConfigData, *, pause: Callable[[float], None] = time.sleep) -> bool:
    """Ask the nodes of the cluster who the master is; tell whether more than half of them mean this node.

    Nodes that are marked offline have a vote, too. They are asked only when it could decide: most of them are down, and
    would cost a start of the daemon the time that a node may take to answer.
    """
    master = config.cluster.master_node
    own_name = config.nodes[master].name
    others = [node for node in config.nodes.values() if node.uuid != master]
    online = {node.uuid: node.primary_ip for node in others if not node.offline}
    offline = {node.uuid: node.primary_ip for node in others if node.offline}
    # A node that hangs must not keep the cluster without a master for a minute.
    rpc = rpc.with_limit(ANSWER_TIMEOUT_S)

    def ask_each(addresses: dict[str, str]) -> list[str | None]:
        results = rpc.with_resolver(StaticResolver(addresses)).call(addresses, procedures.master_node_name)
        return [None if result.fail_msg else result.payload for result in results.values()]

    def ask() -> list[str | None]:
        # This node's own answer is known: it read the same file before it came here.
        answers = [own_name, *ask_each(online)]
        unasked: list[str | None] = [None] * len(offline)
        is_open = voting.decide(voting.count([*answers, *unasked], own_name)) is voting.Verdict.UNDECIDED
        return [*answers, *(ask_each(offline) if is_open else unasked)]

    return voting.wins_election(ask, own_name, pause=pause)
