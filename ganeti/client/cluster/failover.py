"""gnt-cluster master-failover: make the node that this runs on the master."""

import sys
from typing import Final

from ganeti import constants as c
from ganeti.bootstrap.failover import Console, Options, master_failover
from ganeti.cli import confirm, log
from ganeti.cli.invocation import Invocation
from ganeti.luxi import role

_QUESTION: Final = (
    "Without voting this node becomes the master whatever the other nodes say. If the old master is still running, both"
    " will change the cluster and data will be lost. Continue?"
)


def _inform(text: str) -> None:
    print(text, flush=True)


def _warn(text: str) -> None:
    sys.stderr.write(f"Warning: {text}\n")


def run(call: Invocation) -> int:
    """Take over the role of the master."""
    options = call.options
    role.require_cluster()
    if options.no_voting and not options.yes_do_it and not confirm.confirm(_QUESTION):
        return c.EXIT_FAILURE
    log.setup(call)
    wanted = Options(is_voting=not options.no_voting, ignores_offline=options.ignore_offline_nodes)
    is_clean = master_failover(wanted, Console(_inform, _warn))
    return c.EXIT_SUCCESS if is_clean else c.EXIT_FAILURE
