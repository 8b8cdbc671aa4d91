"""Advice on hypervisor parameters that are legal but often unwanted; printed by cluster verification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti.hvparams.table import parameters

_GENERIC_CPUS = ("qemu32", "qemu64", "kvm32", "kvm64")
_LOCAL_ADDRESS = "127.0.0.1"
_UNSUITED_MACHINES = ("none", "microvm", "isapc", "x-remote")


def assess(hypervisor: str, params: Mapping[str, Any]) -> list[str]:
    """Warnings about a complete, valid parameter set of the cluster."""
    if hypervisor != c.HT_KVM:
        return []
    return [
        *_assess_cpu(params),
        *_assess_devices(params),
        *_assess_display(params),
        *_assess_machine(params[c.HV_KVM_MACHINE_VERSION] or ""),
    ]


def _assess_cpu(params: Mapping[str, Any]) -> list[str]:
    cpu_type = params[c.HV_CPU_TYPE]
    warnings = []
    if not cpu_type:
        warnings.append("cpu_type is not set: guests get a generic, slow CPU; choose the oldest model in the cluster")
    elif cpu_type in _GENERIC_CPUS:
        warnings.append(f"cpu_type '{cpu_type}' is a generic, slow CPU; choose the oldest model in the cluster")
    elif cpu_type == "host":
        warnings.append("cpu_type 'host': live migration needs nodes with identical CPUs")
    if params[c.HV_KVM_FLAG] == c.HT_KVM_DISABLED:
        warnings.append("kvm_flag 'disabled': guests run under slow software emulation")
    return warnings


def _assess_devices(params: Mapping[str, Any]) -> list[str]:
    warnings = []
    if not params[c.HV_VHOST_NET]:
        warnings.append("vhost_net is off: network traffic of guests passes through the emulator")
    bandwidth_default = parameters(c.HT_KVM)[c.HV_MIGRATION_BANDWIDTH].default
    if params[c.HV_MIGRATION_BANDWIDTH] == bandwidth_default:
        warnings.append(
            f"migration_bandwidth still has the default of {bandwidth_default} MiB/s, too little for most networks"
        )
    warnings.extend(
        f"{name} '{params[name]}' is slower than 'paravirtual'"
        for name in (c.HV_DISK_TYPE, c.HV_NIC_TYPE)
        if params[name] != c.HT_DISK_PARAVIRTUAL
    )
    return warnings


def _assess_display(params: Mapping[str, Any]) -> list[str]:
    warnings = []
    for bind, tls in ((c.HV_VNC_BIND_ADDRESS, c.HV_VNC_TLS), (c.HV_KVM_SPICE_BIND, c.HV_KVM_SPICE_USE_TLS)):
        if params[bind] and params[bind] != _LOCAL_ADDRESS and not params[tls]:
            warnings.append(f"{bind} is '{params[bind]}' without {tls}: consoles cross the network unencrypted")
    return warnings


def _assess_machine(machine: str) -> list[str]:
    if not machine or machine == "pc":
        return ["machine_version is not fixed: guests may fail to migrate between different emulator versions"]
    if machine.startswith("q35"):
        return [f"machine_version '{machine}' has limited support for plugging devices into running guests"]
    if machine in _UNSUITED_MACHINES:
        return [f"machine_version '{machine}' is not suited for instances"]
    return []
