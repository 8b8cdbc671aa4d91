"""Checks of KVM parameters against this node."""

from __future__ import annotations

import ipaddress
import pwd
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams import ParamView
from ganeti.hvparams.checks import is_normalized_absolute_path
from ganeti.hypervisor.kvm.emulator import Emulator, get_emulator
from ganeti.hypervisor.validate import validate_against_node
from ganeti.utils.process import run_cmd

_SYS_NET = Path("/sys/class/net")
_SPICE_PROBE_TIMEOUT_S = 20


def validate_kvm(hvparams: Mapping[str, Any]) -> Emulator:
    """Check a full parameter set on this node.

    Returns:
      Facts about the QEMU binary that the parameters name.

    Raises:
      HypervisorError: the first problem found.
    """
    validate_against_node(c.HT_KVM, hvparams)
    params = ParamView(hvparams)
    emulator = get_emulator(params.text(c.HV_KVM_PATH))
    _check_user(params)
    _check_vnc(params)
    _check_spice(params, emulator)
    _check_emulator(params, emulator)
    return emulator


def _check_user(params: ParamView) -> None:
    if params.text(c.HV_SECURITY_MODEL) != c.HT_SM_USER:
        return
    user = params.text(c.HV_SECURITY_DOMAIN)
    try:
        pwd.getpwnam(user)
    except KeyError:
        raise errors.HypervisorError(f"User '{user}' (security_domain) does not exist on this node") from None


def _check_vnc(params: ParamView) -> None:
    bind = params.text(c.HV_VNC_BIND_ADDRESS)
    if bind and not (_is_address(bind) or _is_interface(bind) or is_normalized_absolute_path(bind)):
        raise errors.HypervisorError(
            f"vnc_bind_address '{bind}' is neither an IP address nor an interface of this node nor an absolute path"
        )


def _check_spice(params: ParamView, emulator: Emulator) -> None:
    bind = params.text(c.HV_KVM_SPICE_BIND)
    if not bind:
        return
    if params.text(c.HV_VNC_BIND_ADDRESS):
        raise errors.HypervisorError("An instance cannot have both SPICE (spice_bind) and VNC (vnc_bind_address)")
    if not (_is_address(bind) or _is_interface(bind)):
        raise errors.HypervisorError(f"spice_bind '{bind}' is neither an IP address nor an interface of this node")
    _probe_spice(emulator)


def _probe_spice(emulator: Emulator) -> None:
    """Ask QEMU for its SPICE options: help texts list the option even where the module is not installed."""
    argv = [emulator.path, "-machine", "none", "-display", "none", "-nodefaults", "-spice", "help"]
    result = run_cmd(argv, timeout_s=_SPICE_PROBE_TIMEOUT_S)
    if result.failed and "spice" in result.stderr.lower():
        raise errors.HypervisorError(f"{emulator.path} does not support SPICE: {result.stderr.strip()}")


def _check_emulator(params: ParamView, emulator: Emulator) -> None:
    if params.text(c.HV_KVM_DISK_AIO) == c.HT_KVM_AIO_IO_URING and not emulator.version.has_io_uring:
        raise errors.HypervisorError(f"disk_aio 'io_uring' needs QEMU 5.0, {emulator.path} is {emulator.version}")
    machine = params.text(c.HV_KVM_MACHINE_VERSION)
    if machine and machine not in emulator.machines:
        raise errors.HypervisorError(f"Machine type '{machine}' is not among the PC types of {emulator.path}")
    if params.text(c.HV_CPU_TYPE).split(",")[0] == "host" and params.text(c.HV_KVM_FLAG) == c.HT_KVM_DISABLED:
        raise errors.HypervisorError("cpu_type 'host' needs hardware virtualisation, but kvm_flag is 'disabled'")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_interface(name: str) -> bool:
    return "/" not in name and (_SYS_NET / name).exists()
