"""Defaults of instances, NICs, nodes and disks: what the cluster says for all that say nothing themselves."""

from collections.abc import Iterator
from typing import Any, Final

from ganeti import constants as c
from ganeti.cmdlib import ndparams as node_parameters
from ganeti.cmdlib.cluster.params.outcome import Outcome, invalid
from ganeti.cmdlib.instance.items import enforce_types
from ganeti.cmdlib.instance.nics import check_filled_params, normalise_vlan
from ganeti.cmdlib.instance.params import expand_memory
from ganeti.errors import OpPrereqError
from ganeti.objects import ConfigData, Params
from ganeti.opcodes import OpClusterSetParams

_DRBD_WARNINGS: Final = (
    "The new parameters are used by DRBD devices that are activated from now on",
    "DRBD devices that are active keep the former parameters",
    "Shut down and start the instances with DRBD disks to use the new parameters",
)


def beparams(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the backend parameters; ``memory`` stands for minimum and maximum."""
    if not op.beparams:
        return Outcome()
    given = expand_memory(enforce_types(op.beparams, c.BES_PARAMETER_COMPAT))
    filled = {**config.cluster.beparams.get(c.PP_DEFAULT, {}), **given}
    if filled[c.BE_MINMEM] > filled[c.BE_MAXMEM]:
        raise invalid(f"Minimum memory ({filled[c.BE_MINMEM]} MiB) is above maximum memory ({filled[c.BE_MAXMEM]} MiB)")
    return Outcome({"beparams": {**config.cluster.beparams, c.PP_DEFAULT: filled}})


def ndparams(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the node parameters."""
    if not op.ndparams:
        return Outcome()
    return Outcome({"ndparams": {**config.cluster.ndparams, **node_parameters.checked(op.ndparams)}})


def nicparams(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the NIC parameters; every NIC must be valid with them."""
    if not op.nicparams:
        return Outcome()
    given = enforce_types({str(key): value for key, value in op.nicparams.items()}, c.NICS_PARAMETER_TYPES)
    if given.get(c.NIC_VLAN):
        given[c.NIC_VLAN] = normalise_vlan(given[c.NIC_VLAN])
    filled = {**config.cluster.nicparams.get(c.PP_DEFAULT, {}), **given}
    check_filled_params(filled)
    problems = list(_unfit_nics(config, filled))
    if problems:
        raise invalid("These parameters do not fit existing NICs: " + "; ".join(problems))
    return Outcome({"nicparams": {**config.cluster.nicparams, c.PP_DEFAULT: filled}})


def _unfit_nics(config: ConfigData, defaults: Params) -> Iterator[str]:
    for instance in config.instances.values():
        for index, nic in enumerate(instance.nics):
            params = {**defaults, **nic.nicparams}
            name = f"instance {instance.name} nic/{index}"
            try:
                check_filled_params(params)
            except OpPrereqError as err:
                yield f"{name}: {err.args[0]}"
            if params[c.NIC_MODE] == c.NIC_MODE_ROUTED and not nic.ip:
                yield f"{name}: routed NIC without IP address"


def diskparams(config: ConfigData, op: OpClusterSetParams) -> Outcome:
    """Return the parameters of disk templates; running devices keep the old ones."""
    if not op.diskparams:
        return Outcome()
    merged: dict[str, Any] = dict(config.cluster.diskparams)
    for template, given in op.diskparams.items():
        known = c.DISK_DT_DEFAULTS[template]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise invalid(f"Disk template {template} has no parameter {', '.join(unknown)}")
        typed = enforce_types(given, c.DISK_DT_TYPES)
        merged[template] = {**merged.get(template, {}), **typed}
        if c.LDP_ACCESS in typed:
            _check_access(config, template, typed[c.LDP_ACCESS])
    return Outcome({"diskparams": merged}, warnings=_DRBD_WARNINGS if c.DT_DRBD8 in op.diskparams else ())


def _check_access(config: ConfigData, template: str, access: str) -> None:
    if access not in c.DISK_VALID_ACCESS_MODES:
        raise invalid(f"Invalid access mode '{access}' of disk template {template}")
    if access != c.DISK_USERSPACE:
        return
    unable = sorted(
        instance.name
        for instance in config.instances.values()
        if instance.hypervisor != c.HT_KVM and any(config.disks[uuid].dev_type == template for uuid in instance.disks)
    )
    if unable:
        raise invalid(f"Access mode userspace of template {template} needs kvm, but is used by {', '.join(unable)}")
