"""How to reach the console of an instance: decided from its parameters, on the master or on its node."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ganeti import constants as c
from ganeti import errors, pathutils
from ganeti.objects.wire import ConsoleInfo

_CONSOLE_USER = "root"
_ESCAPE = f"escape={c.SOCAT_ESCAPE_CODE}"
#: Bind addresses that say nothing about where to connect.
_UNSPECIFIC = frozenset({"0.0.0.0", "::"})


@dataclass(frozen=True, slots=True)
class ConsoleRequest:
    """An instance whose console is wanted.

    Attributes:
      name: of the instance.
      network_port: TCP port of its display, if it has one.
      node: name of its primary node.
      ssh_port: of that node.
      hvparams: all hypervisor parameters.
    """

    name: str
    network_port: int | None
    node: str
    ssh_port: int
    hvparams: Mapping[str, Any]


def describe_console(hypervisor: str, request: ConsoleRequest) -> ConsoleInfo:
    """How to reach a console.

    Raises:
      HypervisorError: there is no such hypervisor.
    """
    describe = _BY_HYPERVISOR.get(hypervisor)
    if describe is None:
        raise errors.HypervisorError(f"Unknown hypervisor '{hypervisor}'")
    return describe(request)


def _message(request: ConsoleRequest, text: str) -> ConsoleInfo:
    return ConsoleInfo(instance=request.name, kind=c.CONS_MESSAGE, message=text)


def _ssh(request: ConsoleRequest, *command: str) -> ConsoleInfo:
    return ConsoleInfo(
        instance=request.name,
        kind=c.CONS_SSH,
        host=request.node,
        port=request.ssh_port,
        user=_CONSOLE_USER,
        command=list(command),
    )


def _kvm(request: ConsoleRequest) -> ConsoleInfo:
    if request.hvparams.get(c.HV_SERIAL_CONSOLE):
        return _kvm_serial(request)
    for kind, parameter in ((c.CONS_VNC, c.HV_VNC_BIND_ADDRESS), (c.CONS_SPICE, c.HV_KVM_SPICE_BIND)):
        bind = str(request.hvparams.get(parameter) or "")
        if not bind:
            continue
        if request.network_port is None or bind.startswith("/"):
            return _message(request, f"The display of {request.name} is only reachable on {request.node}: {bind}")
        # An address of all interfaces, or the name of one, is no use to a client.
        is_literal = bind not in _UNSPECIFIC and all(char in "0123456789abcdefABCDEF.:" for char in bind)
        return ConsoleInfo(
            instance=request.name,
            kind=kind,
            host=bind if is_literal else request.node,
            port=request.network_port,
            display=str(request.network_port - c.VNC_BASE_PORT) if kind == c.CONS_VNC else None,
        )
    return _message(request, f"No serial console, VNC or SPICE for instance {request.name}")


def _kvm_serial(request: ConsoleRequest) -> ConsoleInfo:
    """Through a wrapper that lets a paused guest go on once somebody is watching."""
    control = f"{pathutils.RUN_DIR}/kvm-hypervisor/ctrl/{request.name}"
    terminal = f"STDIO,raw,echo=0,{_ESCAPE}" if c.SOCAT_USE_ESCAPE else "STDIO,echo=0,icanon=0"
    return _ssh(
        request,
        pathutils.KVM_CONSOLE_WRAPPER,
        c.SOCAT_PATH,
        shlex.quote(request.name),
        shlex.quote(f"{control}.monitor"),
        terminal,
        f"UNIX-CONNECT:{control}.serial",
    )


def _xen(request: ConsoleRequest) -> ConsoleInfo:
    return _ssh(request, pathutils.XEN_CONSOLE_WRAPPER, "xl", request.name)


def _lxc(request: ConsoleRequest) -> ConsoleInfo:
    return _ssh(request, "lxc-console", "-n", request.name)


def _chroot(request: ConsoleRequest) -> ConsoleInfo:
    return _ssh(request, "chroot", f"{pathutils.RUN_DIR}/chroot-hypervisor/{request.name}", "/bin/sh")


def _fake(request: ConsoleRequest) -> ConsoleInfo:
    return _message(request, f"Console not available for fake instances ({request.name})")


_BY_HYPERVISOR: Mapping[str, Callable[[ConsoleRequest], ConsoleInfo]] = {
    c.HT_KVM: _kvm,
    c.HT_XEN_PVM: _xen,
    c.HT_XEN_HVM: _xen,
    c.HT_LXC: _lxc,
    c.HT_CHROOT: _chroot,
    c.HT_FAKE: _fake,
}
