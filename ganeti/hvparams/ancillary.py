"""Files of hypervisors that have to be the same on all nodes which run instances."""

from __future__ import annotations

from ganeti import constants as c
from ganeti import pathutils

_KVM_BRIDGE_SCRIPT = f"{pathutils.CONF_DIR}/kvm-vif-bridge"
_XEN_BRIDGE_SCRIPT = "/etc/xen/scripts/vif-bridge"
#: The doubled directory is what released versions look for; the other one is where the toolstack keeps it.
_XL_CONFIGS = ("/etc/xen/xen/xl.conf", "/etc/xen/xl.conf")

_REQUIRED = {c.HT_XEN_PVM: (_XEN_BRIDGE_SCRIPT,), c.HT_XEN_HVM: (_XEN_BRIDGE_SCRIPT,)}
_OPTIONAL = {
    c.HT_KVM: (_KVM_BRIDGE_SCRIPT,),
    c.HT_XEN_PVM: _XL_CONFIGS,
    c.HT_XEN_HVM: (*_XL_CONFIGS, pathutils.VNC_PASSWORD_FILE),
}


def ancillary_files(hypervisor: str) -> tuple[frozenset[str], frozenset[str]]:
    """All files of a hypervisor, and those among them that may be missing (but then on every node)."""
    optional = frozenset(_OPTIONAL.get(hypervisor, ()))
    return optional | frozenset(_REQUIRED.get(hypervisor, ())), optional


def all_ancillary_files() -> frozenset[str]:
    """The files of all hypervisors, used or not: what nodes accept as upload."""
    return frozenset().union(*(ancillary_files(hypervisor)[0] for hypervisor in c.HYPER_TYPES))
