"""``gnt-cluster init``: check everything, then create the cluster step by step.

There is no rollback: a failure after the checks leaves what was done so far, and the message says how to clean up.
"""

import logging
import os
import time
from collections.abc import Callable

import msgspec

from ganeti import constants as c
from ganeti import errors, pathutils, ssconf
from ganeti.bootstrap import checks, daemons, secretfiles
from ganeti.bootstrap.checks import Facts
from ganeti.bootstrap.initial_config import initial_config
from ganeti.bootstrap.params import InitParams
from ganeti.config.opening import write_initial
from ganeti.config.ssconf_values import ssconf_values
from ganeti.objects import ConfigData
from ganeti.utils import hosts, sshkeys
from ganeti.utils.accounts import owner

_LOG = logging.getLogger(__name__)


def init_cluster(params: InitParams, *, feedback: Callable[[str], None] = _LOG.info) -> None:
    """Create a cluster with this host as its first node and master, and start its daemons.

    *feedback* is told about steps that take time. What follows the creation (hooks, Open vSwitch) is a job: the caller
    submits OP_CLUSTER_POST_INIT.

    Raises OpPrereqError if a check fails (nothing was changed then), OpExecError if a later step fails.
    """
    facts = checks.check_all(params)
    try:
        daemons.daemon_util("stop-all")
        config = _write_files(params, facts)
        _start(config, facts, feedback)
    except (errors.GenericError, OSError) as err:
        raise errors.OpExecError(
            f"{err}. The cluster is not complete: run 'node-cleanup --yes-do-it' before you try again"
        ) from err


def _write_files(params: InitParams, facts: Facts) -> ConfigData:
    """Write everything that the daemons need."""
    _make_storage_dirs(params, facts)
    if params.modify_etc_hosts:
        hosts.add_host(facts.hostname, facts.primary_ip)
    root_key = sshkeys.generate_root_key(params.ssh_key_type, facts.ssh_key_bits) if params.modify_ssh_setup else None
    config = initial_config(params, facts, now=time.time())
    sshkeys.write_known_hosts(facts.cluster_name, facts.rsa_host_key, facts.dsa_host_key)
    if root_key is not None:
        sshkeys.write_public_keys({config.cluster.master_node: [root_key]})
    secretfiles.make_cluster_secrets(new_cluster_certificate=True)
    digest = secretfiles.make_client_certificate(facts.hostname)
    cluster = msgspec.structs.replace(config.cluster, candidate_certs={config.cluster.master_node: digest})
    config = msgspec.structs.replace(config, cluster=cluster)
    _write_config(config)
    return config


def _make_storage_dirs(params: InitParams, facts: Facts) -> None:
    for template, path in (
        (c.DT_FILE, facts.file_storage_dir),
        (c.DT_SHARED_FILE, facts.shared_file_storage_dir),
        (c.DT_GLUSTER, facts.gluster_storage_dir),
    ):
        if template in params.enabled_disk_templates:
            os.makedirs(path, mode=0o750, exist_ok=True)


def _write_config(config: ConfigData) -> None:
    """Write the configuration, and from it the ssconf files."""
    write_initial(config, pathutils.CLUSTER_CONF_FILE)
    uid, gid = owner("noded", "noded")
    ssconf.write_values(ssconf_values(config), uid=uid, gid=gid)
    certs = ssconf.SsconfReader().master_candidates_certs()
    if certs != config.cluster.candidate_certs:
        raise errors.OpExecError("The certificates of the master candidates were not written correctly")


def _start(config: ConfigData, facts: Facts, feedback: Callable[[str], None]) -> None:
    """Start the daemons, first the one that the others need, and wait until they answer."""
    feedback("Starting the node daemon")
    daemons.daemon_util("start", c.NODED)
    daemons.wait_for_noded(facts.hostname, config.nodes[config.cluster.master_node].primary_ip)
    feedback("Starting the other daemons")
    daemons.daemon_util("start-all")
    daemons.wait_for_masterd()
