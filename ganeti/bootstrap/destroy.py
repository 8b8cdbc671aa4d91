"""The last steps of ``gnt-cluster destroy``, after the job that allowed it: stop the master and clean this node."""

import logging
from collections.abc import Callable
from typing import Any

from ganeti import pathutils
from ganeti.bootstrap.daemons import rpc_to
from ganeti.config.load import load_config
from ganeti.objects.to_wire import master_network_parameters
from ganeti.rpc.procedures import node_deactivate_master_ip, node_leave_cluster, node_stop_master
from ganeti.rpc.result import RpcResult

_LOG = logging.getLogger(__name__)


def finalize_destroy(master_uuid: str, *, feedback: Callable[[str], None] = _LOG.warning) -> None:
    """Take the master IP down, stop the master daemons and remove the cluster's files from this node.

    *master_uuid* is the result of OP_CLUSTER_DESTROY. A step that fails is told to *feedback*, the others are done
    nevertheless.

    Raises ConfigurationError if this node has no configuration.
    """
    config = load_config(pathutils.CLUSTER_CONF_FILE, check_structure=False).config
    cluster, master = config.cluster, config.nodes[master_uuid]

    def report(result: RpcResult[Any], what: str) -> None:
        result.warn(f"Could not {what} on node {master.name}", feedback)

    with rpc_to({master.name: master.primary_ip}) as rpc:
        parameters = master_network_parameters(config)
        result = rpc.call_one(master.name, node_deactivate_master_ip, parameters, cluster.use_external_mip_script)
        report(result, "deactivate the master IP")
        report(rpc.call_one(master.name, node_stop_master), "stop the master daemons")
        report(rpc.call_one(master.name, node_leave_cluster, cluster.modify_ssh_setup), "clean up")
