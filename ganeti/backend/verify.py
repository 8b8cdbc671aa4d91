"""Node procedures behind the verification of the cluster: a table of checks, each under the key of its request."""

import bisect
import logging
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.backend import node, node_info, os_definition, ssh_setup
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.verify_network import check_master_ip, check_ssh, check_tcp
from ganeti.hypervisor import get_hypervisor
from ganeti.rpc import procedures
from ganeti.ssconf import SsconfReader
from ganeti.utils import net, sshkeys, x509
from ganeti.utils.checksum import fingerprint_files
from ganeti.utils.files import read_text
from ganeti.utils.storagepaths import directory_problem, is_forbidden, load_allowed_paths

_LOG = logging.getLogger(__name__)

_KERNEL_DIRECTORIES: Final = ("/sys/block", "/sys/class/net", "/proc/sys")
_KERNEL_FILES: Final = ("/proc/sysrq-trigger",)


@dataclass(frozen=True)
class Request:
    """What all checks may look at besides their own argument."""

    own_name: str
    cluster_name: str
    #: Cluster parameters by hypervisor.
    hvparams: Mapping[str, Mapping[str, Any]]
    ssh_ports: Mapping[str, int]
    is_ipv6: bool

    def hvparams_of(self, hypervisor: str) -> Mapping[str, Any]:
        """Return the cluster's parameters of a hypervisor."""
        return self.hvparams.get(hypervisor, {})


class NotApplicable(Exception):
    """The check has nothing to answer: its key stays out of the result."""


