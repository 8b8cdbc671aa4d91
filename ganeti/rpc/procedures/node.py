"""Procedures about the node itself."""

# mypy: disable-error-code="empty-body"

from typing import Any, TypeAlias

from ganeti.rpc.declaration import Client, Timeout, procedure

#: (storage type, key, [exclusive storage flag] for LVM, else [])
StorageUnit: TypeAlias = tuple[str, str, list[Any]]
#: (boot id, report per storage unit, report per hypervisor)
NodeInfo: TypeAlias = tuple[str, list[dict[str, Any]], list[dict[str, Any] | None] | None]


@procedure(timeout=Timeout.URGENT, client=Client.DNS_ONLY, multi=True, offline_ok=True)
def version() -> int:
    """Return the protocol version of the node daemon."""


@procedure(timeout=lambda duration: duration + 5, multi=True)
def test_delay(duration: float, /) -> None:
    """Wait for some seconds."""


@procedure(timeout=Timeout.URGENT, multi=True)
def node_info(storage_units: list[StorageUnit], hv_specs: list[tuple[str, dict[str, Any]]], /) -> NodeInfo:
    """Return the boot id, and size and free space of storage units and hypervisors, in the order of the request."""


@procedure(multi=True)
def node_verify(
    checkdict: dict[str, Any], cluster_name: str, all_hvparams: dict[str, dict[str, Any]], /
) -> dict[str, Any]:
    """Make the checks named by the keys (NV_*) of *checkdict*; the result has the same keys."""


@procedure(client=Client.DNS_ONLY, multi=True)
def node_verify_light(
    checkdict: dict[str, Any], cluster_name: str, hvparams: dict[str, dict[str, Any]], /
) -> dict[str, Any]:
    """Make checks on a machine that is not in the cluster yet."""


@procedure(timeout=Timeout.FAST)
def node_has_ip_address(address: str, /) -> bool:
    """Tell whether the node has an IP address."""


@procedure(timeout=Timeout.URGENT)
def bridges_exist(bridges_list: list[str], /) -> None:
    """Check that bridges exist; the failure names the missing ones."""


@procedure()
def node_configure_ovs(ovs_name: str, ovs_link: str | None, /) -> None:
    """Make a virtual switch of Open vSwitch, with an interface of the machine as its uplink if one is given."""


@procedure(timeout=Timeout.URGENT, multi=True)
def node_ensure_daemon(daemon: str, run: bool, /) -> bool:
    """Start a daemon if it does not run, or stop it; tells whether that worked."""


@procedure(offline_ok=True)
def node_powercycle(hypervisor: str, hvparams: dict[str, Any], /) -> str:
    """Reset the machine a few seconds after answering."""
