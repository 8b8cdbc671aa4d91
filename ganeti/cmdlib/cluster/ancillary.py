"""The files besides the configuration that nodes must share with the master."""

import os
from typing import Any

from ganeti import hvparams, pathutils
from ganeti.cmdlib.base import LogicalUnit
from ganeti.objects import Cluster
from ganeti.rpc import procedures
from ganeti.rpc.uploads import file_details


def files_of_all_nodes(cluster: Cluster) -> list[str]:
    """Return the files that belong on every node."""
    files = [
        pathutils.SSH_KNOWN_HOSTS_FILE,
        pathutils.CONFD_HMAC_KEY,
        pathutils.CLUSTER_DOMAIN_SECRET_FILE,
        pathutils.SPICE_CERT_FILE,
        pathutils.SPICE_CACERT_FILE,
        pathutils.RAPI_CERT_FILE,
        pathutils.RAPI_USERS_FILE,
    ]
    if cluster.modify_etc_hosts:
        files.append(pathutils.ETC_HOSTS)
    return files


def files_of_vm_nodes(cluster: Cluster) -> list[str]:
    """Return the files of the enabled hypervisors, which belong on nodes that hold instances."""
    found: set[str] = set()
    for hypervisor in cluster.enabled_hypervisors:
        found |= hvparams.ancillary_files(hypervisor)[0]
    return sorted(found)


def upload_ancillary_files(lu: LogicalUnit[Any]) -> None:
    """Copy the files that exist on the master to all online nodes; failures are warnings."""
    config = lu.snapshot()
    others = [node for node in config.nodes.values() if not node.offline and node.uuid != config.cluster.master_node]
    all_nodes = [node.uuid for node in others]
    vm_nodes = [node.uuid for node in others if node.vm_capable]
    for targets, files in (
        (all_nodes, files_of_all_nodes(config.cluster)),
        (vm_nodes, files_of_vm_nodes(config.cluster)),
    ):
        for path in files:
            if targets and os.path.exists(path):
                _upload(lu, targets, path)


def upload_to_online_nodes(lu: LogicalUnit[Any], path: str) -> None:
    """Copy a file of the master to all other online nodes; failures are warnings."""
    config = lu.snapshot()
    master = config.cluster.master_node
    _upload(lu, [node.uuid for node in config.nodes.values() if not node.offline and node.uuid != master], path)


def _upload(lu: LogicalUnit[Any], targets: list[str], path: str) -> None:
    nodes = lu.snapshot().nodes
    try:
        details = file_details(path)
    except (OSError, ValueError) as err:
        # The master daemon need not be root, and administrators make some of the files.
        lu.log_warning(f"File {path} cannot be copied to the other nodes: the master daemon cannot read it: {err}")
        return
    for uuid, answer in lu.rpc.call(targets, procedures.upload_file, details).items():
        answer.warn(f"Copy of file {path} to node {nodes[uuid].name} failed", lu.log_warning)