@implements(procedures.node_verify)
def node_verify(
    checkdict: dict[str, Any], cluster_name: str, all_hvparams: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Make the checks named by the keys of *checkdict*."""
    own_name = net.own_hostname()
    request = Request(own_name, cluster_name, all_hvparams, *_ssh_facts())
    is_vm_capable = own_name not in checkdict.get(c.NV_NONVMNODES, ())
    results: dict[str, Any] = {}
    for key, argument in checkdict.items():
        check = _CHECKS.get(key)
        if check is None or (key in _VM_CHECKS and not is_vm_capable):
            continue
        try:
            results[key] = check(argument, request)
        except NotApplicable:
            continue
        except Exception:
            # The master reports the missing answer; other checks are as useful as ever.
            _LOG.exception("Check '%s' failed", key)
    return results


@implements(procedures.node_verify_light)
def node_verify_light(
    checkdict: dict[str, Any], cluster_name: str, hvparams: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """Make checks on a machine that is not in the cluster yet."""
    return node_verify(checkdict, cluster_name, hvparams)


def _ssh_facts() -> tuple[Mapping[str, int], bool]:
    """Return the SSH ports of the nodes, and whether IPv6 is used."""
    reader = SsconfReader()
    try:
        return reader.ssh_ports(), reader.primary_ip_family() == socket.AF_INET6
    except (errors.ConfigurationError, ValueError):
        return {}, False  # A new node has no ssconf files yet.


def _hypervisors(names: list[str], request: Request) -> dict[str, str | None]:
    return {name: _hypervisor_problem(name, request.hvparams_of(name)) for name in names}


def _hypervisor_problem(name: str, hvparams: Mapping[str, Any]) -> str | None:
    try:
        return get_hypervisor(name).verify(hvparams)
    except errors.HypervisorError as err:
        return f"Error while checking hypervisor: {err}"


def _hvparams(items: list[tuple[str, str, dict[str, Any]]], _request: Request) -> list[tuple[str, str, str]]:
    problems = []
    for source, name, hvparams in items:
        try:
            get_hypervisor(name).validate_parameters(hvparams)
        except errors.HypervisorError as err:
            problems.append((source, name, str(err)))
    return problems


def _instance_list(names: list[str], request: Request) -> list[str] | str:
    found: list[str] = []
    for name in names:
        try:
            found += get_hypervisor(name).list_instances(request.hvparams_of(name))
        except errors.HypervisorError as err:
            return f"Cannot list the instances of hypervisor {name}: {err}"
    return found


def _hypervisor_info(name: str, request: Request) -> dict[str, Any]:
    try:
        info = node_info.hypervisor_info(name, request.hvparams_of(name))
    except RPCFail as err:
        _LOG.warning("%s", err)
        info = None
    if info is None:
        raise NotApplicable
    return info


def _file_list(paths: list[str], _request: Request) -> dict[str, str]:
    return fingerprint_files(paths)


def _node_setup(_argument: Any, _request: Request) -> list[str]:
    problems = [
        f"The directory {path} does not exist: is /{path.split('/')[1]} mounted?"
        for path in _KERNEL_DIRECTORIES
        if not os.path.isdir(path)
    ]
    # Resetting a virtual node would reset the machine, so nobody misses what that takes.
    files = () if pathutils.VIRTUAL_ROOT else _KERNEL_FILES
    return problems + [f"The file {path} does not exist" for path in files if not os.path.exists(path)]


def _time(_argument: Any, _request: Request) -> tuple[int, int]:
    return divmod(time.time_ns() // 1000, 1_000_000)


def _version(_argument: Any, _request: Request) -> tuple[int, str]:
    return c.PROTOCOL_VERSION, c.RELEASE_VERSION


def _user_scripts(paths: list[str], _request: Request) -> list[str]:
    def is_program(path: str) -> bool:
        return os.path.isfile(path) and os.access(path, os.X_OK)

    return [path for path in paths if not is_program(_local(path))]


def _local(path: str) -> str:
    """Return the local form of a path that may be in virtual form, or not belong to the virtual node at all."""
    return pathutils.from_virtual(path) if path.startswith(c.V_CLUSTER_VIRT_PATH_PREFIX) else path


def _oob_paths(paths: list[str], _request: Request) -> list[str | None]:
    return [_oob_problem(path) for path in paths]


def _oob_problem(path: str) -> str | None:
    if not os.path.exists(path):
        return f"out-of-band program '{path}' does not exist"
    if not os.path.isfile(path):
        return f"out-of-band program '{path}' is not a file"
    return None if os.access(path, os.X_OK) else f"out-of-band program '{path}' is not executable"


def _client_certificate(_argument: Any, _request: Request) -> tuple[str | None, str]:
    problem = x509.check_client_certificate(pathutils.NODED_CLIENT_CERT_FILE)
    if problem is not None:
        return problem[0].value, problem[1]
    return None, x509.digest_of_file(pathutils.NODED_CLIENT_CERT_FILE)


def _forbidden_storage_paths(node_name: str, request: Request) -> list[str]:
    if node_name != request.own_name:
        raise NotApplicable
    return sorted(path for path in load_allowed_paths(pathutils.FILE_STORAGE_PATHS_FILE) if is_forbidden(path))


def _storage_directory(path: str, _request: Request) -> str:
    problem = directory_problem(path, pathutils.FILE_STORAGE_PATHS_FILE)
    if problem is None:
        raise NotApplicable
    return problem


def _node_net_test(argument: tuple[list[tuple[str, str, str]], list[str]], request: Request) -> dict[str, str]:
    return check_tcp(argument[0], argument[1], request.own_name)


def _node_list(argument: tuple[list[str], dict[str, list[str]], list[str]], request: Request) -> dict[str, str]:
    names, extra, candidates = argument
    if request.own_name not in candidates:
        return {}
    ordered = sorted({*names, *extra.get(request.own_name, ())})
    # All candidates try at the same time, and SSH daemons turn away whom they cannot serve at once: everybody begins
    # with itself and goes on from there.
    start = bisect.bisect_left(ordered, request.own_name)
    targets = ordered[start:] + ordered[:start]
    return check_ssh(targets, request.cluster_name, request.ssh_ports, is_ipv6=request.is_ipv6)


def _ssh_setup(argument: tuple[list[tuple[str, str, bool, bool, bool]], str], request: Request) -> list[str]:
    members, kind = argument
    files = ssh_setup.read_key_files(kind)
    return ssh_setup.setup_problems(request.own_name, [ssh_setup.Member(*row) for row in members], files)


def _ssh_clutter(_argument: Any, _request: Request) -> list[str]:
    return ssh_setup.clutter_problems(read_text(sshkeys.authorized_keys_path(), default=""))


def _master_ip(argument: tuple[str, str, list[str]], request: Request) -> bool | None:
    return check_master_ip(*argument, request.own_name)


_CHECKS: Final[Mapping[str, Callable[[Any, Request], Any]]] = {
    c.NV_ACCEPTED_STORAGE_PATHS: _forbidden_storage_paths,
    c.NV_BRIDGES: lambda names, _request: node.missing_bridges(names),
    c.NV_CLIENT_CERT: _client_certificate,
    c.NV_FILELIST: _file_list,
    c.NV_FILE_STORAGE_PATH: _storage_directory,
    c.NV_GLUSTER_STORAGE_PATH: _storage_directory,
    c.NV_HVINFO: _hypervisor_info,
    c.NV_HVPARAMS: _hvparams,
    c.NV_HYPERVISOR: _hypervisors,
    c.NV_INSTANCELIST: _instance_list,
    c.NV_MASTERIP: _master_ip,
    c.NV_NODELIST: _node_list,
    c.NV_NODENETTEST: _node_net_test,
    c.NV_NODESETUP: _node_setup,
    c.NV_OOB_PATHS: _oob_paths,
    c.NV_OSLIST: lambda _argument, _request: os_definition.diagnose(),
    c.NV_SHARED_FILE_STORAGE_PATH: _storage_directory,
    c.NV_SSH_CLUTTER: _ssh_clutter,
    c.NV_SSH_SETUP: _ssh_setup,
    c.NV_TIME: _time,
    c.NV_USERSCRIPTS: _user_scripts,
    c.NV_VERSION: _version,
}

#: Left out on nodes that hold no instances.
_VM_CHECKS: Final = frozenset(
    {
        c.NV_BRIDGES,
        c.NV_FILE_STORAGE_PATH,
        c.NV_GLUSTER_STORAGE_PATH,
        c.NV_HVINFO,
        c.NV_HVPARAMS,
        c.NV_HYPERVISOR,
        c.NV_INSTANCELIST,
        c.NV_OSLIST,
        c.NV_SHARED_FILE_STORAGE_PATH,
    }
)
