"""Calls that start and stop the guest of an instance on its primary node."""

from collections.abc import Mapping
from typing import Any

from ganeti.cmdlib.base import LogicalUnit
from ganeti.cmdlib.instance.nodechecks import node_name
from ganeti.objects import Instance
from ganeti.objects.to_wire import wire_instance
from ganeti.objects.wire import ReasonTrail
from ganeti.rpc import procedures
from ganeti.rpc.result import RpcResult


def start_guest(
    lu: LogicalUnit[Any],
    instance: Instance,
    reason: ReasonTrail,
    *,
    paused: bool = False,
    hvparams: Mapping[str, Any] | None = None,
    beparams: Mapping[str, Any] | None = None,
) -> RpcResult[None]:
    """Start an instance on its primary node, with one-shot changes of its parameters.

    What the configuration says about it is on disk before: a master that dies now must not leave a guest running that
    nobody knows of.
    """
    lu.cfg.wait_durable()
    node = instance.primary_node
    wired = wire_instance(lu.snapshot(), instance, node, hvparams=hvparams, beparams=beparams)
    return lu.rpc.call_one(node, procedures.instance_start, wired, paused, reason)


def stop_guest(
    lu: LogicalUnit[Any], instance: Instance, timeout_s: int, reason: ReasonTrail, *, node: str | None = None
) -> RpcResult[None]:
    """Stop an instance on its primary node (or another one), asking it for *timeout_s* seconds before killing it."""
    node = node or instance.primary_node
    wired = wire_instance(lu.snapshot(), instance, node)
    return lu.rpc.call_one(node, procedures.instance_shutdown, wired, timeout_s, reason)


def start_failure(lu: LogicalUnit[Any], instance: Instance, problem: str) -> str:
    """Return the message for an instance that could not be started."""
    name = node_name(lu.snapshot(), instance.primary_node)
    return f"Could not start instance '{instance.name}' on node {name}: {problem}"
