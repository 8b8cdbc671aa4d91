"""Opcodes about networks."""

from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec

from ganeti.opcodes.base import OpCode
from ganeti.opcodes.types import IPv4Address, IPv4Network, IPv6Address, IPv6Network, NicMode, NonEmptyStr

#: Values that the word ``none`` unsets.
_IPv4AddressOrNone: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv4_or_none", "grammar": "IPv4Address"})]
_IPv6AddressOrNone: TypeAlias = Annotated[str, msgspec.Meta(extra={"check": "ipv6_or_none", "grammar": "IPv6Address"})]
_IPv6NetworkOrNone: TypeAlias = Annotated[
    str, msgspec.Meta(extra={"check": "ipv6net_or_none", "grammar": "IPv6Network"})
]


class OpNetworkAdd(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NETWORK_ADD"
):
    """Add an IP network."""

    SUMMARY_FIELD: ClassVar[str | None] = "network_name"
    RESULT: ClassVar[Any] = None

    network_name: NonEmptyStr
    network: IPv4Network
    gateway: IPv4Address | None = None
    network6: IPv6Network | None = None
    gateway6: IPv6Address | None = None
    mac_prefix: NonEmptyStr | None = None
    add_reserved_ips: list[IPv4Address] | None = None
    conflicts_check: bool = True
    tags: list[NonEmptyStr] = msgspec.field(default_factory=list)


class OpNetworkConnect(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NETWORK_CONNECT"
):
    """Connect an IP network to a node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "network_name"
    RESULT: ClassVar[Any] = None

    group_name: NonEmptyStr
    network_name: NonEmptyStr
    network_mode: NicMode
    network_link: NonEmptyStr
    network_vlan: str = ""
    conflicts_check: bool = True


class OpNetworkDisconnect(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NETWORK_DISCONNECT"
):
    """Disconnect an IP network from a node group."""

    SUMMARY_FIELD: ClassVar[str | None] = "network_name"
    RESULT: ClassVar[Any] = None

    group_name: NonEmptyStr
    network_name: NonEmptyStr


class OpNetworkRemove(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NETWORK_REMOVE"
):
    """Remove an unused IP network."""

    SUMMARY_FIELD: ClassVar[str | None] = "network_name"
    RESULT: ClassVar[Any] = None

    network_name: NonEmptyStr
    force: bool = False


class OpNetworkRename(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NETWORK_RENAME"
):
    """Rename an IP network."""

    RESULT: ClassVar[Any] = NonEmptyStr

    network_name: NonEmptyStr
    new_name: NonEmptyStr


class OpNetworkSetParams(
    OpCode, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="OP_ID", tag="OP_NETWORK_SET_PARAMS"
):
    """Change an IP network's parameters."""

    SUMMARY_FIELD: ClassVar[str | None] = "network_name"
    RESULT: ClassVar[Any] = None

    network_name: NonEmptyStr
    gateway: _IPv4AddressOrNone | None = None
    network6: _IPv6NetworkOrNone | None = None
    gateway6: _IPv6AddressOrNone | None = None
    mac_prefix: NonEmptyStr | None = None
    add_reserved_ips: list[IPv4Address] | None = None
    remove_reserved_ips: list[IPv4Address] | None = None
