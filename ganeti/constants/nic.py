"""NICs and networks."""

from typing import Final

# nic
NICC_DEFAULTS: Final[dict[str, str]] = {"link": "xen-br0", "mode": "bridged", "vlan": ""}
NICS_PARAMETERS: Final[tuple[str, ...]] = ("link", "mode", "vlan")
NICS_PARAMETER_TYPES: Final[dict[str, str]] = {"link": "string", "mode": "string", "vlan": "string"}
NIC_ACTION_DOWN: Final = "down"
NIC_ACTION_UP: Final = "up"
NIC_IP_POOL: Final = "pool"
NIC_LINK: Final = "link"
NIC_MODE: Final = "mode"
NIC_MODE_BRIDGED: Final = "bridged"
NIC_MODE_EXT: Final = "ext"
NIC_MODE_OVS: Final = "openvswitch"
NIC_MODE_ROUTED: Final = "routed"
NIC_VALID_MODES: Final[tuple[str, ...]] = ("bridged", "ext", "openvswitch", "pool", "routed")
NIC_VLAN: Final = "vlan"
RELEASE_ACTION: Final = "release"
RESERVE_ACTION: Final = "reserve"

# nic item
INIC_BRIDGE: Final = "bridge"
INIC_IP: Final = "ip"
INIC_LINK: Final = "link"
INIC_MAC: Final = "mac"
INIC_MODE: Final = "mode"
INIC_NAME: Final = "name"
INIC_NETWORK: Final = "network"
INIC_PARAMS: Final[tuple[str, ...]] = ("bridge", "ip", "link", "mac", "mode", "name", "network", "vlan")
INIC_PARAMS_TYPES: Final[dict[str, str]] = {
    "bridge": "maybe-string",
    "ip": "maybe-string",
    "link": "string",
    "mac": "string",
    "mode": "string",
    "name": "maybe-string",
    "network": "maybe-string",
    "vlan": "maybe-string",
}
INIC_VLAN: Final = "vlan"

# networks
IPV4_NETWORK_MAX_SIZE: Final = 30
IPV4_NETWORK_MIN_SIZE: Final = 30

# network limits
IPV4_NETWORK_MAX_NUM_HOSTS: Final = 65536
IPV4_NETWORK_MIN_NUM_HOSTS: Final = 4
