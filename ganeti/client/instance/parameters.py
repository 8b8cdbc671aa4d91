"""Parameters of instances as given on the command line, with their types enforced."""

from collections.abc import Mapping
from typing import Any

from ganeti import constants as c
from ganeti.types import Private, Secret
from ganeti.utils import paramtypes


def hypervisor_parameters(given: Mapping[str, Any], *, may_reset: bool = False) -> dict[str, Any]:
    """Return hypervisor parameters as their types.

    *may_reset*: accept ``default``, which makes the instance inherit the parameter again. Raises TypeEnforcementError.
    """
    allowed = (c.VALUE_DEFAULT,) if may_reset else ()
    params = paramtypes.enforce(given, c.HVS_PARAMETER_TYPES, allowed_values=allowed)
    usb_devices = params.get(c.HV_USB_DEVICES)
    if isinstance(usb_devices, str):
        # A comma would have to be escaped on the command line, so a blank separates devices there.
        params[c.HV_USB_DEVICES] = usb_devices.replace(" ", ",")
    return params


def backend_parameters(given: Mapping[str, Any], *, may_reset: bool = False) -> dict[str, Any]:
    """Return backend parameters as their types; ``memory`` stands for both limits.

    Raises TypeEnforcementError.
    """
    allowed = (c.VALUE_DEFAULT,) if may_reset else ()
    return paramtypes.enforce(given, c.BES_PARAMETER_COMPAT, allowed_values=allowed)


def secrets(given: Mapping[str, Private[Any]]) -> dict[str, Secret[Any]] | None:
    """Return OS parameters that must not be stored anywhere, None if there are none."""
    return {key: Secret(value.get()) for key, value in given.items()} or None
