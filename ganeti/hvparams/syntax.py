"""Checks of hypervisor parameters that the master does by itself, without looking at any system."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from ganeti import constants as c
from ganeti import errors
from ganeti.hvparams.table import HvParam, parameters

_SPICE_DEPENDENT = (
    c.HV_KVM_SPICE_IP_VERSION,
    c.HV_KVM_SPICE_PASSWORD_FILE,
    c.HV_KVM_SPICE_LOSSLESS_IMG_COMPR,
    c.HV_KVM_SPICE_JPEG_IMG_COMPR,
    c.HV_KVM_SPICE_ZLIB_GLZ_IMG_COMPR,
    c.HV_KVM_SPICE_STREAMING_VIDEO_DETECTION,
    c.HV_KVM_SPICE_USE_TLS,
)


def is_unset(value: Any) -> bool:
    """Tell whether a value counts as unspecified."""
    return value is None or value == ""


def check_syntax(hypervisor: str, params: Mapping[str, Any]) -> None:
    """Check a complete parameter set: names, required values, value rules and rules between parameters.

    Raises:
      HypervisorError: the first problem found.
    """
    table = parameters(hypervisor)
    unknown = sorted(set(params) - set(table))
    if unknown:
        raise errors.HypervisorError(f"Hypervisor {hypervisor} has no parameter '{unknown[0]}'")
    for param in table.values():
        if param.name not in params:
            raise errors.HypervisorError(f"Parameter '{param.name}' of hypervisor {hypervisor} is missing")
        _check_value(hypervisor, param, params[param.name])
    _CROSS_CHECKS.get(hypervisor, _no_cross_check)(params)


def _check_value(hypervisor: str, param: HvParam, value: Any) -> None:
    if is_unset(value):
        if param.required:
            raise errors.HypervisorError(f"Parameter '{param.name}' of hypervisor {hypervisor} must not be empty")
        return
    if param.check is not None and not param.check.accepts(value):
        raise errors.HypervisorError(
            f"Parameter '{param.name}' of hypervisor {hypervisor} must be {param.check.description}, not '{value}'"
        )


def _no_cross_check(params: Mapping[str, Any]) -> None:
    """Most hypervisors have no rules between parameters."""


def _check_kvm(params: Mapping[str, Any]) -> None:
    if params[c.HV_BOOT_ORDER] == c.HT_BO_CDROM and not params[c.HV_CDROM_IMAGE_PATH]:
        raise errors.HypervisorError("Booting from CD-ROM needs parameter 'cdrom_image_path'")
    if params[c.HV_KERNEL_PATH] and not params[c.HV_ROOT_PATH]:
        raise errors.HypervisorError("Booting a kernel of the node needs parameter 'root_path'")
    _check_kvm_security(params)
    if params[c.HV_SERIAL_CONSOLE] and params[c.HV_SERIAL_SPEED] not in c.VALID_SERIAL_SPEEDS:
        speeds = ", ".join(str(speed) for speed in c.VALID_SERIAL_SPEEDS)
        raise errors.HypervisorError(
            f"The serial console needs parameter 'serial_speed' to be one of {speeds}, not {params[c.HV_SERIAL_SPEED]}"
        )
    if params[c.HV_VNC_X509_VERIFY] and not params[c.HV_VNC_X509]:
        raise errors.HypervisorError("Parameter 'vnc_x509_verify' needs parameter 'vnc_x509_path'")
    _check_kvm_spice(params)
    if params[c.HV_KVM_DISK_AIO] == c.HT_KVM_AIO_NATIVE and params[c.HV_DISK_CACHE] != c.HT_CACHE_NONE:
        raise errors.HypervisorError("Parameter 'disk_aio' can only be 'native' when 'disk_cache' is 'none'")


def _check_kvm_security(params: Mapping[str, Any]) -> None:
    model, domain = params[c.HV_SECURITY_MODEL], params[c.HV_SECURITY_DOMAIN]
    if model == c.HT_SM_USER and not domain:
        raise errors.HypervisorError("Security model 'user' needs parameter 'security_domain', the name of the user")
    if model != c.HT_SM_USER and domain:
        raise errors.HypervisorError(f"Parameter 'security_domain' cannot be used with security model '{model}'")


def _check_kvm_spice(params: Mapping[str, Any]) -> None:
    bind = params[c.HV_KVM_SPICE_BIND]
    if not bind:
        misplaced = [name for name in _SPICE_DEPENDENT if params[name]]
        if misplaced:
            raise errors.HypervisorError(f"Parameter '{misplaced[0]}' needs parameter 'spice_bind'")
        return
    wanted = params[c.HV_KVM_SPICE_IP_VERSION]
    try:
        address = ipaddress.ip_address(bind)
    except ValueError:  # name of an interface, nodes check that
        return
    if wanted != c.IFACE_NO_IP_VERSION_SPECIFIED and address.version != wanted:
        raise errors.HypervisorError(f"'spice_bind' address {bind} is not of IP version {wanted} ('spice_ip_version')")


_CROSS_CHECKS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {c.HT_KVM: _check_kvm}
