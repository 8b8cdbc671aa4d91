"""Node procedures about the role of the master: its name, address and daemons."""

import logging
import socket
import threading
from typing import Final

import msgspec

from ganeti import constants as c
from ganeti import errors, pathutils, ssconf
from ganeti.backend import hooks
from ganeti.backend.base import RPCFail, implements
from ganeti.objects.wire import MasterNetworkParameters
from ganeti.rpc import procedures
from ganeti.ssconf import SsconfReader
from ganeti.utils import net
from ganeti.utils.accounts import owner
from ganeti.utils.process import run_cmd

_LOG = logging.getLogger(__name__)

#: Less than the time limit of the calls.
_TIMEOUT_S: Final = c.RPC_TMO_FAST - 20.0
_NO_VOTING_ARGUMENTS: Final = "--no-voting --yes-do-it"


@implements(procedures.master_node_name)
def master_node_name() -> str:
    """Return the name of the node that this node takes for the master."""
    try:
        return SsconfReader().master_node()
    except errors.ConfigurationError as err:
        raise RPCFail(f"Cluster configuration incomplete: {err}") from err


@implements(procedures.change_master_node_name)
def change_master_node_name(old: str, new: str) -> str:
    """Let this node take another one for the master, if it takes *old* for it."""
    uid, gid = owner("noded", "noded")
    try:
        ssconf.write_values({c.SS_MASTER_NODE: new}, expected={c.SS_MASTER_NODE: old}, uid=uid, gid=gid)
    except (errors.GenericError, OSError) as err:
        raise RPCFail(f"Cannot write ssconf files: {err}") from err
    return master_node_name()


class _Serial(msgspec.Struct, frozen=True):
    """The serial number of a configuration; everything else is skipped."""

    serial_no: int


@implements(procedures.config_serial)
def config_serial() -> int | None:
    """Return the serial number of this node's copy of the configuration."""
    try:
        with open(pathutils.CLUSTER_CONF_FILE, "rb") as file:
            return msgspec.json.decode(file.read(), type=_Serial).serial_no
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as err:
        raise RPCFail(f"Cannot read {pathutils.CLUSTER_CONF_FILE}: {err}") from err


@implements(procedures.node_start_master_daemons)
def node_start_master_daemons(no_voting: bool) -> None:
    """Start the daemons of the master."""
    arguments = _NO_VOTING_ARGUMENTS if no_voting else ""
    # The last two names are those of programs that share the work of the master daemon in other versions.
    env = {f"EXTRA_{name}_ARGS": arguments for name in ("MASTERD", "LUXID", "WCONFD")}
    result = run_cmd([pathutils.DAEMON_UTIL, "start-master"], timeout_s=_TIMEOUT_S, env=env)
    if result.failed:
        raise RPCFail(f"Can't start Ganeti master: {result.output.strip() or result.fail_reason}")


@implements(procedures.node_stop_master)
def node_stop_master() -> None:
    """Stop the daemons of the master; problems are logged only."""
    result = run_cmd([pathutils.DAEMON_UTIL, "stop-master"], timeout_s=_TIMEOUT_S)
    if result.failed:
        _LOG.error("Could not stop Ganeti master: %s, output: %s", result.fail_reason, result.output)


@implements(procedures.node_activate_master_ip)
def node_activate_master_ip(master_params: MasterNetworkParameters, use_external_mip_script: bool) -> None:
    """Set the master IP address up on this node."""
    _change_master_ip("start", master_params, use_external_mip_script)


@implements(procedures.node_deactivate_master_ip)
def node_deactivate_master_ip(master_params: MasterNetworkParameters, use_external_mip_script: bool) -> None:
    """Take the master IP address down on this node."""
    _change_master_ip("stop", master_params, use_external_mip_script)


_HOOKS: Final = {
    "start": ("master-ip-turnup", "OP_CLUSTER_IP_TURNUP"),
    "stop": ("master-ip-turndown", "OP_CLUSTER_IP_TURNDOWN"),
}


#: Setting the address up takes a second or more, because others are asked for it first. Who wants it taken down
#: meanwhile must not find it missing and leave, or it would be set up after that.
_MASTER_IP_MUTEX: Final = threading.Lock()


def _change_master_ip(action: str, params: MasterNetworkParameters, use_external_script: bool) -> None:
    with _MASTER_IP_MUTEX:
        _run_master_ip_script(action, params, use_external_script)


def _run_master_ip_script(action: str, params: MasterNetworkParameters, use_external_script: bool) -> None:
    script = pathutils.EXTERNAL_MASTER_SETUP_SCRIPT if use_external_script else pathutils.DEFAULT_MASTER_SETUP_SCRIPT
    settings = {
        "MASTER_NETDEV": params.netdev,
        "MASTER_IP": params.ip,
        "MASTER_NETMASK": str(params.netmask),
        "CLUSTER_IP_VERSION": "6" if params.ip_family == socket.AF_INET6 else "4",
    }
    hpath, op_id = _HOOKS[action]
    _run_local_hooks(hpath, c.HOOKS_PHASE_PRE, op_id, settings)
    result = run_cmd([script, action], timeout_s=_TIMEOUT_S, env=settings, reset_env=True)
    if result.failed:
        raise RPCFail(
            f"Failed to {action} the master IP. Script return value: {result.exit_code}, "
            f"output: '{(result.output.strip() or result.fail_reason)}'"
        )
    _run_local_hooks(hpath, c.HOOKS_PHASE_POST, op_id, settings)


def _run_local_hooks(hpath: str, phase: str, op_id: str, variables: dict[str, str]) -> None:
    """Run hooks on this node only. Raises RPCFail if one fails before the change; afterwards that is logged."""
    ssconf = SsconfReader()
    env = {
        "PATH": c.HOOKS_PATH,
        "GANETI_HOOKS_VERSION": str(c.HOOKS_VERSION),
        "GANETI_OP_CODE": op_id,
        "GANETI_DATA_DIR": pathutils.DATA_DIR,
        "GANETI_HOOKS_PHASE": phase,
        "GANETI_HOOKS_PATH": hpath,
        "GANETI_OBJECT_TYPE": c.HTYPE_CLUSTER,
        "GANETI_CLUSTER": ssconf.cluster_name(),
        "GANETI_MASTER": ssconf.master_node(),
        **{f"GANETI_{name}": value for name, value in variables.items()},
    }
    failed = [
        f"script {script}: {output or '(no output)'}"
        for script, code, output in hooks.hooks_runner(hpath, phase, env)
        if code == c.HKR_FAIL
    ]
    if not failed:
        return
    if phase == c.HOOKS_PHASE_PRE:
        raise RPCFail(f"Hooks {hpath} failed: {'; '.join(failed)}")
    _LOG.warning("Hooks %s failed after the change: %s", hpath, "; ".join(failed))


@implements(procedures.node_change_master_netmask)
def node_change_master_netmask(old_netmask: int, netmask: int, master_ip: str, master_netdev: str) -> None:
    """Give the master IP address another prefix length."""
    if old_netmask == netmask:
        return
    if not net.owns_address(master_ip):
        raise RPCFail("The master IP address is not up, not attempting to change its netmask")
    label = [] if ":" in master_ip else ["label", f"{master_netdev}:0"]
    for verb, length, extra in (("add", netmask, label), ("del", old_netmask, [])):
        argv = ["ip", "address", verb, f"{master_ip}/{length}", "dev", master_netdev, *extra]
        result = run_cmd(argv, timeout_s=_TIMEOUT_S)
        if result.failed:
            raise RPCFail(f"Could not change the netmask of the master IP: {result.output.strip()}")
