"""What the cluster files of this machine say about who the master is."""

from ganeti import constants as c
from ganeti import errors
from ganeti.ssconf import SsconfReader
from ganeti.utils import net


def master_name() -> str | None:
    """Return the name of the master node according to this machine's files, None outside of a cluster."""
    try:
        return SsconfReader().master_node()
    except errors.ConfigurationError:
        return None


def is_this_node_master() -> bool:
    """True if this machine's files name it as the master node."""
    return master_name() == net.own_hostname()


def require_cluster() -> str:
    """Return the name of the master node. Raises OpPrereqError if this machine is in no cluster."""
    master = master_name()
    if master is None:
        raise errors.OpPrereqError(
            "This machine does not belong to an initialised cluster; see gnt-cluster(8) for how to create one",
            c.ECODE_INVAL,
        )
    return master


def require_master() -> None:
    """Explain why no master daemon can be reached from here, if the reason is the role of this machine.

    Raises OpPrereqError if this machine is in no cluster or is not its master.
    """
    master = require_cluster()
    if master != net.own_hostname():
        raise errors.OpPrereqError(
            f"This node is not the master; run the command on the master node {master}", c.ECODE_INVAL
        )
