"""Node procedures about hypervisors as such: their parameters and the consoles of their guests."""

from __future__ import annotations

from typing import Any

import msgspec

from ganeti import constants as c
from ganeti.backend.base import RPCFail, implements
from ganeti.backend.guests import hypervisor_errors
from ganeti.hypervisor import get_hypervisor
from ganeti.objects.console import ConsoleRequest, describe_console
from ganeti.objects.wire import ConsoleInfo
from ganeti.rpc.procedures import instance as procedures


@implements(procedures.hypervisor_validate_params)
def hypervisor_validate_params(hvname: str, hvfull: dict[str, Any]) -> None:
    """Check a full parameter set against this node."""
    with hypervisor_errors():
        get_hypervisor(hvname).validate_parameters(hvfull)


class _Instance(msgspec.Struct):
    name: str
    hypervisor: str
    network_port: int | None = None


class _Group(msgspec.Struct):
    ndparams: dict[str, Any] = msgspec.field(default_factory=dict)


class _Node(msgspec.Struct):
    name: str
    ndparams: dict[str, Any] = msgspec.field(default_factory=dict)


class _ConsoleQuery(msgspec.Struct):
    """What the master sends per instance; only what a console depends on is read."""

    instance: _Instance
    node: _Node
    group: _Group
    hv_params: dict[str, Any] = msgspec.field(name="hvParams")


@implements(procedures.instance_console_info)
def instance_console_info(instances: dict[str, dict[str, Any]]) -> dict[str, ConsoleInfo]:
    """How to reach the consoles of some instances."""
    try:
        queries = msgspec.convert(instances, dict[str, _ConsoleQuery])
    except msgspec.ValidationError as err:
        raise RPCFail(f"Unusable request for consoles: {err}") from err
    with hypervisor_errors():
        return {name: _console_of(query) for name, query in queries.items()}


def _console_of(query: _ConsoleQuery) -> ConsoleInfo:
    ssh_port = query.node.ndparams.get(c.ND_SSH_PORT) or query.group.ndparams.get(c.ND_SSH_PORT)
    request = ConsoleRequest(
        name=query.instance.name,
        network_port=query.instance.network_port,
        node=query.node.name,
        ssh_port=int(ssh_port or c.NDC_DEFAULTS[c.ND_SSH_PORT]),
        hvparams=query.hv_params,
    )
    return describe_console(query.instance.hypervisor, request)
